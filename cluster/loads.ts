/**
 * Snapshots that replace the tables, so many rows a turn: phones are answered from the tables of before until the new ones are whole, and
 * then from those. Whatever else would move the tables waits behind, in order. ◆
 */

import type { Dry } from './tables/snapshot.ts'

/** About 3 ms of work. */
export const ROWS_A_SLICE = 256

export interface LoadsOptions {
  /** Does it in a later turn of the event loop, as an input of this half. */
  readonly later: (act: () => void) => void
  /** After each slice: rows may have changed. */
  readonly moved: () => void
}

export class Loads {
  readonly #options: LoadsOptions
  /** The load under way, a row a step. */
  #steps: Iterator<Dry | undefined> | null = null
  /** It waits for its next piece. */
  #isDry = false
  #waiting: (() => void)[] = []
  #whenIdle: (() => void)[] = []

  constructor(options: LoadsOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#steps === null
  }

  /** Goes through what `begin` returns, in slices, once all loads before it are done. After a dry step it waits until it is fed. */
  add(begin: () => Iterator<Dry | undefined>): void {
    this.inOrder(() => {
      this.#steps = begin()
      this.#options.later(() => this.#slice())
    })
  }

  /** What the load under way waits for may be there. */
  fed(): void {
    if (!this.#isDry) return
    this.#isDry = false
    this.#options.later(() => this.#slice())
  }

  /** Acts now, or after the loads that are under way. */
  inOrder(act: () => void): void {
    if (this.isIdle) act()
    else this.#waiting.push(act)
  }

  /** Waits until all are done, or given up. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isIdle) resolve()
      else this.#whenIdle.push(resolve)
    })
  }

  /** Nothing more is loaded, and what waits never happens. */
  stop(): void {
    this.#steps = null
    this.#waiting = []
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #slice(): void {
    for (let rows = 0; rows < ROWS_A_SLICE && this.#steps && !this.#isDry; rows++) {
      const { done, value } = this.#steps.next()
      if (done) this.#steps = null
      this.#isDry = value === 'dry'
    }
    this.#options.moved()
    if (this.#isDry) return
    if (this.#steps) {
      this.#options.later(() => this.#slice())
      return
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const act of waiting) this.inOrder(act)
    if (this.isIdle) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}
