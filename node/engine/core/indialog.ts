import { type Dialog, repeatUntilStopped, routed } from '../dialog/dialog.ts'
import { newBranch } from '../ids.ts'
import { parseVia, splitOutside } from '../parser/headers.ts'
import { headerOf, type SipMessage } from '../parser/message.ts'
import { parseUri } from '../parser/uri.ts'
import { NOBODY } from '../transaction/client.ts'
import { defaultPort, type Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import { hungUp } from './cdr.ts'
import { appLines, contactValue, requestText, routeLines, type Sent, viaLine } from './compose.ts'
import { type Core, deliver } from './core.ts'

const REFRESHING = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])
/** Where nothing can be sent. */
export const NOWHERE: Flow = {
  transport: 'udp',
  local: { host: '0.0.0.0', port: 0 },
  remote: { host: '0.0.0.0', port: 0 },
  open: false,
  send: () => false,
  onLost: () => ({ cancel() {} }),
}

/** Finds the way of the dialog's next request, which has about `size` bytes; null: there is none. */
export function wayOf(core: Core, dialog: Dialog, tell: (flow: Flow | null) => void, size = 0): void {
  if (dialog.way?.flow.open) {
    tell(dialog.way.flow)
    return
  }
  const uri = parseUri(routed(dialog).hop)
  if (!uri) {
    tell(null)
    return
  }
  core.transports.reach(uri, tell, size)
}

/** The app of a dialog, or when that is gone another that serves what the dialog is for. */
export function appOf({ apps }: Core, { app, usage }: Dialog): App | null {
  return app.open ? app : (apps.wanting(usage.toLowerCase()) ?? apps.any())
}

/** A request in the dialog (RFC 3261 §12.2.1.1) with a new branch; `message` is what the app wants in it. */
export function inDialog(
  dialog: Dialog,
  method: string,
  seq: number,
  flow: Flow,
  message: SipMessage | null,
  more = '',
  body = message?.body ?? '',
): { sent: Sent; text: string } {
  const { uri, routes } = routed(dialog)
  const branch = newBranch()
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
    lines += `Contact: ${given ? contactValue(message, flow, dialog) : dialog.contact}\r\n`
  }
  if (message) lines += appLines(message, flow)
  return { sent, text: requestText(sent, lines, body) }
}

/** Ends a dialog for the app: BYE to the peer, an unsolicited BYE with the reason to the app. */
export function hangUp(core: Core, dialog: Dialog, reason: string): void {
  core.dialogs.remove(dialog)
  wayOf(core, dialog, (way) => {
    // The app is told also when nobody can be reached any more.
    const flow = way ?? dialog.way?.flow ?? NOWHERE
    const why = `Reason: SIP;cause=408;text="${reason}"\r\n`
    const { sent, text } = inDialog(dialog, 'BYE', ++dialog.localSeq, flow, null, why)
    if (way) core.client.begin(sent.branch, 'BYE', way, text, NOBODY)
    core.cdrs?.stop('application', hungUp(reason), text)
    const app = appOf(core, dialog)
    if (app) deliver(core, app, flow, text, { source: 'application', transaction: 'unsolicited', dialog: dialog.id })
  })
}

/** The ACK for a 2xx to an INVITE in the dialog that no app acknowledges; kept for repeats. */
export function acknowledge(core: Core, dialog: Dialog, seq: number): void {
  wayOf(core, dialog, (flow) => {
    if (!flow) return
    const { text } = inDialog(dialog, 'ACK', seq, flow, null)
    dialog.ack = { seq, text, flow }
    flow.send(text)
  })
}

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
  // A WebSocket is opened by browsers alone (RFC 7118 §5).
  if (flow.transport !== 'tcp' && flow.transport !== 'tls') return
  const start = text.indexOf('\r\nVia:') + 6
  const via = parseVia(splitOutside(text.slice(start, text.indexOf('\r\n', start)), ',')[0]!)
  const port = via?.port ?? defaultPort(flow.transport)
  core.transports.flowTo(flow.transport, { host: flow.remote.host, port }, via?.host)?.send(text)
}
