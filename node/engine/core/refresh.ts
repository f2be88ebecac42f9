/** Keeps the session timers of dialogs (RFC 4028): the engine refreshes where that is for us to do, and ends what nobody refreshed. */
import { randomInt } from 'node:crypto'
import { contactOf, type Dialog, own } from '../dialog/dialog.ts'
import {
  type Agreed,
  endAfterMs,
  glareMs,
  MIN_SE,
  refreshAfterMs,
  sessionExpires,
  stopSession,
} from '../dialog/session.ts'
import { headerOf, type SipResponse } from '../parser/message.ts'
import type { ClientUser } from '../transaction/client.ts'
import type { Timer } from '../transaction/wheel.ts'
import { refusalAck, type Sent } from './compose.ts'
import type { Core } from './core.ts'
import { acknowledge, hangUp, inDialog, wayOf } from './indialog.ts'

const EXPIRED = 'Session timer expired'
const RETRY_SECONDS = 10
const RETRY_SECONDS_MAX = 30

/** What refreshes of this dialog will need. */
export function prepare(dialog: Dialog, described: Dialog['described'], updates: boolean): void {
  dialog.updates = updates
  if (described) dialog.described = { type: own(described.type), body: own(described.body) }
}

/** Starts the timer that a 2xx agreed on, or stops the one before; `weAsked`: the request was ours. */
export function keepSession(core: Core, dialog: Dialog, agreed: Agreed | null, weAsked: boolean): void {
  // A subscription has a timer of its own.
  if (dialog.usage !== 'INVITE') return
  stopSession(dialog.session)
  dialog.session = null
  if (!agreed || agreed.seconds === 0 || core.dialogs.get(dialog.id) !== dialog) return
  const seconds = Math.max(agreed.seconds, MIN_SE)
  const ours = ((agreed.refresher ?? 'uac') === 'uac') === weAsked
  dialog.session = {
    seconds,
    refresh: ours ? core.wheel.after(refreshAfterMs(seconds), () => refresh(core, dialog, seconds)) : null,
    end: core.wheel.after(endAfterMs(seconds), () => hangUp(core, dialog, EXPIRED)),
  }
}

/** An UPDATE without a description where the peer takes it, else a re-INVITE with what we described last (§7.4). */
function refresh(core: Core, dialog: Dialog, seconds: number, plain = !dialog.updates): void {
  // An INVITE of the app or of the peer is about to refresh it, or to be refused, or he waits for an answer; then it is tried again.
  if (plain && (dialog.outgoing || dialog.incoming !== null || dialog.offer === 'theirs')) {
    again(core, dialog, 2_000, () => refresh(core, dialog, seconds, plain))
    return
  }
  if (plain) dialog.outgoing = true
  const seq = ++dialog.localSeq
  wayOf(core, dialog, (flow) => {
    if (!flow) {
      if (plain) dialog.outgoing = false
      return
    }
    const described = plain && dialog.described ? dialog.described : null
    if (described) dialog.offer = 'ours'
    const lines = `Supported: timer\r\nSession-Expires: ${seconds};refresher=uac\r\nMin-SE: ${MIN_SE}\r\n`
    const type = described ? `Content-Type: ${described.type}\r\n` : ''
    const { sent, text } = inDialog(dialog, plain ? 'INVITE' : 'UPDATE', seq, flow, null, lines + type, described?.body)
    core.client.begin(sent.branch, sent.method, flow, text, refreshing(core, dialog, sent, seconds))
  })
}

/** Tries again later, unless the session has another timer by then or is over. */
function again(core: Core, dialog: Dialog, ms: number, run: () => void): void {
  const { session } = dialog
  if (!session) return
  dialog.session = { ...session, refresh: core.wheel.after(ms, run) }
}

function refreshing(core: Core, dialog: Dialog, sent: Sent, seconds: number): ClientUser {
  const invite = sent.method === 'INVITE'
  let settled = false
  let timerC: Timer | null = null
  const settle = (): void => {
    settled = true
    timerC?.cancel()
    if (!invite) return
    dialog.outgoing = false
    if (dialog.offer === 'ours') dialog.offer = null
  }
  const ended = (): void => {
    settle()
    if (core.dialogs.get(dialog.id) === dialog) hangUp(core, dialog, EXPIRED)
  }
  /** Nobody need be asked before a refresh, so no 1xx gives it more time. The BYE has the peer refuse it, and that is waited for. */
  const tooLate = (): void => {
    ended()
    core.wheel.after(64 * core.times.t1, () => core.client.forget(sent.branch, sent.method))
  }
  return {
    response(response) {
      if (response.status < 200) {
        if (invite && !settled) timerC ??= core.wheel.after(core.limits.timerCMs, tooLate)
        return
      }
      if (settled) {
        if (dialog.ack?.seq === sent.seq) dialog.ack.flow.send(dialog.ack.text)
        return
      }
      settle()
      if (response.status < 300) refreshed(core, dialog, sent, response)
      else refused(core, dialog, response, invite, seconds)
    },
    ended,
    ack: (response) => refusalAck(sent, response),
  }
}

function refreshed(core: Core, dialog: Dialog, sent: Sent, response: SipResponse): void {
  dialog.target = contactOf(response) ?? dialog.target
  if (sent.method === 'INVITE') acknowledge(core, dialog, sent.seq)
  keepSession(core, dialog, sessionExpires(response), true)
}

/** What a refusal of a refresh means (§7.4, §10): the call is gone, or it is tried otherwise; the end is set in any case. */
function refused(core: Core, dialog: Dialog, response: SipResponse, invite: boolean, seconds: number): void {
  if (core.dialogs.get(dialog.id) !== dialog) return
  const { status } = response
  if (status === 408 || status === 481) {
    hangUp(core, dialog, EXPIRED)
  } else if (status === 491) {
    const wait = glareMs(dialog.role === 'uac', randomInt(1000) / 1000)
    again(core, dialog, wait, () => refresh(core, dialog, seconds, invite))
  } else if (status === 422) {
    const least = Number(/^\d{1,9}$/.exec(headerOf(response, 'min-se') ?? '')?.[0] ?? 0)
    if (least > seconds) refresh(core, dialog, least, invite)
  } else if (!invite && (status === 405 || status === 501)) {
    dialog.updates = false
    refresh(core, dialog, seconds)
  } else if (status >= 500 && status < 600) {
    // He is in the middle of something (RFC 3261 §14.2, RFC 3311 §5.2), or has no time; the session has some left.
    again(core, dialog, laterMs(response), () => refresh(core, dialog, seconds, invite))
  }
}

/** When somebody wants to be asked again, within what a session can wait. */
function laterMs(response: SipResponse): number {
  const asked = /^\d{1,9}/.exec(headerOf(response, 'retry-after') ?? '')?.[0]
  return 1000 * Math.min(Math.max(Number(asked ?? RETRY_SECONDS), 1), RETRY_SECONDS_MAX)
}
