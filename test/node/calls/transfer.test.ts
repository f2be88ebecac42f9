/** REFER in a call (RFC 3515, RFC 5589): the node connects the other end with whom the phone names. */
import test, { type ExecutionContext } from 'ava'
import type { Invitation, Modified } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { gateway } from './gateway.ts'
import { call, listener, nodes, phone, rings, type TestNode } from './rig.ts'
import { carolAnswers, isOver, SDP_C, type Talker, talker } from './talker.ts'

/** Alice calls bob, and he answers. */
async function talking(t: ExecutionContext, at: TestNode): Promise<{ alice: Talker; bob: Talker }> {
  const called = Promise.withResolvers<Talker>()
  await phone(t, at, 'bob', async (invitation) => {
    const dialog = await invitation.answer(SDP_B)
    if (dialog !== null) called.resolve(talker(dialog, SDP_B))
  })
  const outcome = await soon('an answer', call(await port(t), at, 'bob').outcome)
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
  return { alice: talker(outcome.dialog, SDP_A), bob: await soon('the call at bob', called.promise) }
}

test('a blind transfer: alice names carol, bob is connected with her, and alice is out of it', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const { alice, bob } = await talking(t, n1!)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const { carol, offer, from, by } = await soon('the call at carol', spoken)
  t.is(from, 'sip:bob@pbx.test', 'carol sees who speaks with her')
  t.is(by, '<sip:alice@pbx.test>', 'and who wanted it (RFC 3892)')
  t.regex(offer, /m=audio 5000 /, 'she is offered what bob has')
  await poll(() => bob.offers.length === 1)
  t.regex(bob.offers[0]!, /m=audio 6000 /, 'and he what she answered')
  t.regex(bob.offers[0]!, /^o=a 1 2 /m, 'in the next version of the session that he has (RFC 3264 §8)')
  await soon('BYE at alice, who does not hang up herself', alice.bye)
  t.deepEqual(alice.notices, ['active SIP/2.0 100 Trying', 'active SIP/2.0 180 Ringing', 'terminated SIP/2.0 200 OK'])
  await until(n1!.cluster, 'who speaks with whom', () => {
    const rows = [...n1!.cluster.tables.calls.values()]
    return rows.length === 1 && rows[0]!.state === 'answered' && rows[0]!.target === 'carol@pbx.test'
  })
  const [row] = n1!.cluster.tables.calls.values()
  t.like(row, { from: 'bob@pbx.test', to: 'carol@pbx.test' })
  t.deepEqual(
    row!.legs.map(({ role, sdp }) => [role, sdp]),
    [
      ['caller', SDP_B],
      ['called', SDP_C],
    ],
  )

  t.is(await soon('an INFO', bob.dialog.info('application/dtmf-relay', 'Signal=5')), 200)
  t.deepEqual(carol.infos, ['application/dtmf-relay Signal=5'], 'they are one call')
  const changed = SDP_C.replace('o=c 3 1', 'o=c 3 2').replace('6000', '6002')
  t.is((await soon('a re-INVITE from carol', carol.dialog.modify(changed))).kind, 'answered')
  t.regex(bob.offers[1]!, /^o=a 1 3 /m)
  carol.dialog.bye()
  await soon('BYE at bob', bob.bye)
  await isOver(t, n1!)
})

test('carol is busy: alice hears 486, and talks on with bob; her next try succeeds', async (t) => {
  const [n1] = await nodes(t, 1)
  let busy = true
  const answered = Promise.withResolvers<Talker>()
  await phone(t, n1!, 'carol', async (invitation) => {
    if (busy) return invitation.reply(486)
    const dialog = await invitation.answer(SDP_C)
    if (dialog !== null) answered.resolve(talker(dialog, SDP_C))
  })
  const { alice, bob } = await talking(t, n1!)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  await poll(() => alice.notices.length === 2)
  t.is(alice.notices[1], 'terminated SIP/2.0 486 Busy Here')
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200)
  t.deepEqual(bob.infos, ['application/dtmf-relay Signal=1'])
  await until(n1!.cluster, 'one call in the table', () => n1!.cluster.tables.calls.size === 1)
  t.is(n1!.sessions(), 1)

  busy = false
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const carol = await soon('carol', answered.promise)
  await poll(() => bob.offers.length === 1)
  alice.dialog.bye()
  bob.dialog.bye()
  await soon('BYE at carol', carol.bye)
  await isOver(t, n1!)
})

