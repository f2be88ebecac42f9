/** Nodes with trunks, on real clusters and real engines; carriers are real engines too. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import { open, seal } from '../../../cluster/seal.ts'
import type { TrunkRow } from '../../../cluster/tables/trunk-rows.ts'
import { trunkPurpose } from '../../../cluster/tables/trunks.ts'
import { relayKeyOf } from '../../../node/calls/relay.ts'
import { trunkOrders } from '../../../node/calls/trunk-order.ts'
import type { Invitation, SipPort, SipRequest } from '../../../node/sip/port.ts'
import { watchSources } from '../../../node/trunks/sources.ts'
import { startTrunks, type Trunks, type TrunksNeeds } from '../../../node/trunks/trunks.ts'
import { agreed, type Lab, leaderOf, newLab, until } from '../../cluster/nodes.ts'
import { addressOf, port } from '../sip/support.ts'

export interface TestNode {
  readonly cluster: Cluster
  readonly sip: SipPort
  readonly trunks: Trunks
}

export const KEY = randomBytes(32)

export function sealed(name: string, password: string): string {
  return seal(KEY, trunkPurpose(name), password)
}

export async function nodes(
  t: ExecutionContext,
  count: number,
  more: Partial<TrunksNeeds> = {},
): Promise<{ all: TestNode[]; lab: Lab }> {
  const lab = await newLab(count)
  t.teardown(() => lab.end())
  const clusters = await Promise.all(Array.from({ length: count }, (_, i) => lab.start(`n${i + 1}`)))
  await leaderOf(clusters)
  const all = await Promise.all(clusters.map((cluster) => node(t, cluster, more)))
  for (const cluster of clusters) {
    await until(cluster, 'all nodes are up', () => {
      return cluster.tables.nodes.size === count && cluster.status().connected.length === count - 1
    })
    await until(cluster, 'the members are agreed on', () => cluster.tables.members !== null)
  }
  return { all, lab }
}

async function node(t: ExecutionContext, cluster: Cluster, more: Partial<TrunksNeeds>): Promise<TestNode> {
  const sip = await port(t)
  const sources = watchSources(cluster)
  t.teardown(() => sources.close())
  const trunks = startTrunks({
    cluster,
    sip,
    sources,
    password: ({ name, auth }) => (auth ? open(KEY, trunkPurpose(name), auth.password) : ''),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    cnonce: () => randomBytes(8).toString('hex'),
    chance: Math.random,
    order: trunkOrders({ cluster, address: sip.address, relayKey: relayKeyOf(KEY), newId: randomUUID }),
    ...more,
  })
  t.teardown(() => trunks.close())
  const { node: id, incarnation } = cluster
  await agreed(cluster, {
    type: 'node-up',
    node: { id, incarnation, sip: sip.address, control: '', media: 'direct', startedAt: 1 },
  })
  return { cluster, sip, trunks }
}

export async function addTrunk(all: readonly TestNode[], trunk: Omit<TrunkRow, 'version'>): Promise<void> {
  const { index } = await agreed(all[0]!.cluster, { type: 'trunk-put', trunk, expect: null })
  for (const { cluster } of all) await until(cluster, 'the trunk is known', () => cluster.status().applied >= index)
}

export interface Carrier {
  readonly sip: SipPort
  /** As a trunk names it. */
  readonly target: string
  readonly host: string
  /** REGISTERs and OPTIONS that came, in order. */
  readonly asked: readonly SipRequest[]
}

/** Answers OPTIONS with 200 unless told otherwise, and lets `invited` and `registered` decide on the rest. */
export async function carrier(
  t: ExecutionContext,
  {
    invited = (invitation: Invitation): void => invitation.reply(480),
    registered = (request: SipRequest): void => request.reply(403),
    options = (request: SipRequest): void => request.reply(200),
  } = {},
): Promise<Carrier> {
  const sip = await port(t)
  const asked: SipRequest[] = []
  const keep = (answer: (request: SipRequest) => void) => (request: SipRequest) => {
    asked.push(request)
    answer(request)
  }
  sip.onInvite(invited)
  sip.on('options', keep(options))
  sip.on('register', keep(registered))
  await sip.settled()
  const host = addressOf(sip, 'udp')
  return { sip, target: `sip:${host}`, host, asked }
}

export { agreed, until } from '../../cluster/nodes.ts'
