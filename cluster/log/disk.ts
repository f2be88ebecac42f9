/**
 * What the log asks of a disk: a database of sorted keys and a small file of slots, both in one directory. The real one is
 * LevelDB and a file opened with O_DSYNC; the simulation brings one that crashes, tears and forgets as it is told.
 */
import { constants, write } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Level } from 'level'
import { checkDatabase } from './leveldb.ts'

export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer }

/** Keys from `gte` (or `gt`) up to `lt` (or `lte`), in order of their bytes. */
export interface Range {
  readonly gte?: Buffer
  readonly gt?: Buffer
  readonly lt?: Buffer
  readonly lte?: Buffer
}

export interface Database {
  /** All of it or nothing; with `sync` it is on the disk when the promise is kept. */
  batch(operations: Operation[], options: { readonly sync: boolean }): Promise<void>
  get(key: Buffer): Promise<Buffer | undefined>
  iterator(range: Range): AsyncIterable<[Buffer, Buffer]>
  clear(range: Range): Promise<void>
  close(): Promise<void>
}

/** The frontier's file. A write is on the disk when its promise is kept. */
export interface SlotFile {
  read(length: number): Promise<Buffer>
  write(bytes: Buffer, position: number): Promise<void>
  close(): Promise<void>
}

export interface Disk {
  makeDirectory(dir: string): Promise<void>
  exists(location: string): Promise<boolean>
  /** Makes it if there is none. */
  openDatabase(location: string): Promise<Database>
  /** Null when it is not there and `create` is not asked for. */
  openSlots(location: string, create: boolean): Promise<SlotFile | null>
  /** What a repair needs (see repair.ts); without it damage is left to the operator. */
  readonly files?: Files
}

/** Whatever changes something is on the disk when its promise is kept. */
export interface Files {
  /** Names in a directory. */
  list(dir: string): Promise<string[]>
  /** Null when it is not there. */
  read(location: string): Promise<string | null>
  /** All of it or nothing. */
  write(location: string, text: string): Promise<void>
  /** Makes the directory that it moves to. */
  move(from: string, to: string): Promise<void>
  /** Also what is in it; nothing when it is not there. */
  remove(location: string): Promise<void>
}

export const realDisk: Disk = {
  makeDirectory,
  exists: (location) =>
    stat(location).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        // What cannot be looked at may well be there.
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
        throw error
      },
    ),
  async openDatabase(location) {
    if (!(await realDisk.exists(location))) await makeDatabase(location)
    await checkDatabase(location)
    const db = await openLevel(location)
    // The file that says which manifest counts was renamed, and LevelDB leaves it at that.
    await syncDirectory(location)
    return db
  },
  async openSlots(location, create) {
    try {
      const file = await open(location, create ? CREATE : constants.O_RDWR | constants.O_DSYNC, 0o600)
      if (create) await syncDirectory(path.dirname(location))
      return slotFile(file)
    } catch (error) {
      if (!create && (error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  },
  files: {
    list: (dir) => readdir(dir),
    read: (location) =>
      readFile(location, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      }),
    async write(location, text) {
      const file = await open(`${location}.new`, 'w', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${location}.new`, location)
      await syncDirectory(path.dirname(location))
    },
    async move(from, to) {
      await makeDirectory(path.dirname(to))
      await rename(from, to)
      await syncDirectory(path.dirname(to))
      await syncDirectory(path.dirname(from))
    },
    async remove(location) {
      await rm(location, { recursive: true, force: true })
      await syncDirectory(path.dirname(location))
    },
  },
}

/**
 * LevelDB maps the tables that it reads into memory and keeps so many of them: without a bound all of a snapshot. It takes no
 * smaller number, of which it keeps ten for other files.
 */
const FILES_MAX = 74
/** Of a table that it merges, and the least that it takes: so most of what it has mapped are 64 MiB. */
const TABLE_BYTES = 1024 * 1024
/** Of blocks that were read: nearly all is read once, at a start or for a peer. */
const CACHE_BYTES = 1024 * 1024

/** Elsewhere first: LevelDB does not sync its first manifest, and what a power failure leaves of it does not open again. */
async function makeDatabase(location: string): Promise<void> {
  const unfinished = `${location}.new`
  await rm(unfinished, { recursive: true, force: true })
  const db = await openLevel(unfinished)
  await db.close()
  await syncDirectory(unfinished)
  await rename(unfinished, location)
  await syncDirectory(path.dirname(location))
}

async function openLevel(location: string): Promise<Level<Buffer, Buffer>> {
  const db = new Level<Buffer, Buffer>(location, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await db.open({ maxOpenFiles: FILES_MAX, maxFileSize: TABLE_BYTES, cacheSize: CACHE_BYTES })
  return db
}

/** O_DSYNC: a write returns when it is on the disk. */
const CREATE = constants.O_RDWR | constants.O_DSYNC | constants.O_CREAT | constants.O_EXCL

function slotFile(file: FileHandle): SlotFile {
  return {
    async read(length) {
      const bytes = Buffer.alloc(length)
      await file.read(bytes, 0, length, 0)
      return bytes
    },
    // At every write of the log: a promise of the file's own costs as much again as the call.
    write: (bytes, position) =>
      new Promise((done, failed) => {
        write(file.fd, bytes, 0, bytes.length, position, (error) => (error ? failed(error) : done()))
      }),
    // Whatever was written is on the disk already.
    close: () => file.close().catch(() => {}),
  }
}

/** Node's own recursion never ends where the parent is there and takes no directories, as in /proc. */
async function makeDirectory(dir: string): Promise<void> {
  const made = await mkdir(dir, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return true
      if (error.code === 'ENOENT' && path.dirname(dir) !== dir) return false
      throw error
    },
  )
  if (!made) {
    await makeDirectory(path.dirname(dir))
    await mkdir(dir, { mode: 0o700 })
  }
  await syncDirectory(path.dirname(dir))
}

/** The names in a directory are on the disk only when it was synced itself. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
