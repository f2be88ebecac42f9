import { createHash } from 'node:crypto'
import { lengthOf } from '../parser/bytes.ts'
import type { Head } from '../parser/check.ts'
import { parseVia, splitOutside, type Via } from '../parser/headers.ts'
import { type Field, headerOf, headersOf, type SipRequest, type SipResponse } from '../parser/message.ts'
import { writtenName } from '../parser/names.ts'
import type { Ask } from './ask.ts'
import { routeLines } from './compose.ts'

/** What a proxy changes in a request (RFC 3261 §16.6); all else goes on as it came. */
export interface Forwarding {
  readonly uri: string
  /** Our Via, a whole line. */
  readonly via: string
  /** Values of ours that go before those of others. */
  readonly recordRoutes: readonly string[]
  readonly path: readonly string[]
  readonly routes: readonly string[]
  readonly hops: number
  /** Null: not said. */
  readonly breadth: number | null
  /** Fields of the app, instead of those of the same name. */
  readonly extra: readonly Field[]
}

const CHANGED = new Set(['max-forwards', 'max-breadth', 'content-length', 'route'])
/** What an app may not put into a request that is not its own. */
const NOT_FOR_APPS = new Set(
  'via from to call-id cseq contact content-length max-forwards max-breadth record-route'.split(' '),
)

export function forwardedText(request: SipRequest, f: Forwarding): string {
  const replaced = new Set(f.extra.map((one) => one.name))
  let text = `${request.method} ${f.uri} SIP/2.0\r\n${f.via}`
  for (const value of f.recordRoutes) text += `Record-Route: ${value}\r\n`
  for (const value of f.path) text += `Path: ${value}\r\n`
  text += routeLines(f.routes)
  for (const one of request.fields) if (!CHANGED.has(one.name) && !replaced.has(one.name)) text += `${one.line}\r\n`
  for (const one of f.extra)
    text += `${writtenName(one.line.slice(0, one.line.indexOf(':')).trimEnd())}: ${one.value}\r\n`
  text += `Max-Forwards: ${f.hops}\r\n${f.breadth === null ? '' : `Max-Breadth: ${f.breadth}\r\n`}`
  return `${text}Content-Length: ${lengthOf(request.body)}\r\n\r\n${request.body}`
}

/** The app's own fields for the request it proxies; Route is its way to say where it goes. */
export function appFields(message: SipRequest): Field[] {
  return message.fields.filter((f) => f.name !== 'route' && !NOT_FOR_APPS.has(f.name))
}

/** Max-Forwards of what goes on (§16.6 step 3); null: it has come far enough. */
export function hopsLeft(request: SipRequest): number | null {
  const said = headerOf(request, 'max-forwards')
  if (said === null) return 70
  const hops = Number(said)
  return hops > 0 ? hops - 1 : null
}

const BREADTH = 60

/** How many branches may be open at once below this request (RFC 5393 §5.3). */
export function breadthOf(request: SipRequest): number {
  const said = headerOf(request, 'max-breadth')
  return said !== null && /^\d{1,9}$/.test(said) ? Math.min(Number(said), BREADTH) : BREADTH
}

/** What decides where a request goes, as a part of our branch: who sees it come back unchanged sees a loop (RFC 5393 §4.2). */
export function loopPart(request: SipRequest, head: Head | HeadOfAsk): string {
  const deciding = [
    request.uri,
    head.callId,
    head.fromTag,
    head.toTag,
    headerOf(request, 'cseq') ?? '',
    ...headersOf(request, 'route'),
    ...headersOf(request, 'proxy-require'),
    ...headersOf(request, 'proxy-authorization'),
  ]
  return createHash('sha256').update(JSON.stringify(deciding)).digest('base64url').slice(0, 16)
}

/** Whether a branch is one of a proxied request: its responses have more than our Via. */
export function isProxied(branch: string): boolean {
  return branch.includes('.')
}

type HeadOfAsk = Pick<Ask, 'callId' | 'fromTag' | 'toTag'>

/** All Via values, the top one first. */
export function viasOf(message: SipRequest | SipResponse): Via[] {
  const values = headersOf(message, 'via').flatMap((value) => splitOutside(value, ','))
  return values.map(parseVia).filter((via) => via !== null)
}

/** A response of a branch as it goes to who asked: under his Via fields, all else as it came (§16.7). */
export function upstreamText(ask: Ask, response: SipResponse): string {
  let text = `SIP/2.0 ${response.status} ${response.reason}\r\n${ask.vias}`
  for (const one of response.fields) if (one.name !== 'via' && one.name !== 'content-length') text += `${one.line}\r\n`
  return `${text}Content-Length: ${lengthOf(response.body)}\r\n\r\n${response.body}`
}
