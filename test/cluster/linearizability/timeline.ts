/** Calls and returns of one key in a doubly linked list, from which an operation can be lifted and put back in constant time. */

import type { Operation } from './history.ts'

/**
 * The n operations that return are numbered in the order of their calls: operation i is called at event i and returns at event
 * n + i. Those of unknown outcome follow them as n, n + 1, … and are not in the list: nothing ever waits for them.
 */
export class Timeline<I, O> {
  readonly operations: readonly Operation<I, O>[]
  /** How many operations return. */
  readonly returning: number
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #head: number

  constructor(history: readonly Operation<I, O>[]) {
    const called = [...history].sort((a, b) => a.called - b.called)
    const returned = called.filter(({ outcome }) => outcome !== 'unknown')
    this.operations = [...returned, ...called.filter(({ outcome }) => outcome === 'unknown')]
    this.returning = returned.length
    const n = returned.length
    const events: { event: number; at: number }[] = []
    for (const [i, { process, called: from, outcome }] of returned.entries()) {
      if (outcome === 'unknown') continue
      if (!(outcome.at >= from))
        throw new Error(`process ${process} returned at ${outcome.at}, before its call at ${from}`)
      events.push({ event: i, at: from }, { event: n + i, at: outcome.at })
    }
    // At one moment calls go before returns: what touches counts as concurrent, which a coarse clock cannot exclude.
    events.sort((a, b) => a.at - b.at || Number(a.event >= n) - Number(b.event >= n))
    this.#head = 2 * n
    this.#next = new Int32Array(2 * n + 1)
    this.#previous = new Int32Array(2 * n + 1)
    let last = this.#head
    for (const { event } of events) {
      this.#link(last, event)
      last = event
    }
    this.#link(last, this.#head)
  }

  /** The earliest event in the list; the same as `returns(…)` of nothing when the list is empty. */
  first(): number {
    return this.#next[this.#head]!
  }

  next(event: number): number {
    return this.#next[event]!
  }

  isCall(event: number): boolean {
    return event < this.returning
  }

  /** The operation in the list that returns first: nothing called after its return may go before it. */
  due(): number {
    let event = this.first()
    while (this.isCall(event)) event = this.next(event)
    return event - this.returning
  }

  /** Takes the call and the return of an operation out. */
  lift(operation: number): void {
    for (const event of [operation, this.returning + operation]) this.#link(this.#previous[event]!, this.#next[event]!)
  }

  /** Puts back what was lifted last: the links that it kept are right again (Knuth's dancing links). */
  restore(operation: number): void {
    for (const event of [this.returning + operation, operation]) {
      this.#next[this.#previous[event]!] = event
      this.#previous[this.#next[event]!] = event
    }
  }

  #link(a: number, b: number): void {
    this.#next[a] = b
    this.#previous[b] = a
  }
}
