/**
 * A small file beside the database that remembers how far the database had come. LevelDB opens happily after its
 * write-ahead log lost records, was cut or was deleted; this file is how we know that there was more.
 *
 * Two slots of 4 KiB are written in turn, so that a torn write leaves the other. It only says what had already been
 * durable when it was written, so it never claims too much and a crash between the two is no alarm. Nothing is acknowledged
 * before it is covered here, so it never claims too little either. It costs no throughput: while one write is covered the
 * next goes to the database, and what comes up meanwhile is covered together.
 */
import { crc32 } from 'node:zlib'
import type { Disk, SlotFile } from './disk.ts'

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

const SLOT = 4096
const BODY = 52
const MAGIC = 0x52464c31

export class Frontier {
  readonly #file: SlotFile
  #seq: number
  #written: Reached
  #wanted: Reached
  #writing: Promise<void> | null = null
  #waiting: (() => void)[] = []
  readonly #onError: (error: unknown) => void

  constructor(file: SlotFile, found: Found, onError: (error: unknown) => void) {
    this.#file = file
    this.#seq = found.seq
    this.#written = found.reached
    this.#wanted = found.reached
    this.#onError = onError
  }

  /** Says what is durable now; it is written as soon as the write before it is done. Waits for nothing. */
  note(reached: Reached): void {
    this.#wanted = reached
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
          await writeSlot(this.#file, this.#seq, next)
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

export interface Found {
  readonly seq: number
  readonly reached: Reached
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
  await writeSlot(file, 1, NOWHERE)
  await writeSlot(file, 2, NOWHERE)
  return { file, found: { seq: 2, reached: NOWHERE } }
}

async function writeSlot(file: SlotFile, seq: number, reached: Reached): Promise<void> {
  const slot = Buffer.alloc(SLOT)
  slot.writeUInt32BE(MAGIC, 4)
  slot.writeUInt32BE(reached.crc, 8)
  for (const [i, number] of [seq, reached.last, reached.term, reached.vote, reached.snapshot].entries()) {
    slot.writeDoubleBE(number, 12 + i * 8)
  }
  slot.writeUInt32BE(crc32(slot.subarray(4, BODY)), 0)
  await file.write(slot, (seq % 2) * SLOT)
}

async function readSlots(file: SlotFile): Promise<Found | 'damaged'> {
  const bytes = await file.read(2 * SLOT)
  const slots = [readSlot(bytes.subarray(0, SLOT)), readSlot(bytes.subarray(SLOT))].filter((slot) => slot !== null)
  slots.sort((a, b) => b.seq - a.seq)
  return slots[0] ?? 'damaged'
}

function readSlot(slot: Buffer): Found | null {
  if (slot.readUInt32BE(0) !== crc32(slot.subarray(4, BODY)) || slot.readUInt32BE(4) !== MAGIC) return null
  const number = (i: number) => slot.readDoubleBE(12 + i * 8)
  const reached = { last: number(1), crc: slot.readUInt32BE(8), term: number(2), vote: number(3), snapshot: number(4) }
  return { seq: number(0), reached }
}
