/** What an app hears of its request, and what the end of that means for the dialog. */
import { randomToken } from '../ids.ts'
import type { SipResponse } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import { unanswered } from './cdr.ts'
import { madeResponse } from './compose.ts'
import { type Core, deliver } from './core.ts'
import { hangUp } from './indialog.ts'
import type { Outgoing } from './outgoing.ts'
import { textOf } from './shown.ts'

/** An INVITE has its final answer, or gets none. */
export function settle(core: Core, call: Outgoing): void {
  call.settled = true
  call.timerC?.cancel()
  call.timerC = null
  core.calls.delete(call.id)
  if (call.initial) core.calling.delete(call.dialogId)
  if (!call.dialog) return
  call.dialog.outgoing = false
  if (call.dialog.offer === 'ours') call.dialog.offer = null
}

export function pass(core: Core, call: Outgoing, response: SipResponse, flow: Flow): void {
  deliver(core, call.app, flow, textOf(response), { transaction: call.id, dialog: call.dialogId })
}

export function passEnd(core: Core, call: Outgoing, why: 'timeout' | 'failed'): void {
  if (why === 'timeout') passMade(core, call, 408, 'Request Timeout')
  else passMade(core, call, 503, 'Service Unavailable')
}

/** It was called off: by the app, or by us because no answer came. */
export function passCancelled(core: Core, call: Outgoing): void {
  if (call.cancel?.late) passEnd(core, call, 'timeout')
  else passMade(core, call, 487, 'Request Terminated')
}

/** An answer of our own making. */
export function passMade(core: Core, call: Outgoing, status: number, reason: string): void {
  const text = madeResponse(call.sent, status, reason, randomToken())
  if (call.initial && call.sent.method === 'INVITE') core.cdrs?.stop('application', unanswered(status), text)
  deliver(core, call.app, call.flow, text, { transaction: call.id, dialog: call.dialogId })
}

/** A peer that does not know the call any more, or says nothing of it, has left it (§12.2.1.2, §14.1); the app hears so. */
export function forgotten(core: Core, call: Outgoing, status: number): void {
  const { dialog, initial, sent } = call
  if (initial || !dialog?.confirmed || (sent.method !== 'INVITE' && sent.method !== 'UPDATE')) return
  if ((status === 481 || status === 408) && core.dialogs.get(dialog.id) === dialog)
    hangUp(core, dialog, `${status} to ${sent.method}`)
}
