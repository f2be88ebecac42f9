import { contactOf, type Dialog, moveTo, own, sourceIsTheWay } from '../dialog/dialog.ts'
import { advanceLine } from '../dialog/reliable.ts'
import { endsSubscription } from '../dialog/usage.ts'
import { nextId, randomToken } from '../ids.ts'
import { decode, encode, lengthOf } from '../parser/bytes.ts'
import { checkMessage, type Head } from '../parser/check.ts'
import { splitOutside, withSource } from '../parser/headers.ts'
import { type Field, headerOf, headersOf, parseMessage, type SipRequest, type SipResponse } from '../parser/message.ts'
import { transactionKey } from '../transaction/key.ts'
import type { Flow } from '../transport/flow.ts'
import { askOf, responseText } from './ask.ts'
import { begin } from './begin.ts'
import { type Core, deliver } from './core.ts'
import { isHelp } from './help.ts'
import { appOf } from './indialog.ts'
import { outsideFrom } from './outside.ts'
import { relayRequest, relayResponse } from './proxy-relay.ts'
import { isProxied } from './proxy-request.ts'
import { KNOWN, refuse, retryLater } from './receive.ts'
import { answer } from './respond.ts'
import { roomFor } from './room.ts'
import { textOf } from './shown.ts'
import { notified } from './subscription.ts'
import { byeInEarlyDialog, prackFrom, sessionTooSmall, takeBye, updateCollides } from './within.ts'

/** Requests whose body is an offer. */
const OFFERING = new Set(['INVITE', 'UPDATE'])

/** A message from a transport. */
export function fromNetwork(core: Core, text: string, flow: Flow): void {
  const message = parseMessage(text, core.limits.fields)
  if (!message) {
    core.log.debug({ from: flow.remote }, 'dropped what is not SIP')
    malformed(core, flow)
    return
  }
  if (message.kind === 'response') {
    responseFrom(core, message, flow)
    return
  }
  const located = withTrueSource(message, flow)
  const head = checkMessage(located, core.limits)
  if (head.kind === 'refused') {
    refuse(core, located, flow, head.status, head.reason)
    if (head.status === 400) malformed(core, flow)
    return
  }
  requestFrom(core, withoutExcess(located), head, flow)
}

/** Bytes that never became a message; answered as far as they can be. */
export function brokenFromNetwork(core: Core, text: string, status: 400 | 413, why: string, flow: Flow): void {
  core.log.debug({ from: flow.remote, why }, 'broken message')
  const message = parseMessage(text, core.limits.fields)
  if (message?.kind === 'request') refuse(core, withTrueSource(message, flow), flow, status, why)
  malformed(core, flow)
}

function malformed({ gate }: Core, flow: Flow): void {
  if (gate?.malformed(flow.remote, flow.transport)) flow.drop?.()
}

/**
 * A message from whom is not heard otherwise: a call for help, or what belongs to a call; then `heard` is called first. Nothing comes of anything
 * else, not even an answer.
 */
export function helpFromNetwork(core: Core, text: string, flow: Flow, heard: () => void): boolean {
  const message = parseMessage(text, core.limits.fields)
  if (!message) return false
  const located = message.kind === 'request' ? withTrueSource(message, flow) : message
  const head = checkMessage(located, core.limits)
  if (head.kind === 'refused' || !isHelp(core, located, head)) return false
  heard()
  if (located.kind === 'response') responseFrom(core, located, flow)
  else requestFrom(core, withoutExcess(located), head, flow)
  return true
}

function responseFrom(core: Core, response: SipResponse, flow: Flow): void {
  const head = checkMessage(response, core.limits)
  if (head.kind === 'refused') return
  if (relayResponse(core, response, head)) return
  const vias = headersOf(response, 'via')
  // More than one Via: it was not meant for us (§8.1.3.3), unless we are the proxy.
  const alone = vias.length === 1 && splitOutside(vias[0]!, ',').length === 1
  if (!alone && !isProxied(head.via.branch)) return
  core.client.receive(head.via.branch, head.cseq.method, response) ||
    core.log.debug({ from: flow.remote, status: response.status }, 'response that nobody waits for')
}

