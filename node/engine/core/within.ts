/** Requests in a dialog that the engine answers itself, or keeps from the app: PRACK, UPDATE, timers, BYE. */
import type { Dialog } from '../dialog/dialog.ts'
import { acknowledged, advanceLine } from '../dialog/reliable.ts'
import { MIN_SE, tooSmall, wishOf } from '../dialog/session.ts'
import { nextId } from '../ids.ts'
import type { Head } from '../parser/check.ts'
import { field, headerOf, type SipRequest } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import { askOf, responseText } from './ask.ts'
import { type Core, deliver } from './core.ts'
import { appOf } from './indialog.ts'
import { refuse, retryLater } from './receive.ts'
import { answer } from './respond.ts'
import { textOf } from './shown.ts'

/** One offer at a time, and one UPDATE (RFC 3311 §5.2). */
export function updateCollides(core: Core, request: SipRequest, flow: Flow, dialog: Dialog): boolean {
  if (request.body !== '' && dialog.offer === 'ours') {
    refuse(core, request, flow, 491, 'Request Pending')
    return true
  }
  const open = dialog.updating !== null && core.server.byId(dialog.updating) !== null
  if (!open && (request.body === '' || dialog.offer === null)) return false
  refuse(core, request, flow, 500, 'Request Pending', retryLater())
  return true
}

/** A session interval below the least is refused with what it is (RFC 4028 §9). */
export function sessionTooSmall(core: Core, request: SipRequest, flow: Flow): boolean {
  if ((request.method !== 'INVITE' && request.method !== 'UPDATE') || !tooSmall(wishOf(request))) return false
  refuse(core, request, flow, 422, 'Session Interval Too Small', `Min-SE: ${MIN_SE}\r\n`)
  return true
}

/** Whether a PRACK is for the app; one that acknowledges nothing is refused, one the app did not ask for is answered here. */
export function prackFrom(
  core: Core,
  request: SipRequest,
  head: Head,
  flow: Flow,
  key: string,
  dialog: Dialog,
): boolean {
  const acked = acknowledged(dialog, headerOf(request, 'rack') ?? '')
  if (!acked) {
    refuse(core, request, flow, 481, 'Nothing To Acknowledge')
    return false
  }
  // What it has for a body is the answer to the offer in our response, or else an offer.
  const answers = dialog.offer === 'ours'
  if (answers) dialog.offer = null
  else if (request.body !== '') dialog.offer = 'theirs'
  if (!acked.ours || request.body !== '') return true
  const ask = askOf(request, head, { dialog, app: null, tag: dialog.localTag, merge: '', contact: null })
  const prack = core.server.begin(key, nextId(), flow, false, ask)
  core.server.respond(prack, 200, responseText(ask, 200, 'OK', '', ''))
  advanceLine(dialog)
  return false
}

/**
 * The caller hangs up before he was answered (§15.1.2). The app has no dialog yet that a BYE could end, only an INVITE; so it
 * is told what a CANCEL would tell it.
 */
export function byeInEarlyDialog(
  core: Core,
  request: SipRequest,
  head: Head,
  flow: Flow,
  key: string,
  dialog: Dialog,
): void {
  const app = appOf(core, dialog)
  const invite = dialog.incoming
  takeBye(core, request, head, flow, key, dialog)
  core.dialogs.remove(dialog)
  if (!app || invite === null) return
  const value = `${head.cseq.number} CANCEL`
  const fields = request.fields.map((f) => (f.name === 'cseq' ? field('CSeq', value) : f))
  const text = textOf({ ...request, method: 'CANCEL', fields })
  deliver(core, app, flow, text, { transaction: invite, dialog: dialog.id })
}

/** Says 200 to a BYE of which nobody is told. */
export function takeBye(core: Core, request: SipRequest, head: Head, flow: Flow, key: string, dialog: Dialog): void {
  const ask = askOf(request, head, { dialog, app: null, tag: dialog.localTag, merge: '', contact: null })
  const bye = core.server.begin(key, nextId(), flow, false, ask)
  core.server.respond(bye, 200, responseText(ask, 200, 'OK', '', ''))
}

/** A dialog is over, and so is an INVITE of the peer that waits in it (§15.1.2). */
export function refuseOpen(core: Core, dialog: Dialog): void {
  const open = dialog.incoming === null ? null : core.server.byId(dialog.incoming)
  if (open?.ask) answer(core, open, open.ask, 487, responseText(open.ask, 487, 'Request Terminated', '', ''))
}
