import { contactOf, type Dialog, FORKS_MAX, toTagOf } from '../dialog/dialog.ts'
import { isNext, lists, remember, rseqOf } from '../dialog/reliable.ts'
import { sessionExpires } from '../dialog/session.ts'
import { expiresOf, forms } from '../dialog/usage.ts'
import { headerOf, type SipResponse } from '../parser/message.ts'
import type { ClientUser } from '../transaction/client.ts'
import type { Timer } from '../transaction/wheel.ts'
import type { Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import { awaitFinal, sendCancel } from './cancel.ts'
import { unanswered } from './cdr.ts'
import { refusalAck, type Sent } from './compose.ts'
import type { Core } from './core.ts'
import { ackAndBye, acknowledge } from './indialog.ts'
import { dialogOf, learn } from './learned.ts'
import { keepSession, prepare } from './refresh.ts'
import { forgotten, pass, passCancelled, passEnd, passMade, settle } from './settle.ts'
import { textOf } from './shown.ts'
import { keepSubscription } from './subscription.ts'

/** An INVITE or SUBSCRIBE of an app that awaits its final response, or any other request of it. */
export interface Outgoing {
  readonly id: string
  readonly app: App
  sent: Sent
  flow: Flow
  /** Sends the request to the next place that its name leads to, or calls `fail`; null: there is none. */
  elsewhere: ((fail: () => void) => void) | null
  /** The app named the next hop, and so knows a way that the peer's Contact may not show. */
  readonly named: boolean
  readonly dialogId: string
  /** Whether the request creates its dialog. */
  readonly initial: boolean
  /** Our Contact where it went, and the one that the app was told. */
  contact: string
  readonly told: string
  /** The body of an INVITE, UPDATE or PRACK: a refresh of the session says it again. */
  readonly described: Dialog['described']
  dialog: Dialog | null
  provisional: boolean
  /** `late`: nobody wanted it to end, but no final answer came. */
  cancel: { readonly lines: string; readonly sent: boolean; readonly late: boolean } | null
  /** Ends an INVITE that gets no final answer. */
  timerC: Timer | null
  /** The app has its final response. */
  settled: boolean
  /** The tag of the fork that won. */
  winner: string | null
}

/** What a client transaction of an app's request does with what comes. */
export function userOf(core: Core, call: Outgoing): ClientUser {
  return call.sent.method === 'INVITE' ? new InviteUser(core, call) : plainUser(core, call)
}

/** Of an INVITE. It is kept for half a minute after the answer (RFC 6026 §7.2), so it is one object. */
class InviteUser implements ClientUser {
  /** ACKs of forks that were refused, by To tag: their 2xx come again. */
  refused: Map<string, { text: string; flow: Flow } | null> | null = null
  readonly #core: Core
  readonly #call: Outgoing
  /** Of this transaction: the next server gets another. */
  readonly #sent: Sent

  constructor(core: Core, call: Outgoing) {
    this.#core = core
    this.#call = call
    this.#sent = call.sent
  }

  response(response: SipResponse, flow: Flow): void {
    if (response.status < 200) provisional(this.#core, this.#call, response, flow)
    else if (response.status < 300) success(this.#core, this.#call, response, flow, this)
    else this.#refusal(response, flow)
  }

  #refusal(response: SipResponse, flow: Flow): void {
    const call = this.#call
    const core = this.#core
    const final = (): void =>
      this.#over(response.status, () => {
        if (call.initial) core.cdrs?.stop('network', unanswered(response.status), textOf(response))
        pass(core, call, response, flow)
      })
    if (response.status !== 503 || !goesElsewhere(call, final)) final()
  }

  ended(why: 'timeout' | 'failed'): void {
    const call = this.#call
    const core = this.#core
    const final = (): void =>
      this.#over(why === 'timeout' ? 408 : 503, () => {
        if (call.cancel) passCancelled(core, call)
        else passEnd(core, call, why)
      })
    if (!goesElsewhere(call, final)) final()
  }

  /** It ends without an answer that makes a call, unless it has ended. */
  #over(status: number, tell: () => void): void {
    const call = this.#call
    const core = this.#core
    if (call.settled) return
    settle(core, call)
    if (call.initial && call.dialog) core.dialogs.remove(call.dialog)
    tell()
    forgotten(core, call, status)
  }

  ack(response: SipResponse): string {
    return refusalAck(this.#sent, response)
  }
}

function plainUser(core: Core, call: Outgoing): ClientUser {
  return {
    response(response, flow) {
      if (response.status < 200) return
      if (call.described && call.dialog?.offer === 'ours') call.dialog.offer = null
      const answered = (): void => {
        afterFinal(core, call, response, flow)
        pass(core, call, response, flow)
        forgotten(core, call, response.status)
      }
      if (response.status !== 503 || !goesElsewhere(call, answered)) answered()
    },
    ended(why) {
      const over = (): void => {
        if (call.described && call.dialog?.offer === 'ours') call.dialog.offer = null
        core.subscribing.delete(call.dialogId)
        if (call.sent.method === 'BYE' && call.dialog) core.dialogs.remove(call.dialog)
        passEnd(core, call, why)
        forgotten(core, call, why === 'timeout' ? 408 : 503)
      }
      if (!goesElsewhere(call, over)) over()
    },
  }
}

/** A server that is gone or says 503 is followed by the next one of its domain (RFC 3263 §4.3), unless a call has begun there. */
function goesElsewhere(call: Outgoing, fail: () => void): boolean {
  const { elsewhere } = call
  if (!elsewhere || call.dialog || call.cancel || call.settled || !call.app.open) return false
  call.elsewhere = null
  elsewhere(fail)
  return true
}

