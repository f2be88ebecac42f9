/**
 * How much new work is let in, so that what was let in is served in time (overload control by the server itself, RFC 6357 §5.2). The measure is
 * how long a packet waits before it is read: it knows nothing of what a call costs, so no limit has to be right for one machine only. ◆
 *
 * Behind a thread that has more to do than it can the kernel keeps a queue that nobody sees. It grows until peers repeat themselves, which
 * makes more work: so some is refused before that. What is let in is spread evenly, not by chance: of a share of one half every second one.
 */

/** How long a packet may wait when this thread is what it waits for, ms. */
const TARGET_MS = 8
/** And when it is not: the processor has others to serve too, and there is room yet. Peers repeat themselves after 500 ms (T1). */
const TARGET_OF_OTHERS_MS = 200
/** The part of its time that a thread computes which has as much to do as it can. */
const FULL = 0.8
/** And the part below which it no longer has: between the two others may use its processor as well, as who loads it does on a small machine. */
const NOT_FULL = 0.5
/** A queue that stands, or grows, for so many looks is one; what drains comes of a pause (a collection of garbage), and what is shorter is a burst. */
const LOOKS = 8
/** How many looks the thread's time is taken over. */
const COMPUTED_LOOKS = 4
/** One of so many is let in all the same: if waits are not for us to end, nobody must be shut out for ever. */
const LATE_ONE_OF = 200
/** A rush is over when nobody was refused for so many looks. */
const RUSH_LOOKS = 300
/** In one look the share of new work falls to no less than this part of itself. */
const FALL = 0.7
/** It grows by so much while packets pass at half the time they may take: slowly, as the knee may be near, and faster when that goes on. */
const RISE = 1.01
const RISE_FAST = 1.05
const CALM_LOOKS = 40
/** Even then some are let in, or nothing would show that it is over. */
const SHARE_MIN = 0.02
/** How many looks the share is told of. */
const LATELY_LOOKS = 20
/** What drains comes down by so much from one look to the next. */
const DRAINS = 0.98

export class Admission {
  #share = 1
  #credit = 1
  #before = 0
  /** For how many looks a queue has stood. */
  #stands = 0
  /** How many looks are left of a rush. */
  #rush = 0
  /** Somebody came too late since the last one. */
  #late = false
  #lateOnes = 0
  #dropped = 0
  #calm = 0
  /** Over the last looks. */
  #computed = 0
  #isFull = false
  #refused = 0
  /** Since the last look. */
  #asked = 0
  #letIn = 0
  #lately = 1

  /** The share of new work that was let in lately, 0 to 1. */
  get share(): number {
    return this.#rush === 0 ? 1 : this.#lately
  }

  /** Whether all are let in, and nobody need ask. */
  get isFree(): boolean {
    return this.#rush === 0 && this.#share === 1
  }

  get refused(): number {
    return this.#refused
  }

  get dropped(): number {
    return this.#dropped
  }

  /** What the last packet waited, ms, null if none came since the last look; `behind`: an app does not keep up with what it is given. */
  look(waitMs: number | null, computed: number, behind = false): void {
    this.#computed += (computed - this.#computed) / COMPUTED_LOOKS
    if (this.#computed >= FULL) this.#isFull = true
    else if (this.#computed < NOT_FULL) this.#isFull = false
    if (this.#asked > 0) this.#lately += (this.#letIn / this.#asked - this.#lately) / LATELY_LOOKS
    this.#asked = this.#letIn = 0
    const wait = behind ? Number.POSITIVE_INFINITY : waitMs
    if (wait === null) return
    const target = this.#target
    const drains = wait < DRAINS * this.#before
    this.#before = wait
    this.#calm = wait < target / 2 && !this.#late ? this.#calm + 1 : 0
    this.#late = false
    this.#stands = wait > target && !drains ? this.#stands + 1 : 0
    if (this.#stands >= LOOKS) this.#rush = RUSH_LOOKS
    else if (this.#rush > 0) this.#rush--
    if (this.#stands >= LOOKS) this.#share *= Math.max(target / wait, FALL)
    else if (this.#calm > 0) this.#share *= this.#calm > CALM_LOOKS ? RISE_FAST : RISE
    this.#share = Math.min(Math.max(this.#share, SHARE_MIN), 1)
  }

  /** Whether one more request that begins something is let in; asked once for each. `waitMs` is how long it waited at least, as far as is known. */
  admits(waitMs: () => number): boolean {
    if (this.isFree) return true
    this.#asked++
    this.#credit = Math.min(this.#credit, 1) + this.#share
    if (this.#turnsAway(waitMs)) {
      this.#refused++
      return false
    }
    if (this.#credit < 1) {
      this.#rush = RUSH_LOOKS
      this.#refused++
      return false
    }
    this.#credit -= 1
    this.#letIn++
    return true
  }

  /**
   * Whether a request that costs as much to refuse as to serve, and whose sender repeats it anyway, is not even read (RFC 3261 §21.5.4 allows it):
   * else refusing is all that is done.
   */
  drops(waitMs: () => number): boolean {
    if (!this.#turnsAway(waitMs)) return false
    this.#dropped++
    return true
  }

  /** Whether it came too late. Asked once for each: one of many is let in, and a rush lasts from the last. */
  #turnsAway(waitMs: () => number): boolean {
    if (this.#rush === 0 || waitMs() <= this.#target || ++this.#lateOnes % LATE_ONE_OF === 0) return false
    this.#late = true
    // What a pause has left late tells nothing of how long this will be.
    if (this.#stands > 1) this.#rush = RUSH_LOOKS
    return true
  }

  /** How long a packet may wait now. */
  get #target(): number {
    return this.#isFull ? TARGET_MS : TARGET_OF_OTHERS_MS
  }
}
