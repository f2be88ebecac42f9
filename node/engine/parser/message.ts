import { fullName, writtenName } from './names.ts'

/** One header field: its full name in lower case, its value unfolded, and the line as it is written. */
export interface Field {
  readonly name: string
  readonly value: string
  readonly line: string
}

/** A flaw is what makes the message malformed although it can still be answered; null if there is none. */
interface Common {
  readonly fields: readonly Field[]
  readonly body: string
  readonly flaw: string | null
  /** How long all of it was when it came, in characters; never more than in bytes. */
  readonly size: number
}

export interface SipRequest extends Common {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
  readonly version: string
}

export interface SipResponse extends Common {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
}

export type SipMessage = SipRequest | SipResponse

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/
const VERSION = /^SIP\/\d{1,3}\.\d{1,3}$/i
// A lone CR or LF or a NUL inside the head would mean one thing to us and another to whoever reads it next. A quoted
// NUL is one that the grammar has (quoted-pair, §25.1).
const STRAY = /\r(?!\n)|(?<!\r)\n|(?<!\\)\0/

/** True for a token of RFC 3261 §25.1. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/**
 * Reads a message (RFC 3261 §7) in one pass; values are read later by who needs them. Null: not SIP at all, drop it.
 */
export function parseMessage(text: string, fieldsMax = 200): SipMessage | null {
  let at = 0
  while (text.startsWith('\r\n', at)) at += 2
  const blank = text.indexOf('\r\n\r\n', at)
  const end = blank < 0 ? text.length : blank
  const firstEnd = text.indexOf('\r\n', at)
  const lineEnd = firstEnd < 0 || firstEnd > end ? end : firstEnd
  const start = parseStart(text.slice(at, lineEnd))
  if (!start) return null

  const fields: Field[] = []
  let flaw = blank < 0 ? 'no empty line after the header fields' : start.flaw
  if (STRAY.test(text.slice(at, end))) flaw ??= 'a stray line break or NUL'
  let pos = lineEnd + 2
  while (pos < end) {
    let next = text.indexOf('\r\n', pos)
    if (next < 0 || next > end) next = end
    let folded = false
    while (next < end && (text.charCodeAt(next + 2) === 32 || text.charCodeAt(next + 2) === 9)) {
      folded = true
      next = text.indexOf('\r\n', next + 2)
      if (next < 0 || next > end) next = end
    }
    const line = text.slice(pos, next)
    const field = parseField(folded ? line.replaceAll(/\r\n[ \t]+/g, ' ') : line)
    if (field) fields.push(field)
    else flaw ??= 'a header field without a name or a colon'
    if (fields.length > fieldsMax)
      return { ...start.line, fields, body: '', flaw: 'too many header fields', size: text.length }
    pos = next + 2
  }
  return { ...start.line, fields, body: blank < 0 ? '' : text.slice(blank + 4), flaw, size: text.length }
}

type StartLine =
  | { kind: 'request'; method: string; uri: string; version: string }
  | { kind: 'response'; status: number; reason: string }

function parseStart(line: string): { line: StartLine; flaw: string | null } | null {
  if (/^SIP\//i.test(line)) {
    const status = Number(line.slice(8, 11))
    const plain = /^SIP\/2\.0 [1-6]\d\d( |$)/i.test(line)
    return plain ? { line: { kind: 'response', status, reason: line.slice(12) }, flaw: null } : null
  }
  const trimmed = line.trimEnd()
  const first = trimmed.indexOf(' ')
  const last = trimmed.lastIndexOf(' ')
  const method = trimmed.slice(0, first)
  const version = trimmed.slice(last + 1)
  if (first < 1 || !VERSION.test(version) || method.length > 64 || !TOKEN.test(method)) return null
  const uri = last > first ? trimmed.slice(first + 1, last) : ''
  const flaw = uri === '' || /[\s<>]/.test(uri) || trimmed !== line ? 'a malformed request line' : null
  return { line: { kind: 'request', method, uri, version: version.toUpperCase() }, flaw }
}

function parseField(line: string): Field | null {
  const colon = line.indexOf(':')
  if (colon < 1) return null
  const raw = line.slice(0, colon).trimEnd()
  if (!TOKEN.test(raw)) return null
  const name = fullName(raw)
  const value = line.slice(colon + 1).trim()
  // Readers further up know few compact forms, so the line is always written out.
  return { name, value, line: (raw.length === 1 ? `${writtenName(name)}: ${value}` : line).trimEnd() }
}

/** A field made here. */
export function field(name: string, value: string): Field {
  return { name: name.toLowerCase(), value, line: `${name}: ${value}` }
}

/** The value of the first field of this (full, lower-case) name. */
export function headerOf(message: Common, name: string): string | null {
  for (const f of message.fields) if (f.name === name) return f.value
  return null
}

/** The values of all fields of this name, in their order. */
export function headersOf(message: Common, name: string): string[] {
  const values: string[] = []
  for (const f of message.fields) if (f.name === name) values.push(f.value)
  return values
}

/** Writes a message; the fields must hold the Content-Length already. */
export function writeMessage(startLine: string, fields: readonly Field[], body: string): string {
  let text = startLine + '\r\n'
  for (const f of fields) text += f.line + '\r\n'
  return text + '\r\n' + body
}

/** The start line of a request. */
export function requestLine(request: SipRequest): string {
  return `${request.method} ${request.uri} ${request.version}`
}
