/** Transfers where the call, the phone that asks for it, and its other call are at different nodes. */
import test from 'ava'
import { KEPT } from '../../../node/calls/relay.ts'
import type { DialOutcome, SipPort } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { call, nodes, phone, type TestNode } from './rig.ts'
import { answersWith, carolAnswers, isOver, SDP_C, type Talker, talker, theyTalk } from './talker.ts'

/** Bob is at n2 over TCP; alice calls him at n1, so that n1 has the call and n2 his phone. Carol is at n1. */
async function across(t: import('ava').ExecutionContext) {
  const [n1, n2] = (await nodes(t, 2)) as [TestNode, TestNode]
  const called = Promise.withResolvers<Talker>()
  const his = await phone(
    t,
    n2,
    'bob',
    async (invitation) => {
      const dialog = await invitation.answer(SDP_B)
      if (dialog !== null) called.resolve(talker(dialog, SDP_B))
    },
    { transport: 'tcp' },
  )
  const { spoken } = await carolAnswers(t, n1)
  for (const { cluster } of [n1, n2]) {
    await until(cluster, 'both phones are known', () => cluster.tables.registrations.size === 2)
  }
  const outcome = await soon('an answer', call(await port(t), n1, 'bob').outcome)
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
  const alice = talker(outcome.dialog, SDP_A)
  return { n1, n2, alice, bob: await soon('bob', called.promise), his, spoken }
}

/** Bob's second call, which his own node has. */
function carolFrom(his: SipPort, at: TestNode): Promise<DialOutcome> {
  const request = {
    uri: 'sip:carol@pbx.test',
    nextHop: `sip:${at.sip.address}`,
    from: { display: '', uri: 'sip:bob@pbx.test' },
    to: { uri: 'sip:carol@pbx.test' },
    sdp: SDP_B,
  }
  return his.dial(request, () => {}).outcome
}

const audioOf = (sdp: string | undefined): string | undefined => /^m=audio (\d+)/m.exec(sdp ?? '')?.[1]

test('a phone at another node than the call transfers it: its REFER is passed on, and the NOTIFYs come back', async (t) => {
  const { n1, n2, alice, bob, spoken } = await across(t)
  t.is(await bob.refer('<sip:carol@pbx.test;method=BYE>'), 603, 'a refusal comes back as it is')
  t.is(await bob.refer('<sip:carol@pbx.test>'), 202)
  const { carol, by } = await soon('carol', spoken)
  t.is(by, '<sip:bob@pbx.test>')
  await soon('BYE at bob', bob.bye)
  t.deepEqual(bob.notices, ['active SIP/2.0 100 Trying', 'active SIP/2.0 180 Ringing', 'terminated SIP/2.0 200 OK'])
  t.is(audioOf(alice.offers[0]), '6000')
  t.is(n2.calls.counters().live, 0)
  carol.dialog.bye()
  await soon('BYE at alice', alice.bye)
  await isOver(t, n1)
})

test('an attended transfer whose second call is at another node than the first', async (t) => {
  const { n1, n2, alice, bob, his, spoken } = await across(t)
  const outcome = await soon('an answer', carolFrom(his, n2))
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const second = talker(outcome.dialog, SDP_B)
  const { carol } = await soon('carol', spoken)
  await until(n1.cluster, 'n1 knows of both calls', () => {
    return [...n1.cluster.tables.calls.values()].filter(({ state }) => state === 'answered').length === 2
  })
  t.is(await bob.refer(`<sip:carol@pbx.test?Replaces=${encodeURIComponent(second.replaces)}>`), 202)
  await soon('BYE at the second leg', second.bye)
  await soon('BYE at the first leg', bob.bye)
  t.is(bob.notices.at(-1), 'terminated SIP/2.0 200 OK')
  t.is(audioOf(carol.offers[0]), '4000', 'carol hears of alice')
  t.is(audioOf(alice.offers[0]), audioOf(SDP_C), 'and alice of her')
  await until(n1.cluster, 'one call of the two', () => {
    const rows = [...n1.cluster.tables.calls.values()]
    return rows.length === 1 && rows[0]!.state === 'answered' && rows[0]!.from === 'alice@pbx.test'
  })
  t.like([...n1.cluster.tables.calls.values()][0], { to: 'carol@pbx.test', node: n1.name })
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(carol.infos, ['application/dtmf-relay Signal=5'])
  carol.dialog.bye()
  await soon('BYE at alice', alice.bye)
  await isOver(t, n1)
  await isOver(t, n2)
  await poll(() => n2.calls.counters().live === 0)
})

test('a leg that a node only has for another node is replaced by nobody: that one would not know who is there', async (t) => {
  const { n1, n2, alice, bob } = await across(t)
  for (const at of [n1, n2]) {
    const request = {
      uri: 'sip:bob@pbx.test',
      nextHop: `sip:${at.sip.address}`,
      from: { display: '', uri: 'sip:dora@pbx.test' },
      to: { uri: 'sip:bob@pbx.test' },
      sdp: SDP_C,
      headers: { Replaces: bob.replaces },
    }
    const outcome = await soon('a refusal', (await port(t)).dial(request, () => {}).outcome)
    t.like(outcome, { kind: 'refused', status: 481 }, at.name)
  }
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(bob.infos, ['application/dtmf-relay Signal=5'], 'they talk on')
})

test('alice does not take carol, whose call with bob is at another node: bob still has both, and his next try succeeds', async (t) => {
  const { n1, n2, alice, bob, his, spoken } = await across(t)
  const outcome = await soon('an answer', carolFrom(his, n2))
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const second = talker(outcome.dialog, SDP_B)
  const { carol } = await soon('carol', spoken)
  const rows = () => [...n1.cluster.tables.calls.values()].filter(({ state }) => state === 'answered')
  await until(n1.cluster, 'n1 knows of both calls', () => rows().length === 2)
  const meant = `<sip:carol@pbx.test?Replaces=${encodeURIComponent(second.replaces)}>`
  let said = 0
  answersWith(alice, async () => {
    said = await carol.dialog.say('NOTIFY', { Event: KEPT, 'Subscription-State': 'terminated' }, '')
    return { kind: 'refused', status: 488, reason: 'Not Me' }
  })
  t.is(await bob.refer(meant), 202)
  await poll(() => bob.notices.at(-1)?.startsWith('terminated') ?? false)
  t.is(said, 200, 'a phone has no say in whether it was taken')
  t.is(bob.notices.at(-1), 'terminated SIP/2.0 488 Not Me')
  await poll(() => carol.offers.length === 2)
  t.deepEqual(carol.offers.map(audioOf), ['4000', '5000'], 'carol hears of alice, and of bob again')
  await theyTalk(t, second, carol)
  await theyTalk(t, alice, bob)
  await until(n1.cluster, 'the two calls that were', () => n1.cluster.tables.calls.size === 2)

  answersWith(alice, async () => ({ kind: 'answered', sdp: SDP_A }))
  t.is(await bob.refer(meant), 202)
  await soon('BYE at the second leg', second.bye)
  await soon('BYE at the first leg', bob.bye)
  await theyTalk(t, alice, carol)
  alice.dialog.bye()
  await soon('BYE at carol', carol.bye)
  await isOver(t, n1)
  await isOver(t, n2)
})
