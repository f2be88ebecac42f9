/** What the consensus half has to say to the tables half: all of a turn at once, in order, after where this node stands by then. */
import { type Position, type ToTables, UNDER_WAY_MAX } from './halves.ts'

export class Outbox {
  readonly #tell: (batch: readonly ToTables[]) => void
  #words: ToTables[] = []
  /** Bytes of its own that the tables half does not know to be taken in. */
  #taken = 0
  /** What the tables half was told last. */
  #told: Position | null = null

  constructor(tell: (batch: readonly ToTables[]) => void) {
    this.#tell = tell
  }

  say(word: Exclude<ToTables, { kind: 'position' | 'taken' }>): void {
    this.#words.push(word)
  }

  /** That proposals were taken goes along with the next word, unless they were many. */
  took(bytes: number): void {
    this.#taken += bytes
  }

  /** The turn is over. Null: it is too early to know where this node stands. */
  flush(now: Position | null): void {
    // Indexes alone can wait for a tick: they change all the time, and tables that are stuck would find a queue of them.
    const moved = now !== null && (this.#told === null || !samePosition(this.#told, now))
    if (this.#words.length === 0 && !moved && this.#taken < UNDER_WAY_MAX / 8) return
    if (now) this.#words.unshift({ kind: 'position', position: now })
    if (now) this.#told = now
    if (this.#taken > 0) this.#words.push({ kind: 'taken', bytes: this.#taken })
    this.#taken = 0
    const batch = this.#words
    this.#words = []
    this.#tell(batch)
  }
}

/** But for the indexes. */
function samePosition(a: Position, b: Position): boolean {
  const sameRole = a.role === b.role && a.lead === b.lead && a.term === b.term && a.takes === b.takes
  return sameRole && a.repair === b.repair && a.lineage === b.lineage && sameNames(a.connected, b.connected)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || a.join() === b.join()
}
