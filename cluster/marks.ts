/**
 * Hashes of the tables as they were at some indexes, so that nodes can be compared at one index while entries go on: every
 * 256th index on every node, and, for a while after somebody asked, each one. ◆
 */
export interface StateHash {
  /** Applied index. */
  readonly index: number
  /** Hex. */
  readonly hash: string
}

const EVERY = 256
/** Entries after a question. */
const ALL_OF = 1024
const KEPT = 2048

export class HashMarks {
  readonly #marks = new Map<number, string>()
  #allUntil = 0

  /** The tables are at `index`; what is noted there never changes. */
  at(index: number, hash: () => string): void {
    if (index % EVERY !== 0 && index > this.#allUntil) return
    this.#note(index, hash())
  }

  /** All that is noted, the tables of now included, oldest first; from here on each index is noted for a while. */
  take(index: number, hash: string): readonly StateHash[] {
    this.#note(index, hash)
    this.#allUntil = index + ALL_OF
    return [...this.#marks].map(([at, of]) => ({ index: at, hash: of }))
  }

  #note(index: number, hash: string): void {
    this.#marks.set(index, hash)
    for (const oldest of this.#marks.keys()) {
      if (this.#marks.size <= KEPT) break
      this.#marks.delete(oldest)
    }
  }
}
