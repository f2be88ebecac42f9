/** Replaces (RFC 3891), in a REFER and in an INVITE: attended transfers. */
import test from 'ava'
import { eventOf, noticeOf, readRefer, readReplaces, writeReplaces } from '../../../node/calls/refer.ts'
import type { DialOutcome, Invitation, SipPort } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_B, soon } from '../sip/support.ts'
import { gateway } from './gateway.ts'
import { collected, listener, nodes, phone, type TestNode } from './rig.ts'
import { consulting, isOver, SDP_C, talker, talking } from './talker.ts'

function takesPlace(from: SipPort, at: TestNode, replaces: string, user = 'dora'): Promise<DialOutcome> {
  const request = {
    uri: 'sip:bob@pbx.test',
    nextHop: `sip:${at.sip.address}`,
    from: { display: '', uri: `sip:${user}@pbx.test` },
    to: { uri: 'sip:bob@pbx.test' },
    sdp: SDP_C,
    headers: { Replaces: replaces, Require: 'replaces' },
  }
  return from.dial(request, () => {}).outcome
}

test('an attended transfer: alice speaks with both, bob and carol are joined, and both her legs end', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  const { carol, second } = await consulting(t, n1!)
  t.is(await alice.refer(`<sip:carol@pbx.test?Replaces=${encodeURIComponent(second.replaces)}&Require=replaces>`), 202)
  await soon('BYE at her second leg', second.bye)
  await soon('BYE at her first leg', alice.bye)
  t.deepEqual(alice.notices, ['active SIP/2.0 100 Trying', 'terminated SIP/2.0 200 OK'])
  t.is(carol.offers.length, 1)
  t.regex(carol.offers[0]!, /m=audio 5000 /, 'carol hears of bob')
  t.is(bob.offers.length, 1)
  t.regex(bob.offers[0]!, /m=audio 6000 /, 'and bob of her')
  await until(n1!.cluster, 'one call of the two', () => {
    const rows = [...n1!.cluster.tables.calls.values()]
    return rows.length === 1 && rows[0]!.state === 'answered' && rows[0]!.from === 'bob@pbx.test'
  })
  t.like([...n1!.cluster.tables.calls.values()][0], {
    to: 'carol@pbx.test',
    target: 'carol@pbx.test',
    rule: 'replaces',
  })
  t.is(n1!.sessions(), 1)
  t.is(await soon('an INFO', bob.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(carol.infos, ['application/dtmf-relay Signal=5'])
  bob.dialog.bye()
  await soon('BYE at carol', carol.bye)
  await isOver(t, n1!)
})

test('a Replaces of no dialog, or of the very leg that asks, moves nobody', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  t.is(await alice.refer(`<sip:carol@pbx.test?Replaces=${encodeURIComponent('x@y;to-tag=1;from-tag=2')}>`), 202)
  await poll(() => alice.notices.length === 2)
  t.is(alice.notices[1], 'terminated SIP/2.0 481 Call/Transaction Does Not Exist')
  t.is(await alice.refer(`<sip:carol@pbx.test?Replaces=${encodeURIComponent(alice.replaces)}>`), 400)
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200)
  t.is(bob.offers.length, 0)
})

test('an INVITE with Replaces takes the place of an end that it names by all three names, and of no other', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  const { callId, localTag, remoteTag } = alice.dialog
  const dora = await port(t)
  const replacing = (replaces: string, user?: string) => takesPlace(dora, n1!, replaces, user)
  const names = alice.replaces
  for (const [replaces, status, user] of [
    [`${callId};to-tag=${localTag};from-tag=${remoteTag}`, 481, 'dora'],
    [`${callId};to-tag=${remoteTag};from-tag=0`, 481, 'dora'],
    [`${callId};to-tag=0;from-tag=${localTag}`, 481, 'dora'],
    [`${callId};from-tag=${localTag}`, 400, 'dora'],
    [`${names}, ${names}`, 400, 'dora'],
    [`${names};early-only`, 486, 'dora'],
    [names, 407, 'mallory'],
  ] as const) {
    t.like(await soon('a refusal', replacing(replaces, user)), { kind: 'refused', status }, replaces)
  }
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200, 'they talk on')

  const outcome = await soon('an answer', replacing(names))
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const heard = listener()
  outcome.dialog.handle(heard.handlers)
  await soon('BYE at alice', alice.bye)
  t.is(outcome.sdp, SDP_B)
  t.is(bob.offers.length, 1)
  t.regex(bob.offers[0]!, /m=audio 6000 /)
  await until(n1!.cluster, 'who speaks with whom', () => {
    const rows = [...n1!.cluster.tables.calls.values()]
    return rows.length === 1 && rows[0]!.from === 'dora@pbx.test' && rows[0]!.target === 'bob@pbx.test'
  })
  bob.dialog.bye()
  await soon('BYE at dora', heard.bye)
  await isOver(t, n1!)
})

