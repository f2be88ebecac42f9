import { bracketed, parameter, parseHostPort } from './headers.ts'

/** A SIP or SIPS URI (RFC 3261 §19.1.1). `parameters` begins with its semicolon or is empty. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  readonly user: string
  readonly host: string
  readonly port: number | null
  readonly parameters: string
  readonly headers: string
}

export function parseUri(text: string): SipUri | null {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, colon).toLowerCase()
  if (scheme !== 'sip' && scheme !== 'sips') return null
  const at = text.lastIndexOf('@', hostEnd(text))
  const user = at < 0 ? '' : text.slice(colon + 1, at)
  const rest = text.slice((at < 0 ? colon : at) + 1)
  const question = rest.indexOf('?')
  const plain = question < 0 ? rest : rest.slice(0, question)
  const semicolon = plain.indexOf(';')
  const hostPort = parseHostPort(semicolon < 0 ? plain : plain.slice(0, semicolon))
  if (!hostPort || /\s/.test(text)) return null
  return {
    scheme,
    user,
    host: hostPort.host,
    port: hostPort.port,
    parameters: semicolon < 0 ? '' : plain.slice(semicolon),
    headers: question < 0 ? '' : rest.slice(question),
  }
}

// An @ may also stand in the headers part, but never before the one that ends the user part.
function hostEnd(text: string): number {
  const first = text.indexOf('@')
  const question = text.indexOf('?', Math.max(first, 0))
  return question < 0 ? text.length : question
}

export function transportOf(uri: SipUri): string {
  return (parameter(uri.parameters, 'transport') ?? '').toLowerCase()
}

/** A URI with `localhost` for its host is the app's way to say "you know where you are". */
export function atHost(uri: string, host: string, port: number | null, transport: string | null): string {
  const parsed = parseUri(uri)
  if (parsed?.host.toLowerCase() !== 'localhost') return uri
  const where = bracketed(host) + (port === null ? '' : `:${port}`)
  const by = transport !== null && transportOf(parsed) === '' ? transportParameter(transport) : ''
  const user = parsed.user === '' ? '' : `${parsed.user}@`
  return `${parsed.scheme}:${user}${where}${parsed.parameters}${by}${parsed.headers}`
}

/** How a URI names a transport: UDP goes without saying, and WebSockets have one name, secure or not (RFC 7118 §5.2). */
export function transportParameter(transport: string): string {
  return transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`
}
