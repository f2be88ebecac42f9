/** Where a URI leads, in the order to be tried (RFC 3263 §4, RFC 2782). The questions and the dice are given. */
import type { TransportName } from './flow.ts'
import { defaultPort } from './flow.ts'
import type { Wish } from './wish.ts'

export interface Naptr {
  readonly order: number
  readonly preference: number
  readonly flags: string
  readonly service: string
  readonly replacement: string
}

export interface Srv {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly name: string
}

/** What is asked of the DNS. What is not there, or is not answered, is an empty list. */
export interface Questions {
  naptr(name: string): Promise<readonly Naptr[]>
  srv(name: string): Promise<readonly Srv[]>
  addresses(name: string): Promise<readonly string[]>
}

export interface Target {
  readonly transport: TransportName
  /** An IP address. */
  readonly host: string
  readonly port: number
  /** The domain that was asked for: a certificate must be for it, whatever the DNS made of it. */
  readonly name: string
}

const SERVICES: Readonly<Record<string, TransportName>> = { 'SIP+D2U': 'udp', 'SIP+D2T': 'tcp', 'SIPS+D2T': 'tls' }
const PREFIX: Readonly<Record<string, string>> = { udp: '_sip._udp.', tcp: '_sip._tcp.', tls: '_sips._tcp.' }
const TARGETS_MAX = 10
const HOSTS_MAX = 5

/** `has` says which transports we speak. */
export async function locate(
  wish: Wish,
  has: (transport: TransportName) => boolean,
  ask: Questions,
  random: () => number,
): Promise<Target[]> {
  const { host } = wish
  const usual = usualTransport(wish, has)
  // A port, and a name that is of no domain, leave nothing to be found but the address.
  const plain = wish.port !== null || !host.includes('.') || usual === 'ws' || usual === 'wss'
  const services = plain ? [] : await servicesOf(wish, has, ask)
  const found = await Promise.all(services.map(({ name }) => ask.srv(name)))
  const servers = services.flatMap(({ transport }, i) =>
    orderSrv(found[i]!, random).map((one) => ({ transport, host: one.name, port: one.port })),
  )
  const hosts = servers.length > 0 ? servers : [{ transport: usual, host, port: wish.port ?? defaultPort(usual) }]
  const near = hosts.slice(0, HOSTS_MAX)
  const addresses = await Promise.all(near.map((one) => ask.addresses(one.host)))
  return near
    .flatMap((one, i) => addresses[i]!.map((address): Target => ({ ...one, host: address, name: host })))
    .slice(0, TARGETS_MAX)
}

/** The transport of a URI that says none, where the DNS says none either (§4.1). */
export function usualTransport(wish: Wish, has: (transport: TransportName) => boolean): TransportName {
  return wish.transport ?? (['udp', 'tcp', 'tls'] as const).find(has) ?? 'udp'
}

async function servicesOf(
  wish: Wish,
  has: (transport: TransportName) => boolean,
  ask: Questions,
): Promise<readonly { transport: TransportName; name: string }[]> {
  const { host, transport, secure } = wish
  const named = (one: TransportName) => ({ transport: one, name: `${PREFIX[one]}${host}` })
  if (transport !== null && !secure) return [named(transport)]
  const usable = (one: TransportName): boolean => has(one) && (!secure || one === 'tls')
  const chosen = orderNaptr(await ask.naptr(host)).filter((one) => usable(one.transport))
  return chosen.length > 0 ? chosen : (['udp', 'tcp', 'tls'] as const).filter(usable).map(named)
}

/** The services of SIP in their order (RFC 3263 §4.1, RFC 3403 §4.1). */
export function orderNaptr(records: readonly Naptr[]): { transport: TransportName; name: string }[] {
  return [...records]
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ flags, service, replacement }) => {
      const transport = SERVICES[service.toUpperCase()]
      return flags.toLowerCase() === 's' && transport !== undefined ? [{ transport, name: replacement }] : []
    })
}

/** The lowest priority first; among equals drawn by weight, zero seldom (RFC 2782). A target of `.` is no service. */
export function orderSrv(records: readonly Srv[], random: () => number): Srv[] {
  const left = records
    .filter(({ name }) => name !== '' && name !== '.')
    .sort((a, b) => a.priority - b.priority || a.weight - b.weight)
  const ordered: Srv[] = []
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]!.priority)
    const sum = equals.reduce((total, { weight }) => total + weight, 0)
    let drawn = Math.floor(random() * (sum + 1))
    const index = equals.findIndex(({ weight }) => (drawn -= weight) <= 0)
    ordered.push(...left.splice(Math.max(index, 0), 1))
  }
  return ordered
}

const LARGE = 1300

/** A request too large for a datagram goes over TCP, and by UDP only where TCP is refused (RFC 3261 §18.1.1). */
export function bySize(targets: readonly Target[], size: number, wish: Wish): readonly Target[] {
  if (size <= LARGE || wish.transport !== null) return targets
  return targets.flatMap((one) => (one.transport === 'udp' ? [{ ...one, transport: 'tcp' }, one] : [one]))
}
