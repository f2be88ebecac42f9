/**
 * How long a datagram waits at a socket of ours before it is read: those that we send to ourselves stand in the same queue of the kernel as
 * those of the phones.
 */
import { randomBytes } from 'node:crypto'

const SECRET_BYTES = 20
export const PROBE_BYTES = SECRET_BYTES + 4
/** One that a full queue lost is given up after so long, ms. */
const LOST_MS = 1_000
/** What waits already for so long need not come to tell of it. */
const OLD_MS = 100

export class Probe {
  readonly #send: (bytes: Buffer) => void
  readonly #now: () => number
  /** Nobody else can answer for them. */
  readonly #secret = randomBytes(SECRET_BYTES)
  #next = 0
  /** When those left that are not back, by number. */
  readonly #out = new Map<number, number>()
  #last = 0
  #fresh = false

  /** `now` in ms. */
  constructor(send: (bytes: Buffer) => void, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /** What the last one waited that came back since the last look, ms, or one waits already; null: there was none. Sends the next. */
  look(): number | null {
    const now = this.#now()
    const told = this.#fresh ? this.#last : null
    this.#fresh = false
    const [number, since] = this.#oldest ?? [0, now]
    const age = now - since
    if (age > LOST_MS) this.#out.delete(number)
    const bytes = Buffer.allocUnsafe(PROBE_BYTES)
    bytes.set(this.#secret)
    this.#next = (this.#next + 1) >>> 0
    bytes.writeUInt32LE(this.#next, SECRET_BYTES)
    this.#out.set(this.#next, now)
    this.#send(bytes)
    return told ?? (age > OLD_MS ? age : null)
  }

  /** What a datagram that is read now has waited at least, as far as is known, ms: it came before the first of ours that is not back. */
  waits(): number {
    const oldest = this.#oldest
    return oldest ? this.#now() - oldest[1] : this.#last
  }

  /** Whether this datagram is one of them. */
  received(bytes: Buffer): boolean {
    if (this.#secret.compare(bytes, 0, SECRET_BYTES) !== 0) return false
    const number = bytes.readUInt32LE(SECRET_BYTES)
    const since = this.#out.get(number)
    if (since === undefined) return true
    this.#last = this.#now() - since
    this.#fresh = true
    // They come in order: what left before it is lost.
    for (const earlier of this.#out.keys()) {
      this.#out.delete(earlier)
      if (earlier === number) break
    }
    return true
  }

  get #oldest(): [number, number] | undefined {
    return this.#out.entries().next().value
  }
}
