import { parameter, parseAddress, splitOutside } from '../parser/headers.ts'
import { headersOf, parseMessage, type SipMessage, type SipRequest } from '../parser/message.ts'
import { parseUri } from '../parser/uri.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { App, AppProxyMessage } from '../wire/apps.ts'
import { type Ask, responseText } from './ask.ts'
import { type Core, notOk } from './core.ts'
import { type Branch, beginBranch, callOff, giveUp } from './proxy-branch.ts'
import { bestResponse } from './proxy-choice.ts'
import { tellDone, tellFinal } from './proxy-report.ts'
import { appFields, breadthOf, hopsLeft, loopPart, upstreamText, viasOf } from './proxy-request.ts'
import { answer } from './respond.ts'

const TARGETS_MAX = 64

/** A request that is on its way to one or more targets (RFC 3261 §16): the response context. */
export interface Proxying {
  readonly order: AppProxyMessage
  readonly app: App
  readonly transaction: ServerTransaction<Ask>
  readonly ask: Ask
  readonly request: SipRequest
  /** What the app adds. */
  readonly extra: SipRequest
  readonly loop: string
  /** The Request-URI names nobody here, so it stays as it is: the targets of the app are only where it goes next (RFC 3261 §16.5). */
  readonly keepsUri: boolean
  /** How many branches may be open at once (RFC 5393 §5.3.3). */
  readonly breadth: number
  /** Every target so far, so that a redirection cannot bring one back. */
  readonly seen: Set<string>
  waiting: string[]
  branches: Branch[]
  /** Branches whose way is still looked up. */
  starting: number
  /** `working`: nobody was told anything final; `accepted`: a 2xx went up; `refused`: something else did. */
  state: 'working' | 'accepted' | 'refused'
  /** The caller sent CANCEL. */
  cancelled: boolean
}

/** An app has a request of the network proxied. */
export function proxy(core: Core, app: App, order: AppProxyMessage): void {
  const transaction = core.server.byId(order.transaction)
  const ask = transaction?.ask
  const extra = parseMessage(order.text, core.limits.fields)
  const wrong = wrongIn(order, extra)
  if (!transaction || !ask?.request || ask.proxy) {
    notOk(app, order.id, 'Request not proxied due to unknown transaction')
    return
  }
  if (wrong !== null || extra?.kind !== 'request') {
    notOk(app, order.id, wrong ?? 'not a request')
    return
  }
  const { request } = ask
  const loop = loopPart(request, ask)
  const refusal = cannotGoOn(request, loop)
  if (refusal) {
    const { status, reason, lines } = refusal
    answer(core, transaction, ask, status, responseText(ask, status, reason, lines, ''))
    notOk(app, order.id, `answered ${status} ${reason}`)
    return
  }
  const p: Proxying = {
    order,
    app,
    transaction,
    ask,
    request,
    extra: { ...extra, fields: [...appFields(extra), ...extra.fields.filter((f) => f.name === 'route')] },
    loop,
    keepsUri: !isOurs(core, request.uri),
    breadth: breadthOf(request),
    seen: new Set(order.targets),
    waiting: [...new Set(order.targets)],
    branches: [],
    starting: 0,
    state: 'working',
    cancelled: false,
  }
  // From here on timer C watches over it.
  ask.patience?.cancel()
  ask.proxy = {
    cancel: () => cancelled(core, p),
    sent: (branch) => p.branches.some((one) => one.sent.branch === branch),
  }
  goOn(core, p)
}

function isOurs(core: Core, requestUri: string): boolean {
  const uri = parseUri(requestUri)
  return uri !== null && core.transports.isOurs(uri)
}

function wrongIn({ targets }: AppProxyMessage, extra: SipMessage | null): string | null {
  if (!extra || extra.flaw) return `malformed message: ${extra?.flaw ?? 'no start line'}`
  if (targets.length === 0 || targets.length > TARGETS_MAX) return `1 to ${TARGETS_MAX} targets, not ${targets.length}`
  const bad = targets.find((target) => !parseUri(target))
  return bad === undefined ? null : `not a SIP URI to send to: ${bad.slice(0, 200)}`
}

