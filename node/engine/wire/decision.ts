import { type ProxyOrder, readSpan } from './frames.ts'

/** Where an app listens for us. */
export interface AppAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** What an HTTP request handler says is to become of a request. */
export type Decision =
  | { readonly action: 'reject'; readonly status: number; readonly reason: string }
  | { readonly action: 'redirect'; readonly contacts: readonly string[] }
  | { readonly action: 'proxy'; readonly order: ProxyOrder }
  | { readonly action: 'route'; readonly to: AppAddress | { readonly tag: string } }

const LIST_MAX = 64
const DEFAULT_PORT = 9021

/** Reads `{"action": …, "data": {…}}`; a text says what is wrong with it. */
export function readDecision(text: string): Decision | string {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  const { action, data } = fields(said)
  const given = fields(data)
  switch (action) {
    case 'reject':
      return reject(given)
    case 'redirect': {
      // The one is what a drachtio-server reads, the other what its documentation says.
      const contacts = texts(listed(given.contact ?? given.contacts))
      return contacts ? { action, contacts } : 'data.contact is not a list of SIP addresses'
    }
    case 'proxy': {
      const targets = texts(listed(given.destination))
      return targets ? { action, order: orderOf(given, targets) } : 'data.destination is not a list of SIP addresses'
    }
    case 'route': {
      if (typeof given.tag === 'string') return { action, to: { tag: given.tag } }
      const to = typeof given.uri === 'string' ? readAppAddress(given.uri) : null
      return to ? { action, to } : 'data has neither a tag nor a uri like app.example.com:9021'
    }
    default:
      return 'action is none of reject, redirect, proxy and route'
  }
}

function reject({ status, reason }: Record<string, unknown>): Decision | string {
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 300 || status > 699)
    return 'data.status is not a number from 300 to 699'
  return { action: 'reject', status, reason: typeof reason === 'string' && plain(reason) ? reason : 'Rejected' }
}

/** Where nothing is said it is as with a drachtio-server: redirections are followed, and who is silent for 5 s is passed over. */
function orderOf(given: Record<string, unknown>, targets: readonly string[]): ProxyOrder {
  const { recordRoute, remainInDialog, path, followRedirects, simultaneous, forking } = given
  return {
    remainInDialog: recordRoute === true || remainInDialog === true || path === true,
    fullResponse: false,
    followRedirects: followRedirects !== false,
    simultaneous: simultaneous === true || forking === 'simultaneous',
    provisionalMs: readSpan(String(given.provisionalTimeout ?? '5s')),
    finalMs: readSpan(String(given.finalTimeout ?? '')),
    targets: targets.map((one) => (/^(sips?|tel):/i.test(one) ? one : `sip:${one}`)),
  }
}

/** `app.example.com:9021`, `…;transport=tls`, `tcp://…`, `tls://…`. */
export function readAppAddress(text: string): AppAddress | null {
  const match =
    /^(?:(tcp|tls):\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?(?:;transport=(tcp|tls))?$/.exec(text)
  if (!match) return null
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3])
  const host = match[2]!.replace(/^\[|\]$/g, '')
  return port > 0 && port < 65_536 ? { host, port, tls: (match[1] ?? match[4]) === 'tls' } : null
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function listed(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value
}

function texts(value: unknown): string[] | null {
  const list = Array.isArray(value) && value.length > 0 && value.length <= LIST_MAX ? (value as unknown[]) : []
  const good = list.filter((one) => typeof one === 'string' && one !== '' && plain(one)) as string[]
  return good.length > 0 && good.length === list.length ? good : null
}

function plain(text: string): boolean {
  // A line break would begin a header field of its own.
  return text.length <= 1024 && !/[\x00-\x1f\x7f]/.test(text)
}
