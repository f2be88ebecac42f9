/**
 * SIP addresses as they arrive: URIs (RFC 3261 §19.1) and name-addr values (§20.10), read from left to right once, in
 * time linear in their length, because whoever sent them may mean harm. What does not read is null.
 */
import type { Aor } from '../../cluster/tables/rows.ts'
import type { NameAddr } from './port.ts'

/** Longest URI and longest header value that are read at all. */
export const URI_MAX = 512
export const VALUE_MAX = 2048

export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** As written, escapes and all; empty when there is none. A password is left out. */
  readonly user: string
  /** Lower case; an IPv6 address keeps its brackets. */
  readonly host: string
  /** 0 when none is written. */
  readonly port: number
  /** What follows the port: `;transport=tcp?subject=x`. */
  readonly rest: string
}

/** A name-addr with its header parameters, names in lower case; a parameter without a value has an empty one. */
export interface Address {
  readonly display: string
  readonly uri: string
  readonly params: ReadonlyMap<string, string>
  /** Where reading stopped: at the end, or at the comma before the next value. */
  readonly end: number
}

// No wide classes beside each other: none of these can try a text twice.
const HOST = /^[a-z0-9_](?:[a-z0-9_.-]{0,252})$/
const IPV6 = /^\[[0-9a-f:.]{2,45}\]$/
const USER = /^[A-Za-z0-9\-_.!~*'()%&=+$,;?/#]{1,128}$/
const REST = /^(?:[;?][\x21-\x7e]*)?$/
const FORBIDDEN = /[\s<>"|\\^`{}\x00-\x1f\x7f-\uffff]/

export function parseUri(uri: string): SipUri | null {
  if (uri.length > URI_MAX || FORBIDDEN.test(uri)) return null
  const colon = uri.indexOf(':')
  const scheme = uri.slice(0, colon).toLowerCase()
  if (scheme !== 'sip' && scheme !== 'sips') return null

  const at = uri.indexOf('@', colon)
  const userinfo = at < 0 ? '' : uri.slice(colon + 1, at)
  const secret = userinfo.indexOf(':')
  const user = secret < 0 ? userinfo : userinfo.slice(0, secret)
  if (at >= 0 && !USER.test(user)) return null

  const start = at < 0 ? colon + 1 : at + 1
  const stop = firstOf(uri, ';?', start)
  const hostport = uri.slice(start, stop).toLowerCase()
  const rest = uri.slice(stop)
  if (rest.includes('@') || !REST.test(rest)) return null

  const bracket = hostport.startsWith('[') ? hostport.indexOf(']') : -1
  const split = hostport.indexOf(':', bracket + 1)
  const host = split < 0 ? hostport : hostport.slice(0, split)
  if (!HOST.test(host) && !IPV6.test(host)) return null
  const port = split < 0 ? 0 : portOf(hostport.slice(split + 1))
  return port === null ? null : { scheme, user, host, port, rest }
}

/**
 * A URI of another scheme, as a Contact may have one (RFC 3261 §10.2.1). Known ones only: what else has a colon is mostly a SIP address
 * whose scheme was left out.
 */
export function isOtherUri(uri: string): boolean {
  return uri.length <= URI_MAX && !FORBIDDEN.test(uri) && OTHER.test(uri)
}
const OTHER = /^(?:mailto|tel|fax|im|pres|xmpp|https?|h323):[^*]/i

/** A parameter of a URI, lower case, like `transport`; null when absent. */
export function uriParam(uri: SipUri, name: string): string | null {
  for (const part of uri.rest.split('?', 1)[0]!.split(';')) {
    const equals = part.indexOf('=')
    const key = equals < 0 ? part : part.slice(0, equals)
    if (key.toLowerCase() === name) return equals < 0 ? '' : part.slice(equals + 1).toLowerCase()
  }
  return null
}

/** The address of record that a URI names: `user@domain`, without port and parameters, escapes undone; null if none. */
export function aorOf(uri: string): Aor | null {
  const parsed = parseUri(uri)
  if (!parsed || parsed.user === '') return null
  const user = unescaped(parsed.user)
  return user === null ? null : `${user}@${parsed.host}`
}

/** %61lice is alice (RFC 3261 §19.1.4); null where an escape is no escape, or hides a control character or an @. */
export function unescaped(user: string): string | null {
  if (!user.includes('%')) return user
  try {
    const plain = decodeURIComponent(user)
    return /[\x00-\x20\x7f@<>"|]/.test(plain) ? null : plain
  } catch {
    return null
  }
}

/** From, To, one Contact: `"Alice" <sip:alice@example.com>;tag=1` or `sip:alice@example.com;tag=1`. */
export function parseAddress(value: string, start = 0): Address | null {
  if (value.length > VALUE_MAX * 8) return null
  let at = skipSpace(value, start)
  let display = ''
  if (value[at] === '"') {
    const close = closingQuote(value, at)
    if (close < 0) return null
    display = unquote(value.slice(at, close + 1))
    at = skipSpace(value, close + 1)
    if (value[at] !== '<') return null
  }
  const open = value[at] === '<' ? at : angleAhead(value, at)
  if (open < 0) {
    // Without angle brackets every parameter is the header's, not the URI's (RFC 3261 §20.10).
    const stop = firstOf(value, ';,', at)
    const uri = value.slice(at, stop).trim()
    return uri === '' ? null : withParams(value, stop, display, uri)
  }
  if (open > at) display = value.slice(at, open).trim()
  const close = value.indexOf('>', open)
  if (close < 0) return null
  return withParams(value, close + 1, display, value.slice(open + 1, close).trim())
}

/** For From and To: what the rest of the node reads. A value that does not read keeps its text as the URI. */
export function nameAddr(value: string): NameAddr {
  const address = parseAddress(value)
  const uri = address ? parseUri(address.uri) : null
  return {
    display: address?.display ?? '',
    uri: address?.uri ?? value.slice(0, URI_MAX),
    user: uri ? (unescaped(uri.user) ?? uri.user) : '',
    host: uri?.host ?? '',
    tag: address?.params.get('tag') ?? '',
  }
}

/** How a display name is written (RFC 3261 §25.1): quoted, and without anything that could end the header. */
export function formatNameAddr(display: string, uri: string): string {
  const name = display.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 128)
  return name === '' ? `<${uri}>` : `"${name.replace(/(["\\])/g, '\\$1')}" <${uri}>`
}

function withParams(value: string, from: number, display: string, uri: string): Address | null {
  const params = new Map<string, string>()
  let at = skipSpace(value, from)
  while (value[at] === ';') {
    const start = at + 1
    const stop = firstOf(value, ';,="', start)
    const name = value.slice(start, stop).trim().toLowerCase()
    at = stop
    let text = ''
    if (value[at] === '=') {
      const begin = skipSpace(value, at + 1)
      if (value[begin] === '"') {
        const close = closingQuote(value, begin)
        if (close < 0) return null
        text = unquote(value.slice(begin, close + 1))
        at = skipSpace(value, close + 1)
      } else {
        at = firstOf(value, ';,', begin)
        text = value.slice(begin, at).trim()
      }
    }
    // A name twice is an attempt to be read in two ways.
    if (name === '' || params.size >= 32 || params.has(name)) return null
    params.set(name, text)
  }
  if (at < value.length && value[at] !== ',') return null
  return { display, uri, params, end: at }
}

/** Where `<` opens, if it does before this value ends. */
function angleAhead(value: string, from: number): number {
  const stop = firstOf(value, '<,;', from)
  return value[stop] === '<' ? stop : -1
}

function firstOf(text: string, characters: string, from: number): number {
  for (let i = from; i < text.length; i++) if (characters.includes(text[i]!)) return i
  return text.length
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  return at
}

function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return -1
}

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\(.)/g, '$1') : inner
}

function portOf(text: string): number | null {
  if (!/^\d{1,5}$/.test(text)) return null
  const port = Number(text)
  return port > 0 && port < 65536 ? port : null
}
