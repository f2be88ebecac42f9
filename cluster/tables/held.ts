/** Who uses what, read off the reservations: an index over their rows, kept by `put` and `remove` and made anew with a snapshot. */
import type { ReservationRow } from './admission-rows.ts'

export interface HeldView {
  /** Calls that count against a key. */
  calls(key: string): number
  /** Seconds of conversation that these have reserved, where its minutes are limited. */
  seconds(key: string): number
  /** Micro-units set aside of an account. */
  amount(account: string): number
  /** What others have reserved, and is for this call now: their ids, in order. */
  for(call: string): readonly string[]
}

export class Held implements HeldView {
  readonly #calls = new Map<string, Set<string>>()
  readonly #seconds = new Map<string, number>()
  readonly #amounts = new Map<string, number>()
  readonly #nodes = new Map<string, Set<string>>()
  readonly #as = new Map<string, Set<string>>()

  calls(key: string): number {
    return this.#calls.get(key)?.size ?? 0
  }

  seconds(key: string): number {
    return this.#seconds.get(key) ?? 0
  }

  amount(account: string): number {
    return this.#amounts.get(account) ?? 0
  }

  for(call: string): readonly string[] {
    return [...(this.#as.get(call) ?? [])].sort()
  }

  /** Ids of the calls of a node, in order. */
  of(node: string): readonly string[] {
    return [...(this.#nodes.get(node) ?? [])].sort()
  }

  /** A row takes the place of another; null: there is none. */
  replace(before: ReservationRow | null, row: ReservationRow | null): void {
    if (before) {
      for (const key of before.keys) drop(this.#calls, key, before.id)
      drop(this.#nodes, before.node, before.id)
      if (before.as) drop(this.#as, before.as, before.id)
      this.#count(before, -1)
    }
    if (row) {
      for (const key of row.keys) add(this.#calls, key, row.id)
      add(this.#nodes, row.node, row.id)
      if (row.as) add(this.#as, row.as, row.id)
      this.#count(row, 1)
    }
  }

  #count({ timed = [], seconds = 0, paid }: ReservationRow, sign: 1 | -1): void {
    for (const key of timed) sum(this.#seconds, key, sign * seconds)
    if (paid) sum(this.#amounts, paid.account, sign * paid.amount)
  }
}

function add(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key)
  if (set) set.add(id)
  else sets.set(key, new Set([id]))
}

function drop(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key)
  set?.delete(id)
  if (set?.size === 0) sets.delete(key)
}

function sum(sums: Map<string, number>, key: string, more: number): void {
  const now = (sums.get(key) ?? 0) + more
  if (now === 0) sums.delete(key)
  else sums.set(key, now)
}
