/** Addresses as they are counted: an IPv4 address, or the /64 of an IPv6 address, which is what one customer has. */
import { isIPv6, SocketAddress } from 'node:net'

/** One text for one address, which is the one that sockets tell: IPv6 as short as it goes and without a zone, and IPv4 where that is mapped into it. A name stays as it is. */
export function plainHost(host: string): string {
  if (!host.includes(':') || !isIPv6(host)) return host
  const { address } = new SocketAddress({ address: host, family: 'ipv6' })
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** What an address is counted as. `host` is an address as a socket tells it; anything else stands for itself. */
export function networkOf(host: string): string {
  return host.includes(':') ? networkOfIPv6(host) : host
}

/** `2001:db8:1:2::/64`. Only what begins with zeros can be a loopback, or an IPv4 address that is mapped into IPv6. */
function networkOfIPv6(host: string): string {
  const given = host.replace(/%.*$/, '').toLowerCase()
  if (!isIPv6(given)) return host
  const address = /^[0:]/.test(given) ? plainHost(given) : given
  if (!address.includes(':')) return address
  // A loopback is no network of customers.
  if (address === '::1') return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const width = right.at(-1)?.includes('.') ? right.length + 1 : right.length
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - width)
  const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
