/** Which domains are ours: those of all plans, and those that users are in; and which hosts are we ourselves. */
import { networkInterfaces } from 'node:os'
import type { Cluster } from '../../cluster/cluster.ts'
import { MAIN } from '../../cluster/tables/plan-place.ts'
import type { SipPort } from './port.ts'

export interface Domains {
  /** Whether users of this domain register here. Lower case. */
  has(domain: string): boolean
  /** Whether this host is one of our domains, or an address of a node. Lower case. */
  ours(host: string): boolean
  /** The first domain of the plans, else the first of a user; null when there is neither. */
  first(): string | null
  close(): void
}

export function watchDomains(cluster: Cluster, port: Pick<SipPort, 'address' | 'listening'>): Domains {
  const addresses = ownAddresses(port)
  let version = 0
  let planned = new Set<string>()
  let users: Set<string> | null = null
  let nodes: Set<string> | null = null

  const stop = cluster.watch((changes) => {
    for (const change of changes) {
      // A new user can only add a domain; one that goes may have been its last.
      if (change.table === 'users') users = change.row ? (users?.add(change.row.domain) ?? null) : null
      else if (change.table === 'nodes') nodes = null
    }
  })

  function ofPlan(): Set<string> {
    const { plans, planVersion } = cluster.tables
    if (planVersion !== version) {
      version = planVersion
      const documents = [...plans].sort(([a], [b]) => (a === MAIN || (b !== MAIN && a < b) ? -1 : 1))
      planned = new Set(documents.flatMap(([, { plan }]) => plan.domains.map((domain) => domain.toLowerCase())))
    }
    return planned
  }

  function ofUsers(): Set<string> {
    if (users) return users
    users = new Set()
    for (const user of cluster.tables.users.values()) users.add(user.domain)
    return users
  }

  function ofNodes(): Set<string> {
    if (nodes) return nodes
    nodes = new Set()
    for (const node of cluster.tables.nodes.values()) nodes.add(hostOf(node.sip))
    return nodes
  }

  const has = (domain: string) => ofPlan().has(domain) || ofUsers().has(domain)
  return {
    has,
    ours: (host) => addresses.has(host) || has(host) || ofNodes().has(host),
    first: () => ofPlan().values().next().value ?? ofUsers().values().next().value ?? null,
    close: stop,
  }
}

function ownAddresses(port: Pick<SipPort, 'address' | 'listening'>): Set<string> {
  const hosts = new Set([hostOf(port.address), ...port.listening.map((point) => point.host.toLowerCase())])
  if (hosts.has('0.0.0.0') || hosts.has('::') || hosts.has('[::]')) {
    for (const address of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      hosts.add(address.family === 'IPv6' ? `[${address.address}]` : address.address)
    }
  }
  return hosts
}

function hostOf(hostport: string): string {
  return hostport.slice(0, hostport.lastIndexOf(':')).toLowerCase()
}
