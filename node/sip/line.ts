/**
 * Those who want something of the same AoR, one after the other: what is decided for one must be in the tables before the next is looked
 * at. Who waits while another is served costs nobody a delay, and those of them that come to the same as the last are served as one.
 */

import { ChurnMap } from '../../proto/churn-map.ts'

/** Who may wait for one AoR; a phone sends its next REGISTER when the last was answered (RFC 3261 §10.2). */
const WAITING_MAX = 16

export class Lines<Waiter> {
  readonly #lines = new ChurnMap<string, Waiter[]>()
  readonly #joins: (later: Waiter, earlier: Waiter) => boolean
  readonly #serve: (key: string, together: readonly Waiter[]) => Promise<void>
  #size = 0

  /** `joins`: serving `later` alone does what serving both would. `serve` must not reject. */
  constructor(
    joins: (later: Waiter, earlier: Waiter) => boolean,
    serve: (key: string, together: readonly Waiter[]) => Promise<void>,
  ) {
    this.#joins = joins
    this.#serve = serve
  }

  /** Everybody who waits or is served. */
  get size(): number {
    return this.#size
  }

  /** Resolves when `waiter` was served; null when too many wait for this key. */
  join(key: string, waiter: Waiter): Promise<void> | null {
    const line = this.#lines.get(key)
    if (line && line.length >= WAITING_MAX) return null
    this.#size++
    if (line) {
      line.push(waiter)
      return Promise.resolve()
    }
    const own = [waiter]
    this.#lines.set(key, own)
    return this.#run(key, own)
  }

  async #run(key: string, line: Waiter[]): Promise<void> {
    while (line.length > 0) {
      let count = 1
      while (count < line.length && this.#joins(line[count]!, line[count - 1]!)) count++
      const together = line.splice(0, count)
      await this.#serve(key, together)
      this.#size -= count
    }
    this.#lines.delete(key)
  }
}
