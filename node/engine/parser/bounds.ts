/**
 * Bounds on what those who read a message after us take more than linear time for: drachtio-srf reads header fields with regular
 * expressions that try a text again from each of its characters, and a few from each pair of them.
 */
import { splitOutside } from './headers.ts'
import type { Field, SipMessage } from './message.ts'

/** Longest values, in characters; everything else is bounded by `limits.field`, and by `limits.address`. */
const LONGEST = new Map([
  ['content-type', 512],
  ['refer-to', 2048],
  ['referred-by', 2048],
  ['p-asserted-identity', 2048],
  ['p-preferred-identity', 2048],
  ['remote-party-id', 2048],
  ['authorization', 2048],
  ['proxy-authorization', 2048],
  ['www-authenticate', 2048],
  ['proxy-authenticate', 2048],
  ['authentication-info', 1024],
  ['proxy-authentication-info', 1024],
])

const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate'])

/** The longest Request-URI (RFC 3261 §21.4.15). */
export const URI_MAX = 1024

/** How long the values of one name may be together: readers further up join them to one. */
export function longest(name: string, other: number): number {
  return LONGEST.get(name) ?? other
}

/** What is wrong with one header field, or null. */
export function badField({ name, value }: Field): string | null {
  if (CREDENTIALS.has(name) && !readsAsCredentials(value)) return `Bad ${name}`
  if (name.endsWith('authentication-info') && !areParameters(value)) return `Bad ${name}`
  return null
}

/** `Scheme name=value, name="value"`, or `Scheme token68` (RFC 7235 §2.1); repeated ones may share a field. */
function readsAsCredentials(value: string): boolean {
  const space = value.search(/[ \t]/)
  const scheme = space < 0 ? value : value.slice(0, space)
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(scheme)) return false
  const rest = space < 0 ? '' : value.slice(space).trim()
  return /^[\w.~+/-]{0,256}=*$/.test(rest) || areParameters(rest)
}

// Each alternative begins with a character of its own, so nothing is tried twice.
const PARAMETER =
  /^(?:[\w!#$%&'*+.^`|~-]{1,64}[ \t]+)?[\w!#$%&'*+.^`|~-]{1,64}[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s",]*)$/

function areParameters(text: string): boolean {
  const parts = splitOutside(text, ',')
  return parts.length <= 64 && parts.every((part) => part === '' || PARAMETER.test(part))
}

const PART_TYPE = 'Content-Type:'
/** Steps that a reader may take in vain, for all parts of a body: some milliseconds. */
const VAIN_MAX = 400_000

/**
 * Whether the parts of a multipart body take a reader long: srf looks from every `Content-Type:`, and from every blank after it, to the
 * end of the line. What has many of them on one line is no multipart.
 */
export function badParts(message: SipMessage, type: string | undefined): boolean {
  const { body } = message
  if (type === undefined || !type.includes('multipart') || !body.includes(PART_TYPE)) return false
  const lineEnd = /[\r\n]/g
  let vain = 0
  let end = 0
  let at = body.indexOf(PART_TYPE)
  while (at >= 0) {
    const begin = at + PART_TYPE.length
    let text = begin
    while (text < body.length && /\s/.test(body[text]!)) text++
    if (end < text) {
      lineEnd.lastIndex = text
      end = lineEnd.exec(body)?.index ?? body.length
    }
    vain += (1 + text - begin) * (end - begin)
    if (vain > VAIN_MAX) return true
    at = body.indexOf(PART_TYPE, begin)
  }
  return false
}
