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
  run: (() => void) | null

  constructor(due: number, run: () => void) {
    this.due = due
    this.run = run
  }

  cancel(): void {
    this.run = null
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
  #size = 0

  constructor(clock: Clock, tickMs = 10, guard: (run: () => void) => void = (run) => run()) {
    this.#clock = clock
    this.#tickMs = tickMs
    this.#guard = guard
    this.#tick = Math.floor(clock.now() / tickMs)
  }

  /** Timers that may still fire, and cancelled ones whose slot has not come round yet. */
  get size(): number {
    return this.#size
  }

  /** Runs once, not earlier than `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer {
    const due = Math.max(this.#tick + 1, Math.ceil((this.#clock.now() + delayMs) / this.#tickMs))
    const entry = new Entry(due, run)
    this.#slots[due % SLOTS]!.push(entry)
    this.#size++
    return entry
  }

  /** Runs what is due by now, in order of time. */
  advance(): void {
    const until = Math.floor(this.#clock.now() / this.#tickMs)
    while (this.#tick < until) {
      this.#tick++
      const index = this.#tick % SLOTS
      const slot = this.#slots[index]!
      if (slot.length === 0) continue
      const later = slot.filter((entry) => entry.due > this.#tick && entry.run)
      this.#slots[index] = later
      this.#size -= slot.length - later.length
      for (const entry of slot) {
        if (entry.due > this.#tick) continue
        const run = entry.run
        entry.run = null
        if (run) this.#guard(run)
      }
    }
  }
}
