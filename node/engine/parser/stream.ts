import { decode, messageText } from './bytes.ts'

export type Framed =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken'; readonly why: string; readonly status: 400 | 413; readonly text: string }

const NOTHING = Buffer.alloc(0)

/**
 * Cuts a byte stream into messages by Content-Length (RFC 3261 §18.3) and finds keep-alives (RFC 5626 §4.4.1).
 * Memory grows with what has arrived, never with what a header announces; after `broken` the stream is useless.
 */
export class StreamFramer {
  readonly #headMax: number
  readonly #bodyMax: number
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  #searched = 0
  /** Of the message that is being read, once its head is there: how long the head is, and how long all. */
  #head = 0
  #total = -1
  #halfPing = false
  #broken = false

  constructor(headMax: number, bodyMax: number) {
    this.#headMax = headMax
    this.#bodyMax = bodyMax
  }

  /** True while a message has begun and not ended. */
  get partial(): boolean {
    return this.#end > this.#start
  }

  push(chunk: Buffer): Framed[] {
    if (this.#broken) return []
    this.#append(chunk)
    const out: Framed[] = []
    for (let next = this.#next(); next; next = this.#next()) {
      out.push(next)
      if (next.kind !== 'broken') continue
      this.#broken = true
      break
    }
    if (this.#start === this.#end) this.#reset()
    return out
  }

  #append(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#buffer = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#searched = 0
      return
    }
    if (this.#end + chunk.length > this.#buffer.length) {
      const live = this.#end - this.#start
      const grown = Buffer.allocUnsafe(Math.max(1024, 2 * (live + chunk.length)))
      this.#buffer.copy(grown, 0, this.#start, this.#end)
      this.#searched -= this.#start
      this.#buffer = grown
      this.#start = 0
      this.#end = live
    }
    chunk.copy(this.#buffer, this.#end)
    this.#end += chunk.length
  }

  #reset(): void {
    this.#buffer = Buffer.alloc(0)
    this.#start = 0
    this.#end = 0
    this.#searched = 0
  }

  #next(): Framed | null {
    if (this.#total < 0) {
      const ping = this.#ping()
      if (ping) return ping
      if (this.#start >= this.#end) return null
      // Alone it may become a line break. Before anything else it is none, and would gather bytes without a bound.
      if (this.#buffer[this.#start] === 13) {
        return this.#end - this.#start === 1 ? null : this.#break('a stray carriage return', 400, NOTHING)
      }
      const blank = this.#buffer.subarray(0, this.#end).indexOf('\r\n\r\n', Math.max(this.#start, this.#searched - 3))
      const headLength = (blank < 0 ? this.#end : blank) - this.#start
      if (headLength > this.#headMax) return this.#break('header fields too large', 400, NOTHING)
      if (blank < 0) {
        this.#searched = this.#end
        return null
      }
      const head = this.#buffer.subarray(this.#start, blank)
      const length = contentLength(head.toString('latin1'))
      if (typeof length === 'string') return this.#break(length, 400, head)
      if (length > this.#bodyMax) return this.#break('Content-Length above the limit', 413, head)
      this.#head = headLength
      this.#total = headLength + 4 + length
    }
    if (this.#end - this.#start < this.#total) return null
    const bytes = this.#buffer.subarray(this.#start, this.#start + this.#total)
    this.#start += this.#total
    this.#searched = this.#start
    this.#total = -1
    const text = messageText(bytes, this.#head)
    if (text === null) return this.#break('not UTF-8', 400, bytes.subarray(0, this.#head))
    return { kind: 'message', text }
  }

  /** Takes line breaks before a message: two are a ping that wants an answer, also when they come one by one; one is nothing. */
  #ping(): Framed | null {
    const b = this.#buffer
    while (this.#end - this.#start >= 2 && b[this.#start] === 13 && b[this.#start + 1] === 10) {
      this.#start += 2
      this.#searched = this.#start
      this.#halfPing = !this.#halfPing
      if (!this.#halfPing) return { kind: 'ping' }
    }
    if (this.#start < this.#end && b[this.#start] !== 13) this.#halfPing = false
    return null
  }

  /** `head` is what can be answered. */
  #break(why: string, status: 400 | 413, head: Buffer): Framed {
    return { kind: 'broken', why, status, text: `${decode(head)}\r\n\r\n` }
  }
}

/** The one plain Content-Length of a head, or what is wrong with it. */
export function contentLength(head: string): number | string {
  let found: string | null = null
  for (const match of head.matchAll(/\r\n(?:content-length|l)[ \t]*:([^\r]*)/gi)) {
    if (found !== null) return 'Content-Length given twice'
    found = match[1]!.trim()
  }
  if (found === null) return 'no Content-Length'
  return /^\d{1,9}$/.test(found) ? Number(found) : 'Content-Length is not a number'
}
