/**
 * Snapshots on their way from the log into the tables. The tables half asks for one piece at a time, so that no more than three of them are
 * in memory: the one that is loaded, the next, and the one that is read.
 */
import type { ToTables } from './halves.ts'
import type { ToLoad } from './log/log.ts'
import { giveBack, linesOfPieces } from './log/pieces.ts'
import { digestsOf, type Line, withDigests } from './tables/snapshot.ts'

type LoadPiece = Extract<ToTables, { kind: 'load-piece' }>

const NONE = new Uint8Array()

interface Piece {
  readonly bytes: Uint8Array
  readonly digests: Uint8Array
}

export class Feeds {
  /** The first is the one that pieces are asked of. */
  readonly #loads: ToLoad[] = []
  /** What is read before it is asked for. */
  #ahead: Promise<LoadPiece | null> | null = null

  /** What the tables half is to hear of it. */
  add(load: ToLoad): Extract<ToTables, { kind: 'load' }> {
    this.#loads.push(load)
    return { kind: 'load', index: load.index, term: load.term }
  }

  /** The next piece, which the tables half asked for; null when it cannot be read, which has ended the log. The one after it is read meanwhile. */
  async next(): Promise<LoadPiece | null> {
    const asked = this.#ahead ?? this.#read()
    this.#ahead = null
    const piece = await asked
    if (piece?.bytes) this.#ahead = this.#read()
    return piece
  }

  async #read(): Promise<LoadPiece | null> {
    const read = await this.#loads[0]?.pieces.next().catch(() => null)
    if (!read) return null
    if (read.done) this.#loads.shift()
    if (read.done) return { kind: 'load-piece', bytes: null, digests: NONE }
    // In a block of its own, so that it can change hands.
    return { kind: 'load-piece', bytes: new Uint8Array(read.value), digests: digestsOf(linesOfPieces([read.value])) }
  }
}

/** The lines of a snapshot whose pieces come one by one: the other end. */
export class Fed {
  readonly #ask: () => void
  #piece: Piece | null | undefined

  /** `ask` is called when the next piece is wanted. */
  constructor(ask: () => void) {
    this.#ask = ask
    ask()
  }

  put({ bytes, digests }: Omit<LoadPiece, 'kind'>): void {
    this.#piece = bytes && { bytes, digests }
  }

  /** Null while the next piece is not there. */
  *lines(): Generator<Line | null> {
    for (;;) {
      const piece = this.#piece
      if (piece === null) return
      this.#piece = undefined
      if (piece) this.#ask()
      if (!piece) yield null
      else {
        yield* withDigests(linesOfPieces([piece.bytes]), piece.digests)
        giveBack(piece.bytes)
      }
    }
  }
}
