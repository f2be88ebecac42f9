/** Which extensions a REGISTER may use: the way it came (Path, RFC 3327), and whether its contacts are flows (RFC 5626 §6). */
import { splitOutside } from '../engine/parser/headers.ts'
import { parseAddress, parseUri, uriParam } from './address.ts'
import type { ReplyOptions, SipRequest } from './port.ts'

export interface Extensions {
  /** Values of the Path, as they came; empty: there is none. */
  readonly path: readonly string[]
  /** Whether a reg-id counts, and if not, whether only because the first proxy on the way does not know of flows. */
  readonly outbound: 'yes' | 'no' | 'not by this way'
  readonly gruu: boolean
}

export type ReadExtensions =
  | ({ readonly kind: 'read' } & Extensions)
  | { readonly kind: 'refused'; readonly status: 400 | 420; readonly options: ReplyOptions }

/** What a registrar has, as its option tags. */
export const SUPPORTED = ['path', 'outbound', 'gruu']

/** All that is replicated with every binding, and comes back with every 200. */
const PATH_MAX = 1_024
const PROXIES_MAX = 8
/** Seconds after which a connection without a keep-alive counts as gone (RFC 5626 §4.4.1). */
export const FLOW_TIMER = 120
export const NO_EXTENSIONS: Extensions = { path: [], outbound: 'no', gruu: false }

export function readExtensions(request: Pick<SipRequest, 'header'>): ReadExtensions {
  const said = request.header('supported')
  const path = request.header('path')
  if (said === null && path === null) return { kind: 'read', ...NO_EXTENSIONS }
  const tags = (said ?? '')
    .slice(0, PATH_MAX)
    .toLowerCase()
    .split(',')
    .map((tag) => tag.trim())
  // The proxies want to be on the way of every request to a phone that does not know of them (§5.3).
  if (path !== null && !tags.includes('path')) return refuse(420, 'Bad Extension', { Unsupported: 'path' })
  const values = path === null ? [] : readPath(path)
  if (values === null) return refuse(400, 'Path does not read')
  const outbound = !tags.includes('outbound') ? 'no' : holdsFlow(request, values) ? 'yes' : 'not by this way'
  return { kind: 'read', path: values, outbound, gruu: tags.includes('gruu') }
}

/** We hold the phone's connection, or the first proxy does and says so in its value of the Path, which is the last (RFC 5626 §6). */
function holdsFlow(request: Pick<SipRequest, 'header'>, path: readonly string[]): boolean {
  if (splitOutside(request.header('via') ?? '', ',').length < 2) return true
  const uri = parseUri(parseAddress(path.at(-1) ?? '')?.uri ?? '')
  return uri !== null && uriParam(uri, 'ob') !== null
}

/** Null: one is no loose route, or they are too many. Our side first. */
export function readPath(header: string): readonly string[] | null {
  if (header.length > PATH_MAX) return null
  const values: string[] = []
  for (let at = 0; at <= header.length; ) {
    const address = parseAddress(header, at)
    const uri = address && parseUri(address.uri)
    const value = header.slice(at, address?.end).trim()
    if (!uri || uriParam(uri, 'lr') === null || !value.startsWith('<') || values.length >= PROXIES_MAX) return null
    values.push(value)
    at = address.end + 1
  }
  return values
}

function refuse(
  status: 400 | 420,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Extract<ReadExtensions, { kind: 'refused' }> {
  return { kind: 'refused', status, options: { reason, headers } }
}
