import type { EngineLimits } from '../limits.ts'
import { type CSeq, parseAddress, parseCSeq, parseVia, splitOutside, tagOf, type Via } from './headers.ts'
import { isToken, type SipMessage, type SipRequest } from './message.ts'
import { parseUri } from './uri.ts'

export interface Refusal {
  readonly kind: 'refused'
  readonly status: number
  readonly reason: string
}

/** What every message has and everybody asks for, read once. */
export interface Head {
  readonly kind: 'sound'
  /** The top one. */
  readonly via: Via
  readonly callId: string
  readonly cseq: CSeq
  readonly from: string
  readonly fromTag: string
  readonly to: string
  readonly toTag: string
}

const bad = (reason: string): Refusal => ({ kind: 'refused', status: 400, reason })

const ADDRESSING = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'contact'])
const ONCE = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length'])

/** What a message must be before anybody acts on it (RFC 3261 §8.1.1, §8.2, §16.3), and what was read on the way. */
export function checkMessage(message: SipMessage, limits: EngineLimits): Head | Refusal {
  if (message.flaw) return bad(capital(message.flaw))
  const first = new Map<string, string>()
  for (const { name, value, line } of message.fields) {
    if (line.length > limits.field) return bad(`${name} Too Long`)
    if (line.length > limits.address && ADDRESSING.has(name)) return bad(`${name} Too Long`)
    if (!first.has(name)) first.set(name, value)
    else if (ONCE.has(name)) return bad(`Several ${name}`)
  }
  const vias = first.get('via')
  const via = vias === undefined ? null : parseVia(splitOutside(vias, ',')[0]!)
  if (!via) return bad('Bad Via')
  const callId = first.get('call-id')
  // A bar would shift the fields of the wire protocol's leader, so such a Call-ID is never taken in.
  if (!callId || callId.length > 256 || /[\s|]/.test(callId)) return bad('Bad Call-ID')
  const cseq = parseCSeq(first.get('cseq') ?? '')
  if (!cseq) return bad('Bad CSeq')
  const from = first.get('from')
  if (from === undefined || !parseAddress(from)) return bad('Bad From')
  const fromTag = tagOf(from)
  if (fromTag !== '' && !isToken(fromTag)) return bad('Bad From Tag')
  const to = first.get('to')
  if (to === undefined || !parseAddress(to)) return bad('Bad To')
  const toTag = tagOf(to)
  if (toTag !== '' && !isToken(toTag)) return bad('Bad To Tag')
  const length = first.get('content-length')
  if (length !== undefined && !/^\d{1,9}$/.test(length)) return bad('Bad Content-Length')
  if (length !== undefined && Number(length) > Buffer.byteLength(message.body))
    return bad('Body Shorter Than Content-Length')
  const refusal = message.kind === 'request' ? checkRequest(message, cseq.method, first.get('max-forwards')) : null
  return refusal ?? { kind: 'sound', via, callId, cseq, from, fromTag, to, toTag }
}

function checkRequest(request: SipRequest, method: string, hops: string | undefined): Refusal | null {
  if (request.version !== 'SIP/2.0') return { kind: 'refused', status: 505, reason: 'Version Not Supported' }
  if (method !== request.method) return bad('CSeq Method Mismatch')
  const scheme = request.uri.slice(0, request.uri.indexOf(':')).toLowerCase()
  if (scheme === 'sip' || scheme === 'sips') {
    if (!parseUri(request.uri)) return bad('Bad Request-URI')
  } else if (scheme !== 'tel') return { kind: 'refused', status: 416, reason: 'Unsupported URI Scheme' }
  if (hops !== undefined && (!/^\d{1,3}$/.test(hops) || Number(hops) > 255)) return bad('Bad Max-Forwards')
  return null
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
