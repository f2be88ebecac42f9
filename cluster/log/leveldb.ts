/**
 * The files of a LevelDB as it would read them. LevelDB opens without looking at the checksums of its tables, and a damaged
 * block can then make it read beyond its memory, which ends the process without a word. So every block of every table that
 * counts is checked before it is opened, and nothing has been changed yet when something is wrong.
 *
 * Formats: log_format.md and table_format.md of LevelDB 1.20. What its write-ahead log says is not looked at here: a torn end of it is
 * what every crash leaves, and only the frontier knows what must be in it. But it must be readable: LevelDB takes one that it cannot
 * read for one that ends there, and removes it.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { crc32c } from './crc32c.ts'
import { unsnap } from './snappy.ts'
import { Damage } from './trouble.ts'

const LOOKS_MAX = 5

/**
 * Checks the database at `location`. Throws Damage that names the file. Without a CURRENT LevelDB would begin a new one in
 * its place, and remove every file it does not know.
 *
 * Another process may have it open, which only opening it would tell. What that one merges away is gone from the manifest before it is
 * from the disk: so damage is what two looks in a row say. If they never do, it is in use (LEVEL_LOCKED).
 */
export async function checkDatabase(location: string): Promise<void> {
  let before = ''
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    try {
      await look(location)
      return
    } catch (error) {
      if (!(error instanceof Damage) || error.message === before) throw error
      before = error.message
    }
  }
  throw Object.assign(new Error(`${location} changes all the time`), { code: 'LEVEL_LOCKED' })
}

async function look(location: string): Promise<void> {
  const current = (await read(path.join(location, 'CURRENT'))).toString('latin1')
  if (!/^MANIFEST-\d+\n$/.test(current)) throw new Damage(`${path.join(location, 'CURRENT')} is damaged`)
  const manifest = await read(path.join(location, current.trim()))
  for (const [number, size] of liveTables(manifest)) {
    const name = path.join(location, `${String(number).padStart(6, '0')}.ldb`)
    const table = await read(name)
    const wrong = table.length < size ? 'is cut short' : faultOf(table.subarray(0, size))
    if (wrong) throw new Damage(`${name} ${wrong}`)
  }
  for (const name of await readdir(location)) if (name.endsWith('.log')) await tryRead(path.join(location, name))
}

/** One that is gone by now need not be read. */
async function tryRead(name: string): Promise<void> {
  await readFile(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

async function read(name: string): Promise<Buffer> {
  return await readFile(name).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Damage(`${name} is missing`) : error
  })
}

/** Number → size of the tables that a manifest leaves in use, up to its first record that is not whole. */
function liveTables(manifest: Buffer): Map<number, number> {
  const live = new Map<number, number>()
  for (const edit of records(manifest)) {
    const at = new Cursor(edit)
    while (at.more) {
      const tag = at.varint()
      // Comparator; numbers of the log, of the next file, of the last sequence, of the log before.
      if (tag === 1) at.bytes()
      else if (tag === 2 || tag === 3 || tag === 4 || tag === 9) at.varint()
      else if (tag === 5) {
        at.varint()
        at.bytes()
      } else if (tag === 6) {
        at.varint()
        live.delete(at.varint())
      } else if (tag === 7) {
        at.varint()
        live.set(at.varint(), at.varint())
        at.bytes()
        at.bytes()
      } else return live
    }
  }
  return live
}

const LOG_BLOCK = 32768
const HEADER = 7
const [FULL, FIRST, , LAST] = [1, 2, 3, 4]

/** The records of a log file; ends at the first that is not whole. */
function* records(file: Buffer): Generator<Buffer> {
  let parts: Buffer[] = []
  let at = 0
  while (at + HEADER <= file.length) {
    const room = LOG_BLOCK - (at % LOG_BLOCK)
    if (room < HEADER) {
      at += room
      continue
    }
    const length = file.readUInt16LE(at + 4)
    const type = file[at + 6]!
    const end = at + HEADER + length
    if (HEADER + length > room || end > file.length) return
    if (file.readUInt32LE(at) !== masked(crc32c(file.subarray(at + 6, end)))) return
    if (type === FULL || type === FIRST) parts = []
    parts.push(file.subarray(at + HEADER, end))
    if (type === FULL || type === LAST) yield Buffer.concat(parts)
    at = end
  }
}

const FOOTER = 48
const TRAILER = 5
const MAGIC = Buffer.from([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb])

/** What is wrong with a table; null when every block of it is what was written. */
function faultOf(table: Buffer): string | null {
  try {
    if (table.length < FOOTER || !table.subarray(-8).equals(MAGIC)) return 'has no end'
    const at = new Cursor(table.subarray(-FOOTER))
    const [meta, index] = [handle(at), handle(at)]
    // What is packed in them need not be unpacked for that: the checksum is of the packed bytes.
    for (const block of [...blocksOf(table, meta), ...blocksOf(table, index)]) checked(table, block)
    return null
  } catch (error) {
    if (error instanceof RangeError) return 'is damaged'
    throw error
  }
}

interface Handle {
  readonly offset: number
  readonly size: number
}

function handle(at: Cursor): Handle {
  return { offset: at.varint(), size: at.varint() }
}

/** The blocks that an index block names. */
function blocksOf(table: Buffer, index: Handle): Handle[] {
  const block = contents(table, index)
  const restarts = block.readUInt32LE(block.length - 4)
  const at = new Cursor(block.subarray(0, block.length - 4 - 4 * restarts))
  const found: Handle[] = []
  while (at.more) {
    at.varint()
    const key = at.varint()
    const value = at.varint()
    at.take(key)
    found.push(handle(new Cursor(at.take(value))))
  }
  return found
}

function contents(table: Buffer, block: Handle): Buffer {
  const body = checked(table, block)
  return table[block.offset + block.size] === 1 ? unsnap(body) : body
}

/** The bytes of a block as they are in the file, checked. */
function checked(table: Buffer, { offset, size }: Handle): Buffer {
  const end = offset + size
  if (end + TRAILER > table.length - FOOTER) throw new RangeError('outside of the table')
  if (table.readUInt32LE(end + 1) !== masked(crc32c(table.subarray(offset, end + 1)))) throw new RangeError('checksum')
  return table.subarray(offset, end)
}

/** A checksum as it is stored. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Reads numbers and bytes one after another; a RangeError when there are none left. */
class Cursor {
  readonly #from: Buffer
  #at = 0

  constructor(from: Buffer) {
    this.#from = from
  }

  get more(): boolean {
    return this.#at < this.#from.length
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = this.take(1)[0]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new RangeError('number too long')
  }

  /** With their length before them. */
  bytes(): Buffer {
    return this.take(this.varint())
  }

  take(length: number): Buffer {
    if (length > this.#from.length - this.#at) throw new RangeError('too short')
    this.#at += length
    return this.#from.subarray(this.#at - length, this.#at)
  }
}
