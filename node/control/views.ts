/** Rows of the tables as the control service tells them. All text of phones is cleaned here. */
import type { Cluster } from '../../cluster/cluster.ts'
import { bindingKey } from '../../cluster/tables/contact-key.ts'
import type { BindingRow, CallRow, NodeRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Call } from '../../proto/types/raftel/v1/Call.ts'
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { Registration__Output } from '../../proto/types/raftel/v1/Registration.ts'
import type { User } from '../../proto/types/raftel/v1/User.ts'
import { isVerified, type Nodes, nodesOf } from '../routing/reach.ts'
import type { Needs } from './needs.ts'

/** Which nodes this one sees; asked once for many rows. */
export function reachable({ cluster }: Pick<Needs, 'cluster'>): Nodes {
  return nodesOf(cluster.tables.nodes.values(), cluster.node, cluster.status().connected)
}

/** What tells a binding from all others, not cleaned: several flows of a phone may have one contact. */
export function bindingName(binding: BindingRow): string {
  const name = `${binding.aor} ${binding.contact}`
  return binding.regId === undefined ? name : `${name} ${bindingKey(binding)}`
}

/** Of one that this node keeps, `expires` is what the phone was told; else the lease, which is the most it can be. */
export function registrationView(
  { cluster, secondsLeft }: Pick<Needs, 'cluster' | 'secondsLeft'>,
  binding: BindingRow,
  nodes: Nodes,
): Registration__Output {
  const left = secondsLeft(binding)
  const lease = Math.max(0, Math.ceil((binding.expiresAt - cluster.now()) / 1000))
  return {
    aor: clean(binding.aor),
    contact: clean(binding.contact),
    transport: binding.transport,
    node: binding.node,
    expires: left ?? lease,
    received: clean(binding.received),
    q: binding.q,
    userAgent: clean(binding.userAgent),
    state: left !== null ? 'kept' : isVerified(binding, nodes) ? 'leased' : 'unverified',
    instance: clean(binding.instance ?? ''),
    regId: binding.regId ?? 0,
    path: clean(binding.path?.join(', ') ?? '', 1_024),
  }
}

export function callView(call: CallRow): Call & { id: string } {
  return {
    id: call.id,
    state: call.state,
    from: clean(call.from),
    to: clean(call.to),
    node: call.node,
    startedAt: call.startedAt,
    answeredAt: call.answeredAt ?? 0,
    media: call.media,
    planVersion: call.planVersion,
    rule: clean(call.rule),
    target: clean(call.target),
    legs: call.legs.map((leg) => ({ role: leg.role, callId: clean(leg.callId), contact: clean(leg.contact) })),
  }
}

/** What filters look at; the terminal screen, which filters what it was sent once more, looks at the same (cli/tui/rows.ts). */
export function callWords(call: CallRow): readonly string[] {
  return [call.id, call.state, call.from, call.to, call.node, call.media, call.rule, call.target]
}

export function registrationWords(row: BindingRow): readonly string[] {
  return [row.aor, row.contact, row.transport, row.node, row.received, row.userAgent]
}

export function userView(cluster: Cluster, aor: string, createdAt: number): Required<User> {
  return { aor: clean(aor), createdAt, contacts: cluster.tables.registrations.get(aor)?.bindings.length ?? 0 }
}

/** A node as this one knows it without asking it. */
export function nodeView(cluster: Cluster, id: string, row: NodeRow | undefined): ClusterNode__Output {
  const status = cluster.status()
  const self = id === cluster.node
  const reachable = self || status.connected.includes(id)
  return {
    id,
    role: self
      ? status.repair === null
        ? status.role
        : 'repairing'
      : status.leader === id
        ? 'leader'
        : reachable
          ? 'follower'
          : 'unknown',
    reachable,
    commit: self ? status.commit : 0,
    applied: self ? status.applied : 0,
    sip: row?.sip ?? '',
    control: row?.control ?? '',
    media: row?.media ?? '',
    hash: self ? status.hash : '',
    mediaDetail: '',
    lastContact: 0,
    ...memberView(cluster, id),
  }
}

/** What a node is as a member. */
export function memberView(cluster: Cluster, id: string): Pick<ClusterNode__Output, 'memberId' | 'member'> {
  const member = cluster.members().find(({ name }) => name === id)
  return { memberId: member?.id ?? 0, member: member?.standing ?? '' }
}
