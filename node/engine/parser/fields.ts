/**
 * What a header field must be: once, so long, of such a shape. The bounds are for those who read it after us: drachtio-srf reads with
 * regular expressions that try a text again from each of its characters, and a few from each pair of them.
 */
import type { EngineLimits } from '../limits.ts'
import { parseAddress, splitOutside } from './headers.ts'
import type { SipMessage } from './message.ts'
import { parseUri } from './uri.ts'

type Shape = 'addresses' | 'routes' | 'credentials' | 'parameters'

interface Rule {
  /** It may stand once. */
  readonly once: boolean
  /** Everybody reads it: `limits.address` is its bound. */
  readonly read: boolean
  /** The longest that all of this name may be together, since srf joins them; null: `limits.field`. */
  readonly most: number | null
  readonly shape: Shape | null
}

const rule = (shape: Shape | null, most: number | null = null): Rule => ({ once: false, read: false, most, shape })
const once = (read: boolean, most: number | null = null): Rule => ({ once: true, read, most, shape: null })

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['via', { ...rule(null), read: true }],
  ['from', once(true)],
  ['to', once(true)],
  ['call-id', once(true)],
  ['cseq', once(true)],
  ['max-forwards', once(false)],
  ['content-length', once(false)],
  ['content-type', once(false, 512)],
  ['contact', { ...rule('addresses'), read: true }],
  ['route', rule('routes', 4096)],
  ['record-route', rule('routes', 4096)],
  ['path', rule('routes', 4096)],
  ['service-route', rule('routes', 4096)],
  ['refer-to', rule('addresses', 2048)],
  ['referred-by', rule('addresses', 2048)],
  ['reply-to', rule('addresses')],
  ['p-asserted-identity', rule('addresses', 512)],
  ['p-preferred-identity', rule('addresses', 2048)],
  ['remote-party-id', rule('addresses', 2048)],
  ['diversion', rule('addresses')],
  ['history-info', rule('addresses')],
  ['authorization', rule('credentials', 2048)],
  ['proxy-authorization', rule('credentials', 2048)],
  ['www-authenticate', rule('credentials', 2048)],
  ['proxy-authenticate', rule('credentials', 2048)],
  ['authentication-info', rule('parameters', 1024)],
  ['proxy-authentication-info', rule('parameters', 1024)],
])

/** What is wrong with one of the fields, or null; `first` gets the first value of each name. */
export function badFields({ fields }: SipMessage, limits: EngineLimits, first: Map<string, string>): string | null {
  let repeated: Map<string, number> | null = null
  for (const { name, value, line } of fields) {
    if (line.length > limits.field) return `${name} Too Long`
    const known = RULES.get(name)
    const most = known?.most ?? limits.field
    if (known) {
      if (value.length > most || (known.read && line.length > limits.address)) return `${name} Too Long`
      if ((known.read && hasGap(value)) || !isShaped(known.shape, name, value)) return `Bad ${name}`
    }
    const before = first.get(name)
    if (before === undefined) first.set(name, value)
    else if (known?.once) return `Several ${name}`
    else {
      repeated ??= new Map()
      const size = (repeated.get(name) ?? before.length) + value.length
      if (size > most) return `${name} Too Long`
      repeated.set(name, size)
    }
  }
  return null
}

/** Whether a name stands for a list of addresses. */
export function namesAddresses(name: string): boolean {
  const shape = RULES.get(name)?.shape
  return shape === 'addresses' || shape === 'routes'
}

function isShaped(shape: Shape | null, name: string, value: string): boolean {
  switch (shape) {
    case null:
      return true
    case 'credentials':
      return readsAsCredentials(value)
    case 'parameters':
      return areParameters(value)
    default:
      return areAddresses(name, value, shape === 'routes')
  }
}

/** Blanks that no sender has a use for, and that srf tries in every way. */
function hasGap(value: string): boolean {
  return value.length > 33 && /[ \t]{33}/.test(value)
}

/** A list of addresses; nothing at all and the star of a Contact are none, and right. */
function areAddresses(name: string, value: string, routes: boolean): boolean {
  if (value === '' || (value === '*' && name === 'contact')) return true
  if (hasGap(value)) return false
  const all = splitOutside(value, ',')
  return all.every((one) => isAddress(name, one) && (!routes || isRoute(one)) && (all.length === 1 || isApart(one)))
}

