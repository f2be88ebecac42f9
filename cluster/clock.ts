/**
 * Cluster time (ms): what the leader stamps on every command. T = max(last stamp, base + what passed since the election), by
 * a monotonic clock, with the last stamp in the log as base. A wall clock that jumps expires nothing, and the time without a
 * leader does not count, so no outage expires everybody at once. Only a new cluster begins with the wall clock. ◆
 */
export class ClusterClock {
  #last: number
  /** Monotonic ms when the last stamp was seen. */
  #seenAt: number
  #base: { readonly time: number; readonly at: number } | null = null

  /** `last` is the last stamp applied, 0 if there is none; `at` is a monotonic time in ms. */
  constructor(last: number, at: number) {
    this.#last = last
    this.#seenAt = at
  }

  /** A stamp came by in the log. */
  see(time: number, at: number): void {
    if (time < this.#last) return
    this.#last = time
    this.#seenAt = at
  }

  /** This node leads from now on; `wall` counts only if there is no stamp yet. */
  lead(at: number, wall: number): void {
    this.#base = { time: this.#last > 0 ? this.#last : wall, at }
  }

  follow(): void {
    this.#base = null
  }

  /** The stamp for what a leader proposes now. */
  stamp(at: number): number {
    if (!this.#base) throw new Error('only a leader stamps')
    return Math.max(this.#last, Math.floor(this.#base.time + (at - this.#base.at)))
  }

  /** Cluster time as far as this node can tell; 0 before the first stamp. */
  now(at: number): number {
    if (this.#base) return this.stamp(at)
    return this.#last === 0 ? 0 : Math.floor(this.#last + (at - this.#seenAt))
  }
}
