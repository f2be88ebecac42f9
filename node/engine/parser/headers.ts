/** Values of header fields, read without regular expressions that could backtrack: all of it is linear. */

/** Splits at a separator that is outside quotes and angle brackets. */
export function splitOutside(text: string, separator: string): string[] {
  if (!text.includes(separator)) return [text.trim()]
  const parts: string[] = []
  let from = 0
  let quoted = false
  let angle = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '<') angle = true
    else if (c === '>') angle = false
    else if (c === separator && !angle) {
      parts.push(text.slice(from, i).trim())
      from = i + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts
}

/** The value of a `;name=value` parameter: '' if it has none, null if it is absent. The name is lower case. */
export function parameter(parameters: string, name: string): string | null {
  for (const part of splitOutside(parameters, ';')) {
    const equals = part.indexOf('=')
    const key = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    if (key === name) return equals < 0 ? '' : part.slice(equals + 1).trim()
  }
  return null
}

/** A name-addr or addr-spec (RFC 3261 §25.1): what is before the URI, the URI, and the parameters after it. */
export interface Address {
  readonly display: string
  readonly uri: string
  readonly parameters: string
}

export function parseAddress(value: string): Address | null {
  const open = indexOutsideQuotes(value, '<')
  if (open < 0) {
    const semicolon = value.indexOf(';')
    const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
    return uri === '' || /[\s",]/.test(uri)
      ? null
      : { display: '', uri, parameters: semicolon < 0 ? '' : value.slice(semicolon) }
  }
  const close = value.indexOf('>', open)
  if (close < 0) return null
  const display = value.slice(0, open).trim()
  if (display.startsWith('"') !== display.endsWith('"') || display === '"') return null
  const parameters = value.slice(close + 1).trim()
  if (parameters !== '' && !parameters.startsWith(';')) return null
  const uri = value.slice(open + 1, close)
  return uri === '' || /[\s<"]/.test(uri) ? null : { display, uri, parameters }
}

function indexOutsideQuotes(text: string, wanted: string): number {
  if (!text.includes('"')) return text.indexOf(wanted)
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === '\\') i++
    else if (text[i] === '"') quoted = !quoted
    else if (!quoted && text[i] === wanted) return i
  }
  return -1
}

/** The tag of a From or To value; '' if there is none. */
export function tagOf(value: string): string {
  const close = value.lastIndexOf('>')
  const at = close < 0 ? value.indexOf(';') : close + 1
  return at < 0 ? '' : (parameter(value.slice(at), 'tag') ?? '')
}

export interface CSeq {
  readonly number: number
  readonly method: string
}

export function parseCSeq(value: string): CSeq | null {
  const match = /^(\d{1,10})[ \t]+(\S{1,64})$/.exec(value)
  if (!match) return null
  const number = Number(match[1])
  return number < 2 ** 31 ? { number, method: match[2]! } : null
}

/** The top Via value (RFC 3261 §20.42). */
export interface Via {
  readonly transport: string
  readonly host: string
  readonly port: number | null
  readonly branch: string
  readonly parameters: string
}

export function parseVia(value: string): Via | null {
  const semicolon = value.indexOf(';')
  const parameters = semicolon < 0 ? '' : value.slice(semicolon)
  const head = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
  const slash = head.indexOf('/')
  const second = head.indexOf('/', slash + 1)
  if (slash < 0 || second < 0) return null
  if (head.slice(0, slash).trim().toUpperCase() !== 'SIP' || head.slice(slash + 1, second).trim() !== '2.0') return null
  const tail = head.slice(second + 1).trimStart()
  const space = tail.search(/\s/)
  if (space < 1) return null
  const sentBy = parseHostPort(tail.slice(space).replaceAll(/\s/g, ''))
  if (!sentBy) return null
  return {
    transport: tail.slice(0, space).toUpperCase(),
    host: sentBy.host,
    port: sentBy.port,
    branch: parameter(parameters, 'branch') ?? '',
    parameters,
  }
}

/** `host[:port]`, with IPv6 in brackets; the brackets are not part of the host. */
export function parseHostPort(text: string): { host: string; port: number | null } | null {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1
  if (text.startsWith('[') && bracket < 0) return null
  const colon = text.indexOf(':', bracket + 1)
  const host = bracket < 0 ? (colon < 0 ? text : text.slice(0, colon)) : text.slice(1, bracket)
  const after = colon < 0 ? text.length : colon
  if (bracket >= 0 && after !== bracket + 1) return null
  if (host === '' || host.length > 255 || !(bracket < 0 ? /^[A-Za-z0-9\-._]+$/ : /^[0-9A-Fa-f:.]+$/).test(host))
    return null
  if (colon < 0) return { host, port: null }
  const digits = text.slice(colon + 1)
  const port = Number(digits)
  return /^\d{1,5}$/.test(digits) && port > 0 && port < 65536 ? { host, port } : null
}

/** Writes a host so that a port can follow. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/**
 * The first Via value with the true source in it (RFC 3261 §18.2.1, RFC 3581 §4); other values are kept. `keep`: whoever offers
 * keep-alives is to send one every so many seconds (RFC 6223 §4.3).
 */
export function withSource(value: string, host: string, port: number, keep: number | null = null): string {
  const [top = '', ...rest] = splitOutside(value, ',')
  const [sentBy, ...parameters] = splitOutside(top, ';')
  const kept = parameters.filter((p) => !/^(rport|received)[ \t]*(=|$)/i.test(p))
  const offer = keep === null ? -1 : kept.findIndex((p) => p.toLowerCase() === 'keep')
  if (offer >= 0) kept[offer] = `keep=${keep}`
  const marked = [sentBy, ...kept, `received=${host}`, `rport=${port}`].join(';')
  return rest.length === 0 ? marked : [marked, ...rest].join(', ')
}
