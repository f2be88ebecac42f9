/** A REFER outside of a call: click to dial (RFC 5359 §2.18). */
import test, { type ExecutionContext } from 'ava'
import type { Invitation, SipPort } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_B, soon } from '../sip/support.ts'
import { listener, nodes, phone, rings, type TestNode } from './rig.ts'
import { carolAnswers, isOver, type Talker, talker } from './talker.ts'

async function clicking(t: ExecutionContext, at: TestNode) {
  const pc: SipPort = await port(t)
  return async (to: string, more: Readonly<Record<string, string>> = {}, for_ = 'bob', by = 'bob') => {
    const headers = { From: `<sip:${by}@pbx.test>`, 'Refer-To': to, 'Refer-Sub': 'false', ...more }
    const nextHop = `sip:${at.sip.address}`
    return soon('an answer', pc.request('REFER', `sip:${for_}@pbx.test`, { nextHop, headers }))
  }
}

async function bobAnswers(t: ExecutionContext, at: TestNode) {
  const called = Promise.withResolvers<{ bob: Talker; invitation: Invitation }>()
  await phone(t, at, 'bob', async (invitation) => {
    invitation.progress(180)
    const dialog = await invitation.answer(SDP_B)
    if (dialog !== null) called.resolve({ bob: talker(dialog, SDP_B), invitation })
  })
  return called.promise
}

test('bob clicks: his phone rings and shows whom it will call, then carol rings, and they are one call', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const called = bobAnswers(t, n1!)
  await until(n1!.cluster, 'both phones', () => n1!.cluster.tables.registrations.size === 2)
  const clicks = await clicking(t, n1!)
  t.is(await clicks('<sip:carol@pbx.test>'), 202)
  const { bob, invitation } = await soon('the call at bob', called)
  t.is(invitation.from.uri, 'sip:carol@pbx.test')
  const { carol, offer, from } = await soon('the call at carol', spoken)
  t.is(from, 'sip:bob@pbx.test')
  t.regex(offer, /m=audio 5000 /, 'she is offered what his phone answered')
  await until(n1!.cluster, 'who speaks with whom', () => {
    return [...n1!.cluster.tables.calls.values()].some(({ state }) => state === 'answered')
  })
  t.like([...n1!.cluster.tables.calls.values()][0], { from: 'bob@pbx.test', to: 'carol@pbx.test' })
  await poll(() => bob.offers.length > 0)
  t.regex(bob.offers[0]!, /m=audio 6000 /)
  t.is(await soon('an INFO', bob.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(carol.infos, ['application/dtmf-relay Signal=5'])
  carol.dialog.bye()
  await soon('BYE at bob', bob.bye)
  await isOver(t, n1!)
})

test('only for phones of his own, only who proves who he is, and only where he may call', async (t) => {
  const rules = 'rules: [{name: no, match: "00!", from: [bob@pbx.test], reject: {status: 403, reason: Not You}}]'
  const [n1] = await nodes(t, 1, rules)
  const called = bobAnswers(t, n1!)
  await until(n1!.cluster, 'his phone', () => n1!.cluster.tables.registrations.size === 1)
  const clicks = await clicking(t, n1!)
  t.is(await clicks('<sip:carol@pbx.test>', {}, 'bob', 'alice'), 403)
  t.is(await clicks('<sip:carol@pbx.test>', {}, 'mallory', 'mallory'), 407)
  t.is(await clicks('<sip:carol@pbx.test>', { 'Refer-Sub': 'true' }), 603)
  t.is(await clicks('<sip:carol@pbx.test?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>'), 603)
  t.is(await clicks('<sip:carol@pbx.test>, <sip:carol@pbx.test>'), 400)
  t.is(n1!.calls.counters().live, 0)
  t.is(await clicks('<sip:0049301234@pbx.test>'), 202)
  const { bob } = await soon('the call at bob', called)
  await soon('BYE at bob, whom the plan does not let call there', bob.bye)
  await isOver(t, n1!)
})

test('a phone that does not take what carol answered has no call, and neither has she', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const heard = listener()
  await phone(t, n1!, 'bob', async (invitation) => {
    const dialog = await invitation.answer(SDP_B)
    dialog?.handle({ ...heard.handlers, modify: async () => ({ kind: 'refused', status: 488, reason: 'Not Me' }) })
  })
  await until(n1!.cluster, 'both phones', () => n1!.cluster.tables.registrations.size === 2)
  const clicks = await clicking(t, n1!)
  t.is(await clicks('<sip:carol@pbx.test>'), 202)
  const { carol } = await soon('the call at carol', spoken)
  await soon('BYE at carol', carol.bye)
  await soon('BYE at bob', heard.bye)
  await isOver(t, n1!)
})

test('bob hangs up while carol rings, or his phone does not answer: nobody is left ringing', async (t) => {
  const [n1] = await nodes(t, 1)
  const carol = rings()
  await phone(t, n1!, 'carol', carol.invited)
  const called = bobAnswers(t, n1!)
  await until(n1!.cluster, 'both phones', () => n1!.cluster.tables.registrations.size === 2)
  const clicks = await clicking(t, n1!)
  t.is(await clicks('<sip:carol@pbx.test>'), 202)
  const { bob } = await soon('the call at bob', called)
  await soon('the call at carol', carol.called)
  bob.dialog.bye()
  await soon('CANCEL at carol', carol.cancelled)
  await isOver(t, n1!)

  const desk = rings()
  await phone(t, n1!, 'dora', desk.invited)
  t.is(await clicks('<sip:carol@pbx.test>', {}, 'dora', 'dora'), 202)
  await soon('the call at dora', desk.called)
  await n1!.calls.close()
  await soon('CANCEL at dora', desk.cancelled)
})

test('who clicked and was transferred by the one he called is in the next call, and that ends as any', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const next = Promise.withResolvers<Talker>()
  await phone(t, n1!, 'dave', async (invitation) => {
    const dialog = await invitation.answer(SDP_B)
    if (dialog !== null) next.resolve(talker(dialog, SDP_B))
  })
  const called = bobAnswers(t, n1!)
  await until(n1!.cluster, 'all phones', () => n1!.cluster.tables.registrations.size === 3)
  const clicks = await clicking(t, n1!)
  t.is(await clicks('<sip:carol@pbx.test>'), 202)
  const { bob } = await soon('the call at bob', called)
  const { carol } = await soon('the call at carol', spoken)
  await poll(() => bob.offers.length > 0)
  t.is(await carol.refer('<sip:dave@pbx.test>'), 202)
  const dave = await soon('the call at dave', next.promise)
  await soon('BYE at carol', carol.bye)
  await until(n1!.cluster, 'only the call of the two', () => {
    const rows = [...n1!.cluster.tables.calls.values()]
    return rows.length === 1 && rows[0]!.state === 'answered' && rows[0]!.target === 'dave@pbx.test'
  })
  t.is(await soon('an INFO', bob.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(dave.infos, ['application/dtmf-relay Signal=5'])
  dave.dialog.bye()
  await soon('BYE at bob', bob.bye)
  await isOver(t, n1!)
})
