/**
 * Texts and numbers as bytes, for packed rows. What is written here is read here and nowhere else: it is never sent or stored. Any
 * string comes back as it was, also one that is no valid Unicode.
 */

/** Words that many rows share (a node, a user agent) are kept once. Past so many they stand in their rows. */
const WORDS_MAX = 4096
/** A word that is longer is in few rows, and would keep its memory for ever. */
const WORD_LENGTH_MAX = 256

/** What the bytes of a text are; the two low bits of its head, above them its length. */
const LATIN1 = 0
const UTF16 = 1
const WORD = 2
const BASE64 = 3

export class Words {
  readonly list: string[] = []
  readonly #numbers = new Map<string, number>()

  /** Null: it has none and gets none. */
  numberOf(word: string): number | null {
    const known = this.#numbers.get(word)
    if (known !== undefined) return known
    if (this.list.length === WORDS_MAX || word.length > WORD_LENGTH_MAX) return null
    this.#numbers.set(word, this.list.length)
    return this.list.push(word) - 1
  }
}

export class Writer {
  readonly #words: Words
  bytes: Buffer = Buffer.alloc(1024)
  length = 0

  constructor(words: Words) {
    this.#words = words
  }

  byte(value: number): void {
    this.#reserve(1)
    this.bytes[this.length++] = value
  }

  /** A natural number below 2^31. */
  count(value: number): void {
    this.#reserve(5)
    while (value > 127) {
      this.bytes[this.length++] = (value & 127) | 128
      value >>>= 7
    }
    this.bytes[this.length++] = value
  }

  /** A natural number below 2^48. */
  natural(value: number): void {
    this.#reserve(6)
    this.length = this.bytes.writeUIntLE(value, this.length, 6)
  }

  float(value: number): void {
    this.#reserve(8)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  text(text: string): void {
    const { length } = text
    const start = this.length
    this.#reserve(5 + 2 * length)
    this.count(length * 4 + LATIN1)
    const { bytes, length: at } = this
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 255) {
        this.length = start
        this.count(length * 4 + UTF16)
        this.length += bytes.write(text, this.length, 'utf16le')
        return
      }
      bytes[at + i] = unit
    }
    this.length = at + length
  }

  /** A text that other rows have too. */
  word(word: string): void {
    const number = this.#words.numberOf(word)
    if (number === null) this.text(word)
    else this.count(number * 4 + WORD)
  }

  /** A text of which the part behind the last dot is base64, most likely. */
  sealed(text: string): void {
    const cut = text.lastIndexOf('.') + 1
    const tail = text.slice(cut)
    const body = Buffer.from(tail, 'base64')
    this.word(text.slice(0, cut))
    if (body.toString('base64') !== tail) {
      this.text(tail)
      return
    }
    this.#reserve(5 + body.length)
    this.count(body.length * 4 + BASE64)
    this.length += body.copy(this.bytes, this.length)
  }

  /** Characters up to U+00FF, a byte each. */
  latin1(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i)
  }

  #reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = Buffer.alloc(2 * needed)
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

export class Reader {
  readonly #words: Words
  #bytes: Buffer = Buffer.alloc(0)
  at = 0

  constructor(words: Words) {
    this.#words = words
  }

  /** Reads on from there. */
  from(bytes: Buffer, at: number): this {
    this.#bytes = bytes
    this.at = at
    return this
  }

  byte(): number {
    return this.#bytes[this.at++]!
  }

  count(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }

  natural(): number {
    this.at += 6
    return this.#bytes.readUIntLE(this.at - 6, 6)
  }

  float(): number {
    this.at += 8
    return this.#bytes.readDoubleLE(this.at - 8)
  }

  /** What text, word and the tail of sealed wrote. */
  text(): string {
    const head = this.count()
    const length = head >>> 2
    switch (head & 3) {
      case LATIN1:
        return this.latin1(length)
      case UTF16:
        this.at += 2 * length
        return this.#bytes.toString('utf16le', this.at - 2 * length, this.at)
      case WORD:
        return this.#words.list[length]!
      default:
        this.at += length
        return this.#bytes.toString('base64', this.at - length, this.at)
    }
  }

  sealed(): string {
    return this.text() + this.text()
  }

  latin1(length: number): string {
    this.at += length
    return this.#bytes.toString('latin1', this.at - length, this.at)
  }

  /** Goes on behind the text that comes next. */
  pass(): void {
    const head = this.count()
    if ((head & 3) !== WORD) this.at += (head >>> 2) * ((head & 3) === UTF16 ? 2 : 1)
  }

  /** Whether the text that comes next is this one; passes it in no case. */
  isNext(text: string): boolean {
    const start = this.at
    const head = this.count()
    const length = head >>> 2
    const wide = (head & 3) === UTF16
    const { at } = this
    this.at = start
    if (length !== text.length) return false
    const bytes = this.#bytes
    for (let i = 0; i < length; i++) {
      const unit = wide ? bytes[at + 2 * i]! | (bytes[at + 2 * i + 1]! << 8) : bytes[at + i]!
      if (unit !== text.charCodeAt(i)) return false
    }
    return true
  }
}
