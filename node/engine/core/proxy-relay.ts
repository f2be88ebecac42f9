import { answerComesFromTheWay, contactUri } from '../dialog/dialog.ts'
import { lengthOf } from '../parser/bytes.ts'
import type { Head } from '../parser/check.ts'
import { parameter, parseAddress, type Via } from '../parser/headers.ts'
import type { SipRequest, SipResponse } from '../parser/message.ts'
import { parseUri } from '../parser/uri.ts'
import type { Flow } from '../transport/flow.ts'
import { transportNames } from '../transport/listen.ts'
import { statelessText } from './ask.ts'
import { viaLine } from './compose.ts'
import type { Core } from './core.ts'
import { respondOn } from './indialog.ts'
import { forwardedText, hopsLeft, viasOf } from './proxy-request.ts'
import { callToken, mac, type OwnRoute, ownRoute, same, wayOfFlow } from './proxy-token.ts'
import { textOf } from './shown.ts'

/** The branch of what is forwarded without a transaction; a response with it came by us, if its digest is ours too. */
const STATELESS = 'z9hG4bK~'

/**
 * Forwards a request that passes by our Record-Route or Path, without keeping anything of it (RFC 3261 §16.11). False: it does
 * not, and is for us.
 */
export function relayRequest(core: Core, request: SipRequest, head: Head, flow: Flow): boolean {
  const own = ownRoute(core.routeKey, request, head)
  if (!own) return false
  const hops = hopsLeft(request)
  if (hops === null) {
    refuse(core, request, flow, 483, 'Too Many Hops')
    return true
  }
  const next = nextHop(own)
  const go = (out: Flow | null): void => {
    if (!out) {
      refuse(core, request, flow, 503, 'Service Unavailable')
      return
    }
    const branch = STATELESS + mac(core.routeKey, ...identity(viasOf(request)[0]!, head.callId, head.cseq.number))
    const dialog = own.path && head.toTag === '' && (request.method === 'INVITE' || request.method === 'SUBSCRIBE')
    const text = forwardedText(request, {
      uri: next.uri,
      via: viaLine(out, branch),
      recordRoutes: dialog ? recordRoutes(core, head, flow, out) : [],
      path: [],
      routes: next.routes,
      hops,
      breadth: null,
      extra: [],
    })
    if (request.method === 'BYE') recordEnd(core, request, head, text)
    out.send(text)
  }
  const way = own.path || own.routes.length === 0 ? wayTo(core, own) : null
  const hop = parseUri(next.hop)
  if (way) go(way)
  // A Path leads to the phone that registered by it, or nowhere: it must be no way through us to others.
  else if (own.path && own.token.only) refuse(core, request, flow, 430, 'Flow Failed')
  else if (hop) core.transports.reach(hop, go)
  else go(null)
  return true
}

/** A call that we proxied ends: once for each of its sides, however often the BYE is repeated. */
function recordEnd(core: Core, request: SipRequest, head: Head, text: string): void {
  const key = `${head.callId}|${head.fromTag}|${head.cseq.number}`
  if (!core.cdrs || core.ends.has(key) || core.ends.size >= core.limits.dialogs) return
  core.ends.add(key)
  core.wheel.after(64 * core.times.t1, () => core.ends.delete(key))
  core.cdrs.stop('network', 'normal-release', textOf(request))
  core.cdrs.stop('application', 'normal-release', text)
}

/** The way that the token remembers, if the peer is behind it and not where its Contact says. */
function wayTo(core: Core, { token, uri }: OwnRoute): Flow | null {
  if (!token.way) return null
  const flow = core.transports.flowTo(token.way.transport, token.way.remote, '', token.only)
  return flow && (token.only || answerComesFromTheWay(uri, 0, flow, null)) ? flow : null
}

/** Where it goes on to, with a strict router's place for the target (§16.6 step 6). */
function nextHop({ uri, routes }: OwnRoute): { uri: string; routes: readonly string[]; hop: string } {
  if (routes[0] === undefined) return { uri, routes, hop: uri }
  const first = parseAddress(routes[0])?.uri ?? ''
  if (parameter(parseUri(first)?.parameters ?? '', 'lr') !== null) return { uri, routes, hop: first }
  return { uri: first, routes: [...routes.slice(1), `<${uri}>`], hop: first }
}

/** A dialog that begins on a Path stays on it: the phone behind it has no other way. */
function recordRoutes(core: Core, head: Head, from: Flow, out: Flow): string[] {
  const token = callToken(core.routeKey, head.callId, head.fromTag, null, wayOfFlow(out))
  const named = (flow: Flow): string => `<${contactUri(flow.local, flow.transport, token)};lr>`
  return named(from) === named(out) ? [named(from)] : [named(out), named(from)]
}

/** Forwards the response to what was forwarded; false: we did not forward it. */
export function relayResponse(core: Core, response: SipResponse, { via, callId, cseq }: Head): boolean {
  if (!via.branch.startsWith(STATELESS)) return false
  const below = viasOf(response)[1]
  // The rest of the Via fields says where it goes, so they must be those that we sent.
  if (!below || !same(via.branch, STATELESS + mac(core.routeKey, ...identity(below, callId, cseq.number)))) return true
  const transport = transportNames.find((name) => name === below.transport.toLowerCase())
  const host = parameter(below.parameters, 'received') ?? below.host
  const port = Number(parameter(below.parameters, 'rport') || (below.port ?? 5060))
  const flow = transport ? core.transports.flowTo(transport, { host, port }) : null
  if (!flow) return true
  let text = `SIP/2.0 ${response.status} ${response.reason}\r\n`
  let first = true
  for (const { name, line, value } of response.fields) {
    if (name === 'content-length') continue
    if (name !== 'via' || !first) text += `${line}\r\n`
    else {
      first = false
      const comma = value.indexOf(',')
      if (comma >= 0) text += `Via: ${value.slice(comma + 1).trim()}\r\n`
    }
  }
  flow.send(`${text}Content-Length: ${lengthOf(response.body)}\r\n\r\n${response.body}`)
  return true
}

/** What stays the same between a request, its repetitions, its CANCEL and its responses. */
function identity(via: Via, callId: string, seq: number): string[] {
  const { transport, host, port, branch, parameters } = via
  const [received, rport] = [parameter(parameters, 'received') ?? '', parameter(parameters, 'rport') ?? '']
  return ['via', transport, host, String(port), branch, received, rport, callId, String(seq)]
}

function refuse(core: Core, request: SipRequest, flow: Flow, status: number, reason: string): void {
  if (request.method === 'ACK') return
  const text = statelessText(request, status, reason, '')
  if (text) respondOn(core, flow, text)
}
