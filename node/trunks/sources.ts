/** Which trunk an address belongs to, by the networks that each lists: the longest prefix decides. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { Networks, plainHost } from '../sip/source.ts'

export interface TrunkSources {
  /** Its name; null: of none. A trunk that is disabled has no sources. */
  of(host: string): string | null
  close(): void
}

interface Network {
  readonly trunk: string
  readonly bits: number
  readonly networks: Networks
}

export function watchSources(cluster: Pick<Cluster, 'tables' | 'watch'>): TrunkSources {
  let all: readonly Network[] | null = null
  const stop = cluster.watch((changes) => {
    if (changes.some(({ table }) => table === 'trunks')) all = null
  })
  return {
    of(host) {
      if (cluster.tables.trunks.size === 0) return null
      all ??= networksOf(cluster.tables.trunks.values())
      const plain = plainHost(host)
      return all.find(({ networks }) => networks.has(plain))?.trunk ?? null
    },
    close: stop,
  }
}

/** Longest prefix first; of equals by name. */
function networksOf(trunks: Iterable<TrunkRow>): readonly Network[] {
  return [...trunks]
    .filter(({ disabled }) => !disabled)
    .flatMap(({ name, inbound }) =>
      (inbound?.from ?? []).map((cidr) => {
        const [address = '', bits] = cidr.split('/')
        // Of an IPv6 and an IPv4 network none is in the other.
        return { trunk: name, bits: Number(bits ?? (address.includes(':') ? 128 : 32)), networks: new Networks([cidr]) }
      }),
    )
    .sort((a, b) => b.bits - a.bits || (a.trunk < b.trunk ? -1 : 1))
}
