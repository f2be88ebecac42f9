/**
 * Bytes as text and back. SIP is UTF-8 (RFC 3261 §7), bodies are anything. A byte that is not UTF-8 becomes a lone surrogate, U+DC00 and
 * the byte, which no text from elsewhere holds; so what is read here and written here is the same bytes again.
 */
import { isUtf8 } from 'node:buffer'

/** Every sequence of bytes as text; `encode` gives the same bytes again. */
export function decode(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  const units = Buffer.allocUnsafe(2 * bytes.length)
  let at = 0
  let used = 0
  while (at < bytes.length) {
    const length = sequence(bytes, at)
    if (length === 0) {
      used = units.writeUInt16LE(0xdc00 + bytes[at]!, used)
      at++
    } else if (length === 1) {
      used = units.writeUInt16LE(bytes[at]!, used)
      at++
    } else {
      used += units.write(bytes.toString('utf8', at, at + length), used, 'utf16le')
      at += length
    }
  }
  return units.toString('utf16le', 0, used)
}

/** How long the UTF-8 sequence is that begins here (RFC 3629 §4); 0: none does. */
function sequence(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

/** What goes on the wire for a text: the text itself where that is UTF-8 anyway. */
export function encode(text: string): string | Buffer {
  if (text.isWellFormed()) return text
  const bytes = Buffer.allocUnsafe(lengthOf(text))
  let used = 0
  let from = 0
  for (let i = 0; i < text.length; i++) {
    if (!isAlone(text, i)) continue
    used += bytes.write(text.slice(from, i), used)
    bytes[used++] = text.charCodeAt(i) - 0xdc00
    from = i + 1
  }
  bytes.write(text.slice(from), used)
  return bytes
}

/** Whether a byte that is no UTF-8 stands here: the second half of a pair without the first. */
function isAlone(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0xdc80 && code <= 0xdcff && (at === 0 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800)
}

/** How many bytes `encode` makes of it. */
export function lengthOf(text: string): number {
  if (text.isWellFormed()) return Buffer.byteLength(text)
  // One that stands alone counts three bytes there and is one here.
  let alone = 0
  for (let i = 0; i < text.length; i++) if (isAlone(text, i)) alone++
  return Buffer.byteLength(text) - 2 * alone
}

/** A message as text; null if its head is not UTF-8. `blank` is where the head ends, -1 if nowhere. */
export function messageText(bytes: Buffer, blank: number): string | null {
  if (isUtf8(bytes)) return bytes.toString()
  if (blank < 0 || !isUtf8(bytes.subarray(0, blank))) return null
  return bytes.toString('utf8', 0, blank + 4) + decode(bytes.subarray(blank + 4))
}

const scratch = Buffer.alloc(4096)

/**
 * The same text in one piece. V8 keeps a text that was put together as a rope of its parts, and one that was cut out with all of what it was cut from:
 * for what is kept for half a minute that is a dozen objects instead of one, and each collection of garbage looks at all of them.
 */
export function whole(text: string): string {
  const long = 3 * text.length > scratch.length
  return long || !text.isWellFormed() ? text : scratch.toString('utf8', 0, scratch.write(text))
}
