import { contactOf, contactUri, recordRoutes, sourceIsTheWay } from '../dialog/dialog.ts'
import { randomToken } from '../ids.ts'
import { parseAddress, splitOutside } from '../parser/headers.ts'
import { headerOf, headersOf, parseMessage, type SipResponse } from '../parser/message.ts'
import { parseUri, type SipUri } from '../parser/uri.ts'
import { type ClientUser, NOBODY } from '../transaction/client.ts'
import type { Timer } from '../transaction/wheel.ts'
import type { Flow } from '../transport/flow.ts'
import { responseText } from './ask.ts'
import { unanswered } from './cdr.ts'
import { requestText, routeLines, type Sent, viaLine } from './compose.ts'
import type { Core } from './core.ts'
import { respondOn } from './indialog.ts'
import { goOn, type Proxying, redirectedTo } from './proxy.ts'
import { responseTextOf, tellDone, tellFinal } from './proxy-report.ts'
import { forwardedText, hopsLeft, upstreamText } from './proxy-request.ts'
import { callToken, pathToken, wayOfFlow } from './proxy-token.ts'
import { answer } from './respond.ts'

/** A final response of a branch; `ours`: nobody sent it. */
export interface Final {
  readonly response: SipResponse
  readonly flow: Flow
  readonly ours: boolean
}

/** One target of a proxied request, and its client transaction. */
export interface Branch {
  readonly sent: Sent
  readonly flow: Flow
  provisional: boolean
  /** Nothing but a 2xx of it counts any more. */
  over: boolean
  /** The client transaction has its final response. */
  ended: boolean
  final: Final | null
  cancel: 'no' | 'wanted' | 'sent'
  /** For the first sign of life, and for the end (timer C, or as the app says). */
  patience: Timer | null
  timerC: Timer | null
}

const DIALOGS = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY'])

/** Sends the request to one more target, once its way is known (RFC 3261 §16.6). */
export function beginBranch(core: Core, p: Proxying, target: string, breadth: number): void {
  const routes = headersOf(p.extra, 'route').flatMap((value) => splitOutside(value, ','))
  const uri = parseUri(target)!
  const hop = routes[0] === undefined ? uri : parseUri(parseAddress(routes[0])?.uri ?? '')
  p.starting++
  const go = (flow: Flow | null): void => {
    p.starting--
    if (p.state !== 'working' || p.cancelled) goOn(core, p)
    else if (flow) send(core, p, target, uri, routes, flow, breadth)
    else unreachable(core, p, target)
  }
  if (hop) core.transports.reach(hop, go)
  else go(null)
}

function send(
  core: Core,
  p: Proxying,
  target: string,
  uri: SipUri,
  routes: string[],
  flow: Flow,
  breadth: number,
): void {
  const { ask, request, order } = p
  const branch = newBranch(p, requestUri(p, target, uri, routes), routes, flow)
  const ours = order.remainInDialog ? ourRoutes(core, p, target, flow) : { recordRoutes: [], path: [] }
  const text = forwardedText(request, {
    uri: branch.sent.uri,
    via: branch.sent.via,
    ...ours,
    routes,
    hops: branch.sent.hops,
    breadth,
    extra: p.extra.fields.filter((f) => f.name !== 'route'),
  })
  p.branches.push(branch)
  if (order.provisionalMs !== null)
    branch.patience = core.wheel.after(order.provisionalMs, () => tooLate(core, p, branch))
  awaitFinal(core, p, branch)
  if (ask.method === 'INVITE') core.cdrs?.attempt('application', text)
  core.client.begin(branch.sent.branch, ask.method, flow, text, userOf(core, p, branch))
}

/** That of the target where the caller's names us, where a redirection brought it, or where a Route of the app says the way. */
function requestUri(p: Proxying, target: string, { headers }: SipUri, routes: readonly string[]): string {
  if (p.keepsUri && routes.length === 0 && p.order.targets.includes(target)) return p.request.uri
  return headers === '' ? target : target.slice(0, -headers.length)
}