/** What a registration or a dialog begins with: then keep-alives may be agreed on (RFC 6223 §4.1). */
const BEGINNINGS = new Set(['REGISTER', 'INVITE', 'SUBSCRIBE'])
/** How often, in seconds: as often as RFC 5626 §4.4 does without being told. */
const KEEP = { datagrams: 29, streams: 120 }

/** The request with `received` and `rport` in its top Via, always (RFC 3581 §4; forced). */
function withTrueSource(request: SipRequest, flow: Flow): SipRequest {
  const index = request.fields.findIndex((f) => f.name === 'via')
  if (index < 0) return request
  const fields: Field[] = request.fields.slice()
  const every = flow.transport === 'udp' ? KEEP.datagrams : KEEP.streams
  const keep = BEGINNINGS.has(request.method) ? every : null
  const value = withSource(fields[index]!.value, flow.remote.host, flow.remote.port, keep)
  fields[index] = { name: 'via', value, line: `Via: ${value}` }
  return { ...request, fields }
}

/** Over UDP a body may be longer than it says; the rest is noise (§18.3). */
function withoutExcess(request: SipRequest): SipRequest {
  const length = headerOf(request, 'content-length')
  if (length === null || Number(length) >= lengthOf(request.body)) return request
  return { ...request, body: decode(Buffer.from(encode(request.body)).subarray(0, Number(length))) }
}

function requestFrom(core: Core, request: SipRequest, head: Head, flow: Flow): void {
  // To srf an escape in a method is what it stands for, which it must not be (RFC 4475 §3.1.1.5).
  if (request.method.includes('%')) {
    refuse(core, request, flow, 501, 'Not Implemented')
    return
  }
  // Kept for half a minute, so it must be one piece of its own.
  const key = own(transactionKey(request, head.via))
  const known = core.server.byKey(key)
  if (known) {
    // The ACK for a 2xx has a branch of its own in RFC 3261, but not in RFC 2543.
    core.server.again(known, request.method, roomFor(request, flow))
    if (request.method !== 'ACK') return
  }
  if (headerOf(request, 'route') !== null && relayRequest(core, request, head, flow)) return
  const dialog =
    head.toTag === ''
      ? null
      : (core.dialogs.match(head.callId, head.fromTag, head.toTag) ?? notified(core, request, head, flow))
  if (request.method === 'ACK') {
    ackFrom(core, request, head, flow, dialog)
    return
  }
  if (request.method === 'CANCEL') {
    cancelFrom(core, request, head, flow)
    return
  }
  if (dialog) {
    inDialogFrom(core, request, head, flow, key, dialog)
    return
  }
  outsideFrom(core, request, head, flow, key)
}

/** The ACK for a 2xx ends its retransmission; one that nobody waits for is a copy (§13.3.1.4). */
function ackFrom(core: Core, request: SipRequest, head: Head, flow: Flow, dialog: Dialog | null): void {
  if (!dialog || dialog.answer?.seq !== head.cseq.number) return
  dialog.answer.stop()
  dialog.answer = null
  if (dialog.offer === 'ours') dialog.offer = null
  const app = appOf(core, dialog)
  if (app) deliver(core, app, flow, textOf(request), { transaction: nextId(), dialog: dialog.id })
}

