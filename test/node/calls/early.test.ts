import test from 'ava'
import { port, SDP_B, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone, rings } from './rig.ts'

test('early media comes from one phone only; whoever answers later may be another', async (t) => {
  const [n1] = await nodes(t, 1)
  const first = rings()
  const announced = Promise.withResolvers<void>()
  const announcement = SDP_B.replace('5000', '6000')
  await phone(t, n1!, 'bob', (invitation) => {
    first.invited(invitation)
    invitation.progress(183, announcement)
  })
  await phone(t, n1!, 'bob', async (invitation) => {
    await announced.promise
    invitation.progress(183, SDP_B.replace('5000', '7000'))
    return answers(listener())(invitation)
  })
  const early = new Set<string>()
  const dialing = call(await port(t), n1!, 'bob', (_status, sdp) => {
    if (sdp === '') return
    early.add(sdp)
    announced.resolve()
  })
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  t.deepEqual([...early], [announcement])
  t.is(outcome.sdp, SDP_B)
  await soon('CANCEL at the announcing phone', first.cancelled)
  outcome.dialog.bye()
})

test('a phone that announces without end keeps neither the relay nor the caller busy, and may answer', async (t) => {
  const [n1] = await nodes(t, 1)
  await phone(t, n1!, 'bob', (invitation) => {
    for (let i = 0; i < 300; i++) invitation.progress(183, SDP_B.replace('5000', String(6000 + i)))
    return answers(listener())(invitation)
  })
  let told = 0
  const early = new Set<string>()
  const dialing = call(await port(t), n1!, 'bob', (_status, sdp) => {
    told++
    if (sdp !== '') early.add(sdp)
  })
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  t.is(early.size, 8)
  t.true(told <= 100, `${told} provisional responses`)
  outcome.dialog.bye()
})

test('a phone that does not know its call any more ends it for the other side', async (t) => {
  const [n1] = await nodes(t, 1)
  const bob = listener()
  const forgetful = { ...bob, handlers: { ...bob.handlers, modify: async () => GONE } }
  await phone(t, n1!, 'bob', answers(forgetful))
  const outcome = await soon('an answer', call(await port(t), n1!, 'bob').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const alice = listener()
  outcome.dialog.handle(alice.handlers)
  t.is((await soon('a refused re-INVITE', outcome.dialog.modify(SDP_B))).kind, 'refused')
  await soon('BYE at alice', alice.bye)
  t.is(n1!.sessions(), 0)
})

const GONE = { kind: 'refused', status: 481, reason: 'Call Does Not Exist' } as const