function newBranch(p: Proxying, uri: string, routes: readonly string[], flow: Flow): Branch {
  const { ask, request, loop } = p
  const branch = `z9hG4bK${randomToken()}.${loop}`
  const sent: Sent = {
    method: ask.method,
    uri,
    branch,
    via: viaLine(flow, branch),
    routes: routeLines(routes),
    from: ask.from,
    to: ask.to,
    callId: ask.callId,
    seq: ask.seq,
    hops: hopsLeft(request) ?? 0,
  }
  return {
    sent,
    flow,
    provisional: false,
    over: false,
    ended: false,
    final: null,
    cancel: 'no',
    patience: null,
    timerC: null,
  }
}

/** Our Record-Route, two of them when the sides differ (RFC 5658), or our Path (RFC 3327). */
function ourRoutes(core: Core, p: Proxying, target: string, out: Flow): { recordRoutes: string[]; path: string[] } {
  const { ask, request } = p
  const from = p.transaction.flow
  // Who calls or is called by a SIPS URI gets one from us (§16.6 step 4).
  const named = (flow: Flow, token: string, uri: string): string => {
    const ours = contactUri(flow.local, flow.transport, token)
    return `<${/^sips:/i.test(uri) ? ours.replace(/^sip:/, 'sips:') : ours};lr>`
  }
  if (request.method === 'REGISTER')
    return { recordRoutes: [], path: [named(out, pathToken(core.routeKey, wayOfFlow(from)), target)] }
  if (!DIALOGS.has(request.method)) return { recordRoutes: [], path: [] }
  const direct = sourceIsTheWay(contactOf(request), recordRoutes(request).length, ask.viaCount, from)
  const caller = direct ? wayOfFlow(from) : null
  const token = callToken(core.routeKey, ask.callId, ask.fromTag, caller, wayOfFlow(out))
  const [near, far] = [named(from, token, request.uri), named(out, token, target)]
  return { recordRoutes: near === far ? [near] : [far, near], path: [] }
}

function userOf(core: Core, p: Proxying, branch: Branch): ClientUser {
  const invite = p.ask.method === 'INVITE'
  return {
    response(response, flow) {
      if (response.status < 200) return provisional(core, p, branch, response)
      branch.ended = true
      if (response.status < 300) return accepted(core, p, branch, { response, flow, ours: false })
      ended(core, p, branch, { response, flow, ours: false })
    },
    ended(why) {
      branch.ended = true
      if (why === 'timeout') giveUp(core, p, branch, 408, 'Request Timeout')
      else giveUp(core, p, branch, 503, 'Service Unavailable')
    },
    ...(invite && {
      ack: (response: SipResponse) =>
        requestText({ ...branch.sent, method: 'ACK', to: headerOf(response, 'to') ?? branch.sent.to }, '', ''),
    }),
  }
}

/** 100 is for us; of other methods than INVITE no provisional response goes on (RFC 4320 §4.1). */
function provisional(core: Core, p: Proxying, branch: Branch, response: SipResponse): void {
  branch.provisional = true
  branch.patience?.cancel()
  if (branch.cancel === 'wanted') sendCancel(core, p, branch)
  if (response.status === 100 || branch.over || p.state !== 'working' || p.ask.method !== 'INVITE') return
  awaitFinal(core, p, branch)
  answer(core, p.transaction, p.ask, response.status, upstreamText(p.ask, response))
}

