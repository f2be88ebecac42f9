import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Head } from '../parser/check.ts'
import { parseAddress, splitOutside } from '../parser/headers.ts'
import { headersOf, type SipRequest } from '../parser/message.ts'
import { parseUri } from '../parser/uri.ts'
import type { Endpoint, Flow, TransportName } from '../transport/flow.ts'
import { transportNames } from '../transport/listen.ts'

/**
 * What this proxy writes into the user part of its Record-Route and Path values. Only who shows one that we made for his
 * call is forwarded for: a Route that somebody invents leads nowhere.
 */
export interface Token {
  /** The way to the side that the request goes to, as it was when the call, or the registration, passed by. */
  readonly way: Way | null
  /** The way is the only one: the peer stands behind it (NAT, or a connection that it opened). */
  readonly only: boolean
}

export interface Way {
  readonly transport: TransportName
  readonly remote: Endpoint
}

const MAC_LENGTH = 22
const TOKEN = /^(r|p)\.([A-Za-z0-9_-]{0,400})\.([A-Za-z0-9_-]{22})$/

/** For Record-Route: good for the requests of one dialog, in both directions. */
export function callToken(
  key: KeyObject,
  callId: string,
  fromTag: string,
  caller: Way | null,
  callee: Way | null,
): string {
  const data = Buffer.from(`${wayText(caller)}|${wayText(callee)}`).toString('base64url')
  return `r.${data}.${mac(key, 'r', callId, fromTag, data)}`
}

/** For Path (RFC 3327): good for any request, which then goes to the phone that registered, and nowhere else. */
export function pathToken(key: KeyObject, phone: Way): string {
  const data = Buffer.from(wayText(phone)).toString('base64url')
  return `p.${data}.${mac(key, 'p', data)}`
}

export interface OwnRoute {
  /** The Request-URI, and what is left of the Route values. */
  readonly uri: string
  readonly routes: readonly string[]
  readonly token: Token
  /** The request came by a Path, and may begin a dialog. */
  readonly path: boolean
}

/** What is to be done with a request that passes by our Record-Route or Path (RFC 3261 §16.4); null: none of ours is in it. */
export function ownRoute(key: KeyObject, request: SipRequest, head: Head): OwnRoute | null {
  let { uri } = request
  let routes = headersOf(request, 'route').flatMap((value) => splitOutside(value, ','))
  let found = read(key, uri, head)
  if (found) {
    // A strict router put our value into the Request-URI, and the real one at the end of the list.
    const last = routes.pop()
    const target = last === undefined ? null : parseAddress(last)
    if (!target) return null
    uri = target.uri
  }
  for (;;) {
    const next = routes[0] === undefined ? null : read(key, parseAddress(routes[0])?.uri ?? '', head)
    if (!next) break
    found = next
    routes = routes.slice(1)
  }
  return found ? { uri, routes, ...found } : null
}

function read(key: KeyObject, text: string, { callId, fromTag, toTag }: Head): { token: Token; path: boolean } | null {
  const match = TOKEN.exec(parseUri(text)?.user ?? '')
  if (!match) return null
  const [, kind, data = '', given = ''] = match
  const said = Buffer.from(data, 'base64url').toString()
  if (kind === 'p') {
    return same(given, mac(key, 'p', data)) ? { token: { way: readWay(said), only: true }, path: true } : null
  }
  // Within a dialog only; the direction shows in whose tag began it.
  if (toTag === '') return null
  const [caller = '', callee = ''] = said.split('|')
  if (same(given, mac(key, 'r', callId, fromTag, data))) {
    return { token: { way: readWay(callee), only: false }, path: false }
  }
  if (same(given, mac(key, 'r', callId, toTag, data))) {
    return { token: { way: readWay(caller), only: true }, path: false }
  }
  return null
}

export function wayOfFlow(flow: Flow): Way {
  return { transport: flow.transport, remote: flow.remote }
}

function wayText(way: Way | null): string {
  return way === null ? '' : `${way.transport},${way.remote.host},${way.remote.port}`
}

function readWay(text: string): Way | null {
  const [name, host = '', port = ''] = text.split(',')
  const transport = transportNames.find((one) => one === name)
  return transport ? { transport, remote: { host, port: Number(port) } } : null
}

/** A keyed digest of some texts, as a part of a token or a branch. */
export function mac(key: KeyObject, ...texts: readonly string[]): string {
  // Lengths keep two texts from being read as other two.
  const whole = texts.map((text) => `${text.length}:${text}`).join('')
  return createHmac('sha256', key).update(whole).digest('base64url').slice(0, MAC_LENGTH)
}

/** Of equal length, and compared in the same time wherever they differ. */
export function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
