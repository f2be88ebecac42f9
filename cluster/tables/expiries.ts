/**
 * Which AoR has a binding to expire, soonest first: a binary heap of (due, aor) with at most one live entry an AoR.
 * An entry may be early (a refresh moves the row's expiry, not the entry), never late: whoever takes it looks at the row
 * and hands it back with the true time. So a refresh, the most frequent command of all, costs one map lookup here.
 */
interface Due {
  readonly at: number
  readonly aor: string
}

export class Expiries {
  readonly #heap: Due[] = []
  readonly #at = new Map<string, number>()

  /** Sees to it that `aor` is looked at no later than `at` (cluster time, ms). */
  schedule(aor: string, at: number): void {
    const known = this.#at.get(aor)
    if (known !== undefined && known <= at) return
    this.#at.set(aor, at)
    this.#push({ at, aor })
  }

  /** The earliest time at which something may be due; null when nothing is scheduled. */
  next(): number | null {
    this.#dropStale()
    return this.#heap[0]?.at ?? null
  }

  /** Takes the earliest AoR due at or before `upTo`, ties in order of the AoR; null when there is none. */
  take(upTo: number): string | null {
    this.#dropStale()
    const first = this.#heap[0]
    if (!first || first.at > upTo) return null
    this.#pop()
    this.#at.delete(first.aor)
    return first.aor
  }

  /** An entry that a sooner one of the same AoR replaced is not taken. */
  #dropStale(): void {
    while (this.#heap.length > 0 && this.#at.get(this.#heap[0]!.aor) !== this.#heap[0]!.at) this.#pop()
  }

  #push(due: Due): void {
    const heap = this.#heap
    let i = heap.push(due) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(due, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
  }
}

function before(a: Due, b: Due): boolean {
  return a.at !== b.at ? a.at < b.at : a.aor < b.aor
}
