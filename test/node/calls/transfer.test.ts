/** REFER in a call (RFC 3515, RFC 5589): the node connects the other end with whom the phone names. */
import test from 'ava'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { call, collected, listener, nodes, phone, rings } from './rig.ts'
import { carolAnswers, isOver, SDP_C, type Talker, talker, talking } from './talker.ts'

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

test('one who is passed on and on: nothing is kept of the calls that were', async (t) => {
  // What is left of transactions goes after 64 × T1.
  const [n1] = await nodes(t, 1, '', 100, { times: { t1: 20, t2: 80, t4: 100 } })
  const talks: Talker[] = []
  await phone(t, n1!, 'carol', async (invitation) => {
    const dialog = await invitation.answer(SDP_C)
    if (dialog !== null) talks.push(talker(dialog, SDP_C))
  })
  const { alice, bob } = await talking(t, n1!)
  let last = alice
  for (let i = 0; i < 8; i++) {
    t.is(await last.refer('<sip:carol@pbx.test>'), 202)
    await soon('BYE at who passed him on', last.bye)
    await poll(() => talks.length === i + 1)
    last = talks[i]!
  }
  await poll(() => collected(n1!) <= 2)
  t.is(n1!.sessions(), 1)
  bob.dialog.bye()
  await soon('BYE at the last', last.bye)
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
    await poll(async () => (await bob.dialog.info('application/dtmf-relay', 'Signal=1')) === 480)
    const held = SDP_B.replace('o=b 2 1', 'o=b 2 2') + 'a=sendonly\r\n'
    t.like(await soon('a re-INVITE', bob.dialog.modify(held)), { kind: 'refused', status: 491 })
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

test('carol is told when bob hears elsewhere than he said before', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const { alice, bob } = await talking(t, n1!)
  bob.dialog.release()
  const elsewhere = SDP_B.replace('o=b 2 1', 'o=b 2 2').replace('5000', '5002')
  bob.dialog.handle({ ...bob.handlers, modify: async () => ({ kind: 'answered', sdp: elsewhere }) })
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const { carol } = await soon('the call at carol', spoken)
  await poll(() => carol.offers.length === 1)
  t.regex(carol.offers[0]!, /m=audio 5002 /)
  bob.dialog.bye()
  await soon('BYE at carol', carol.bye)
  await isOver(t, n1!)
})

test('bob hangs up while carol rings: nobody rings any more, and alice hears BYE, and nothing of a subscription after it', async (t) => {
  const [n1] = await nodes(t, 1)
  const carol = rings()
  await phone(t, n1!, 'carol', carol.invited)
  const { alice, bob } = await talking(t, n1!)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  await soon('the call at carol', carol.called)
  await poll(() => alice.notices.length === 2)
  bob.dialog.bye()
  await soon('CANCEL at carol', carol.cancelled)
  await soon('BYE at alice', alice.bye)
  await isOver(t, n1!)
  t.deepEqual(alice.notices, ['active SIP/2.0 100 Trying', 'active SIP/2.0 180 Ringing'])
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
