/**
 * Snapshots of the tables on their way into the log. The tables half is asked for one piece at a time: what was not asked for waits
 * in no queue.
 */
import type { DurableLog } from './log/log.ts'
import { giveBack } from './log/pieces.ts'
import type { Logger } from './logger.ts'
import { confOf } from './raft/memory.ts'
import type { ConfState, Message } from './raft/types.ts'
import type { SnapshotSource } from './transfer.ts'

export interface Piece {
  readonly index: number
  /** The members as of that entry; null: they are those that the log begins with. */
  readonly conf: ConfState | null
  /** Null: that was all. */
  readonly bytes: Uint8Array | null
}

export class Snapshots {
  readonly #log: DurableLog
  readonly #every: number
  readonly #say: Logger
  readonly #ask: (first: boolean) => void
  readonly #founders: ConfState
  #answer: ((piece: Piece) => void) | null = null
  #saving: Promise<void> | null = null

  /**
   * One after `every` entries; `ask` is for the next piece, or for the first one of a new snapshot.
   */
  constructor(log: DurableLog, every: number, say: Logger, ask: (first: boolean) => void) {
    this.#founders = confOf([...log.identity.members])
    this.#log = log
    this.#every = every
    this.#say = say
    this.#ask = ask
  }

  /** The tables are at `applied` now. */
  applied(applied: number): void {
    if (applied - this.#kept >= this.#every) this.#begin()
  }

  #begin(): void {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = null
    })
  }

  /** The tables half said it. */
  answered(piece: Piece): void {
    const answer = this.#answer
    this.#answer = null
    answer?.(piece)
  }

  /** Waits for the one that is being saved. */
  async settled(): Promise<void> {
    await this.#saving
  }

  /** The one that a message announces; null when it is gone, or when its receiver came later and would refuse it. */
  source(message: Message): SnapshotSource | null {
    const kept = this.#log.snapshot
    if (!kept || kept.index !== message.snapshot?.meta.index) return null
    const { voters, learners, votersOutgoing } = kept.conf
    if (![voters, learners, votersOutgoing].some((ids) => ids.includes(message.to))) {
      this.#begin()
      return null
    }
    return { pieces: kept.pieces, bytes: kept.bytes, read: this.#log.snapshotPieces(kept) }
  }

  get #kept(): number {
    return this.#log.snapshot?.index ?? 0
  }

  async #save(): Promise<void> {
    const first = await this.#next(true)
    const { index, conf } = first
    const term = this.#log.storage.term(index)
    // One that came from the leader in the meantime is newer.
    if (index <= this.#kept || typeof term !== 'number') return
    await this.#log.saveSnapshot({ index, term, conf: conf ?? this.#founders }, this.#from(first))
    const kept = this.#log.snapshot
    if (kept?.index === index) this.#say.info({ index, bytes: kept.bytes }, `a snapshot at entry ${index} is kept`)
  }

  async *#from(first: Piece): AsyncGenerator<Buffer> {
    for (let piece = first; piece.bytes; piece = await this.#next(false)) {
      const { buffer, byteOffset, byteLength } = piece.bytes
      yield Buffer.from(buffer, byteOffset, byteLength)
      giveBack(piece.bytes)
    }
  }

  #next(first: boolean): Promise<Piece> {
    return new Promise((answer) => {
      this.#answer = answer
      this.#ask(first)
    })
  }
}