test('what the plan does not let alice call she cannot have bob called either', async (t) => {
  const rules = 'rules: [{name: no, match: "00!", from: [alice@pbx.test], reject: {status: 403, reason: Not You}}]'
  const [n1] = await nodes(t, 1, rules)
  const { alice } = await talking(t, n1!)
  t.is(await alice.refer('<sip:0049301234@pbx.test>'), 202)
  await poll(() => alice.notices.length === 2)
  t.is(alice.notices[1], 'terminated SIP/2.0 403 Not You')
  t.is(await alice.refer('<sip:nobody@pbx.test>'), 202)
  await poll(() => alice.notices.length === 4)
  t.is(alice.notices[3], 'terminated SIP/2.0 404 Not Found')
  t.is(n1!.sessions(), 1)
})

test('a REFER that asks for nothing that can be done is refused, and the call goes on', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  for (const [to, status] of [
    ['<sip:carol@pbx.test>, <sip:bob@pbx.test>', 400],
    ['<mailto:carol@pbx.test>', 416],
    ['<sip:carol@pbx.test;method=BYE>', 603],
    ['<sip:carol@pbx.test?Replaces=nonsense>', 400],
  ] as const) {
    t.is(await alice.refer(to), status, to)
  }
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200)
  t.deepEqual(alice.notices, [])
  t.is(bob.offers.length, 0)
})

test('a phone that knows nothing of the subscription is told no more, and its call goes on', async (t) => {
  const [n1] = await nodes(t, 1)
  const carol = rings()
  await phone(t, n1!, 'carol', carol.invited)
  const { alice, bob } = await talking(t, n1!)
  let notices = 0
  const refused = Promise.withResolvers<void>()
  alice.dialog.release()
  alice.dialog.handle({
    ...alice.handlers,
    async notified() {
      notices++
      refused.resolve()
      return 481
    },
  })
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const invitation = await soon('the call at carol', carol.called)
  await soon('a NOTIFY', refused.promise)
  invitation.reply(486)
  await until(n1!.cluster, 'one call in the table', () => n1!.cluster.tables.calls.size === 1)
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200)
  t.deepEqual(bob.infos, ['application/dtmf-relay Signal=1'])
  t.is(notices, 1)
})

test('alice hangs up while carol rings: bob waits for her, and when she declines he is let go', async (t) => {
  for (const end of ['carol answers', 'carol declines'] as const) {
    const [n1] = await nodes(t, 1)
    const carol = rings()
    await phone(t, n1!, 'carol', carol.invited)
    const { alice, bob } = await talking(t, n1!)
    t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
    const invitation = await soon('the call at carol', carol.called)
    alice.dialog.bye()
    // What comes after it in the same dialog is answered when it has been heard.
    const status = await soon('an INFO', bob.dialog.info('application/dtmf-relay', 'Signal=1'))
    t.true(status === 200 || status === 480, `${status}`)
    if (end === 'carol declines') {
      invitation.reply(603)
    } else {
      const dialog = await invitation.answer(SDP_C)
      await poll(() => bob.offers.length === 1)
      dialog!.bye()
    }
    await soon('BYE at bob', bob.bye)
    await isOver(t, n1!)
  }
})

test('bob hangs up while carol rings: nobody rings any more, and alice is told', async (t) => {
  const [n1] = await nodes(t, 1)
  const carol = rings()
  await phone(t, n1!, 'carol', carol.invited)
  const { alice, bob } = await talking(t, n1!)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  await soon('the call at carol', carol.called)
  bob.dialog.bye()
  await soon('CANCEL at carol', carol.cancelled)
  await soon('BYE at alice', alice.bye)
  await isOver(t, n1!)
})

test('one transfer at a time; who does not take the other end has nothing changed', async (t) => {
  const [n1] = await nodes(t, 1)
  const carol = rings()
  await phone(t, n1!, 'carol', carol.invited)
  const { alice, bob } = await talking(t, n1!)
  bob.dialog.release()
  bob.dialog.handle({ ...bob.handlers, modify: async () => ({ kind: 'refused', status: 488, reason: 'Not Me' }) })
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const invitation = await soon('the call at carol', carol.called)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 491)
  t.is(await bob.refer('<sip:carol@pbx.test>'), 491)
  const dialog = await invitation.answer(SDP_C)
  const heard = listener()
  dialog!.handle(heard.handlers)
  await soon('BYE at carol', heard.bye)
  await poll(() => alice.notices.at(-1)?.startsWith('terminated') ?? false)
  t.is(alice.notices.at(-1), 'terminated SIP/2.0 488 Not Me')
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200)
  alice.dialog.bye()
  await soon('BYE at bob', bob.bye)
  await isOver(t, n1!)
})

