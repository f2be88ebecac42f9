/**
 * Snapshots on their way from another node into the database. Each piece is on the disk before the next is asked for, under the
 * number of its transfer, so that no two can mix, whatever their indexes. Nothing of it counts before the log makes it the snapshot
 * that counts, in one write, when all of it is there; a transfer that comes to nothing is cleared, at the latest by the next start.
 *
 * One at a time: who begins to send takes the place of whoever was sending, since a leader of an earlier term may hang.
 */
import type { Database } from './disk.ts'
import { encodeBytes, receivedKey } from './records.ts'
import { clearTransfers, headOf } from './recover.ts'

/** A transfer, as whoever receives it has it. */
export interface Incoming {
  readonly number: number
  /** Resolves when the piece is on the disk. */
  write(piece: Uint8Array): Promise<void>
  /** All of it is there. */
  end(): void
  /** None of it counts. */
  drop(): Promise<void>
}

/** What came with a transfer. */
export interface Arrived {
  readonly pieces: number
  readonly bytes: number
  readonly head: Buffer
}

interface Transfer {
  pieces: number
  bytes: number
  head: Buffer
  isWhole: boolean
}

export class Transfers {
  readonly #db: Database
  readonly #onError: (error: unknown) => void
  readonly #all = new Map<number, Transfer>()
  #last: number

  /** `last` is the number of the transfer before the first; an error of the disk is the end of the log. */
  constructor(db: Database, last: number, onError: (error: unknown) => void) {
    this.#db = db
    this.#last = last
    this.#onError = onError
  }

  begin(): Incoming {
    for (const [number, { isWhole }] of this.#all) if (!isWhole) this.#all.delete(number)
    const number = ++this.#last
    const transfer: Transfer = { pieces: 0, bytes: 0, head: Buffer.alloc(0), isWhole: false }
    this.#all.set(number, transfer)
    return {
      number,
      write: (piece) => this.#write(number, transfer, piece),
      end: () => void (transfer.isWhole = true),
      drop: () => this.drop(number),
    }
  }

  /** The transfer is the snapshot that counts from now on; null when it is not whole, or was dropped. */
  take(number: number): Arrived | null {
    const transfer = this.#all.get(number)
    if (!transfer?.isWhole) return null
    // Those before it were never installed, and their pieces go with the snapshot that is replaced.
    for (const other of this.#all.keys()) if (other <= number) this.#all.delete(other)
    return transfer
  }

  async drop(number: number): Promise<void> {
    this.#all.delete(number)
    try {
      await clearTransfers(this.#db, number, number)
    } catch (error) {
      this.#onError(error)
    }
  }

  async #write(number: number, transfer: Transfer, piece: Uint8Array): Promise<void> {
    if (this.#all.get(number) !== transfer) throw new Error('another snapshot has begun to arrive')
    if (transfer.pieces === 0) transfer.head = headOf(piece)
    const key = receivedKey(number, transfer.pieces++)
    transfer.bytes += piece.length
    try {
      await this.#db.batch([{ type: 'put', key, value: encodeBytes(key, piece) }], { sync: true })
    } catch (error) {
      this.#onError(error)
      throw error
    }
  }
}
