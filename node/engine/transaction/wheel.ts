/** A pending timer; `cancel` may be called at any time, also twice. */
export interface Timer {
  cancel(): void
}

/** Turns time into calls. `now` is milliseconds on a clock that never goes back. */
export interface Clock {
  now(): number
}

/** There are several per transaction, and they stay for half a minute: no closure of its own for each. */
class Entry implements Timer {
  readonly due: number
  run: ((of: unknown, what: unknown) => void) | null
  of: unknown
  what: unknown
  /** Where it waits, and at which place there; null when its time has come or it was cancelled. */
  slot: Entry[] | null = null
  at = 0

  constructor(due: number, run: (of: unknown, what: unknown) => void, of: unknown, what: unknown) {
    this.due = due
    this.run = run
    this.of = of
    this.what = what
  }

  waitIn(slot: Entry[]): void {
    this.slot = slot
    this.at = slot.push(this) - 1
  }

  /** Most are cancelled: they are not kept until their time comes round. */
  cancel(): void {
    this.run = this.of = this.what = null
    const { slot, at } = this
    if (slot === null) return
    this.slot = null
    const last = slot.pop()!
    if (last === this) return
    slot[at] = last
    last.at = at
  }
}

const SLOTS = 2048

/**
 * A timer wheel: starting and cancelling a timer costs the same however many there are, and there are several per
 * transaction. It has no clock of its own; whoever owns it calls `advance`. `guard` runs each, and keeps what one throws from the others.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #guard: (run: () => void) => void
  readonly #slots: Entry[][] = Array.from({ length: SLOTS }, () => [])
  #tick: number

  constructor(clock: Clock, tickMs = 10, guard: (run: () => void) => void = (run) => run()) {
    this.#clock = clock
    this.#tickMs = tickMs
    this.#guard = guard
    this.#tick = Math.floor(clock.now() / tickMs)
  }

  /** Timers that may still fire. */
  get size(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.length, 0)
  }

  /** Runs once, not earlier than `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer {
    return this.afterFor(delayMs, run, undefined, undefined)
  }

  /** The same for timers that there are many of: `run` is one for all, and is given what it is about. */
  afterFor<Of, What>(delayMs: number, run: (of: Of, what: What) => void, of: Of, what: What): Timer {
    const due = Math.max(this.#tick + 1, Math.ceil((this.#clock.now() + delayMs) / this.#tickMs))
    const entry = new Entry(due, run as Entry['run'] & {}, of, what)
    entry.waitIn(this.#slots[due % SLOTS]!)
    return entry
  }

  /** Runs what is due by now, in order of time. */
  advance(): void {
    const until = Math.floor(this.#clock.now() / this.#tickMs)
    while (this.#tick < until) {
      this.#tick++
      const slot = this.#slots[this.#tick % SLOTS]!
      if (slot.length === 0) continue
      const all = slot.splice(0)
      for (const entry of all) {
        if (entry.due > this.#tick) entry.waitIn(slot)
        else entry.slot = null
      }
      for (const entry of all) {
        if (entry.due > this.#tick) continue
        const { run, of, what } = entry
        entry.run = entry.of = entry.what = null
        if (run) this.#guard(() => run(of, what))
      }
    }
  }
}
