/** How a bound phone is reached from this node (RFC 5626 §5.3 in spirit: through whoever holds its flow). */
import type { BindingRow, NodeRow } from '../../cluster/tables/rows.ts'

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

export type Nodes = ReadonlyMap<string, NodeReach>

/** The nodes that are up as the cluster agrees, and which of them this one is connected to at this moment. */
export function nodesOf(rows: Iterable<NodeRow>, self: string, connected: readonly string[]): Nodes {
  return new Map([...rows].map(({ id, sip }) => [id, { sip, up: id === self || connected.includes(id) }]))
}

/**
 * Whether somebody can know that the phone is there. If its node is down, as the cluster agrees, nobody knows any more when the phone's
 * time is over: the binding stays until its lease ends, and is tried after others. A phone that only its node can reach is so as soon as
 * this node has lost sight of that one: what each node sees decides, and nothing is written.
 */
export function isVerified(binding: BindingRow, nodes: Nodes): boolean {
  const owner = nodes.get(binding.node)
  return owner !== undefined && (owner.up || !isFlowBound(binding))
}

/** Whether the way to the phone is a connection of its node, or a hole in a NAT. */
export function isFlowBound({ contact, received, transport, path }: BindingRow): boolean {
  // Whatever the phone is connected to is a proxy of the Path, which any node may send to.
  if (path) return false
  // No NAT between phone and registrar: what it calls itself is where it is, and any node may send there.
  return transport !== 'udp' || hostport(contact) !== received
}

/** Pure; expiry is not asked here, because only the cluster's `expire` command ends a binding. */
export function reach(binding: BindingRow, self: string, nodes: Nodes): Reach {
  const { contact, received, transport, node, path, regId } = binding
  // A user may list how else he is reached (RFC 3261 §10.2.1), and the plan alone says where calls go: not a `tel:` of his.
  if (!/^sips?:/i.test(contact)) return { kind: 'unreachable', why: `${contact} is no address that SIP can call` }
  const uri = requestUri(contact)
  if (path) return { kind: 'direct', uri, nextHop: null, route: path }
  // A flow is the connection itself: none is opened in its place (RFC 5626 §5.3).
  const ob = regId === undefined ? '' : ';ob'
  const direct = (to: string): Reach => {
    return { kind: 'direct', uri, nextHop: `sip:${to};transport=${transport}${ob}`, route: [] }
  }
  if (node === self || !isFlowBound(binding)) return direct(received)
  const owner = nodes.get(node)
  if (owner?.up) return { kind: 'via', node, sip: owner.sip }
  // A hole in a NAT may let us in.
  if (transport === 'udp') return direct(received)
  // A connection of another node is gone with it; a phone that listens itself, where its REGISTER came from, can be called up.
  const listens = hostport(contact)
  if (transport === 'tcp' && ob === '' && hostOf(listens) === hostOf(received)) return direct(listens)
  return { kind: 'unreachable', why: `node ${node} holds its ${transport} connection and is not reachable` }
}

/** Without headers, which stand in no Request-URI (RFC 3261 §19.1.1, table 1). */
function requestUri(contact: string): string {
  const headers = contact.indexOf('?', contact.lastIndexOf('@') + 1)
  return headers < 0 ? contact : contact.slice(0, headers)
}

/** `sip:alice@192.0.2.1:5062;ob` → `192.0.2.1:5062`; the port defaults to 5060 (RFC 3261 §19.1.2). */
function hostport(uri: string): string {
  const rest = uri.slice(uri.indexOf(':') + 1)
  const address = rest.slice(rest.lastIndexOf('@') + 1).split(/[;?]/, 1)[0] ?? ''
  return /:\d+$/.test(address) ? address : `${address}:5060`
}

function hostOf(hostport: string): string {
  return hostport.slice(0, hostport.lastIndexOf(':'))
}