test('bob names himself: his phone is called like any other, and the leg that asked for it ends', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  t.is(await bob.refer('<sip:bob@pbx.test>', { 'Refer-Sub': 'false' }), 202)
  await soon('BYE at the first leg of bob', bob.bye)
  t.is(alice.offers.length, 1)
  t.deepEqual(bob.notices, [], 'nobody is told who wants no word of it (RFC 4488)')
  alice.dialog.bye()
  await isOver(t, n1!)
})

/** Alice's second call: she speaks with carol. */
async function consulting(t: ExecutionContext, at: TestNode) {
  const { spoken } = await carolAnswers(t, at)
  const outcome = await soon('an answer', call(await port(t), at, 'carol').outcome)
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
  const { carol } = await soon('the call at carol', spoken)
  const second = talker(outcome.dialog, SDP_A)
  return { carol, second }
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
  const replacing = (replaces: string, user = 'dora') =>
    dora.dial(
      {
        uri: 'sip:bob@pbx.test',
        nextHop: `sip:${n1!.sip.address}`,
        from: { display: '', uri: `sip:${user}@pbx.test` },
        to: { uri: 'sip:bob@pbx.test' },
        sdp: SDP_C,
        headers: { Replaces: replaces, Require: 'replaces' },
      },
      () => {},
    ).outcome
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

test('a full node transfers nobody, and a node that stops leaves nobody in a transfer', async (t) => {
  const [n1] = await nodes(t, 1, '', 1)
  const { alice } = await talking(t, n1!)
  const carol = rings()
  await phone(t, n1!, 'carol', carol.invited)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  await poll(() => alice.notices.length === 2)
  t.is(alice.notices[1], 'terminated SIP/2.0 503 Too many calls on this node')

  const [n2] = await nodes(t, 1)
  const second = await talking(t, n2!)
  await phone(t, n2!, 'carol', carol.invited)
  t.is(await second.alice.refer('<sip:carol@pbx.test>'), 202)
  await soon('the call at carol', carol.called)
  await n2!.calls.close()
  await soon('CANCEL at carol', carol.cancelled)
  await soon('BYE at alice', second.alice.bye)
  await soon('BYE at bob', second.bob.bye)
  t.is(n2!.sessions(), 0)
})

test('a stranger, who is let in because he calls for help, transfers nobody; who helps him may', async (t) => {
  const [n1] = await nodes(t, 1, 'emergency: {numbers: ["112"], user: carol}', 0)
  const { spoken } = await carolAnswers(t, n1!)
  await phone(t, n1!, 'bob', async (invitation) => {
    invitation.reply(invitation.from.uri === 'sip:anonymous@anonymous.invalid' ? 486 : 500)
  })
  const outcome = await soon('help', call(await port(t), n1!, '112', undefined, 'mallory').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const stranger = talker(outcome.dialog, SDP_A)
  const { carol } = await soon('carol', spoken)
  t.is(await stranger.refer('<sip:bob@pbx.test>'), 403)
  t.is(await carol.refer('<sip:112@pbx.test>', { 'Refer-Sub': 'false' }), 202)
  await soon('BYE at carol', carol.bye)
  stranger.dialog.bye()
  await isOver(t, n1!)
})

/** From now on it answers a re-INVITE so. */
function answersWith({ dialog, handlers, offers }: Talker, answer: (offer: string) => Promise<Modified>): void {
  dialog.release()
  dialog.handle({
    ...handlers,
    modify(offer) {
      offers.push(offer)
      return answer(offer)
    },
  })
}

async function theyTalk(t: ExecutionContext, one: Talker, other: Talker): Promise<void> {
  const signal = `Signal=${other.infos.length}`
  t.is(await soon('an INFO', one.dialog.info('application/dtmf-relay', signal)), 200)
  t.is(other.infos.at(-1), `application/dtmf-relay ${signal}`)
}

test('bob does not take carol in an attended transfer: alice still has both, and her next try succeeds', async (t) => {
  const [n1] = await nodes(t, 1)
  const { alice, bob } = await talking(t, n1!)
  const { carol, second } = await consulting(t, n1!)
  const meant = `<sip:carol@pbx.test?Replaces=${encodeURIComponent(second.replaces)}>`
  answersWith(bob, async () => ({ kind: 'refused', status: 488, reason: 'Not Me' }))
  t.is(await alice.refer(meant), 202)
  await poll(() => alice.notices.length === 2)
  t.is(alice.notices[1], 'terminated SIP/2.0 488 Not Me')
  await poll(() => carol.offers.length === 2)
  t.regex(carol.offers[0]!, /m=audio 5000 /)
  t.regex(carol.offers[1]!, /m=audio 4000 /, 'carol hears of alice again')
  t.regex(carol.offers[1]!, /^o=a 1 3 /m, 'in the next version of her session')
  await theyTalk(t, second, carol)
  await theyTalk(t, alice, bob)
  t.is(n1!.sessions(), 2)

  answersWith(bob, async () => ({ kind: 'answered', sdp: SDP_B }))
  t.is(await alice.refer(meant), 202)
  await soon('BYE at her second leg', second.bye)
  await soon('BYE at her first leg', alice.bye)
  await theyTalk(t, bob, carol)
  bob.dialog.bye()
  await soon('BYE at carol', carol.bye)
  await isOver(t, n1!)
})

test('who asks to replace alice and gives up while bob is asked has changed nothing, whatever bob says', async (t) => {
  for (const said of ['200', '488', '200, and alice has hung up'] as const) {
    const [n1] = await nodes(t, 1)
    const { alice, bob } = await talking(t, n1!)
    const dora = await port(t)
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<Modified>()
    answersWith(bob, (offer) => {
      asked.resolve()
      return /m=audio 6000/.test(offer) ? answer.promise : Promise.resolve({ kind: 'answered', sdp: SDP_B })
    })
    const replacing = dora.dial(
      {
        uri: 'sip:bob@pbx.test',
        nextHop: `sip:${n1!.sip.address}`,
        from: { display: '', uri: 'sip:dora@pbx.test' },
        to: { uri: 'sip:bob@pbx.test' },
        sdp: SDP_C,
        headers: { Replaces: alice.replaces },
      },
      () => {},
    )
    await soon('a re-INVITE at bob', asked.promise)
    replacing.cancel()
    t.is((await soon('an outcome', replacing.outcome)).kind, 'cancelled')
    if (said === '200, and alice has hung up') alice.dialog.bye()
    answer.resolve(
      said === '488' ? { kind: 'refused', status: 488, reason: 'Not Me' } : { kind: 'answered', sdp: SDP_B },
    )
    if (said === '200, and alice has hung up') {
      await soon('BYE at bob', bob.bye)
    } else {
      await until(n1!.cluster, 'the call that was', () => {
        const rows = [...n1!.cluster.tables.calls.values()]
        return rows.length === 1 && rows[0]!.from === 'alice@pbx.test'
      })
      if (said === '200') {
        await poll(() => bob.offers.length === 2)
        t.regex(bob.offers[1]!, /m=audio 4000 /, 'what he had')
      }
      await theyTalk(t, alice, bob)
      t.is(n1!.sessions(), 1)
      bob.dialog.bye()
      await soon('BYE at alice', alice.bye)
    }
    await isOver(t, n1!)
  }
})

test('bob answers from the same port with another key and codec than before: carol is told', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const { alice, bob } = await talking(t, n1!)
  const key = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n'
  answersWith(bob, async () => ({ kind: 'answered', sdp: SDP_B.replace('RTP/AVP 0', 'RTP/AVP 8') + key }))
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const { carol } = await soon('the call at carol', spoken)
  await poll(() => carol.offers.length === 1)
  t.regex(carol.offers[0]!, /m=audio 5000 RTP\/AVP 8\r\na=crypto:1 /)
  await soon('BYE at alice', alice.bye)
})

test('what bob has refused is not what he is offered when he asks what there is', async (t) => {
  for (const asked of ['a transfer', 'a re-INVITE'] as const) {
    const [n1] = await nodes(t, 1)
    await carolAnswers(t, n1!)
    const { alice, bob } = await talking(t, n1!)
    answersWith(bob, async () => ({ kind: 'refused', status: 488, reason: 'Not Me' }))
    if (asked === 'a transfer') {
      t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
      await poll(() => alice.notices.at(-1)?.startsWith('terminated') ?? false)
    } else {
      t.like(await alice.dialog.modify(SDP_C), { kind: 'refused', status: 488 })
    }
    t.is(bob.offers.length, 1)
    const offered = await soon('an offer', bob.dialog.modify(''))
    if (offered.kind !== 'answered') return t.fail(JSON.stringify(offered))
    t.regex(offered.sdp, /m=audio 4000 /, asked)
    t.regex(offered.sdp, /^o=a 1 3 /m, 'and that is new after what he refused')
  }
})
