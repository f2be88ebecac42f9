import { type Dialog, dialogId } from '../dialog/dialog.ts'
import { forkOwed } from '../dialog/reliable.ts'
import { sessionLines } from '../dialog/session.ts'
import { endsSubscription, forms } from '../dialog/usage.ts'
import { newBranch, nextId, randomToken } from '../ids.ts'
import { whole } from '../parser/bytes.ts'
import { parameter, parseAddress, parseCSeq, splitOutside, tagOf } from '../parser/headers.ts'
import { headerOf, isToken, parseMessage, type SipRequest } from '../parser/message.ts'
import { parseUri, type SipUri } from '../parser/uri.ts'
import type { Flow } from '../transport/flow.ts'
import type { Next, Told } from '../transport/transports.ts'
import type { App, AppSipMessage } from '../wire/apps.ts'
import { appCancels } from './cancel.ts'
import {
  appLines,
  bodyOf,
  contactValue,
  hereInstead,
  madeResponse,
  requestText,
  type Sent,
  viaLine,
} from './compose.ts'
import { type Core, deliver, echo, notOk } from './core.ts'
import { inDialog, NOWHERE, wayOf } from './indialog.ts'
import { type Outgoing, userOf } from './outgoing.ts'
import { appResponse } from './respond.ts'

const WITH_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY', 'UPDATE'])

/** Requests in a dialog whose body is an offer. */
const OFFERING = new Set(['INVITE', 'UPDATE'])

/** An app's SIP message: a response, a CANCEL, a request in a dialog or outside of one. */
export function fromApp(core: Core, app: App, message: AppSipMessage): void {
  const read = parseMessage(message.text, core.limits.fields)
  if (!read || read.flaw) {
    notOk(app, message.id, `malformed message: ${read?.flaw ?? 'no start line'}`)
    return
  }
  const sip = { ...read, body: core.bodies.meant(read.body) }
  if (sip.kind === 'response') {
    appResponse(core, app, message, sip)
    return
  }
  if (sip.method === 'CANCEL') {
    appCancels(core, app, message, sip)
    return
  }
  const dialog = dialogFor(core, message, sip)
  if (dialog) {
    if (sip.method === 'ACK') ack(core, app, message, sip, dialog)
    else within(core, app, message, sip, dialog)
    return
  }
  if (message.dialog !== '') {
    notOk(app, message.id, noDialog(message.dialog, sip.method))
    return
  }
  if (sip.method === 'ACK') {
    notOk(app, message.id, 'an ACK needs a dialog')
    return
  }
  outside(core, app, message, sip)
}

function noDialog(id: string, method: string): string {
  const why = method === 'ACK' ? '; the ACK for a refusal is sent by the engine' : ''
  return `unable to find dialog for dialog id ${id}${why}`
}

/** The dialog the app names, or that the Call-ID and tag of its headers belong to. */
function dialogFor(core: Core, message: AppSipMessage, request: SipRequest): Dialog | null {
  if (message.dialog !== '') return core.dialogs.get(message.dialog)
  const callId = headerOf(request, 'call-id')
  const tag = tagOf(headerOf(request, 'from') ?? '')
  const dialog = callId === null || tag === '' ? null : core.dialogs.get(dialogId(callId, tag))
  return dialog?.confirmed ? dialog : null
}

function ack(core: Core, app: App, message: AppSipMessage, request: SipRequest, dialog: Dialog): void {
  const seq = dialog.answeredSeq
  if (seq === 0) {
    notOk(app, message.id, noDialog(dialog.id, 'ACK'))
    return
  }
  wayOf(core, dialog, (flow) => {
    if (!flow) return notOk(app, message.id, `no way to ${dialog.target}`)
    const { text } = inDialog(dialog, 'ACK', seq, flow, request)
    dialog.ack = { seq, text, flow }
    if (dialog.offer === 'theirs') dialog.offer = null
    flow.send(text)
    echo(core, app, message.id, flow, text, { transaction: nextId(), dialog: dialog.id })
  })
}

