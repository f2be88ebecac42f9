/** Who a phone is and where its messages go. Pure. */

export type PhoneTransport = 'udp' | 'tcp'

export interface Identity {
  /** `alice@pbx.test`, lower case host. */
  readonly aor: string
  readonly user: string
  readonly domain: string
}

export interface Hop {
  readonly host: string
  readonly port: number
  readonly transport: PhoneTransport
}

/** Reads `alice@pbx.test` or `sip:alice@pbx.test`; null when it is no address-of-record. */
export function readAor(text: string): Identity | null {
  const [, user, domain] = /^(?:sips?:)?([^\s@:;<>"]{1,128})@([a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])$/i.exec(text) ?? []
  if (!user || !domain) return null
  return { aor: `${user}@${domain.toLowerCase()}`, user, domain: domain.toLowerCase() }
}

/** Reads `host:port` with an optional `;transport=tcp`; null when it is neither. */
export function readHop(text: string, transport: PhoneTransport = 'udp'): Hop | null {
  const [, host, port, named] = /^([a-z0-9.-]+|\[[0-9a-f:.]+\]):(\d{1,5})(?:;transport=(udp|tcp))?$/i.exec(text) ?? []
  if (!host || !port || Number(port) < 1 || Number(port) > 65_535) return null
  return { host, port: Number(port), transport: (named?.toLowerCase() as PhoneTransport | undefined) ?? transport }
}

export const hopUri = ({ host, port, transport }: Hop): string => `sip:${host}:${port};transport=${transport}`

/** What is dialled: a URI as it is, an address, or a number or name of the phone's own domain. */
export function targetUri(target: string, domain: string): string {
  if (/^(sips?|tel):/i.test(target)) return target
  return target.includes('@') ? `sip:${target}` : `sip:${target}@${domain}`
}

/** The address-of-record in a URI, without its parameters: `bob@pbx.test`. */
export const aorIn = (uri: string): string => uri.replace(/^sips?:/i, '').replace(/[;?].*$/, '')
