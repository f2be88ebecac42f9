/** Dialogs that SUBSCRIBE and REFER make (RFC 6665, RFC 3515): by their 2xx or by a NOTIFY before it; they end with NOTIFY or time. */
import {
  contactOf,
  type Dialog,
  dialogId,
  type Fork,
  moveTo,
  own,
  recordRoutes,
  sourceIsTheWay,
} from '../dialog/dialog.ts'
import { stopSession } from '../dialog/session.ts'
import type { Head } from '../parser/check.ts'
import { splitOutside } from '../parser/headers.ts'
import { headersOf, type SipRequest } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import type { Core } from './core.ts'
import { dialogFrom } from './learned.ts'

/** For a SUBSCRIBE that says nothing; RFC 6665 leaves it to the event package, most say an hour. */
const DEFAULT_SECONDS = 3_600
/** Longer than any package asks for, and an end all the same. */
const SECONDS_MAX = 86_400

/**
 * The dialog of ours that a NOTIFY from a stranger belongs to (RFC 6665 §4.1.2.4): one that it makes before the 2xx of our
 * SUBSCRIBE, or another fork of it.
 */
export function notified(core: Core, request: SipRequest, head: Head, flow: Flow): Dialog | null {
  if (request.method !== 'NOTIFY') return null
  const id = dialogId(head.callId, head.toTag)
  const call = core.subscribing.get(id)
  const known = core.dialogs.get(id)
  if (known ? known.role !== 'uac' || known.usage === 'INVITE' : !call) return null
  const routes = recordRoutes(request).map(own)
  const target = contactOf(request)
  const vias = headersOf(request, 'via').flatMap((value) => splitOutside(value, ',')).length
  const fork: Omit<Fork, 'remoteSeq'> = {
    remoteTag: own(head.fromTag),
    remote: own(head.from),
    target: target ?? '',
    routes,
    way: sourceIsTheWay(target, routes.length, vias, flow) ? { flow } : null,
  }
  if (known) {
    moveTo(known, fork.remoteTag, fork)
    return known
  }
  call!.dialog = { ...dialogFrom(call!, fork), confirmed: true }
  core.dialogs.add(call!.dialog)
  keepSubscription(core, call!.dialog, null)
  return call!.dialog
}

/** Nobody may say the last NOTIFY: the dialog goes some time after the subscription is over. */
export function keepSubscription(core: Core, dialog: Dialog, seconds: number | null): void {
  const ms = dialog.usage === 'REFER' ? core.limits.answerMs : Math.min(seconds ?? DEFAULT_SECONDS, SECONDS_MAX) * 1000
  stopSession(dialog.session)
  const end = core.wheel.after(ms + 64 * core.times.t1, () => core.dialogs.remove(dialog))
  dialog.session = { seconds: Math.ceil(ms / 1000), refresh: null, end }
}
