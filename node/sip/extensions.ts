/** Which extensions a REGISTER may use: the way it came (Path, RFC 3327), and whether its contacts are flows (RFC 5626 §6). */
import { parseAddress, parseUri, uriParam } from './address.ts'
import type { ReplyOptions, SipRequest } from './port.ts'

export interface Extensions {
  /** Values of the Path, as they came; empty: there is none. */
  readonly path: readonly string[]
  /** Whether a reg-id counts. */
  readonly outbound: boolean
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
export const NO_EXTENSIONS: Extensions = { path: [], outbound: false, gruu: false }

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
  return { kind: 'read', path: values, outbound: tags.includes('outbound'), gruu: tags.includes('gruu') }
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
