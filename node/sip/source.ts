/** Where traffic comes from, as far as anybody is held to it: an IPv4 address, or the /64 of an IPv6 address, which is what one customer has. */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { networkOf } from '../engine/transport/network.ts'

export { plainHost } from '../engine/transport/network.ts'

/** What stands for a host in bans and counts. `host` is an address as a socket tells it; anything else stands for itself. */
export const sourceOf = networkOf

/** The same for what a person wrote: brackets, any address of the /64, its prefix. Null: it is no address. */
export function readSource(text: string): string | null {
  const host = readHost(text)
  return isIP(host) === 0 ? null : sourceOf(host)
}

/** Without brackets and the length of a prefix. */
export function readHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1')
  return host.endsWith('/64') && isIPv6(host.slice(0, -3)) ? host.slice(0, -3) : host
}

/** Of `host:port`, without the brackets of IPv6. */
export function hostOf(hostport: string): string {
  return hostport.slice(0, hostport.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1')
}

/** A list of networks: `192.0.2.0/24`, `2001:db8::/32`, or single addresses. */
export class Networks {
  readonly #list = new BlockList()
  readonly size: number

  constructor(cidrs: readonly string[]) {
    this.size = cidrs.length
    for (const cidr of cidrs) {
      const [address = '', bits] = cidr.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      this.#list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
    }
  }

  has(host: string): boolean {
    if (this.size === 0) return false
    const family = isIP(host)
    return family !== 0 && this.#list.check(host, family === 6 ? 'ipv6' : 'ipv4')
  }
}

export function isCidr(text: string): boolean {
  const [address = '', bits, more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

/** One rule of an access list; without a listener it holds for all. */
export interface AclRule {
  /** `udp:host:port` as it is configured; null: every listener. */
  readonly listen: string | null
  /** Empty: everybody. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** Whether a listener hears a host: no rule denies it, and each rule that allows somebody allows it. */
export type Acl = (host: string) => boolean

/** The list of one listener; null: it hears everybody. */
export function aclOf(rules: readonly AclRule[], listen: string): Acl | null {
  const own = rules
    .filter((rule) => rule.listen === null || rule.listen === listen)
    .map(({ allow, deny }) => ({ allow: new Networks(allow), deny: new Networks(deny) }))
  if (own.length === 0) return null
  return (host) => own.every(({ allow, deny }) => !deny.has(host) && (allow.size === 0 || allow.has(host)))
}
