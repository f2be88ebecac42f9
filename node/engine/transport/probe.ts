/**
 * How long a datagram waits at a socket of ours before it is read: one that we send to ourselves stands in the same queue of the kernel as
 * those of the phones.
 */
import { randomBytes } from 'node:crypto'

export const PROBE_BYTES = 24

export class Probe {
  readonly #send: (bytes: Buffer) => void
  readonly #now: () => number
  /** Nobody else can answer for it. */
  readonly #bytes = randomBytes(PROBE_BYTES)
  #sentAt: number | null = null
  #wait = 0

  /** `now` in ms. */
  constructor(send: (bytes: Buffer) => void, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /** What the last one waited, or waits already, ms; sends the next one. One that a full queue lost is given up after a second. */
  look(): number {
    const now = this.#now()
    const waits = this.#sentAt === null ? 0 : now - this.#sentAt
    const wait = Math.max(this.#wait, waits)
    if (this.#sentAt === null || waits > 1_000) {
      this.#wait = 0
      this.#sentAt = now
      this.#send(this.#bytes)
    }
    return wait
  }

  /** Whether this datagram is the one. */
  received(bytes: Buffer): boolean {
    if (!bytes.equals(this.#bytes)) return false
    if (this.#sentAt !== null) this.#wait = this.#now() - this.#sentAt
    this.#sentAt = null
    return true
  }
}