/** Every 2xx goes up, the first and those of other forks and all repetitions (§16.7 step 5, RFC 6026 §7). */
function accepted(core: Core, p: Proxying, branch: Branch, final: Final): void {
  const { transaction, ask } = p
  const { status } = final.response
  const text = upstreamText(ask, final.response)
  stop(branch)
  if (p.state === 'working') {
    p.state = 'accepted'
    p.waiting = []
    branch.over = true
    if (ask.method === 'INVITE') core.cdrs?.start('network', 'proxy-uac', responseTextOf(final.response))
    answer(core, transaction, ask, status, text)
    for (const other of p.branches) if (other.final) tellFinal(core, p, other.final)
    tellFinal(core, p, final)
    tellDone(p)
    for (const other of p.branches) {
      if (other.over) continue
      other.over = true
      callOff(core, p, other)
    }
  } else if (ask.method === 'INVITE') respondOn(core, transaction.flow, text)
}

function ended(core: Core, p: Proxying, branch: Branch, final: Final): void {
  stop(branch)
  if (branch.over) return
  branch.over = true
  const { status } = final.response
  const followed =
    status < 400 && p.order.followRedirects && !p.cancelled && redirectedTo(p, headersOf(final.response, 'contact'))
  // A redirection that is followed is no answer for the caller.
  if (followed) tellFinal(core, p, final)
  else branch.final = final
  if (p.ask.method === 'INVITE')
    core.cdrs?.stop(final.ours ? 'application' : 'network', unanswered(status), responseTextOf(final.response))
  if (status >= 600) {
    // Nobody else is to be asked any more (§16.7 step 5).
    p.waiting = []
    for (const other of p.branches) if (!other.over) callOff(core, p, other)
  }
  goOn(core, p)
}

/** Ends a branch with an answer of our own making. */
export function giveUp(core: Core, p: Proxying, branch: Branch, status: number, reason: string): void {
  const response = parseMessage(responseText(p.ask, status, reason, '', ''))
  if (response?.kind === 'response') ended(core, p, branch, { response, flow: branch.flow, ours: true })
}

/** There is no way to this target (§16.9). */
function unreachable(core: Core, p: Proxying, target: string): void {
  core.log.debug({ target: target.slice(0, 200) }, 'no way to a target of a proxied request')
  const branch = newBranch(p, target, [], p.transaction.flow)
  p.branches.push(branch)
  branch.ended = true
  giveUp(core, p, branch, 503, 'Service Unavailable')
}

/** Timer C (§16.6 step 11), or what the app set; begins anew with every sign of life. */
function awaitFinal(core: Core, p: Proxying, branch: Branch): void {
  const own = p.order.finalMs
  // What the app set is a time for all, and is not begun anew.
  if (own !== null && branch.timerC) return
  branch.timerC?.cancel()
  if (own === null && p.ask.method !== 'INVITE') return
  branch.timerC = core.wheel.after(own ?? core.limits.timerCMs, () => tooLate(core, p, branch))
}

function tooLate(core: Core, p: Proxying, branch: Branch): void {
  callOff(core, p, branch)
  giveUp(core, p, branch, 408, 'Request Timeout')
}

/** CANCEL for a branch, at the earliest after its first provisional response (§9.1). */
export function callOff(core: Core, p: Proxying, branch: Branch): void {
  if (branch.ended || branch.cancel !== 'no' || branch.sent.method !== 'INVITE') return
  branch.cancel = 'wanted'
  if (branch.provisional) sendCancel(core, p, branch)
}

function sendCancel(core: Core, p: Proxying, branch: Branch): void {
  branch.cancel = 'sent'
  // Who says nothing more for so long never will (§9.1).
  core.wheel.after(64 * core.times.t1, () => {
    if (branch.ended) return
    core.client.forget(branch.sent.branch, 'INVITE')
    branch.ended = true
    giveUp(core, p, branch, 487, 'Request Terminated')
  })
  const text = requestText({ ...branch.sent, method: 'CANCEL' }, '', '')
  core.client.begin(branch.sent.branch, 'CANCEL', branch.flow, text, NOBODY)
}

function stop(branch: Branch): void {
  branch.patience?.cancel()
  branch.timerC?.cancel()
}
