import { randomInt } from 'node:crypto'
import { contactUri, type Dialog, own, repeatUntilStopped, sourceIsTheWay, UNTOUCHED } from '../dialog/dialog.ts'
import { lists, nextRseq, noMore, queued } from '../dialog/reliable.ts'
import { agreement, sessionExpires } from '../dialog/session.ts'
import { expiresOf, forms } from '../dialog/usage.ts'
import { lengthOf } from '../parser/bytes.ts'
import { parseAddress, tagOf } from '../parser/headers.ts'
import { headerOf, isToken, type SipResponse } from '../parser/message.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Flow } from '../transport/flow.ts'
import type { App, AppSipMessage } from '../wire/apps.ts'
import { type Ask, responseText } from './ask.ts'
import { unanswered } from './cdr.ts'
import { appLines, bodyOf, contactValue } from './compose.ts'
import { type Core, deliver, echo, notOk } from './core.ts'
import { awaitAck, respondOn } from './indialog.ts'
import { keepSession, prepare } from './refresh.ts'
import { fitting, isTaken } from './room.ts'
import { keepSubscription } from './subscription.ts'

/** The most that IPv4 lets through (RFC 768), less some for what is in front. */
const DATAGRAM_MAX = 65_000
/** Requests that may carry an offer (RFC 3264, RFC 3311, RFC 3262 §5). */
const OFFERING = new Set(['INVITE', 'UPDATE', 'PRACK'])
const WITH_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE', 'NOTIFY', 'REFER'])

/** An app answers a request of the network. */
export function appResponse(core: Core, app: App, message: AppSipMessage, response: SipResponse): void {
  const transaction = core.server.byId(message.transaction)
  const ask = transaction?.ask
  if (!transaction || !ask) {
    notOk(app, message.id, 'Response not sent due to unknown transaction')
    return
  }
  if (ask.proxy) {
    notOk(app, message.id, 'Response not sent: the request is being proxied')
    return
  }
  const { status } = response
  if (ask.method !== 'INVITE' && status > 100 && status < 200) {
    notOk(app, message.id, 'only INVITE has provisional responses other than 100 (RFC 4320)')
    return
  }
  // Earlier than timer E of the client has grown to T2 it would do harm, and later nobody has needed it.
  if (ask.method !== 'INVITE' && status === 100 && transaction.flow.transport === 'udp') {
    notOk(app, message.id, 'over UDP a request other than INVITE is not answered 100 (RFC 4320)')
    return
  }
  if (ask.method !== 'INVITE' && status === 408) {
    notOk(app, message.id, 'a request other than INVITE is never answered 408 (RFC 4320)')
    return
  }

  if (ask.method === 'INVITE') {
    const asked = status > 100 && status < 200 && lists(response, 'require', '100rel')
    if (asked && ask.rel === 'no') {
      notOk(app, message.id, 'Remote endpoint does not support 100rel')
      return
    }
    const reliable = asked || (status > 100 && status < 200 && ask.rel === 'required')
    const send = (): void => sendResponse(core, app, message, response, reliable)
    const later = queued(ask.dialog, { status, reliable, send })
    if (later === false) notOk(app, message.id, 'too many responses wait for a PRACK')
    if (later !== null) return
    send()
    return
  }
  sendResponse(core, app, message, response, false)
}

