import { parseHostPort } from '../parser/headers.ts'
import type { ListenPoint, TransportName } from './flow.ts'

export type { ListenPoint } from './flow.ts'

// A record, so that a transport that the engine learns cannot be forgotten here.
const KNOWN: Readonly<Record<TransportName, true>> = { udp: true, tcp: true, tls: true, ws: true, wss: true }

/** What a listen point may be, for a sentence about one that is none. */
export const transportNames = Object.keys(KNOWN) as readonly TransportName[]

/** `udp:0.0.0.0:5060`, `tcp:[::1]:5060`; port 0 takes a free one. Null: it is none. */
export function readListenPoint(text: string): ListenPoint | null {
  const colon = text.indexOf(':')
  const transport = transportNames.find((name) => name === text.slice(0, colon))
  const rest = text.slice(colon + 1)
  const free = /:0{1,5}$/.test(rest)
  const address = parseHostPort(free ? rest.slice(0, rest.lastIndexOf(':')) : rest)
  if (!transport || !address || (free ? address.port !== null : address.port === null)) return null
  return { transport, host: address.host, port: address.port ?? 0 }
}
