/**
 * A small file beside the database that remembers how far the database had come. LevelDB opens happily after its
 * write-ahead log lost records, was cut or was deleted; this file is how we know that there was more.
 *
 * Two slots of 4 KiB are written in turn, so that a torn write leaves the other. What it says is durable already, or the write
 * that makes it so stands beside it and is done again at the next start if the database lacks it (redo.ts): so it never claims
 * too much, and a crash between the two is no alarm. Nothing is acknowledged before it is covered here, so it never claims too little
 * either. A small write costs no more time than the slower of the two. A large one is noted when it is done, and costs no
 * throughput: while it is covered the next goes to the database, and what comes up meanwhile is covered together.
 */
import { crc32 } from 'node:zlib'
import type { Disk, SlotFile } from './disk.ts'
import type { Redo } from './redo.ts'

export interface Reached {
  /** Last index of the log that was durable, and the CRC of its record. */
  readonly last: number
  readonly crc: number
  readonly term: number
  readonly vote: number
  /** Index of the newest snapshot that was durable; 0: none. */
  readonly snapshot: number
}

export const NOWHERE: Reached = { last: 0, crc: 0, term: 0, vote: 0, snapshot: 0 }

interface Noted {
  readonly reached: Reached
  /** The last write, unless the database has it for sure. */
  readonly redo: Redo | null
}

const SLOT = 4096
const MAGIC = 0x52464c31
/**
 * Up to the length of the write, up to the checksum of all, and up to the write itself. The part before the first has a checksum of its own and
 * is the whole slot of earlier programs: they can read what a later one wrote, and see by the database whether it is theirs to open.
 */
const BODY = 52
const SUM = 84
const HEAD = 88

/** What a write may have, packed, to stand in a slot. */
export const REDO_MAX = SLOT - HEAD

export class Frontier {
  readonly #file: SlotFile
  /** One write at a time, so one block is enough. */
  readonly #slot = Buffer.alloc(SLOT)
  #seq: number
  #written: Noted
  #wanted: Noted
  #writing: Promise<void> | null = null
  #waiting: (() => void)[] = []
  readonly #onError: (error: unknown) => void

  constructor(file: SlotFile, found: Found, onError: (error: unknown) => void) {
    this.#file = file
    this.#seq = found.seq
    this.#written = found
    this.#wanted = found
    this.#onError = onError
  }

  /**
   * Says what is durable now, or will be once the write in `redo` is; it is written as soon as the slot before it is done. Waits
   * for nothing.
   */
  note(reached: Reached, redo: Redo | null = null): void {
    this.#wanted = { reached, redo }
    this.#writing ??= this.#catchUp()
  }

  /** Calls back when all that was noted so far stands in the file; in the order of the calls. */
  after(then: () => void): void {
    if (!this.#writing) then()
    else this.#waiting.push(then)
  }

  /** Waits until `reached` stands in the file: before the log is cut back below what the file says. */
  async retreat(reached: Reached): Promise<void> {
    this.note(reached)
    await this.#writing
  }

  /** Waits for what was noted. */
  async settled(): Promise<void> {
    await this.#writing
  }

  /** Waits for what was noted, then closes the file. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #catchUp(): Promise<void> {
    try {
      while (this.#written !== this.#wanted || this.#waiting.length > 0) {
        const next = this.#wanted
        const covered = this.#waiting.splice(0)
        if (next !== this.#written) {
          this.#seq++
          await writeSlot(this.#file, this.#slot, this.#seq, next)
          this.#written = next
        }
        for (const then of covered) then()
      }
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#writing = null
    }
  }
}

export interface Found extends Noted {
  readonly seq: number
}

/**
 * Opens the file, or makes it, saying nothing. It is made before the database, so one that a crash left unfinished
 * has none beside it and counts as new, and one that is missing beside a database is not made: the next start must miss it too.
 */
export async function openFrontier(
  disk: Disk,
  path: string,
  hasDatabase: boolean,
): Promise<{ readonly file: SlotFile; readonly found: Found } | 'damaged' | 'missing'> {
  const existing = await disk.openSlots(path, false)
  if (!existing && hasDatabase) return 'missing'
  const found = existing ? await readSlots(existing) : 'damaged'
  if (existing && found !== 'damaged') return { file: existing, found }
  if (hasDatabase) {
    await existing?.close()
    return 'damaged'
  }
  const file = existing ?? (await disk.openSlots(path, true))!
  // Both slots, so that the space is taken now and no later write can find the disk full.
  const nothing = { reached: NOWHERE, redo: null }
  for (const seq of [1, 2]) await writeSlot(file, Buffer.alloc(SLOT), seq, nothing)
  return { file, found: { seq: 2, ...nothing } }
}

/** What is behind the write is of earlier ones, and nobody looks at it. */
async function writeSlot(file: SlotFile, slot: Buffer, seq: number, { reached, redo }: Noted): Promise<void> {
  const length = redo?.operations.length ?? 0
  slot.writeUInt32BE(MAGIC, 4)
  slot.writeUInt32BE(reached.crc, 8)
  writeNumbers(slot, 12, [seq, reached.last, reached.term, reached.vote, reached.snapshot])
  slot.writeUInt32BE(length, BODY)
  slot.writeUInt32BE(redo?.before.crc ?? 0, BODY + 4)
  writeNumbers(slot, BODY + 8, redo ? [redo.before.last, redo.before.term, redo.before.vote] : [0, 0, 0])
  if (redo) slot.set(redo.operations, HEAD)
  slot.writeUInt32BE(crc32(slot.subarray(4, BODY)), 0)
  slot.writeUInt32BE(sumOf(slot, length), SUM)
  await file.write(slot, (seq % 2) * SLOT)
}

/** Of all but the two checksums. */
function sumOf(slot: Buffer, length: number): number {
  return crc32(slot.subarray(HEAD, HEAD + length), crc32(slot.subarray(4, SUM)))
}

function writeNumbers(slot: Buffer, at: number, numbers: readonly number[]): void {
  for (const [i, number] of numbers.entries()) slot.writeDoubleBE(number, at + i * 8)
}

async function readSlots(file: SlotFile): Promise<Found | 'damaged'> {
  const bytes = await file.read(2 * SLOT)
  const slots = [readSlot(bytes.subarray(0, SLOT)), readSlot(bytes.subarray(SLOT))].filter((slot) => slot !== null)
  slots.sort((a, b) => b.seq - a.seq)
  return slots[0] ?? 'damaged'
}

function readSlot(slot: Buffer): Found | null {
  if (slot.readUInt32BE(4) !== MAGIC || slot.readUInt32BE(0) !== crc32(slot.subarray(4, BODY))) return null
  const isBefore = slot.subarray(BODY, HEAD).every((byte) => byte === 0)
  const length = slot.readUInt32BE(BODY)
  if (!isBefore && (length > REDO_MAX || slot.readUInt32BE(SUM) !== sumOf(slot, length))) return null
  const number = (at: number) => slot.readDoubleBE(at)
  const crc = slot.readUInt32BE(8)
  const reached = { last: number(20), crc, term: number(28), vote: number(36), snapshot: number(44) }
  const seq = number(12)
  if (length === 0) return { seq, reached, redo: null }
  const of = {
    crc: slot.readUInt32BE(BODY + 4),
    last: number(BODY + 8),
    term: number(BODY + 16),
    vote: number(BODY + 24),
  }
  return { seq, reached, redo: { before: of, operations: slot.subarray(HEAD, HEAD + length) } }
}
