import { lookup, Resolver } from 'node:dns/promises'
import type { Naptr, Questions, Srv } from './locate.ts'
import { nameResolver } from './resolve.ts'

interface DnsNeeds {
  /** All of one look-up, with several questions one after the other. */
  readonly ms: number
  /** `address` or `address:port`; without them those of the system, and its file of hosts. */
  readonly servers?: readonly string[] | undefined
  now(): number
}

interface Answer<T> {
  readonly records: readonly T[]
  readonly seconds: number
}

const REMEMBERED = 5_000
/** Node does not tell for how long services are good. */
const SERVICE_SECONDS = 60
const NOTHING_SECONDS = 5
const SECONDS_MAX = 3_600

/** The DNS as RFC 3263 asks it, remembered as long as it says, within bounds. */
export function openDns({ ms, servers, now }: DnsNeeds): Questions {
  // Two tries, the second twice as long: a third of the time for each of NAPTR, SRV and addresses.
  const resolver = new Resolver({ timeout: Math.ceil(ms / 9), tries: 2 })
  if (servers) resolver.setServers(servers)
  const system = nameResolver(ms, lookup)

  const addresses = async (name: string): Promise<Answer<string>> => {
    const found = await Promise.all([
      resolver.resolve4(name, { ttl: true }).catch(() => []),
      resolver.resolve6(name, { ttl: true }).catch(() => []),
    ])
    const all = found.flat()
    if (all.length > 0) {
      return { records: all.map(({ address }) => address), seconds: Math.min(...all.map(({ ttl }) => ttl)) }
    }
    const address = servers ? null : await system(name)
    return { records: address === null ? [] : [address], seconds: NOTHING_SECONDS }
  }
  const services = <T>(ask: (name: string) => Promise<T[]>) => {
    return (name: string): Promise<Answer<T>> =>
      ask(name).then(
        (records) => ({ records, seconds: SERVICE_SECONDS }),
        () => ({ records: [], seconds: NOTHING_SECONDS }),
      )
  }
  return {
    naptr: remembering(
      services<Naptr>((name) => resolver.resolveNaptr(name)),
      now,
    ),
    srv: remembering(
      services<Srv>((name) => resolver.resolveSrv(name)),
      now,
    ),
    addresses: remembering(addresses, now),
  }
}

/** Asks once for many who want to know at the same time, and again when the answer is too old. */
export function remembering<T>(
  ask: (name: string) => Promise<Answer<T>>,
  now: () => number,
  max = REMEMBERED,
): (name: string) => Promise<readonly T[]> {
  const known = new Map<string, { readonly records: Promise<readonly T[]>; until: number }>()
  return (name) => {
    const old = known.get(name)
    if (old && old.until > now()) return old.records
    known.delete(name)
    const entry = {
      until: Number.POSITIVE_INFINITY,
      records: ask(name).then(({ records, seconds }) => {
        entry.until = now() + Math.min(seconds, SECONDS_MAX) * 1000
        return records
      }),
    }
    known.set(name, entry)
    // The one that was asked for first goes first.
    if (known.size > max) for (const first of known.keys()) if (known.delete(first)) break
    return entry.records
  }
}
