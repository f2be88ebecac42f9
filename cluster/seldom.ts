/** Says what a stranger can repeat at will: each thing once a window, and few things a window. */
import type { Logger } from './logger.ts'

const WINDOW_MS = 10 * 60_000
const THINGS_MAX = 20

export class Seldom {
  readonly #log: Logger
  readonly #now: () => number
  readonly #said = new Set<string>()
  #since: number
  #unsaid = 0

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log
    this.#now = now
    this.#since = now()
  }

  warn(fields: object, message: string): void {
    const now = this.#now()
    if (now - this.#since >= WINDOW_MS) {
      this.#said.clear()
      this.#since = now
    }
    if (this.#said.has(message) || this.#said.size >= THINGS_MAX) {
      this.#unsaid++
      return
    }
    this.#said.add(message)
    // How many lines there would have been besides.
    this.#log.warn(this.#unsaid > 0 ? { ...fields, unsaid: this.#unsaid } : fields, message)
    this.#unsaid = 0
  }
}
