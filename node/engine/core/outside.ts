/** Requests outside of a dialog: whether they are taken in, and who gets them. */
import { contactOf, dialogId } from '../dialog/dialog.ts'
import { forms } from '../dialog/usage.ts'
import type { Head } from '../parser/check.ts'
import { headerOf, type SipRequest } from '../parser/message.ts'
import { mergeKey } from '../transaction/key.ts'
import type { Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import { begin } from './begin.ts'
import { type Core, deliver } from './core.ts'
import { askEarly, earlyReply } from './early.ts'
import { askHandler } from './handled.ts'
import { viasOf } from './proxy-request.ts'
import { KNOWN, RETRY, refuse } from './receive.ts'
import { textOf } from './shown.ts'
import { sessionTooSmall } from './within.ts'

export function outsideFrom(core: Core, request: SipRequest, head: Head, flow: Flow, key: string): void {
  const { method } = request
  const { callId, fromTag, toTag } = head
  const verb = method.toLowerCase()
  if (method === 'BYE' || method === 'PRACK' || (method === 'UPDATE' && toTag !== '')) {
    refuse(core, request, flow, 481, 'Call/Transaction Does Not Exist')
    return
  }
  const { apps } = core
  if (Number(headerOf(request, 'max-forwards') ?? 70) === 0) {
    refuse(core, request, flow, 483, 'Too Many Hops')
    return
  }
  const handler = core.handlers.for(verb)
  const app = handler ? null : apps.wanting(verb)
  if (!app && !handler) {
    unwanted(core, request, flow)
    return
  }
  // One dialog id is one dialog: a call of ours that comes back would be both its ends, and a late copy would take the place of a call that is answered.
  const id = dialogId(callId, fromTag)
  const known = core.dialogs.get(id)
  const isTaken =
    method === 'INVITE'
      ? core.calling.has(id) || known?.role === 'uac' || (known && toTag === '')
      : forms(method) && known?.usage === 'INVITE' && toTag === ''
  if (isTaken) {
    refuse(core, request, flow, 482, 'Loop Detected')
    return
  }
  if (sessionTooSmall(core, request, flow)) return
  const merge = mergeKey(callId, fromTag, headerOf(request, 'cseq')!)
  const first = toTag === '' ? core.merges.get(merge) : undefined
  if (first !== undefined && !spirals(core, request, first)) {
    refuse(core, request, flow, 482, 'Loop Detected')
    return
  }
  // Last, so that what is refused anyway takes no other's place.
  if (!hasRoom(core, request, head, flow)) {
    refuse(core, request, flow, 503, 'Overloaded', retryAfter(core))
    return
  }
  const early = toTag === '' ? askEarly(core, request, flow) : null
  if (early && 'status' in early) {
    refuse(core, request, flow, early.status, early.reason, early.lines)
    return
  }
  const merges = toTag === '' && first === undefined
  if (merges) core.merges.set(merge, key)
  const contact = forms(method) ? contactOf(request) : null
  const transaction = begin(core, request, head, flow, key, {
    dialog: null,
    app: early ? null : app,
    contact,
    merge: merges ? merge : '',
  })
  if (early) {
    early.take(earlyReply(core, transaction))
    return
  }
  const text = textOf(request)
  if (method === 'INVITE' && toTag === '') core.cdrs?.attempt('network', text)
  const { host, port } = flow.local
  const orphan = toTag === '' ? '' : id
  const about = { transaction: transaction.id, dialog: orphan, receivedOn: `${host}|${port}|` }
  const hand = (to: App): void => {
    if (transaction.ask) transaction.ask.app = to
    deliver(core, to, flow, text, about)
  }
  if (app) hand(app)
  else if (handler) askHandler(core, handler, transaction, { request, head, flow, text }, hand)
}

/** Whether a request comes back to us that we proxied ourselves, which is allowed (RFC 3261 §16.3 step 4). */
function spirals(core: Core, request: SipRequest, key: string): boolean {
  const proxied = core.server.byKey(key)?.ask?.proxy
  return !!proxied && viasOf(request).some((via) => proxied.sent(via.branch))
}

/** Whether a request that belongs to nothing yet is taken in. A call for help always is, unless there is no memory left for it. */
function hasRoom(core: Core, request: SipRequest, head: Head, flow: Flow): boolean {
  const { limits, server, dialogs, admission } = core
  const used = Math.max(
    server.size / limits.transactions,
    server.pending / limits.pending,
    dialogs.size / limits.dialogs,
  )
  // Somebody who says that it belongs to a dialog may have had that at another node.
  const begins = head.toTag === '' || request.method === 'REGISTER'
  if (used < 1 && (!begins || admission.isFree)) return true
  // It takes nobody's share, and is not counted among who was refused.
  if (begins && request.method === 'INVITE' && used < RESERVE && core.isUrgent(request.uri, head.from)) return true
  if (used >= 1) {
    core.full++
    core.warn(
      { transactions: server.size, unanswered: server.pending, dialogs: dialogs.size },
      'as much is held as may be: new requests hear 503',
    )
    return false
  }
  return admission.admits(() => flow.waits?.() ?? 0)
}
const RESERVE = 1.2

/** Who was refused at once does not come back at once. */
function retryAfter({ admission }: Core): string {
  return `Retry-After: ${3 + (admission.refused % 8)}\r\n`
}

function unwanted(core: Core, request: SipRequest, flow: Flow): void {
  // One that has only just connected has not said yet what it wants: 405 would tell a phone never to come back.
  if (!core.apps.serving) {
    refuse(core, request, flow, 503, 'No Application', RETRY)
    return
  }
  if (!KNOWN.has(request.method)) {
    refuse(core, request, flow, 501, 'Not Implemented')
    return
  }
  refuse(core, request, flow, 405, 'Method Not Allowed', `Allow: ${core.apps.allowed()}\r\n`)
}
