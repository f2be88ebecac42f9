import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Endpoint } from './flow.ts'

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1'
}

/** How a listen point names itself to a peer: as advertised, else as bound, else by a guess from the interfaces. */
export function localAddress(host: string, advertise: string | undefined): (remote: string, port: number) => Endpoint {
  const wildcard = host === '0.0.0.0' || host === '::'
  if (advertise || !wildcard) {
    const name = advertise ?? host
    let last: Endpoint = { host: name, port: 0 }
    return (_remote, port) => (last.port === port ? last : (last = { host: name, port }))
  }
  const outside = (family: string): string | undefined =>
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find((address) => !address.internal && address.family === family)?.address
  const names = { four: outside('IPv4') ?? '127.0.0.1', six: outside('IPv6') ?? '::1' }
  return (remote, port) => {
    const six = isIPv6(remote)
    const name = isLoopback(remote) ? (six ? '::1' : '127.0.0.1') : six ? names.six : names.four
    return { host: name, port }
  }
}

/** Whether a host is a name of this listen point: what is advertised, what is bound, or on a wildcard any address of this machine. */
export function namesHere(host: string, advertise: string | undefined): (name: string) => boolean {
  const names = new Set([host])
  if (advertise) names.add(advertise.toLowerCase())
  if (host === '0.0.0.0' || host === '::')
    for (const address of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) names.add(address.address)
  if (isLoopback(host) || names.has('127.0.0.1')) names.add('localhost')
  return (name) => names.has(name.toLowerCase())
}