/** Sends an app's response, perhaps some time after the app gave it. */
function sendResponse(core: Core, app: App, message: AppSipMessage, response: SipResponse, reliable: boolean): void {
  const transaction = core.server.byId(message.transaction)
  const ask = transaction?.ask
  if (!transaction || !ask) {
    notOk(app, message.id, 'Response not sent due to unknown transaction')
    return
  }
  const { status } = response
  takeTag(ask, response)
  let lines = ''
  const makesDialog = makes(ask, response)
  const given = headerOf(response, 'contact')
  if (
    given !== null ||
    (makesDialog && status < 300) ||
    (WITH_CONTACT.has(ask.method) && status < 300 && status > 100)
  ) {
    lines += `Contact: ${contactValue(response, transaction.flow, ask.dialog)}\r\n`
  }
  lines += appLines(response, transaction.flow)
  if (makesDialog && !ask.dialog) {
    ask.makes = true
    ask.dialog = newDialog(core, app, transaction, ask, contactValue(response, transaction.flow))
  }
  if (reliable) {
    const rseq = nextRseq(ask.dialog!, ask.seq, () => randomInt(1, 2 ** 31))
    lines += `${lists(response, 'require', '100rel') ? '' : 'Require: 100rel\r\n'}RSeq: ${rseq}\r\n`
  }
  const timed = status >= 200 && status < 300 && refreshes(ask)
  const agreed = timed ? agreement(ask.session, sessionExpires(response)) : null
  if (agreed) lines += agreed.lines
  const text = responseText(ask, status, response.reason, lines, response.body)
  if (isTooLarge(transaction.flow, text)) {
    notOk(app, message.id, `a response of ${lengthOf(text)} bytes does not fit into a datagram`)
    if (status >= 200) answerTooLarge(core, transaction, ask)
    return
  }
  const told = { transaction: transaction.id, dialog: ask.dialog?.id ?? ask.dialogId }
  answer(core, transaction, ask, status, text)
  if (ask.method === 'INVITE' && ask.dialog && response.body !== '' && (reliable || (status >= 200 && status < 300))) {
    ask.dialog.offer = ask.offered ? null : 'ours'
  }
  if (reliable) {
    const ours = !lists(response, 'require', '100rel')
    awaitPrack(core, transaction, ask, { text, described: response.body !== '', ours })
  }
  if (ask.dialog && ask.method === ask.dialog.usage && ask.method !== 'INVITE' && status >= 200 && status < 300) {
    keepSubscription(core, ask.dialog, expiresOf(response) ?? ask.expires)
  }
  if (timed && ask.dialog) {
    if (agreed) prepare(ask.dialog, bodyOf(response), ask.updates)
    keepSession(core, ask.dialog, agreed?.agreed ?? null, false)
  }
  echo(core, app, message.id, transaction.flow, text, told)
}

/** Nothing of it would reach the peer, who would ask again and again. */
export function isTooLarge({ transport }: Flow, text: string): boolean {
  return transport === 'udp' && 3 * text.length > DATAGRAM_MAX && lengthOf(text) > DATAGRAM_MAX
}

export function answerTooLarge(core: Core, transaction: ServerTransaction<Ask>, ask: Ask): void {
  answer(core, transaction, ask, 500, responseText(ask, 500, 'Response Too Large', '', ''))
}

/** Repeats a reliable response at T1, doubling without a bound, until its PRACK comes or 64 T1 are over (RFC 3262 §3). */
function awaitPrack(
  core: Core,
  transaction: ServerTransaction<Ask>,
  ask: Ask,
  { text, described, ours }: { text: string; described: boolean; ours: boolean },
): void {
  const reliable = ask.dialog!.reliable!
  const stop = repeatUntilStopped(
    (ms, run) => core.wheel.after(ms, run),
    { t1: core.times.t1, t2: Number.POSITIVE_INFINITY },
    () => respondOn(core, transaction.flow, text),
    () => neverAcknowledged(core, transaction, ask),
  )
  reliable.waiting = { rseq: reliable.rseq, described, ours, stop }
}

/** Without a PRACK the INVITE is refused (RFC 3262 §3); the app hears what a CANCEL would tell it. */
function neverAcknowledged(core: Core, transaction: ServerTransaction<Ask>, ask: Ask): void {
  answer(core, transaction, ask, 504, responseText(ask, 504, 'No PRACK', '', ''))
  const text =
    `CANCEL ${ask.contact ?? 'sip:localhost'} SIP/2.0\r\n${ask.vias}From: ${ask.from}\r\nTo: ${ask.to}\r\nCall-ID: ${ask.callId}\r\n` +
    `CSeq: ${ask.seq} CANCEL\r\nReason: SIP;cause=504;text="no PRACK"\r\nContent-Length: 0\r\n\r\n`
  if (ask.app?.open)
    deliver(core, ask.app, transaction.flow, text, { transaction: transaction.id, dialog: ask.dialogId })
}

