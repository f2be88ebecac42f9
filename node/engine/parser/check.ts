import type { EngineLimits } from '../limits.ts'
import { lengthOf } from './bytes.ts'
import { badFields, isAddress, isSoonRead } from './fields.ts'
import { type CSeq, parseCSeq, parseVia, splitOutside, tagOf, type Via } from './headers.ts'
import { isToken, type SipMessage, type SipRequest } from './message.ts'
import { badParts } from './parts.ts'
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

/** Whether somebody calls for help, whatever his number of it (RFC 5031 §4.2). */
export function isSos(uri: string): boolean {
  return /^urn:service:sos(?:\.|$)/i.test(uri)
}

/** A service that a caller need not know an address of, as `urn:service:sos` (RFC 5031 §4.2); who serves it is the app's business. */
const SERVICE = /^urn:service:[a-z\d][a-z\d-]*(?:\.[a-z\d][a-z\d-]*)*$/i

/** The longest Request-URI (§21.4.15). */
const URI_MAX = 1024

/** What a message must be before anybody acts on it (RFC 3261 §8.1.1, §8.2, §16.3), and what was read on the way. */
export function checkMessage(message: SipMessage, limits: EngineLimits): Head | Refusal {
  // Of another version nobody knows what is a flaw (§21.5.6).
  if (message.kind === 'request' && message.version !== 'SIP/2.0')
    return { kind: 'refused', status: 505, reason: 'Version Not Supported' }
  if (message.flaw) return bad(capital(message.flaw))
  const first = new Map<string, string>()
  const wrong = badFields(message, limits, first)
  if (wrong !== null) return bad(wrong)
  const via = topVia(message)
  if (!via) return bad('Bad Via')
  const callId = first.get('call-id')
  // A bar would shift the fields of the wire protocol's leader, so such a Call-ID is never taken in.
  if (!callId || callId.length > 256 || /[\s|]/.test(callId)) return bad('Bad Call-ID')
  const cseq = parseCSeq(first.get('cseq') ?? '')
  if (!cseq) return bad('Bad CSeq')
  const from = first.get('from')
  if (from === undefined || !isAddress('from', from)) return bad('Bad From')
  const fromTag = tagOf(from)
  if (fromTag !== '' && !isToken(fromTag)) return bad('Bad From Tag')
  const to = first.get('to')
  if (to === undefined || !isAddress('to', to)) return bad('Bad To')
  const toTag = tagOf(to)
  if (toTag !== '' && !isToken(toTag)) return bad('Bad To Tag')
  const length = first.get('content-length')
  if (length !== undefined && !/^\d{1,9}$/.test(length)) return bad('Bad Content-Length')
  if (length !== undefined && Number(length) > lengthOf(message.body)) return bad('Body Shorter Than Content-Length')
  if (badParts(message, first.get('content-type'))) return bad('Bad Multipart Body')
  const refusal = message.kind === 'request' ? checkRequest(message, cseq.method, first.get('max-forwards')) : null
  return refusal ?? { kind: 'sound', via, callId, cseq, from, fromTag, to, toTag }
}

function checkRequest(request: SipRequest, method: string, hops: string | undefined): Refusal | null {
  if (method !== request.method) return bad('CSeq Method Mismatch')
  if (request.uri.length > URI_MAX) return { kind: 'refused', status: 414, reason: 'Request-URI Too Long' }
  const scheme = request.uri.slice(0, request.uri.indexOf(':')).toLowerCase()
  if (scheme === 'sip' || scheme === 'sips') {
    const uri = parseUri(request.uri)
    // Headers are not for a Request-URI (§19.1.1), and must never become any of a request of ours.
    if (uri?.headers !== '' || !isSoonRead(request.uri, request.uri)) return bad('Bad Request-URI')
  } else if (/^urn:service:/i.test(request.uri)) {
    if (!SERVICE.test(request.uri)) return bad('Bad Request-URI')
  } else if (scheme !== 'tel') return { kind: 'refused', status: 416, reason: 'Unsupported URI Scheme' }
  if (hops !== undefined && (!/^\d{1,10}$/.test(hops) || Number(hops) > 255)) return bad('Bad Max-Forwards')
  return null
}

/** The top Via, if all of them read. */
function topVia(message: SipMessage): Via | null {
  let top: Via | null = null
  for (const { name, value } of message.fields) {
    if (name !== 'via') continue
    for (const one of splitOutside(value, ',')) {
      const via = parseVia(one)
      if (!via) return null
      top ??= via
    }
  }
  return top
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