function within(core: Core, app: App, message: AppSipMessage, request: SipRequest, dialog: Dialog): void {
  const { method } = request
  if (method === 'INVITE' && (dialog.outgoing || dialog.incoming !== null)) {
    pending(core, app, message, request, dialog)
    return
  }
  if (request.body !== '' && OFFERING.has(method)) dialog.offer = 'ours'
  else if (method === 'PRACK' && dialog.offer === 'theirs') dialog.offer = null
  // Held while the way is looked up, so that a second request cannot slip in before.
  if (method === 'INVITE') dialog.outgoing = true
  const wanted = parseCSeq(headerOf(request, 'cseq') ?? '')?.number ?? 0
  const seq = (dialog.localSeq = Math.max(dialog.localSeq + 1, wanted))
  const side = method === 'PRACK' ? { ...dialog, ...forkOwed(dialog, headerOf(request, 'rack') ?? '') } : dialog
  const send = (flow: Flow | null): void => {
    if (!flow) {
      if (method === 'INVITE') dialog.outgoing = false
      if (OFFERING.has(method)) dialog.offer = null
      // For whoever sends it the dialog is over, whether it arrives or not (§15.1.1).
      if (method === 'BYE') core.dialogs.remove(dialog)
      notOk(app, message.id, `no way to ${side.target}`)
      return
    }
    const { sent, text } = inDialog(side, method, seq, flow, request, sessionLines(dialog, request))
    const { id, contact } = dialog
    const described = OFFERING.has(method) ? bodyOf(request) : null
    launch(core, app, message, sent, text, flow, { dialog, id, contact, described })
    if (endsSubscription(request, dialog)) core.dialogs.remove(dialog)
  }
  wayOf(core, side, send, sizeOnWire(message))
}

/** One INVITE at a time in a dialog (§14.1): the app hears what the peer would say to a second, and nothing goes out. */
function pending(core: Core, app: App, message: AppSipMessage, request: SipRequest, dialog: Dialog): void {
  const flow = dialog.way?.flow ?? NOWHERE
  const { sent, text } = inDialog(dialog, 'INVITE', dialog.localSeq + 1, flow, request)
  const about = { transaction: nextId(), dialog: dialog.id }
  echo(core, app, message.id, flow, text, about)
  // An app that waits for the echo before it listens for the answer shall not miss it.
  core.wheel.after(0, () => deliver(core, app, flow, madeResponse(sent, 491, 'Request Pending', ''), about))
}

function outside(core: Core, app: App, message: AppSipMessage, request: SipRequest): void {
  const hop = nextHop(message.route, request)
  if (!hop) {
    notOk(app, message.id, `not a SIP URI to send to: ${(message.route || request.uri).slice(0, 200)}`)
    return
  }
  // The app knows a flow (RFC 5626 §5.3): whoever is not connected any more is not called up.
  const onlyKnown = message.route !== '' && parameter(hop.parameters, 'ob') !== null
  const tell: Told = (flow, next) => {
    if (!app.open) return
    if (!flow) return notOk(app, message.id, `no way to ${hop.host}: its name is unknown or no listen point fits`)
    const sent = newRequest(request, flow)
    const { text, contact } = outsideText(request, sent, flow)
    const id = forms(request.method) ? dialogId(sent.callId, tagOf(sent.from)) : ''
    const call = launch(core, app, message, sent, text, flow, { dialog: null, id, contact, described: bodyOf(request) })
    call.elsewhere = elsewhere(core, call, request, next)
  }
  core.transports.reach(hop, tell, sizeOnWire(message), onlyKnown)
}

function outsideText(request: SipRequest, sent: Sent, flow: Flow): { text: string; contact: string } {
  const lines = WITH_CONTACT.has(request.method) || headerOf(request, 'contact') !== null
  const contact = contactValue(request, flow)
  const text = requestText(sent, (lines ? `Contact: ${contact}\r\n` : '') + appLines(request, flow), request.body)
  return { text, contact }
}

