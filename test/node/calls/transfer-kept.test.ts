/** What stands when nothing comes of a transfer, or of a part of it; and what the others are told when something does. */
import test from 'ava'
import type { Modified } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_B, soon } from '../sip/support.ts'
import { nodes } from './rig.ts'
import { answersWith, carolAnswers, consulting, isOver, SDP_C, talking, theyTalk } from './talker.ts'

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

test('carol hangs up while bob is still asked: alice and bob go on', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const { alice, bob } = await talking(t, n1!)
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<Modified>()
  answersWith(bob, (offer) => {
    asked.resolve()
    return /m=audio 6000/.test(offer) ? answer.promise : Promise.resolve({ kind: 'answered', sdp: SDP_B })
  })
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  const { carol } = await soon('the call at carol', spoken)
  await soon('a re-INVITE at bob', asked.promise)
  carol.dialog.bye()
  await poll(() => n1!.sip.stats().dialogs === 2)
  answer.resolve({ kind: 'answered', sdp: SDP_B })
  await poll(() => alice.notices.at(-1)?.startsWith('terminated') ?? false)
  t.notRegex(alice.notices.at(-1)!, / 200 /)
  await poll(() => bob.offers.length === 2)
  t.regex(bob.offers[1]!, /m=audio 4000 /, 'what he had')
  await theyTalk(t, alice, bob)
  bob.dialog.bye()
  await soon('BYE at alice', alice.bye)
  await isOver(t, n1!)
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
