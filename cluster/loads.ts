/**
 * Snapshots that replace the tables, so many rows a turn: phones are answered from the tables of before until the new ones are whole, and
 * then from those. Whatever else would move the tables waits behind, in order. ◆
 */

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
  #steps: Iterator<void> | null = null
  #waiting: (() => void)[] = []
  #whenIdle: (() => void)[] = []

  constructor(options: LoadsOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#steps === null
  }

  /** Goes through what `begin` returns, in slices, once all loads before it are done. */
  add(begin: () => Iterator<void>): void {
    this.inOrder(() => {
      this.#steps = begin()
      this.#options.later(() => this.#slice())
    })
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
    for (let rows = 0; rows < ROWS_A_SLICE && this.#steps; rows++) if (this.#steps.next().done) this.#steps = null
    this.#options.moved()
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