/** What a final answer to a request other than INVITE does to its dialog. */
function afterFinal(core: Core, call: Outgoing, response: SipResponse, flow: Flow): void {
  const { status } = response
  const { method } = call.sent
  if (call.initial && forms(method)) {
    core.subscribing.delete(call.dialogId)
    // A notifier that wants no subscription says so (RFC 4488).
    if (status < 300 && !/^false/i.test(headerOf(response, 'refer-sub') ?? '')) {
      const before = call.dialog
      const dialog = learn(core, call, response, flow)
      if (dialog) dialog.confirmed = true
      // A NOTIFY may have made it, and another ended it, before.
      if (dialog && (!before || core.dialogs.get(dialog.id) === dialog))
        keepSubscription(core, dialog, expiresOf(response))
    } else if (call.dialog) core.dialogs.remove(call.dialog)
  } else if (call.dialog?.usage === method && status < 300) {
    keepSubscription(core, call.dialog, expiresOf(response))
  }
  if (!call.dialog) return
  // The subscriber does not know of it any more (RFC 6665 §4.2.2).
  if (method === 'NOTIFY' && status === 481 && call.dialog.usage !== 'INVITE') core.dialogs.remove(call.dialog)
  if (method === 'BYE') byeAnswered(core, call.dialog, status)
  if (method !== 'UPDATE' || status >= 300) return
  call.dialog.target = contactOf(response) ?? call.dialog.target
  if (call.dialog.confirmed) keepSession(core, call.dialog, sessionExpires(response), true)
}

/** A challenged BYE is sent again in the same dialog, or is not; for whoever sent it the call is over in any case (§15.1.1). */
function byeAnswered(core: Core, dialog: Dialog, status: number): void {
  if (status === 401 || status === 407) core.wheel.after(64 * core.times.t1, () => core.dialogs.remove(dialog))
  else core.dialogs.remove(dialog)
}

function provisional(core: Core, call: Outgoing, response: SipResponse, flow: Flow): void {
  call.provisional = true
  if (call.cancel && !call.cancel.sent) sendCancel(core, call)
  awaitFinal(core, call, response.status)
  if (call.settled || response.status === 100) return
  const tag = toTagOf(response)
  const rseq = rseqOf(response, tag)
  if (rseq !== null && !isNext(call.dialog?.heard ?? null, call.sent.seq, tag, rseq)) return
  if (call.initial && tag !== '') learn(core, call, response, flow)
  if (rseq !== null && call.dialog) {
    remember(call.dialog, call.sent.seq, rseq)
    if (response.body !== '') call.dialog.offer = call.described ? null : 'theirs'
  }
  pass(core, call, response, flow)
}

function success(
  core: Core,
  call: Outgoing,
  response: SipResponse,
  flow: Flow,
  forks: Pick<InviteUser, 'refused'>,
): void {
  const tag = toTagOf(response)
  // In a dialog nobody forks, so a second 2xx is the first again, whatever its tag.
  if (call.winner === tag || (call.winner !== null && !call.initial)) {
    repeatAck(call)
    return
  }
  const refused = forks.refused?.get(tag)
  if (refused !== undefined) {
    refused?.flow.send(refused.text)
    return
  }
  // Each goes where its own Contact says: one callee shall not make us write to any number of others.
  if (forks.refused !== null && forks.refused.size >= FORKS_MAX) return
  // Without one srf makes no dialog, and so would never hang up on who believes to be in a call (§12.1.2: there must be one).
  const unusable = contactOf(response) === null
  const left = call.dialog !== null && core.dialogs.get(call.dialogId) !== call.dialog
  if (call.initial && (call.settled || call.cancel || left || unusable)) {
    // Another fork, or an answer that crossed our CANCEL or BYE: nobody wants this call any more (§13.2.2.4, §9.1, §15).
    const acks = (forks.refused ??= new Map())
    acks.set(tag, null)
    const stray = dialogOf(call, response, flow)
    ackAndBye(core, stray, call.sent.seq, (text, way) => acks.set(tag, { text, flow: way }))
    if (call.settled) return
    settle(core, call)
    if (call.dialog) core.dialogs.remove(call.dialog)
    if (call.cancel || left) passCancelled(core, call)
    else passMade(core, call, 502, 'Answer Without Contact')
    return
  }
  call.winner = tag
  settle(core, call)
  const dialog = call.initial ? learn(core, call, response, flow) : call.dialog
  if (dialog) {
    dialog.confirmed = true
    dialog.forks = null
    dialog.answeredSeq = call.sent.seq
    dialog.offer = call.described || response.body === '' ? null : 'theirs'
    if (!call.initial) dialog.target = contactOf(response) ?? dialog.target
    const agreed = sessionExpires(response)
    if (agreed) prepare(dialog, call.described, lists(response, 'allow', 'update'))
    keepSession(core, dialog, agreed, true)
  }
  if (call.initial) core.cdrs?.start('network', 'uac', textOf(response))
  // A re-INVITE that crossed our CANCEL counts (§9.1, §14.1): the app acknowledges it as any other, if it can.
  if (dialog && !call.initial && (!call.app.open || core.dialogs.get(dialog.id) !== dialog))
    acknowledge(core, dialog, call.sent.seq)
  pass(core, call, response, flow)
}

function repeatAck(call: Outgoing): void {
  const ack = call.dialog?.ack
  if (ack?.seq === call.sent.seq) ack.flow.send(ack.text)
}
