/** What RFC 3261 asks of every message that a server sends to a phone, whatever the flow. Pure. */
import { branchOf, type Message, rungOf, tagOf } from './trace.ts'

/** Sentences about what one side heard that it should not have heard; none is good. */
export function faultsOf(messages: readonly Message[]): string[] {
  const faults: string[] = []
  for (const [at, message] of messages.entries()) {
    if (message.sent) continue
    const before = messages.slice(0, at)
    const found = message.status === 0 ? ofRequest(message, before) : ofResponse(message, before)
    const length = message.header('content-length')
    if (length !== String(Buffer.byteLength(message.body, 'latin1'))) found.push(`Content-Length is ${length}`)
    faults.push(...found.map((fault) => `${rungOf(message)}: ${fault}`))
  }
  return faults
}

function ofResponse(response: Message, before: readonly Message[]): string[] {
  const request = before.findLast(
    ({ sent, status, method, cseq }) => sent && status === 0 && method === response.method && cseq === response.cseq,
  )
  if (request === undefined) return ['answers nothing that was sent']
  const faults: string[] = []
  const say = (good: boolean, fault: string): void => void (good || faults.push(fault))
  // §8.2.6.2
  say(response.headers('via').length === 1, 'has not exactly the one Via of the request')
  say(branchOf(response) === branchOf(request), 'has another branch than the request')
  say(/;received=|;rport=\d/.test(response.header('via')), 'does not say where the request came from (RFC 3581 §4)')
  say(response.header('from') === request.header('from'), 'has another From than the request')
  say(response.header('call-id') === request.header('call-id'), 'has another Call-ID than the request')
  const [asked, told] = [tagOf(request.header('to')), tagOf(response.header('to'))]
  if (asked !== '') say(told === asked, 'has another To tag than the request')
  else if (response.status > 100) say(told !== '', 'has no To tag')
  say(response.header('to').startsWith(request.header('to').replace(/;tag=.*/, '')), 'has another To than the request')
  // §12.1.1: every response that makes a dialog names it, and says where to go on; those of one INVITE are one dialog.
  if (response.method === 'INVITE' && response.status > 100 && response.status < 300) {
    say(/<sips?:[^>]+>/.test(response.header('contact')), 'has no Contact')
    const earlier = before.find((one) => !one.sent && one.status > 100 && one.cseq === response.cseq)
    if (earlier?.method === 'INVITE') say(tagOf(earlier.header('to')) === told, 'changes the To tag')
  }
  say(response.headers('record-route').length === 0, 'a back-to-back user agent records no route')
  return faults
}

function ofRequest(request: Message, before: readonly Message[]): string[] {
  const faults: string[] = []
  const say = (good: boolean, fault: string): void => void (good || faults.push(fault))
  const { method, cseq } = request
  const target = request.start.split(' ')[1] ?? ''
  // §8.1.1, and nothing of the other side's way shines through.
  say(request.headers('via').length === 1, 'has not exactly one Via')
  say(/^z9hG4bK./.test(branchOf(request)), 'has no branch of RFC 3261')
  say(/^\d+$/.test(request.header('max-forwards')), 'has no Max-Forwards')
  say(tagOf(request.header('from')) !== '', 'has no From tag')
  say(request.headers('route').length + request.headers('record-route').length === 0, 'has a route')
  say(!/authorization/i.test(request.raw), 'carries credentials')
  if (method === 'INVITE') say(/<sips?:[^>]+>/.test(request.header('contact')), 'has no Contact')

  const invite = before.find((one) => one.method === 'INVITE' && one.status === 0)
  if (invite === undefined) {
    say(method === 'INVITE', 'belongs to nothing')
    say(tagOf(request.header('to')) === '', 'begins a dialog with a To tag')
    return faults
  }
  say(request.header('call-id') === invite.header('call-id'), 'has another Call-ID than the dialog')
  const acknowledged = before.findLast(
    (one) => !one.sent && one.status === 0 && one.method === 'INVITE' && one.cseq === cseq,
  )
  const final = before.findLast((one) => one.sent && one.status >= 200 && one.method === 'INVITE' && one.cseq === cseq)
  if (method === 'CANCEL' || (method === 'ACK' && (final?.status ?? 0) >= 300)) {
    // §9.1 and §17.1.1.3: all of the INVITE's, but for the To tag of an ACK.
    say(acknowledged !== undefined, 'has the CSeq of no INVITE')
    say(branchOf(request) === branchOf(acknowledged ?? request), 'has another branch than its INVITE')
    say(target === acknowledged?.start.split(' ')[1], 'has another Request-URI than its INVITE')
    say(tagOf(request.header('to')) === (method === 'ACK' ? tagOf(final!.header('to')) : ''), 'has a wrong To tag')
    return faults
  }
  // §12.2.1.1: a request in the dialog, seen from whoever the phone is in it.
  const ours = before.findLast((one) => one.sent && one.method === 'INVITE' && one.status < 300)
  const mine = tagOf((ours?.status === 0 ? ours?.header('from') : ours?.header('to')) ?? '')
  say(tagOf(request.header('to')) === mine, 'has another To tag than the dialog')
  const contact = before.findLast(
    (one) => one.sent && /^(?:INVITE|UPDATE)$/.test(one.method) && one.header('contact') !== '',
  )
  say(target === /<([^>]+)>/.exec(contact?.header('contact') ?? '')?.[1], 'does not go to the Contact')
  if (method === 'ACK') {
    say(acknowledged !== undefined, 'has the CSeq of no INVITE')
    say(branchOf(request) !== branchOf(acknowledged ?? request), 'has the branch of the INVITE it ends')
  } else {
    const last = Math.max(-1, ...before.filter((one) => !one.sent && one.status === 0).map((one) => one.cseq))
    say(cseq > last, 'has a CSeq that was used')
  }
  return faults
}
