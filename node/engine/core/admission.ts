/**
 * How much new work is let in, so that what was let in is served in time (overload control by the server itself, RFC 6357 §5.2). The measure is
 * how long a packet waits before it is read: it knows nothing of what a call costs, so no limit has to be right for one machine only. ◆
 *
 * Behind a thread that has more to do than it can the kernel keeps a queue that nobody sees. It grows until peers repeat themselves, which
 * makes more work: so some is refused before that. What is let in is spread evenly, not by chance: of a share of one half every second one.
 */

/** How long a packet may wait when this thread is what it waits for, ms. A turn with much to do takes as long. */
const TARGET_MS = 8
/** And when it is not: the processor has others to serve too, and there is room yet. Peers repeat themselves after 500 ms (T1). */
const TARGET_OF_OTHERS_MS = 200
/** The part of its time that a thread computes which has as much to do as it can. */
const FULL = 0.8
/** A queue that stands lets none of so many packets through in time. What only comes and goes (a collection of garbage, another process) does. */
const LOOKS = 4
/** In one look the share of new work falls to no less than this part of itself. */
const FALL = 0.7
/** It grows by so much while packets pass at half the time they may take: slowly, as the knee may be near, and faster when that goes on. */
const RISE = 1.02
const RISE_FAST = 1.1
const CALM_LOOKS = 20
/** Even then some are let in, or nothing would show that it is over. */
const SHARE_MIN = 0.02

export class Admission {
  #share = 1
  #credit = 0
  #waits: number[] = []
  #calm = 0
  /** Over the last looks. */
  #computed = 0
  #refused = 0

  /** The share of new work that is let in now, 0 to 1. */
  get share(): number {
    return this.#share
  }

  get refused(): number {
    return this.#refused
  }

  /**
   * What the last packet waited, ms; the part of the time since the last look that this thread computed, 0 to 1; `behind`: an app does not keep up
   * with what it is given.
   */
  look(waitMs: number, computed: number, behind = false): void {
    const wait = behind ? Number.POSITIVE_INFINITY : waitMs
    const drains = wait < 0.98 * (this.#waits.at(-1) ?? 0)
    this.#waits.push(wait)
    this.#computed += (computed - this.#computed) / LOOKS
    const target = this.#computed >= FULL ? TARGET_MS : TARGET_OF_OTHERS_MS
    if (this.#waits.length > LOOKS) this.#waits.shift()
    this.#calm = wait < target / 2 ? this.#calm + 1 : 0
    if (this.#waits.length < LOOKS) return
    // The least of them is what no luck avoids (RFC 8289 §3.2 has the idea). While the queue drains, enough is refused.
    const least = Math.min(...this.#waits)
    if (least > target) this.#share *= drains ? 1 : Math.max(target / least, FALL)
    else if (this.#calm > 0) this.#share *= this.#calm > CALM_LOOKS ? RISE_FAST : RISE
    this.#share = Math.min(Math.max(this.#share, SHARE_MIN), 1)
  }

  /** Whether one more request that begins something is let in; asked once for each. */
  admits(): boolean {
    if (this.#share === 1) return true
    this.#credit += this.#share
    if (this.#credit < 1) {
      this.#refused++
      return false
    }
    this.#credit -= 1
    return true
  }
}
