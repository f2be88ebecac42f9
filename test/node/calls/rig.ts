/** Nodes that place calls, on real engines and a real cluster, and phones that are real engines too. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import type { Agreed, Cluster } from '../../../cluster/cluster.ts'
import type { Logger } from '../../../cluster/logger.ts'
import type { Bind, Command } from '../../../cluster/tables/commands.ts'
import type { BindingRow } from '../../../cluster/tables/rows.ts'
import { type AdmissionNeeds, startAdmission } from '../../../node/admission/admission.ts'
import { type Calls, startCalls } from '../../../node/calls/calls.ts'
import type { CallsNeeds } from '../../../node/calls/desk.ts'
import { relayKeyOf } from '../../../node/calls/relay.ts'
import { trunkOrders } from '../../../node/calls/trunk-order.ts'
import type { SipTimes } from '../../../node/engine/limits.ts'
import { type MediaMode, startMedia } from '../../../node/media/start.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { gruuKeyOf } from '../../../node/sip/gruu.ts'
import { startGuard } from '../../../node/sip/guard.ts'
import { ABUSE, type AbusePolicy } from '../../../node/sip/offences.ts'
import type { Dialing, Dialog, DialogHandlers, Invitation, SipPort } from '../../../node/sip/port.ts'
import { watchSources } from '../../../node/trunks/sources.ts'
import { startTrunks } from '../../../node/trunks/trunks.ts'
import { agreed, leaderOf, newLab, until, user as userRow } from '../../cluster/nodes.ts'
import { collect } from '../../garbage.ts'
import { addressOf, port, quiet, SDP_A, SDP_B } from '../sip/support.ts'

export interface TestNode {
  readonly name: string
  readonly cluster: Cluster
  readonly sip: SipPort
  readonly calls: Calls
  /** Flows that it found to be gone. */
  readonly lost: readonly BindingRow[]
  /** What trunks were told of calls: their names, and the final statuses. */
  readonly outcomes: readonly (readonly [string, number | null])[]
  /** Media sessions that are in memory, open or not. */
  kept(): number
  /** Media sessions open now. */
  sessions(): number
  /** What its media says of itself. */
  media(): string
}

interface More {
  readonly log?: Logger
  readonly media?: MediaMode
  readonly sweepMs?: number
  readonly checkSeconds?: number
  readonly times?: Partial<SipTimes>
  /** What it does with calls beside ringing phones, and who decides where they go. */
  readonly needs?: Partial<Pick<CallsNeeds, 'decide' | 'decided' | 'services'>>
  readonly admission?: Pick<AdmissionNeeds, 'leaseMs' | 'ahead' | 'cutMs'>
  /** Who is not heard, or slowed; without it everybody is heard. */
  readonly abuse?: Partial<AbusePolicy>
  /** What becomes of its proposals. */
  readonly propose?: (command: Command, propose: () => Promise<Agreed>) => Promise<Agreed>
}

export const CLUSTER_KEY = randomBytes(32)

/** Nodes n1, n2 … with a plan. Who calls is believed what his From says, unless he is mallory: authentication is tested elsewhere. */
export async function nodes(
  t: ExecutionContext,
  count: number,
  rules = '',
  max = 100,
  more: More = {},
): Promise<TestNode[]> {
  const lab = await newLab(count)
  t.teardown(() => lab.end())
  const clusters = await Promise.all(Array.from({ length: count }, (_, i) => lab.start(`n${i + 1}`)))
  await leaderOf(clusters)
  const made = await Promise.all(clusters.map((cluster) => node(t, cluster, max, more)))
  const text = `domains: [pbx.test]\nusers: {bob@pbx.test: {numbers: ["1002"]}, carol@pbx.test: {}}\n${rules}`
  const read = readPlan(text)
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read.faults))
  await agreed(clusters[0]!, { type: 'plan-commit', expect: null, text, plan: read.plan, author: 'test', at: 1 })
  await agreed(clusters[0]!, userRow('alice'))
  await Promise.all(
    clusters.map((cluster) =>
      until(cluster, 'plan, nodes and who calls are known', () => {
        const { plans, nodes, users } = cluster.tables
        return (
          plans.size > 0 && users.size === 1 && nodes.size === count && cluster.status().connected.length === count - 1
        )
      }),
    ),
  )
  return made
}

