/** Who talks on in another call, since a place was taken or somebody was transferred, counts and pays as before. */
import test, { type ExecutionContext } from 'ava'
import { agreed, until } from '../../cluster/nodes.ts'
import { port, soon } from '../sip/support.ts'
import { ACCOUNT, limit, nothingHeld, prepaid } from './credit.ts'
import { call, listener, nodes, type TestNode } from './rig.ts'
import { carolAnswers, consulting, isOver, SDP_C, talking } from './talker.ts'

const QUICK = { admission: { leaseMs: 9_000, ahead: 10 } }
const CONNECT = 50_000

/** Dora takes a place in a call, at whatever node. */
async function takes(t: ExecutionContext, at: TestNode, replaces: string) {
  const request = {
    uri: 'sip:bob@pbx.test',
    nextHop: `sip:${at.sip.address}`,
    from: { display: '', uri: 'sip:dora@pbx.test' },
    to: { uri: 'sip:bob@pbx.test' },
    sdp: SDP_C,
    headers: { Replaces: replaces, Require: 'replaces' },
  }
  const outcome = await soon('an answer', (await port(t)).dial(request, () => {}).outcome)
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
  const heard = listener()
  outcome.dialog.handle(heard.handlers)
  return { ...heard, dialog: outcome.dialog }
}

/** What is reserved is for that many calls now, of which none is recorded. */
async function isFor(at: TestNode, count: number): Promise<void> {
  const { cluster } = at
  const { reservations, calls } = cluster.tables
  await until(cluster, 'it is for the call that goes on', () => {
    const rows = [...reservations.values()]
    return rows.length === count && rows.every(({ id, as }) => as !== undefined && as !== id && calls.has(as))
  })
}

/** All that was spent stands in the records, and nothing is set aside. */
async function isSettled(t: ExecutionContext, at: TestNode, records: number): Promise<void> {
  const { cluster } = at
  await until(cluster, 'all are recorded', () => cluster.tables.cdrs.size === records)
  await nothingHeld(at)
  const { granted, spent, balance } = cluster.tables.credit.get(ACCOUNT)!
  t.is(spent + balance, granted)
  const costs = [...cluster.tables.cdrs.values()].map(({ cost }) => cost?.amount ?? 0)
  t.is(
    costs.reduce((sum, amount) => sum + amount, 0),
    spent,
  )
}

test('whom alice joined talk on at her expense and against her limit, and are cut when her credit is used up', async (t) => {
  const [n1] = (await nodes(t, 1, '', 100, QUICK)) as [TestNode]
  const { cluster } = n1
  await until(cluster, 'there are founders', () => cluster.tables.members !== null)
  await prepaid(n1, 10_000_000, CONNECT)
  await agreed(cluster, limit(ACCOUNT, { calls: 2 }))
  const { alice, bob } = await talking(t, n1)
  const { carol, second } = await consulting(t, n1)
  t.is(await alice.refer(`<sip:carol@pbx.test?Replaces=${encodeURIComponent(second.replaces)}>`), 202)
  await soon('BYE at both of her legs', Promise.all([alice.bye, second.bye]))
  await isFor(n1, 2)
  t.like(await soon('a refusal', call(await port(t), n1, 'bob').outcome), { kind: 'refused', status: 480 })
  t.true(n1.calls.live().length === 1)
  for (let take = 0; ; take++) {
    const { balance } = cluster.tables.credit.get(ACCOUNT)!
    const grant = { id: `back ${take}`, amount: -balance, reason: '', by: 'ops', at: 1 }
    const { result } = await agreed(cluster, { type: 'credit-add', account: ACCOUNT, currency: 'EUR', grant })
    if (result.kind === 'done') break
  }
  await soon('BYE at both who talk', Promise.all([bob.bye, carol.bye]), 40_000)
  await isOver(t, n1)
  await isSettled(t, n1, 4)
})

test('whom alice transfers is at her expense with whom he is sent to, until they hang up', async (t) => {
  const [n1] = (await nodes(t, 1)) as [TestNode]
  const { cluster } = n1
  await until(cluster, 'there are founders', () => cluster.tables.members !== null)
  await prepaid(n1, 10_000_000, CONNECT)
  const { alice, bob } = await talking(t, n1)
  const { spoken } = await carolAnswers(t, n1)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const { carol } = await soon('the call at carol', spoken)
  await soon('BYE at alice', alice.bye)
  await until(cluster, 'both legs are hers', () => {
    const rows = [...cluster.tables.reservations.values()]
    return rows.length === 2 && new Set(rows.map(({ id, as = id }) => as)).size === 1
  })
  bob.dialog.bye()
  await soon('BYE at carol', carol.bye)
  await isOver(t, n1)
  await isSettled(t, n1, 2)
  t.true(cluster.tables.credit.get(ACCOUNT)!.spent >= 2 * CONNECT)
})

for (const [whose, names] of [
  ['who called', 'alice'],
  ['who was called', 'bob'],
] as const) {
  test(`the place of ${whose} is taken, and taken again: alice pays until the last of them hangs up, and for being answered once`, async (t) => {
    const [n1] = (await nodes(t, 1)) as [TestNode]
    const { cluster } = n1
    await until(cluster, 'there are founders', () => cluster.tables.members !== null)
    await prepaid(n1, 10_000_000, CONNECT)
    const both = await talking(t, n1)
    const dora = await takes(t, n1, both[names].replaces)
    await soon('BYE at who was there', both[names].bye)
    await isFor(n1, 1)
    const { callId, localTag, remoteTag } = dora.dialog
    const next = await takes(t, n1, `${callId};to-tag=${remoteTag};from-tag=${localTag}`)
    await soon('BYE at dora', dora.bye)
    await until(cluster, 'two are recorded', () => cluster.tables.cdrs.size === 2)
    await isFor(n1, 1)
    next.dialog.bye()
    await isOver(t, n1)
    await isSettled(t, n1, 3)
    const later = [...cluster.tables.cdrs.values()].sort((a, b) => a.seq - b.seq).slice(1)
    t.true(later.every(({ cost, billable }) => cost !== undefined && cost.amount <= (billable + 1) * 10_000))
  })
}

test('a place is taken from another node: the node of the call keeps what it has reserved until the last hangs up', async (t) => {
  const [n1, n2] = (await nodes(t, 2)) as [TestNode, TestNode]
  await until(n1.cluster, 'there are founders', () => n1.cluster.tables.members !== null)
  await prepaid(n1, 10_000_000, CONNECT)
  const { alice, bob } = await talking(t, n1)
  await until(n2.cluster, 'the call is known there', () =>
    [...n2.cluster.tables.calls.values()].some(({ state }) => state === 'answered'),
  )
  const dora = await takes(t, n2, alice.replaces)
  await soon('BYE at alice', alice.bye)
  await isFor(n1, 1)
  t.is([...n1.cluster.tables.reservations.values()][0]?.node, 'n1')
  bob.dialog.bye()
  await soon('BYE at dora', dora.bye)
  await isOver(t, n2)
  await isSettled(t, n1, 2)
})
