import type { EngineLimits } from '../limits.ts'
import { parseAddress, parseCSeq, parseVia, splitOutside, tagOf } from './headers.ts'
import { headerOf, isToken, type SipMessage, type SipRequest } from './message.ts'
import { parseUri } from './uri.ts'

export interface Refusal {
  readonly status: number
  readonly reason: string
}

const bad = (reason: string): Refusal => ({ status: 400, reason })

const ADDRESSING = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'contact'])
const ONCE = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length']

/** What a message must be before anybody acts on it (RFC 3261 §8.1.1, §8.2, §16.3); null: nothing is wrong. */
export function checkMessage(message: SipMessage, limits: EngineLimits): Refusal | null {
  if (message.flaw) return bad(capital(message.flaw))
  for (const f of message.fields) {
    if (f.line.length > limits.field) return bad(`${f.name} Too Long`)
    if (f.line.length > limits.address && ADDRESSING.has(f.name)) return bad(`${f.name} Too Long`)
  }
  for (const name of ONCE) {
    let count = 0
    for (const f of message.fields) if (f.name === name) count++
    if (count > 1) return bad(`Several ${name}`)
  }
  const via = headerOf(message, 'via')
  if (via === null || !parseVia(splitOutside(via, ',')[0]!)) return bad('Bad Via')
  const callId = headerOf(message, 'call-id')
  // A bar would shift the fields of the wire protocol's leader, so such a Call-ID is never taken in.
  if (!callId || callId.length > 256 || /[\s|]/.test(callId)) return bad('Bad Call-ID')
  const cseq = parseCSeq(headerOf(message, 'cseq') ?? '')
  if (!cseq) return bad('Bad CSeq')
  for (const name of ['from', 'to']) {
    const value = headerOf(message, name)
    if (value === null || !parseAddress(value)) return bad(`Bad ${capital(name)}`)
    const tag = tagOf(value)
    if (tag !== '' && !isToken(tag)) return bad(`Bad ${capital(name)} Tag`)
  }
  const length = headerOf(message, 'content-length')
  if (length !== null && !/^\d{1,9}$/.test(length)) return bad('Bad Content-Length')
  if (length !== null && Number(length) > Buffer.byteLength(message.body))
    return bad('Body Shorter Than Content-Length')
  return message.kind === 'request' ? checkRequest(message, cseq.method) : null
}

function checkRequest(request: SipRequest, method: string): Refusal | null {
  if (request.version !== 'SIP/2.0') return { status: 505, reason: 'Version Not Supported' }
  if (method !== request.method) return bad('CSeq Method Mismatch')
  const scheme = request.uri.slice(0, request.uri.indexOf(':')).toLowerCase()
  if (scheme === 'sip' || scheme === 'sips') {
    if (!parseUri(request.uri)) return bad('Bad Request-URI')
  } else if (scheme !== 'tel') return { status: 416, reason: 'Unsupported URI Scheme' }
  const hops = headerOf(request, 'max-forwards')
  if (hops !== null && (!/^\d{1,3}$/.test(hops) || Number(hops) > 255)) return bad('Bad Max-Forwards')
  return null
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