test('one whose place is taken by one after the other: nothing is kept of the calls that were', async (t) => {
  // What is left of transactions goes after 64 × T1.
  const [n1] = await nodes(t, 1, '', 100, { times: { t1: 20, t2: 80, t4: 100 } })
  const { alice, bob } = await talking(t, n1!)
  let last = alice
  for (let i = 0; i < 8; i++) {
    const outcome = await soon('an answer', takesPlace(await port(t), n1!, last.replaces))
    if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
    const next = talker(outcome.dialog, SDP_C)
    await soon('BYE at who was there', last.bye)
    last = next
  }
  await poll(() => collected(n1!) <= 2)
  t.is(n1!.sessions(), 1)
  bob.dialog.bye()
  await isOver(t, n1!)
})

test('who does not wait for the answer of his second call has the other end called there instead', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  const calls: Invitation[] = []
  const cancelled = Promise.withResolvers<void>()
  await phone(t, n1!, 'carol', (invitation) => {
    invitation.onCancel(cancelled.resolve)
    invitation.progress(180)
    calls.push(invitation)
  })
  // A phone of which the node's own tag in the early dialog is not known here; nobody is to trust it.
  const caller = await gateway(t, n1!, 'sip:carol@pbx.test')
  caller.invite()
  await caller.peer.next('SIP/2.0 180')
  const early = encodeURIComponent('delayed;to-tag=0;from-tag=1')
  t.is(await bob.refer(`<sip:carol@pbx.test?Replaces=${early}>`), 202)
  await poll(() => bob.notices.length === 2)
  t.is(bob.notices[1], 'terminated SIP/2.0 481 Call/Transaction Does Not Exist', 'it is not his')
  t.is(await alice.refer(`<sip:10.0.0.1?Replaces=${early}>`), 202)
  await caller.peer.next('SIP/2.0 487')
  await soon('CANCEL of the first', cancelled.promise)
  await poll(() => calls.length === 2)
  t.is(calls[1]!.from.uri, 'sip:bob@pbx.test')
  const dialog = await calls[1]!.answer(SDP_C)
  await soon('BYE at alice', alice.bye)
  t.is(bob.offers.length, 1)
  dialog!.bye()
  await soon('BYE at bob', bob.bye)
  await isOver(t, n1!)
})

test('what a REFER says is read, and a NOTIFY of it written, as RFC 3515 and RFC 3891 have it', (t) => {
  const names = { callId: 'a@b', localTag: '1', remoteTag: '2', earlyOnly: false }
  t.deepEqual(readReplaces('a@b;to-tag=1;from-tag=2'), names)
  t.deepEqual(readReplaces('a@b ; From-Tag=2;early-only ;x=y; to-tag=1'), { ...names, earlyOnly: true })
  t.deepEqual(readReplaces(writeReplaces(names)), names)
  for (const bad of [
    '',
    'a@b',
    'a@b;to-tag=1',
    ';to-tag=1;from-tag=2',
    'a;to-tag=1;to-tag=1;from-tag=2',
    'a'.repeat(2_000),
  ]) {
    t.is(readReplaces(bad), null, bad)
  }
  const read = (value: string) => readRefer((name) => (name === 'refer-to' ? value : null))
  t.like(read('"C" <sip:carol@pbx.test;method=INVITE?Subject=x&replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>;x=y'), {
    uri: 'sip:carol@pbx.test',
    replaces: names,
  })
  t.like(read('sip:carol@pbx.test'), { uri: 'sip:carol@pbx.test', replaces: null })
  t.like(read('<sip:carol@pbx.test?Replaces=%ZZ>'), { kind: 'refused', status: 400 })
  t.is(noticeOf({ status: 180, reason: 'Ringing' }, 7).headers.Event, 'refer;id=7')
  t.is(noticeOf({ status: 500, reason: 'a\r\nb' }, null).body.split('\r\n').length, 2, 'one line')
  t.is(eventOf('refer; id=7', 12), 'refer;id=12')
  t.is(eventOf('refer', 12), 'refer')
})
