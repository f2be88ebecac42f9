import type { Via } from '../parser/headers.ts'
import { headerOf, type SipRequest } from '../parser/message.ts'

const COOKIE = 'z9hg4bk'

/** What makes two requests the same transaction (RFC 3261 §17.2.3); the ACK for a refusal has its INVITE's key. */
export function transactionKey(request: SipRequest, via: Via, method = request.method): string {
  const of = method === 'ACK' ? 'INVITE' : method
  // A branch is a token, and tokens have no case (§7.3.1).
  const branch = via.branch.toLowerCase()
  if (branch.startsWith(COOKIE) && branch.length > COOKIE.length) {
    // The Call-ID is the same for all that belongs to it. Some draw the same branch again (as RFC 4475 does, §3.3.12 and after).
    return `${branch}|${via.host}:${via.port ?? ''}|${of}|${headerOf(request, 'call-id')}`
  }
  // RFC 2543 peers: no To tag, because an ACK carries the one that the answer brought.
  const number = (headerOf(request, 'cseq') ?? '').split(/[ \t]/)[0]
  const from = headerOf(request, 'from') ?? ''
  const sentBy = `${via.host}:${via.port ?? ''}`
  return `2543|${headerOf(request, 'call-id')}|${number}|${from}|${request.uri}|${sentBy}|${of}`
}

/** What makes two requests the same one that came by two ways (RFC 3261 §8.2.2.2). */
export function mergeKey(callId: string, fromTag: string, cseq: string): string {
  return `${callId}|${fromTag}|${cseq}`
}