/** Whether a reader who goes on to the next blank sees that this is an address of its own. */
function isApart(value: string): boolean {
  return value.includes('<') || /^[a-z][\w.+-]*:/i.test(value)
}

function isRoute(value: string): boolean {
  const address = parseAddress(value)
  return address !== null && parseUri(address.uri) !== null && /^(".*"|[\w .!%*+`'~-]*)$/.test(address.display)
}

/** So long an address may be whatever it is made of. */
const ODD_MAX = 256
/** Of a longer one that is odd, so many parts. */
const ODD_PARTS_MAX = 32
/** So often srf begins anew in a longer one, from an open bracket or from a scheme. */
const AGAIN_MAX = 8
// What may be a SIP URI for srf, and it takes at the first try.
const PLAIN_URI =
  /^sips?:(?:[^\s@>:]*(?::[^\s@>]*)?@)?(?:[^\s@>:;?[]+|\[[\dA-Fa-f:.]+\])(?::\d+)?(?:;[^\s@>;?=]+(?:=[^\s@>;?]+)?)*(?:\?[^\s>]*)?$/i

/** Whether srf is soon done with it: it looks for a URI in every way there is, and for the end of one from each `[` and each `sip:`. */
export function isSoonRead(value: string, uri: string): boolean {
  if (value.length <= ODD_MAX) return true
  if (count(value, /\[/g) > AGAIN_MAX || count(value, /sips?:/g) > AGAIN_MAX) return false
  if (uri.length <= ODD_MAX || !/^sips?:/i.test(uri) || PLAIN_URI.test(uri)) return true
  // A parameter without a name, a value, or with an @ is odd; of a few of them it tries all ways soon enough.
  return count(uri, /[;?@&[]/g) <= ODD_PARTS_MAX
}

function count(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0
}

/** Whether a value is an address that everybody reads in the same way. */
export function isAddress(name: string, value: string): boolean {
  const address = parseAddress(value)
  if (!address || !isSoonRead(value, address.uri)) return false
  const { display, parameters } = address
  // A question mark outside of angle brackets could begin the headers of the URI, or not (§20.10).
  const ours = name === 'contact' || name === 'from' || name === 'to'
  if (ours && !value.includes('<') && value.includes('?')) return false
  // Nor may what needs quotes stand without them: some readers take it for the address, or for two.
  if (display !== '' && !display.startsWith('"') && /[,;@]/.test(display)) return false
  return !parameters.includes('"') || /^(?:[^"]|"(?:[^"\\]|\\.)*")*$/.test(parameters)
}

// Names, values and what is between them share no character, so nothing is tried twice.
const DIGEST =
  /^[\w-]{1,64}[ \t]+(?:[\w-]{1,64}[ \t]*=[ \t]*(?:"[^"\\]*"|[^\s",]+)[ \t]*,[ \t]*)*[\w-]{1,64}[ \t]*=[ \t]*(?:"[^"\\]*"|[^\s",]+)$/

/** Some write `opaque=` where they have none. srf reads none of those then, and looks for long only in long ones. */
const DIGEST_WITH_EMPTY =
  /^[\w-]{1,64}[ \t]+(?:[\w-]{1,64}[ \t]*=[ \t]*(?:"[^"\\]*"|[^\s",]*)[ \t]*,[ \t]*)*[\w-]{1,64}[ \t]*=[ \t]*(?:"[^"\\]*"|[^\s",]*)$/
const EMPTY_AMONG_MAX = 24

/** `Scheme name=value, name="value"`, or `Scheme token68` (RFC 7235 §2.1); repeated ones may share a field. */
function readsAsCredentials(value: string): boolean {
  if (hasGap(value)) return false
  if (DIGEST.test(value) || (count(value, /,/g) <= EMPTY_AMONG_MAX && DIGEST_WITH_EMPTY.test(value))) return true
  const space = value.search(/[ \t]/)
  const scheme = space < 0 ? value : value.slice(0, space)
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(scheme)) return false
  const rest = space < 0 ? '' : value.slice(space).trim()
  return /^[\w.~+/-]{0,256}=*$/.test(rest) || areParameters(rest)
}

const PARAMETER =
  /^(?:[\w!#$%&'*+.^`|~-]{1,64}[ \t]+)?[\w!#$%&'*+.^`|~-]{1,64}[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s",]+)$/

function areParameters(text: string): boolean {
  const parts = splitOutside(text, ',')
  return !hasGap(text) && parts.length <= 64 && parts.every((part) => part === '' || PARAMETER.test(part))
}
