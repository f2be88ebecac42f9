/** How a bound phone is reached from this node (RFC 5626 §5.3 in spirit: through whoever holds its flow). */
import type { BindingRow } from '../../cluster/tables/rows.ts'

export type Reach =
  /**
   * Send to `nextHop` (`sip:host:port;transport=…`) with the contact as Request-URI; when that is null, to the first of `route`. The Route
   * is what the phone's REGISTER came by (RFC 3327 §5.5).
   */
  | {
      readonly kind: 'direct'
      readonly uri: string
      readonly nextHop: string | null
      readonly route: readonly string[]
    }
  /** The node that holds the connection dials it for us. */
  | { readonly kind: 'via'; readonly node: string; readonly sip: string }
  | { readonly kind: 'unreachable'; readonly why: string }

export interface NodeReach {
  /** `host:port` of its SIP. */
  readonly sip: string
  readonly up: boolean
}

/**
 * Whether the node that holds a phone is up, as the cluster agrees. If it is not, nobody knows any more when the phone's time is over:
 * the binding stays until its lease ends, and is tried after others.
 */
export function isVerified(binding: BindingRow, nodes: { has(node: string): boolean }): boolean {
  return nodes.has(binding.node)
}

/** Pure; expiry is not asked here, because only the cluster's `expire` command ends a binding. */
export function reach(binding: BindingRow, self: string, nodes: ReadonlyMap<string, NodeReach>): Reach {
  const { contact, received, transport, node, path, regId } = binding
  // Whatever the phone is connected to is a proxy of the Path, which any node may send to.
  if (path) return { kind: 'direct', uri: contact, nextHop: null, route: path }
  // A flow is the connection itself: none is opened in its place (RFC 5626 §5.3).
  const ob = regId === undefined ? '' : ';ob'
  const direct: Reach = {
    kind: 'direct',
    uri: contact,
    nextHop: `sip:${received};transport=${transport}${ob}`,
    route: [],
  }
  if (node === self) return direct
  // No NAT between phone and registrar: what it calls itself is where it is, and any node may send there.
  if (transport === 'udp' && hostport(contact) === received) return direct
  const owner = nodes.get(node)
  if (owner?.up) return { kind: 'via', node, sip: owner.sip }
  // A hole in a NAT may let us in; a connection of another node is gone with it.
  if (transport === 'udp') return direct
  return { kind: 'unreachable', why: `node ${node} holds its ${transport} connection and is not reachable` }
}

/** `sip:alice@192.0.2.1:5062;ob` → `192.0.2.1:5062`; the port defaults to 5060 (RFC 3261 §19.1.2). */
function hostport(uri: string): string {
  const rest = uri.slice(uri.indexOf(':') + 1)
  const address = rest.slice(rest.lastIndexOf('@') + 1).split(/[;?]/, 1)[0] ?? ''
  return /:\d+$/.test(address) ? address : `${address}:5060`
}
