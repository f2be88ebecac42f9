/**
 * Snapshots on their way from the log into the tables. The tables half asks for one piece at a time, so that no more than two of them are
 * in memory: the one that is loaded, and the next.
 */
import type { ToTables } from './halves.ts'
import type { ToLoad } from './log/log.ts'

export class Feeds {
  /** The first is the one that pieces are asked of. */
  readonly #loads: ToLoad[] = []

  /** What the tables half is to hear of it. */
  add(load: ToLoad): Extract<ToTables, { kind: 'load' }> {
    this.#loads.push(load)
    return { kind: 'load', index: load.index, term: load.term }
  }

  /** The next piece, which the tables half asked for; null when it cannot be read, which has ended the log. */
  async next(): Promise<Extract<ToTables, { kind: 'load-piece' }> | null> {
    const read = await this.#loads[0]?.pieces.next().catch(() => null)
    if (!read) return null
    if (read.done) this.#loads.shift()
    // In a block of its own, so that it can change hands.
    return { kind: 'load-piece', bytes: read.done ? null : new Uint8Array(read.value) }
  }
}

/** The lines of a snapshot whose pieces come one by one: the other end. */
export class Fed {
  readonly #ask: () => void
  #piece: Uint8Array | null | undefined

  /** `ask` is called when the next piece is wanted. */
  constructor(ask: () => void) {
    this.#ask = ask
    ask()
  }

  /** Null: that was all. */
  put(piece: Uint8Array | null): void {
    this.#piece = piece
  }

  /** Null while the next piece is not there. */
  *pieces(): Generator<Uint8Array | null> {
    for (;;) {
      const piece = this.#piece
      if (piece === null) return
      this.#piece = undefined
      if (piece) this.#ask()
      yield piece ?? null
    }
  }
}
