/**
 * Which registration has a binding to expire, soonest first: a binary heap of the numbers of rows, each at most once. An
 * entry may be early (a refresh moves the row's expiry, not the entry), never late: whoever takes it looks at the row
 * and hands it back with the true time. So a refresh, the most frequent command of all, costs one look here.
 */
import type { PackedRows } from './packed.ts'

type Rows = Pick<PackedRows<object>, 'numberOf' | 'keyOf'>

export class Expiries {
  readonly #rows: Rows
  #heap = new Uint32Array(16)
  #size = 0
  /** By number of the row: when it is due, cluster time in ms, and its place in the heap, from 1; 0: it is not there. */
  #at = new Float64Array(16)
  #place = new Uint32Array(16)

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** Sees to it that `aor`, which has a row, is looked at no later than `at` (cluster time, ms). */
  schedule(aor: string, at: number): void {
    const number = this.#rows.numberOf(aor)
    if (number >= this.#place.length) this.#grow(number)
    const place = this.#place[number]!
    if (place !== 0 && this.#at[number]! <= at) return
    this.#at[number] = at
    this.#up(place === 0 ? this.#size++ : place - 1, number)
  }

  /** Before the row of `aor` goes. */
  forget(aor: string): void {
    const number = this.#rows.numberOf(aor)
    const place = this.#place[number] ?? 0
    if (place !== 0) this.#take(place - 1)
  }

  /** The earliest time at which something may be due; null when nothing is scheduled. */
  next(): number | null {
    return this.#size === 0 ? null : this.#at[this.#heap[0]!]!
  }

  /** Takes the earliest AoR due at or before `upTo`, ties in order of the AoR; null when there is none. */
  take(upTo: number): string | null {
    if (this.#size === 0 || this.#at[this.#heap[0]!]! > upTo) return null
    return this.#rows.keyOf(this.#take(0))
  }

  #take(i: number): number {
    const taken = this.#heap[i]!
    this.#place[taken] = 0
    const last = this.#heap[--this.#size]!
    if (i === this.#size) return taken
    this.#up(i, last)
    this.#down(this.#place[last]! - 1, last)
    return taken
  }

  /** Puts a number at `i`, or as far above it as it belongs. */
  #up(i: number, number: number): void {
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#isBefore(number, this.#heap[parent]!)) break
      this.#set(i, this.#heap[parent]!)
      i = parent
    }
    this.#set(i, number)
  }

  #down(i: number, number: number): void {
    for (;;) {
      let child = 2 * i + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++
      if (!this.#isBefore(this.#heap[child]!, number)) break
      this.#set(i, this.#heap[child]!)
      i = child
    }
    this.#set(i, number)
  }

  #set(i: number, number: number): void {
    this.#heap[i] = number
    this.#place[number] = i + 1
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#at[a]!, this.#at[b]!]
    return x !== y ? x < y : this.#rows.keyOf(a) < this.#rows.keyOf(b)
  }

  /** The heap has at most one place a number. */
  #grow(number: number): void {
    const length = 2 * (number + 1)
    const [heap, at, place] = [new Uint32Array(length), new Float64Array(length), new Uint32Array(length)]
    heap.set(this.#heap)
    at.set(this.#at)
    place.set(this.#place)
    this.#heap = heap
    this.#at = at
    this.#place = place
  }
}
