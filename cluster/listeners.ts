/** Those who want to be told. One that throws is logged and does not keep the others from being told. */
import type { Logger } from './logger.ts'

export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  /** Returns how to stop it. */
  add(listener: (value: T) => void): () => void {
    // Of its own, so that the same function added twice is told twice and stopped once.
    const own = (value: T) => listener(value)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  tell(value: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(value)
      } catch (error) {
        this.#log.error({ err: error }, 'a listener of the cluster threw')
      }
    }
  }
}
