/**
 * Snapshots of the tables on their way into the log. The tables half is asked for one piece at a time: what was not asked for waits
 * in no queue.
 */
import type { DurableLog } from './log/log.ts'
import type { ConfState, Message } from './raft/types.ts'
import type { SnapshotSource } from './transfer.ts'

export interface Piece {
  readonly index: number
  /** Null: that was all. */
  readonly bytes: Uint8Array | null
}

/** Where the core stands: what it knows to be applied, and who takes part by then. */
export interface Standing {
  readonly applied: number
  readonly conf: ConfState
}

export class Snapshots {
  readonly #log: DurableLog
  readonly #every: number
  readonly #ask: (first: boolean) => void
  readonly #standing: () => Standing
  #answer: ((piece: Piece & { readonly standing: Standing }) => void) | null = null
  #saving: Promise<void> | null = null
  /** Somebody waits for one that is newer than the one there is. */
  #isWanted = false

  /** One after `every` entries; `ask` is for the next piece, or for the first one of a new snapshot. */
  constructor(log: DurableLog, every: number, ask: (first: boolean) => void, standing: () => Standing) {
    this.#log = log
    this.#every = every
    this.#ask = ask
    this.#standing = standing
  }

  /** The tables are at `applied` now. */
  applied(applied: number): void {
    const isDue = this.#isWanted ? applied > this.#kept : applied - this.#kept >= this.#every
    if (this.#saving || !isDue) return
    this.#saving = this.#save().finally(() => {
      this.#saving = null
    })
  }

  /** The tables half said it. The core is looked at now: in the next turn it may stand elsewhere. */
  answered(piece: Piece): void {
    const answer = this.#answer
    this.#answer = null
    answer?.({ ...piece, standing: this.#standing() })
  }

  /** Waits for the one that is being saved. */
  async settled(): Promise<void> {
    await this.#saving
  }

  /**
   * The one that a message announces; null when it is gone, or from before its receiver was a member: whoever gets it would not be
   * in its own configuration. Then a newer one is taken, and the core asks again.
   */
  source(message: Message): SnapshotSource | null {
    const kept = this.#log.snapshot
    if (!kept || kept.index !== message.snapshot?.meta.index) return null
    const { voters, learners, votersOutgoing, learnersNext } = kept.conf
    if (![voters, learners, votersOutgoing, learnersNext].some((ids) => ids.includes(message.to))) {
      this.#isWanted = true
      this.applied(this.#standing().applied)
      return null
    }
    return { pieces: kept.pieces, bytes: kept.bytes, read: this.#log.snapshotPieces(kept) }
  }

  get #kept(): number {
    return this.#log.snapshot?.index ?? 0
  }

  async #save(): Promise<void> {
    const first = await this.#next(true)
    const { index, standing } = first
    const term = this.#log.storage.term(index)
    // One that came from the leader in the meantime is newer.
    if (index <= this.#kept || typeof term !== 'number') return
    // Of another index it would have the members of another time. The next one is begun anew.
    if (standing.applied !== index) return
    await this.#log.saveSnapshot({ index, term, conf: standing.conf }, this.#from(first))
    this.#isWanted = false
  }

  async *#from(first: Piece): AsyncGenerator<Buffer> {
    for (let piece = first; piece.bytes; piece = await this.#next(false)) {
      const { buffer, byteOffset, byteLength } = piece.bytes
      yield Buffer.from(buffer, byteOffset, byteLength)
    }
  }

  #next(first: boolean): Promise<Piece & { readonly standing: Standing }> {
    return new Promise((answer) => {
      this.#answer = answer
      this.#ask(first)
    })
  }
}
