/**
 * Time. Nothing here waits: the next event is taken from a queue and the clock is set to it. Each process has a clock of its
 * own, that starts anywhere, is a little quick or slow, and goes on while the process stands still.
 */

interface Event {
  /** True time, ms. */
  readonly due: number
  readonly order: number
  readonly act: () => void
}

export class Events {
  /** True time, ms, which no node knows. */
  now = 0
  /** Whether the last event may have kept a promise, so that what waits for it must run before the next one. */
  settled = false
  count = 0
  readonly #heap: Event[] = []
  #order = 0

  /** Does something `ms` from now; what is due at one time happens in the order in which it was asked for. */
  after(ms: number, act: () => void): void {
    const event = { due: this.now + Math.max(0, ms), order: this.#order++, act }
    const heap = this.#heap
    let i = heap.push(event) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(event, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = event
  }

  /** Takes the next event that is due before `until`; false when there is none, and it is `until` then. */
  next(until: number): boolean {
    const first = this.#heap[0]
    if (!first || first.due > until) {
      this.now = until
      return false
    }
    this.#pop()
    this.now = first.due
    this.count++
    first.act()
    return true
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
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

function before(a: Event, b: Event): boolean {
  return a.due !== b.due ? a.due < b.due : a.order < b.order
}

/** A process from its start to its end. What is due for it waits while it stands still, and is forgotten when it is over. */
export class Life {
  alive = true
  readonly #events: Events
  /** Ms of its clock for a true one. */
  readonly #rate: number
  readonly #origin: number
  #pausedUntil = 0

  constructor(events: Events, rate: number, uptime: number) {
    this.#events = events
    this.#rate = rate
    this.#origin = uptime - events.now * rate
  }

  /** By its monotonic clock, ms. */
  now(): number {
    return this.#origin + this.#events.now * this.#rate
  }

  /** True for as long as it stands still. */
  get paused(): boolean {
    return this.#events.now < this.#pausedUntil
  }

  /** Does something in this process, `ms` of true time from now at the earliest. */
  after(ms: number, act: () => void): void {
    this.#events.after(ms, () => {
      if (!this.alive) return
      if (this.paused) this.after(this.#pausedUntil - this.#events.now, act)
      else act()
    })
  }

  /** Again and again, every `ms` of its own clock; one that could not be in time is not made up for. */
  every(ms: number, act: () => void): () => void {
    let stopped = false
    const again = () =>
      this.after(ms / this.#rate, () => {
        if (stopped) return
        again()
        act()
      })
    again()
    return () => {
      stopped = true
    }
  }

  /** Stands still for `ms` of true time. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#events.now + ms)
  }

  resume(): void {
    this.#pausedUntil = Math.min(this.#pausedUntil, this.#events.now)
  }

  end(): void {
    this.alive = false
  }
}
