import { lengthOf } from '../parser/bytes.ts'

const COUNT_MAX = 4096
const BYTES_MAX = 4 * 1024 * 1024

/** Stand for bytes that are not UTF-8 where an app reads them: U+F700 and the byte, of the private use area. */
const SHOWN = /[\uF780-\uF7FF]/

/**
 * Frames are UTF-8, bodies need not be (RFC 3261 §7.4). An app is shown a text for such a body; when it sends exactly that text, to the
 * other leg of a call or in a MESSAGE that it passes on, the body is what it was. Only the last ones are known.
 */
export class Bodies {
  readonly #known = new Map<string, string>()
  #bytes = 0

  /** A whole message as an app can read it. */
  shown(message: string): string {
    if (message.isWellFormed()) return message
    const begin = message.indexOf('\r\n\r\n') + 4
    const body = message.slice(begin)
    const text = legible(body)
    this.#remember(text, body)
    return message.slice(0, begin) + text
  }

  /** The body that an app means. */
  meant(text: string): string {
    return SHOWN.test(text) ? (this.#known.get(text) ?? text) : text
  }

  #remember(text: string, body: string): void {
    this.#forget(text)
    const size = lengthOf(body)
    if (size > BYTES_MAX) return
    this.#known.set(text, body)
    this.#bytes += size
    for (const oldest of this.#known.keys()) {
      if (this.#bytes <= BYTES_MAX && this.#known.size <= COUNT_MAX) return
      this.#forget(oldest)
    }
  }

  #forget(text: string): void {
    const body = this.#known.get(text)
    if (body === undefined) return
    this.#known.delete(text)
    this.#bytes -= lengthOf(body)
  }
}

function legible(body: string): string {
  return body.replace(/(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g, (lone) =>
    String.fromCharCode(lone.charCodeAt(0) - 0xdc00 + 0xf700),
  )
}
