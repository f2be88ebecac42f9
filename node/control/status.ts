/** GetNode, GetCluster, GetOverview: who leads, who lags, how much there is. */
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { ClusterStatus } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { NodeStatus__Output } from '../../proto/types/raftel/v1/NodeStatus.ts'
import type { Overview } from '../../proto/types/raftel/v1/Overview.ts'
import { liveBans } from './bans.ts'
import type { Needs } from './needs.ts'
import type { Peers } from './peers.ts'
import type { Counters } from './tally.ts'
import { memberView, nodeView } from './views.ts'

/** This node alone; `control` is where this service listens. */
export function nodeStatus({ cluster, sip, media, startedAt, version }: Needs, control: string): NodeStatus__Output {
  const { node, role, leader, connected, silence, repair, lineage: _, ...replica } = cluster.status()
  const { kind, detail } = media.status()
  return {
    ...replica,
    id: node,
    role: repair === null ? role : 'repairing',
    leader: leader ?? '',
    connected: [...connected],
    silence: [...(silence ?? [])].map(([one, ms]) => ({ node: one, ms: Math.round(ms) })),
    sip: sip.address,
    control,
    media: kind,
    mediaDetail: detail,
    startedAt,
    version,
    pid: process.pid,
  }
}

/** Every member, each asked for its own status, also one that has never been there. */
export async function clusterStatus(needs: Needs, peers: Peers, control: string): Promise<ClusterStatus> {
  const { cluster } = needs
  const ids = cluster
    .members()
    .map(({ name }) => name)
    .sort()
  const answers = await Promise.all(
    ids.map((id) => (id === cluster.node ? nodeStatus(needs, control) : askNode(needs, peers, id))),
  )
  const status = cluster.status()
  const nodes = compared(answers, status.leader, Date.now()).map((row) => ({ ...row, ...memberView(cluster, row.id) }))
  return {
    leader: status.leader ?? '',
    term: status.term,
    quorum: status.quorum,
    answeredBy: cluster.node,
    planVersion: cluster.tables.planVersion,
    nodes,
  }
}

/** What a node said of itself, or what is known of one that could not be asked. */
type Answer = NodeStatus__Output | ClusterNode__Output

/** Each beside what the leader says, as far as it could be asked. `now` is Unix ms. */
function compared(answers: readonly Answer[], leader: string | null, now: number): ClusterNode__Output[] {
  const lead = answers.find((one) => 'silence' in one && one.id === leader && one.role === 'leader')
  const silence = new Map(lead && 'silence' in lead ? lead.silence.map(({ node, ms }) => [node, ms]) : [])
  return answers.map((one) => {
    const row = 'silence' in one ? told(one) : one
    const ms = row.id === leader ? undefined : silence.get(row.id)
    const lag = row.reachable && lead ? { lag: Math.max(0, lead.commit - row.applied) } : {}
    return { ...row, ...lag, lastContact: ms === undefined ? 0 : now - ms }
  })
}

async function askNode({ cluster }: Needs, peers: Peers, id: string): Promise<Answer> {
  try {
    return await peers.ask<NodeStatus__Output>(id, (client, metadata, done) =>
      client.getNode({}, metadata, peers.deadline(), done),
    )
  } catch {
    const row = cluster.tables.nodes.get(id)
    const control = peers.addressOf(id) ?? ''
    return { ...nodeView(cluster, id, row), control, role: 'unknown', reachable: false }
  }
}

function told(status: NodeStatus__Output): ClusterNode__Output {
  const { id, role, commit, applied, sip, control, media, mediaDetail, hash } = status
  const said = { id, role, reachable: true, commit, applied, sip, control, media, mediaDetail, hash }
  return { ...said, lastContact: 0, memberId: 0, member: '' }
}

export function overview({ cluster, media, sip, startedAt, refused }: Needs, counters: Readonly<Counters>): Overview {
  const { tables } = cluster
  const status = cluster.status()
  let callsAnswered = 0
  for (const call of tables.calls.values()) if (call.state === 'answered') callsAnswered++
  return {
    node: cluster.node,
    leader: status.leader ?? '',
    term: status.term,
    quorum: status.quorum,
    nodes: cluster.members().length,
    nodesUp: status.connected.length + 1,
    commit: status.commit,
    applied: status.applied,
    planVersion: tables.planVersion,
    calls: tables.calls.size,
    callsAnswered,
    users: tables.users.size,
    bindings: tables.bindings,
    aors: tables.registrations.size,
    callsStartedTotal: counters.callsStarted,
    callsAnsweredTotal: counters.callsAnswered,
    callsEndedTotal: counters.callsEnded,
    bindsTotal: counters.binds,
    media: media.status().kind,
    now: Date.now(),
    startedAt,
    refused: { ...refused() },
    sip: { ...sip.stats() },
    bans: liveBans(cluster).length,
  }
}
