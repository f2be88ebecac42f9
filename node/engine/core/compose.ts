import { contactUri, type Dialog } from '../dialog/dialog.ts'
import { lengthOf, whole } from '../parser/bytes.ts'
import { bracketed, parseAddress, splitOutside, tagOf } from '../parser/headers.ts'
import { type Field, headerOf, type SipMessage, type SipResponse } from '../parser/message.ts'
import { writtenName } from '../parser/names.ts'
import { atHost } from '../parser/uri.ts'
import type { Flow } from '../transport/flow.ts'

/** Fields the engine writes itself, whatever an app says. */
const OWN = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'content-length',
  'rseq',
  'max-forwards',
  'record-route',
  'route',
  'contact',
])

const CHALLENGES = new Set(['www-authenticate', 'proxy-authenticate'])

/**
 * The app's own header lines as they go on the wire, `localhost` replaced by where the message leaves. Apps leave it to a drachtio-server to say that a
 * body is SDP, and nobody else knows what a body without a type is (RFC 3261 §20.15).
 */
export function appLines(message: SipMessage, flow: Flow): string {
  let lines = ''
  let typed = !message.body.startsWith('v=0')
  for (const f of message.fields) {
    if (OWN.has(f.name)) continue
    if (f.name === 'content-type') typed = true
    const name = writtenName(f.line.slice(0, f.line.indexOf(':')).trimEnd())
    if (CHALLENGES.has(f.name)) for (const one of splitChallenges(f.value)) lines += `${name}: ${one}\r\n`
    else lines += `${name}: ${f.name === 'p-asserted-identity' ? named(f, flow) : f.value}\r\n`
  }
  return typed ? lines : `${lines}Content-Type: application/sdp\r\n`
}

function named(f: Field, flow: Flow): string {
  return hereInstead(f.value, flow, 'name')
}

/** srf folds repeated challenges into one line, which hardly any client can take apart again (RFC 8760 §2.4). */
function splitChallenges(value: string): string[] {
  const challenges: string[] = []
  for (const part of splitOutside(value, ',')) {
    const begins = /^[A-Za-z0-9-]+ +[A-Za-z]/.test(part)
    if (begins || challenges.length === 0) challenges.push(part)
    else challenges.push(`${challenges.pop()}, ${part}`)
  }
  return challenges
}

/** Replaces the host `localhost` by ours: as a name (From, To), or as a place to send to (Contact). */
export function hereInstead(value: string, flow: Flow, as: 'name' | 'place'): string {
  if (!value.includes('localhost')) return value
  return splitOutside(value, ',')
    .map((one) => {
      const address = parseAddress(one)
      if (!address) return one
      const port = as === 'place' ? flow.local.port : null
      const uri = atHost(address.uri, flow.local.host, port, as === 'place' ? flow.transport : null)
      if (uri === address.uri) return one
      return `${address.display === '' ? '' : `${address.display} `}<${uri}>${address.parameters}`
    })
    .join(', ')
}

/** The Contact value for a message on this flow: the app's, or ours. */
export function contactValue(message: SipMessage, flow: Flow, dialog: Dialog | null = null): string {
  const given = headerOf(message, 'contact')
  if (dialog && given !== null && given === dialog.told) return dialog.contact
  return whole(given === null ? `<${contactUri(flow.local, flow.transport)}>` : hereInstead(given, flow, 'place'))
}

export function viaLine(flow: Flow, branch: string): string {
  const { host, port } = flow.local
  // A server that knows us by our certificate may use the connection for its own requests (RFC 5923 §8.1).
  const alias = flow.dialled && flow.transport === 'tls' ? ';alias' : ''
  return whole(
    `Via: SIP/2.0/${flow.transport.toUpperCase()} ${bracketed(host)}:${port};branch=${branch};rport${alias}\r\n`,
  )
}

/** Everything of a request that its CANCEL, its ACK and an answer made here must repeat. */
export interface Sent {
  readonly method: string
  readonly uri: string
  readonly branch: string
  readonly via: string
  readonly routes: string
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly seq: number
  /** Max-Forwards. */
  readonly hops: number
}

/** A request of ours. `lines` are finished header lines, each with its line break; the length is counted here. */
export function requestText(sent: Sent, lines: string, body: string): string {
  return (
    `${sent.method} ${sent.uri} SIP/2.0\r\n${sent.via}${sent.routes}Max-Forwards: ${sent.hops}\r\n` +
    `From: ${sent.from}\r\nTo: ${sent.to}\r\nCall-ID: ${sent.callId}\r\nCSeq: ${sent.seq} ${sent.method}\r\n` +
    `${lines}Content-Length: ${lengthOf(body)}\r\n\r\n${body}`
  )
}

/** The ACK for a refusal goes where the INVITE went, with its branch (§17.1.1.3). */
export function refusalAck(sent: Sent, response: SipResponse): string {
  return requestText({ ...sent, method: 'ACK', to: headerOf(response, 'to') ?? sent.to }, '', '')
}

/** The body of a message and what it is; null if it has none. */
export function bodyOf(message: SipMessage): { type: string; body: string } | null {
  if (message.body === '') return null
  return { type: headerOf(message, 'content-type') ?? 'application/sdp', body: message.body }
}

export function routeLines(routes: readonly string[]): string {
  return routes.length === 0 ? '' : `Route: ${routes.join(', ')}\r\n`
}

/** An answer that the network owes us and we give ourselves: nobody answered, or there is no way. */
export function madeResponse(sent: Sent, status: number, reason: string, tag: string): string {
  const to = tagOf(sent.to) === '' ? `${sent.to};tag=${tag}` : sent.to
  return (
    `SIP/2.0 ${status} ${reason}\r\n${sent.via}From: ${sent.from}\r\nTo: ${to}\r\n` +
    `Call-ID: ${sent.callId}\r\nCSeq: ${sent.seq} ${sent.method}\r\nContent-Length: 0\r\n\r\n`
  )
}
