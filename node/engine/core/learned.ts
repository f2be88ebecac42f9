/** The dialogs of our own requests, as what is answered shows them. */
import {
  answerComesFromTheWay,
  contactOf,
  type Dialog,
  type Fork,
  moveTo,
  own,
  recordRoutes,
  toTagOf,
  UNTOUCHED,
} from '../dialog/dialog.ts'
import { headerOf, type SipResponse } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import type { Core } from './core.ts'
import type { Outgoing } from './outgoing.ts'

/** The dialog as a response shows it: made, or moved to the fork that speaks now (§12.1.2). */
export function learn(core: Core, call: Outgoing, response: SipResponse, flow: Flow): Dialog | null {
  const seen = dialogOf(call, response, flow)
  const { dialog } = call
  if (!dialog) {
    call.dialog = seen
    core.dialogs.add(seen)
    return seen
  }
  moveTo(dialog, seen.remoteTag, seen)
  return dialog
}

export function dialogOf(call: Outgoing, response: SipResponse, flow: Flow): Dialog {
  const routes = recordRoutes(response).map(own).reverse()
  const target = contactOf(response) ?? call.sent.uri
  return dialogFrom(call, {
    remoteTag: own(toTagOf(response)),
    remote: own(headerOf(response, 'to') ?? call.sent.to),
    target,
    routes,
    way: answerComesFromTheWay(target, routes.length, flow, call.named ? call.flow : null) ? { flow } : null,
  })
}

/** The dialog of a request of ours with this peer. */
export function dialogFrom(call: Outgoing, fork: Omit<Fork, 'remoteSeq'>): Dialog {
  const { sent } = call
  const fromTag = call.dialogId.slice(call.dialogId.lastIndexOf(';from-tag=') + 10)
  return {
    ...UNTOUCHED,
    id: call.dialogId,
    role: 'uac',
    usage: sent.method,
    callId: sent.callId,
    localTag: fromTag,
    local: sent.from,
    ...fork,
    localSeq: sent.seq,
    remoteSeq: null,
    app: call.app,
    contact: call.contact,
    told: call.told === call.contact ? null : call.told,
    incoming: null,
    offer: sent.method === 'INVITE' && call.described ? 'ours' : null,
    outgoing: sent.method === 'INVITE' && !call.settled,
  }
}
