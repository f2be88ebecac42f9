/** What is sent to a peer. */
interface Sent {
  /** Bytes that it has not taken yet. */
  readonly waiting: number
  /** Bytes that it has. */
  readonly taken: number
}

/** A step that comes late, because this process stood still, is one step: then there was nobody to take anything. */
const STEPS = 4

/** Sees to it that a peer takes something now and then while something waits for it. */
export class Reading {
  readonly #sent: Sent
  readonly #ms: number
  readonly #stuck: () => void
  #timer: NodeJS.Timeout | null = null

  constructor(sent: Sent, ms: number, stuck: () => void) {
    this.#sent = sent
    this.#ms = ms
    this.#stuck = stuck
  }

  /** Something waits. */
  watch(): void {
    if (this.#timer) return
    let { taken } = this.#sent
    let still = 0
    this.#timer = setInterval(() => {
      const now = this.#sent.taken
      if (this.#sent.waiting === 0) this.stop()
      else if (now !== taken) still = 0
      else if (++still >= STEPS) {
        this.stop()
        this.#stuck()
      }
      taken = now
    }, this.#ms / STEPS)
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }
}