/** Whether a 2xx to it begins or refreshes a session (RFC 4028); before there is one an UPDATE does neither. */
function refreshes(ask: Ask): boolean {
  return ask.method === 'INVITE' || (ask.method === 'UPDATE' && ask.dialog?.confirmed === true)
}

/** Whether a response makes the dialog of its request; a REFER says when it wants none (RFC 4488), and may have one already. */
function makes(ask: Ask, response: SipResponse): boolean {
  if (!forms(ask.method) || response.status <= 100 || response.status >= 300) return false
  if (ask.method !== 'REFER') return true
  return ask.toTag === '' && !/^false/i.test(headerOf(response, 'refer-sub') ?? '')
}

// The app may choose the tag, once, before we have used ours.
function takeTag(ask: Ask, response: SipResponse): void {
  if (ask.toTag !== '' || ask.dialog) return
  const tag = tagOf(headerOf(response, 'to') ?? '')
  if (tag !== '' && isToken(tag)) ask.tag = tag
}

/** Sends a response, of an app or of the engine, and does to the dialog what it means. */
export function answer(core: Core, transaction: ServerTransaction<Ask>, ask: Ask, status: number, whole: string): void {
  const { dialog } = ask
  const taken = isTaken(ask, status)
  const text = taken ? whole : fitting(ask, status, whole, core.server.room(transaction))
  if (status >= 200) {
    core.merges.delete(ask.merge)
    ask.patience?.cancel()
  }
  core.server.respond(transaction, status, text, taken)
  if (status >= 200 && ask.method === 'INVITE' && ask.toTag === '') record(core, ask, status, text)
  if (status < 200 || !dialog) return
  if (OFFERING.has(ask.method) && (ask.offered || ask.method === 'INVITE')) dialog.offer = null
  if (dialog.incoming === transaction.id) dialog.incoming = null
  // Each finds its transaction gone and says so to the app.
  if (ask.method === 'INVITE') for (const { send } of noMore(dialog)) core.wheel.after(0, send)
  if (status >= 300) {
    if (!dialog.confirmed && ask.makes) core.dialogs.remove(dialog)
    return
  }
  if (!forms(ask.method)) return
  if (ask.method === dialog.usage) dialog.confirmed = true
  if (ask.method === 'INVITE') awaitAck(core, dialog, ask.seq, transaction.flow, text)
}

function record({ cdrs }: Core, ask: Ask, status: number, text: string): void {
  if (status < 300) cdrs?.start('application', ask.proxy ? 'proxy-uas' : 'uas', text)
  else cdrs?.stop('application', unanswered(status), text)
}

function newDialog(core: Core, app: App, transaction: ServerTransaction<Ask>, ask: Ask, contact: string): Dialog {
  const { flow } = transaction
  const dialog: Dialog = {
    ...UNTOUCHED,
    id: ask.dialogId,
    role: 'uas',
    usage: ask.method,
    callId: own(ask.callId),
    // In a request of a dialog that another node had, the tag is given.
    localTag: own(ask.toTag || ask.tag),
    local: own(ask.toTag === '' ? `${ask.to};tag=${ask.tag}` : ask.to),
    remoteTag: own(ask.fromTag),
    remote: own(ask.from),
    localSeq: 0,
    remoteSeq: ask.seq,
    target: ask.contact ?? own(parseAddress(ask.from)?.uri ?? contactUri(flow.remote, flow.transport)),
    routes: ask.routes,
    way: sourceIsTheWay(ask.contact, ask.routes.length, ask.viaCount, flow) ? { flow } : null,
    app,
    contact,
    incoming: transaction.id,
    offer: ask.offered && ask.method === 'INVITE' ? 'theirs' : null,
    outgoing: false,
  }
  core.dialogs.add(dialog)
  return dialog
}