/** Why this proxy does not forward it (RFC 3261 §16.3, RFC 5393 §5.3.3). */
function cannotGoOn(request: SipRequest, loop: string): { status: number; reason: string; lines: string } | null {
  if (hopsLeft(request) === null) return { status: 483, reason: 'Too Many Hops', lines: '' }
  const required = headersOf(request, 'proxy-require')
  if (required.length > 0)
    return { status: 420, reason: 'Bad Extension', lines: `Unsupported: ${required.join(', ')}\r\n` }
  const back = viasOf(request).some((via) => via.branch.endsWith(`.${loop}`))
  if (back) return { status: 482, reason: 'Loop Detected', lines: '' }
  return breadthOf(request) === 0 ? { status: 440, reason: 'Max-Breadth Exceeded', lines: '' } : null
}

/** Begins what may begin now; ends what has nothing left to wait for. */
export function goOn(core: Core, p: Proxying): void {
  while (p.state === 'working' && p.waiting.length > 0 && !p.cancelled) {
    const open = p.starting + p.branches.filter((branch) => !branch.over).length
    const room = p.order.simultaneous ? p.breadth : 1
    if (open >= room) return
    // Who shares the breadth: those that are to be open at the same time.
    const together = p.order.simultaneous ? Math.min(p.waiting.length + open, p.breadth) : 1
    beginBranch(core, p, p.waiting.shift()!, Math.max(1, Math.floor(p.breadth / together)))
  }
  if (p.state === 'working' && p.starting === 0 && p.branches.every((branch) => branch.over)) finish(core, p)
}

/** No 2xx came: the best of what came goes up (§16.7 step 6). */
function finish(core: Core, p: Proxying): void {
  const { ask, transaction, request } = p
  p.state = 'refused'
  const finals = p.branches.flatMap((branch) => (branch.final ? [branch.final] : []))
  const responses = finals.map((one) => one.response)
  const chosen = (p.cancelled && responses.find((one) => one.status === 487)) || bestResponse(responses)
  for (const one of finals) if (one.response.status !== chosen?.status) tellFinal(core, p, one)
  for (const one of finals) if (one.response.status === chosen?.status) tellFinal(core, p, one)
  tellDone(p)
  // A request other than INVITE is never answered 408: nobody waits any more (RFC 4320 §4.2).
  if (chosen?.status === 408 && request.method !== 'INVITE') return
  const [status, reason]: [number, string] = p.cancelled
    ? [487, 'Request Terminated']
    : [480, 'Temporarily Unavailable']
  const text = chosen ? upstreamText(ask, chosen) : responseText(ask, status, reason, '', '')
  answer(core, transaction, ask, chosen?.status ?? status, text)
}

/** CANCEL of the caller: it is ours to answer, and each open branch gets one of its own (§16.10). */
function cancelled(core: Core, p: Proxying): void {
  if (p.cancelled || p.state !== 'working') return
  p.cancelled = true
  p.waiting = []
  for (const branch of p.branches) {
    if (branch.over) continue
    callOff(core, p, branch)
    // Nobody there has answered anything yet, so there may be nobody to wait for.
    if (!branch.provisional) giveUp(core, p, branch, 487, 'Request Terminated')
  }
  goOn(core, p)
}

/** What a redirection adds (RFC 3261 §16.5): targets that were not tried yet, the preferred ones first. */
export function redirectedTo(p: Proxying, contacts: readonly string[]): boolean {
  const fresh = contacts
    .flatMap((value) => splitOutside(value, ','))
    .map((one) => parseAddress(one))
    .filter((one) => one !== null && parseUri(one.uri) !== null && !p.seen.has(one.uri))
    .sort((a, b) => preference(b!.parameters) - preference(a!.parameters))
    .map((one) => one!.uri)
    .slice(0, TARGETS_MAX - p.seen.size)
  for (const uri of fresh) p.seen.add(uri)
  p.waiting.unshift(...new Set(fresh))
  return fresh.length > 0
}

function preference(parameters: string): number {
  const q = Number(parameter(parameters, 'q') ?? 1)
  return q >= 0 && q <= 1 ? q : 0
}
