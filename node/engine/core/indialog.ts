import { type Dialog, repeatUntilStopped, routed } from '../dialog/dialog.ts'
import { randomToken } from '../ids.ts'
import { headerOf, type SipMessage } from '../parser/message.ts'
import { parseUri } from '../parser/uri.ts'
import type { ClientUser } from '../transaction/client.ts'
import type { Flow } from '../transport/flow.ts'
import { appLines, contactValue, requestText, routeLines, type Sent, viaLine } from './compose.ts'
import { type Core, deliver } from './core.ts'

const REFRESHING = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])
const NOBODY: ClientUser = { response() {}, ended() {} }

/** Finds the way of the dialog's next request; null: there is none. */
export function wayOf(core: Core, dialog: Dialog, tell: (flow: Flow | null) => void): void {
  if (dialog.way?.flow.open) {
    tell(dialog.way.flow)
    return
  }
  const uri = parseUri(routed(dialog).hop)
  if (!uri) {
    tell(null)
    return
  }
  core.transports.reach(uri, tell)
}

/** A request in the dialog (RFC 3261 §12.2.1.1) with a new branch; `message` is what the app wants in it. */
export function inDialog(
  dialog: Dialog,
  method: string,
  seq: number,
  flow: Flow,
  message: SipMessage | null,
  more = '',
): { sent: Sent; text: string } {
  const { uri, routes } = routed(dialog)
  const branch = `z9hG4bK${randomToken()}`
  const sent: Sent = {
    method,
    uri,
    branch,
    via: viaLine(flow, branch),
    routes: routeLines(routes),
    from: dialog.local,
    to: dialog.remote,
    callId: dialog.callId,
    seq,
    hops: 70,
  }
  let lines = more
  if (REFRESHING.has(method)) {
    const given = message !== null && headerOf(message, 'contact') !== null
    lines += `Contact: ${given ? contactValue(message, flow) : dialog.contact}\r\n`
  }
  if (message) lines += appLines(message, flow)
  return { sent, text: requestText(sent, lines, message?.body ?? '') }
}

/** Ends a dialog for the app: BYE to the peer, an unsolicited BYE with the reason to the app. */
export function hangUp(core: Core, dialog: Dialog, reason: string): void {
  core.dialogs.remove(dialog)
  wayOf(core, dialog, (found) => {
    // The app hears of it although the peer cannot, or it would keep the dialog for ever.
    const flow = found ?? nowhere(core)
    const why = `Reason: SIP;cause=408;text="${reason}"\r\n`
    const { sent, text } = inDialog(dialog, 'BYE', ++dialog.localSeq, flow, null, why)
    if (found) core.client.begin(sent.branch, 'BYE', flow, text, NOBODY)
    const app = dialog.app.open ? dialog.app : core.apps.any()
    if (app) deliver(core, app, flow, text, { source: 'application', transaction: 'unsolicited', dialog: dialog.id })
  })
}

/** Stands for the way that there is not, where a message is made that only an app reads. */
function nowhere(core: Core): Flow {
  const { transport, host, port } = core.transports.listening[0]!
  const local = { host, port }
  return { transport, local, remote: { host: '0.0.0.0', port: 0 }, open: false, send: () => false, onLost: () => NEVER }
}

const NEVER = { cancel(): void {} }

/** Ends what a stray 2xx began: it is acknowledged and left (RFC 3261 §13.2.2.4). Returns the ACK, for repeats. */
export function ackAndBye(core: Core, dialog: Dialog, seq: number, tell: (ack: string, flow: Flow) => void): void {
  wayOf(core, dialog, (flow) => {
    if (!flow) return
    const ack = inDialog(dialog, 'ACK', seq, flow, null)
    flow.send(ack.text)
    tell(ack.text, flow)
    const bye = inDialog(dialog, 'BYE', seq + 1, flow, null)
    core.client.begin(bye.sent.branch, 'BYE', flow, bye.text, NOBODY)
  })
}

/** Repeats a 2xx to INVITE until its ACK comes; without one the dialog ends. */
export function awaitAck(core: Core, dialog: Dialog, seq: number, flow: Flow, text: string): void {
  dialog.answer?.stop()
  const stop = repeatUntilStopped(
    (ms, run) => core.wheel.after(ms, run),
    core.times,
    () => respondOn(core, flow, text),
    () => hangUp(core, dialog, 'ACK timeout'),
  )
  dialog.answer = { seq, stop }
}

/** Sends a response where its request came from, on a new connection if that one is gone (RFC 3261 §18.2.2). */
export function respondOn(core: Core, flow: Flow, text: string): void {
  if (flow.open) {
    flow.send(text)
    return
  }
  const via = text.slice(text.indexOf('\r\nVia:') + 6, text.indexOf('\r\n', text.indexOf('\r\nVia:') + 6))
  const sentBy = /SIP\/2\.0\/TCP[ \t]+(?:\[[^\]]*\]|[^\s:;]+)(?::(\d{1,5}))?/i.exec(via)
  const again = core.transports.flowTo('tcp', { host: flow.remote.host, port: Number(sentBy?.[1] ?? 5060) })
  again?.send(text)
}