/** The same request in a transaction of its own, by the next way. */
function elsewhere(core: Core, call: Outgoing, request: SipRequest, next: Next): Outgoing['elsewhere'] {
  if (!next) return null
  return (fail) =>
    next((flow, more) => {
      if (!flow || call.cancel || !call.app.open) return fail()
      const branch = newBranch()
      call.sent = { ...call.sent, branch, via: viaLine(flow, branch) }
      call.flow = flow
      call.provisional = false
      call.timerC?.cancel()
      call.timerC = null
      call.elsewhere = elsewhere(core, call, request, more)
      // The peer will send its requests there, and no other way may lead back from it (§12.1.2).
      const { text, contact } = outsideText(request, call.sent, flow)
      call.contact = contact
      core.client.begin(branch, call.sent.method, flow, text, userOf(core, call))
    })
}

/** About as many bytes as the request will have: the app leaves Via and some others to us. */
function sizeOnWire(message: AppSipMessage): number {
  return Buffer.byteLength(message.text) + 200
}

/** The URI of the next hop: what the app says, else the first Route, else the Request-URI (§8.1.2). */
function nextHop(route: string, request: SipRequest): SipUri | null {
  if (route !== '') {
    const uri = route.includes('<') ? (parseAddress(route)?.uri ?? '') : route
    return parseUri(/^sips?:/i.test(uri) ? uri : `sip:${uri}`)
  }
  const first = headerOf(request, 'route')
  if (first !== null) return parseUri(parseAddress(splitOutside(first, ',')[0]!)?.uri ?? '')
  return parseUri(request.uri)
}

function newRequest(request: SipRequest, flow: Flow): Sent {
  const branch = newBranch()
  const given = headerOf(request, 'from') ?? '<sip:localhost>'
  const from = hereInstead(given, flow, 'name')
  const tag = tagOf(from)
  const callId = headerOf(request, 'call-id')
  const route = headerOf(request, 'route')
  // A B2BUA hands on what is left of them, or a loop would never end.
  const hops = headerOf(request, 'max-forwards') ?? ''
  return {
    method: request.method,
    uri: whole(request.uri),
    branch,
    via: viaLine(flow, branch),
    routes: route === null ? '' : `Route: ${route}\r\n`,
    from: tag !== '' && isToken(tag) ? from : `${from};tag=${randomToken()}`,
    to: hereInstead(headerOf(request, 'to') ?? `<${request.uri}>`, flow, 'name'),
    callId: callId !== null && !/[\s|]/.test(callId) ? callId : whole(randomToken() + randomToken()),
    seq: parseCSeq(headerOf(request, 'cseq') ?? '')?.number ?? 1,
    hops: /^\d{1,2}$/.test(hops) ? Number(hops) : 70,
  }
}

function launch(
  core: Core,
  app: App,
  message: AppSipMessage,
  sent: Sent,
  text: string,
  flow: Flow,
  about: { dialog: Dialog | null; id: string; contact: string; described: Outgoing['described'] },
): Outgoing {
  const call: Outgoing = {
    id: nextId(),
    app,
    sent,
    flow,
    elsewhere: null,
    named: message.route !== '',
    dialogId: about.id,
    initial: about.dialog === null,
    contact: about.contact,
    told: about.contact,
    described: about.described,
    dialog: about.dialog,
    provisional: false,
    cancel: null,
    timerC: null,
    settled: false,
    winner: null,
  }
  if (call.initial && call.dialogId !== '' && sent.method !== 'INVITE') core.subscribing.set(call.dialogId, call)
  if (sent.method === 'INVITE') {
    core.calls.set(call.id, call)
    if (call.initial) core.calling.add(call.dialogId)
  }
  if (call.initial && sent.method === 'INVITE') core.cdrs?.attempt('application', text)
  if (sent.method === 'BYE' && call.dialog?.usage === 'INVITE') core.cdrs?.stop('application', 'normal-release', text)
  echo(core, app, message.id, flow, text, { transaction: call.id, dialog: about.id })
  core.client.begin(sent.branch, sent.method, flow, text, userOf(core, call))
  return call
}
