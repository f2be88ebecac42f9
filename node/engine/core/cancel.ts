/** INVITEs of apps that are called off (RFC 3261 §9.1): because the app says so, or because their end would never come. */
import { nextId } from '../ids.ts'
import type { SipRequest } from '../parser/message.ts'
import { NOBODY } from '../transaction/client.ts'
import type { App, AppSipMessage } from '../wire/apps.ts'
import { appLines, requestText } from './compose.ts'
import { type Core, echo, notOk } from './core.ts'
import type { Outgoing } from './outgoing.ts'
import { forgotten, passCancelled, settle } from './settle.ts'

/** The app calls off its INVITE. */
export function appCancels(core: Core, app: App, message: AppSipMessage, request: SipRequest): void {
  const call = core.calls.get(message.transaction)
  if (!call) {
    notOk(app, message.id, 'unable to find an open INVITE for this CANCEL')
    return
  }
  const lines = appLines(request, call.flow)
  echo(core, app, message.id, call.flow, cancelText(call, lines), { transaction: nextId(), dialog: call.dialogId })
  if (call.cancel) return
  call.cancel = { lines, late: false, sent: false }
  // Before any provisional response the CANCEL might overtake its INVITE; it is held back (§9.1).
  if (call.provisional) sendCancel(core, call)
}

/** Sends the CANCEL; if no final answer follows, the call counts as ended (§9.1). */
export function sendCancel(core: Core, call: Outgoing): void {
  const { lines = '', late = false } = call.cancel ?? {}
  call.cancel = { lines, late, sent: true }
  const { branch } = call.sent
  core.client.begin(branch, 'CANCEL', call.flow, cancelText(call, lines), NOBODY)
  core.wheel.after(64 * core.times.t1, () => {
    if (call.settled) return
    core.client.forget(branch, 'INVITE')
    settle(core, call)
    if (call.initial && call.dialog) core.dialogs.remove(call.dialog)
    passCancelled(core, call)
    if (late) forgotten(core, call, 408)
  })
}

/** The CANCEL of a request has its branch, its route and its number (§9.1). */
function cancelText(call: Outgoing, lines: string): string {
  return requestText({ ...call.sent, method: 'CANCEL' }, lines, '')
}

/**
 * Nothing but a final answer ends an INVITE that heard a 1xx, and a peer may go away without one. So it is called off after a time without a
 * sign of life, as a proxied one is (timer C, §16.6 step 11); a new call as late as one that no app answers, for it may wait in a queue.
 */
export function awaitFinal(core: Core, call: Outgoing, status: number): void {
  const { dialog, timerC, initial } = call
  if (call.settled) return
  const isOver = !initial && dialog !== null && core.dialogs.get(dialog.id) !== dialog
  if (timerC && (status === 100 || isOver)) return
  timerC?.cancel()
  call.timerC = core.wheel.after(initial ? core.limits.answerMs : core.limits.timerCMs, () => {
    if (call.settled || call.cancel) return
    call.cancel = { lines: '', late: true, sent: false }
    sendCancel(core, call)
  })
}
