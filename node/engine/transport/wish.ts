import type { SipUri } from '../parser/uri.ts'
import { transportOf } from '../parser/uri.ts'
import type { TransportName } from './flow.ts'

/** What a URI says of the way to it (RFC 3263 §4.1). */
export interface Wish {
  /** Null: not said, to be found. */
  readonly transport: TransportName | null
  /** `sips`: nothing but TLS will do (RFC 3261 §26.2.2). */
  readonly secure: boolean
  readonly host: string
  readonly port: number | null
}

const SECURE: Readonly<Record<string, TransportName>> = { '': 'tls', tls: 'tls', tcp: 'tls', ws: 'wss', wss: 'wss' }
const PLAIN: Readonly<Record<string, TransportName | null>> = {
  '': null,
  udp: 'udp',
  tcp: 'tcp',
  tls: 'tls',
  ws: 'ws',
  wss: 'wss',
}

/** Null: a transport that is none of ours, or one that cannot be secure. */
export function wishOf(uri: SipUri): Wish | null {
  const secure = uri.scheme === 'sips'
  const named = transportOf(uri)
  const table = secure ? SECURE : PLAIN
  if (!Object.hasOwn(table, named)) return null
  const transport = table[named] ?? null
  const host = uri.host.toLowerCase().replace(/\.$/, '')
  return { transport, secure, host: host === 'localhost' ? '127.0.0.1' : host, port: uri.port }
}

/** A name that nothing can be sent to: browsers use it where they have no address (RFC 7118 §5, RFC 2606 §2). */
export function isNowhere(host: string): boolean {
  return host === 'invalid' || host.endsWith('.invalid')
}