/** CANCEL is answered by the engine, and so is the INVITE if it is still open (§9.2). */
function cancelFrom(core: Core, request: SipRequest, head: Head, flow: Flow): void {
  const invite = core.server.byKey(transactionKey(request, head.via, 'INVITE'))
  if (!invite) {
    refuse(core, request, flow, 481, 'Call/Transaction Does Not Exist')
    return
  }
  const ask = invite.ask
  const key = transactionKey(request, head.via)
  const cancelAsk = askOf(request, head, {
    dialog: null,
    app: null,
    tag: ask?.tag ?? randomToken(),
    merge: '',
    contact: null,
  })
  const cancel = core.server.begin(key, nextId(), flow, false, cancelAsk, roomFor(request, flow))
  core.server.respond(cancel, 200, responseText(cancelAsk, 200, 'OK', '', ''))
  if (!ask) return
  if (ask.proxy) {
    ask.proxy.cancel()
    return
  }
  answer(core, invite, ask, 487, responseText(ask, 487, 'Request Terminated', '', ''))
  if (ask.app) deliver(core, ask.app, flow, textOf(request), { transaction: invite.id, dialog: ask.dialogId })
}

function inDialogFrom(core: Core, request: SipRequest, head: Head, flow: Flow, key: string, dialog: Dialog): void {
  moveTo(dialog, head.fromTag)
  // Our tag is known to who hears our answers, and to nobody else.
  const opening = dialog.incoming === null ? null : core.server.byId(dialog.incoming)
  if (opening) core.server.proved(opening)
  const seq = head.cseq.number
  if (dialog.remoteSeq !== null && seq < dialog.remoteSeq) {
    refuse(core, request, flow, 500, 'CSeq Out Of Order')
    return
  }
  const app = appOf(core, dialog)
  if (!app) {
    if (request.method === 'BYE') core.dialogs.remove(dialog)
    refuse(core, request, flow, 481, 'Call/Transaction Does Not Exist')
    return
  }
  if (!KNOWN.has(request.method) && !core.apps.wanting(request.method.toLowerCase())) {
    refuse(core, request, flow, 501, 'Not Implemented')
    return
  }
  dialog.remoteSeq = seq
  if (sessionTooSmall(core, request, flow)) return
  if (request.method === 'UPDATE' && updateCollides(core, request, flow, dialog)) return
  if (request.method === 'INVITE') {
    // Two offers at once: ours is out (§14.2), or the peer's last one is not answered.
    if (dialog.outgoing || dialog.offer === 'ours') {
      refuse(core, request, flow, 491, 'Request Pending')
      return
    }
    if (dialog.incoming !== null) {
      refuse(core, request, flow, 500, 'Request Pending', retryLater())
      return
    }
  }
  if (request.method === 'BYE' && !dialog.confirmed) {
    if (dialog.role === 'uas') byeInEarlyDialog(core, request, head, flow, key, dialog)
    // A callee must not (§15). Of forks with one dialog id it ends this one at most, and our INVITE will have its answer.
    else takeBye(core, request, head, flow, key, dialog)
    return
  }
  if (request.method === 'PRACK' && !prackFrom(core, request, head, flow, key, dialog)) return
  const contact = contactOf(request)
  refreshTarget(dialog, request, contact, flow)
  const transaction = begin(core, request, head, flow, key, { dialog, app, contact, merge: '' })
  if (request.method === 'INVITE') dialog.incoming = transaction.id
  if (request.method === 'UPDATE') dialog.updating = transaction.id
  if (request.body !== '' && OFFERING.has(request.method)) dialog.offer = 'theirs'
  if (request.method === 'BYE') core.dialogs.remove(dialog)
  const text = textOf(request)
  deliver(core, app, flow, text, { transaction: transaction.id, dialog: dialog.id })
  if (request.method === 'BYE' && dialog.usage === 'INVITE') core.cdrs?.stop('network', 'normal-release', text)
  if (request.method === 'PRACK') advanceLine(dialog)
  if (endsSubscription(request, dialog)) core.dialogs.remove(dialog)
}

/** A target refresh moves the peer (§12.2.2), and the way to it. */
function refreshTarget(dialog: Dialog, request: SipRequest, contact: string | null, flow: Flow): void {
  if (contact === null || !['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'].includes(request.method)) return
  dialog.target = contact
  const vias = headersOf(request, 'via').flatMap((value) => splitOutside(value, ',')).length
  dialog.way = sourceIsTheWay(contact, dialog.routes.length, vias, flow) ? { flow } : null
}