async function node(
  t: ExecutionContext,
  bare: Cluster,
  max: number,
  {
    media: mode = { kind: 'direct' },
    sweepMs,
    checkSeconds = 60,
    log = quiet,
    times = {},
    admission: admitting,
    needs = {},
    abuse,
    propose,
  }: More,
): Promise<TestNode> {
  const cluster = propose ? proposing(bare, propose) : bare
  const guard = abuse && startGuard({ cluster, policy: { ...ABUSE, ...abuse }, log: quiet })
  if (guard) t.teardown(guard.close)
  const sip = await port(t, quiet, times, guard)
  const media = await startMedia({ mode, whenDown: 'direct', log: quiet })
  t.teardown(() => media.close())
  const lost: BindingRow[] = []
  const opened: WeakRef<object>[] = []
  const admission = startAdmission({ cluster, log: quiet, now: Date.now, ...admitting })
  const relayKey = relayKeyOf(CLUSTER_KEY)
  const sources = watchSources(cluster)
  t.teardown(() => sources.close())
  const trunks = startTrunks({
    cluster,
    sip,
    sources,
    password: () => '',
    order: trunkOrders({ cluster, address: sip.address, relayKey, newId: randomUUID }),
    log: quiet,
    cnonce: () => randomBytes(8).toString('hex'),
    chance: Math.random,
  })
  t.teardown(() => trunks.close())
  const outcomes: [string, number | null][] = []
  const calls = startCalls({
    cluster,
    admission,
    sip,
    media: {
      ...media,
      open(id) {
        const session = media.open(id)
        opened.push(new WeakRef(session))
        return session
      },
    },
    identify({ uri, from: { user, host } }) {
      // Nodes call each other on signed orders, and could not say who they are.
      if (user !== 'mallory' && !uri.startsWith('sip:relay@'))
        return { kind: 'known', user: { aor: `${user}@${host}`, user, domain: host } }
      return {
        kind: 'challenge',
        status: 407,
        headers: { 'Proxy-Authenticate': ['Digest realm="pbx.test", nonce="n"'] },
      }
    },
    here: () => false,
    trunks: {
      ...trunks,
      outcome(name, status) {
        outcomes.push([name, status])
        trunks.outcome(name, status)
      },
    },
    flowLost: (binding) => void lost.push(binding),
    relayKey,
    gruuKey: gruuKeyOf(CLUSTER_KEY),
    log,
    now: () => 1_000,
    newId: randomUUID,
    max,
    maxSeconds: 60,
    checkSeconds,
    ...needs,
    ...(sweepMs === undefined ? {} : { sweepMs }),
  })
  t.teardown(async () => {
    await calls.close()
    await admission.close()
  })
  const { node: id, incarnation } = cluster
  await agreed(cluster, {
    type: 'node-up',
    node: { id, incarnation, sip: sip.address, control: '', media: 'direct', startedAt: 1 },
  })
  return {
    name: id,
    cluster,
    sip,
    calls,
    lost,
    outcomes,
    kept: () => opened.filter((one) => one.deref()).length,
    sessions: () => media.status().sessions,
    media: () => media.status().detail,
  }
}

export function proposing(cluster: Cluster, through: NonNullable<More['propose']>): Cluster {
  const propose: Cluster['propose'] = (command, ms) => through(command, () => cluster.propose(command, ms))
  return new Proxy(cluster, {
    get(of, name) {
      const value: unknown = name === 'propose' ? propose : Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

/** How many calls its memory still has something of, when all was collected that could be. */
export function collected(at: TestNode): number {
  collect()
  return at.kept()
}

/** A phone bound at a node. `invited` decides what it does with a call. */
export async function phone(
  t: ExecutionContext,
  at: TestNode,
  user: string,
  invited: (invitation: Invitation) => void | Promise<void>,
  more: { readonly q?: number; readonly transport?: 'udp' | 'tcp' } = {},
): Promise<SipPort> {
  const { q = 1, transport = 'udp' } = more
  const sip = await port(t)
  sip.onInvite(invited)
  const address = addressOf(sip, transport)
  const bind: Bind = {
    type: 'bind',
    aor: `${user}@pbx.test`,
    callId: randomUUID(),
    cseq: 1,
    changes: [{ contact: `sip:${user}@${address};transport=${transport}`, q, expires: 600 }],
    node: at.name,
    transport,
    received: address,
    userAgent: 'test',
    contactsMax: 10,
  }
  await agreed(at.cluster, userRow(user))
  const { result } = await agreed(at.cluster, bind)
  if (result.kind !== 'bound') throw new Error(JSON.stringify(result))
  return sip
}

export interface Heard {
  readonly bye: Promise<string>
  readonly infos: string[]
  readonly offers: string[]
  readonly handlers: DialogHandlers
}

export function listener(): Heard {
  const { promise: bye, resolve } = Promise.withResolvers<string>()
  const infos: string[] = []
  const offers: string[] = []
  const handlers: DialogHandlers = {
    bye: resolve,
    async modify(sdp) {
      offers.push(sdp)
      return { kind: 'answered', sdp: sdp.replace(/^o=.*$/m, 'o=answer 9 9 IN IP4 127.0.0.1') }
    },
    async info(type, body) {
      infos.push(`${type} ${body}`)
      return 200
    },
  }
  return { bye, infos, offers, handlers }
}

/** A phone's behaviour: rings and answers; `talk` hears of the dialog. */
export function answers(heard: Heard, talk: (dialog: Dialog) => void = () => {}) {
  return async (invitation: Invitation): Promise<void> => {
    invitation.progress(180)
    const dialog = await invitation.answer(SDP_B)
    if (dialog === null) return
    dialog.handle(heard.handlers)
    talk(dialog)
  }
}

/** A phone's behaviour: rings for ever; says when it is called and when that was cancelled. */
export function rings() {
  const called = Promise.withResolvers<Invitation>()
  const cancelled = Promise.withResolvers<void>()
  const invited = (invitation: Invitation): void => {
    invitation.onCancel(cancelled.resolve)
    invitation.progress(180)
    called.resolve(invitation)
  }
  return { invited, called: called.promise, cancelled: cancelled.promise }
}

export function call(
  from: SipPort,
  at: TestNode,
  to: string,
  progress = (_status: number, _sdp: string) => {},
  user = 'alice',
): Dialing {
  return from.dial(
    {
      uri: `sip:${to}@pbx.test`,
      nextHop: `sip:${at.sip.address}`,
      from: { display: 'Alice', uri: `sip:${user}@pbx.test` },
      to: { uri: `sip:${to}@pbx.test` },
      sdp: SDP_A,
    },
    progress,
  )
}
