/** Calls with several steps, on a real node with real phones and carriers; what the steps are is said by the test. */
import test, { type ExecutionContext } from 'ava'
import type { TrunkOutcome, Trunks } from '../../../node/calls/calls.ts'
import type { Decided } from '../../../node/calls/facts.ts'
import type { CallRequest, Decision, Ring, Step } from '../../../node/routing/decision.ts'
import type { Invitation, SipPort } from '../../../node/sip/port.ts'
import { addressOf, port, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone, rings, type TestNode } from './rig.ts'

/** Where calls go, by what is dialled. */
type Ways = Record<string, Partial<Ring> | undefined>

const phones = (user: string, next?: Step['next'], seconds = 20): Step => ({
  kind: 'phones',
  aors: [`${user}@pbx.test`],
  seconds,
  ...(next && { next }),
})

function deciding(ways: Ways) {
  return (_facts: unknown, { dialled }: CallRequest): Decision => {
    const common = { rule: 'test', emergency: false, planVersion: 1, ops: [], trace: [] }
    const way = ways[dialled]
    if (way) return { ...common, kind: 'ring', steps: [], ...way }
    return { ...common, kind: 'reject', status: 404, reason: 'Not Found', rule: 'none' }
  }
}

interface Rig {
  readonly n1: TestNode
  readonly alice: SipPort
  readonly decided: Decided[]
  readonly outcomes: [string, TrunkOutcome][]
}

async function rig(t: ExecutionContext, ways: Ways, carriers: Record<string, SipPort> = {}): Promise<Rig> {
  const decided: Decided[] = []
  const outcomes: [string, TrunkOutcome][] = []
  const trunks: Trunks = {
    out(trunk, number, { callId, number: caller, display }) {
      const sip = carriers[trunk]
      if (sip === undefined) return { kind: 'unreachable', why: 'down, as a majority says' }
      const uri = `sip:${number}@${addressOf(sip, 'udp')}`
      const from = { display, uri: `sip:${caller}@pbx.test` }
      return { kind: 'request', request: { callId, uri, nextHop: null, from, to: { uri }, sdp: '' } }
    },
    outcome: (trunk, how) => void outcomes.push([trunk, how]),
    cameIn: () => null,
  }
  const needs = { decide: deciding(ways), decided: (one: Decided) => void decided.push(one), trunks }
  const [n1] = await nodes(t, 1, '', 100, { needs })
  return { n1: n1!, alice: await port(t), decided, outcomes }
}

async function carrier(t: ExecutionContext, invited: (invitation: Invitation) => void): Promise<SipPort> {
  const sip = await port(t)
  sip.onInvite(invited)
  return sip
}

async function refusedWith({ n1, alice }: Rig, to: string) {
  const outcome = await soon(`an answer for ${to}`, call(alice, n1, to).outcome)
  return outcome.kind === 'refused' ? [outcome.status, outcome.reason] : [outcome.kind]
}

test('who is busy, does not answer or is not registered is followed by whom the plan names for that, and the caller hears 181', async (t) => {
  const on = (ending: string) => ({ steps: [phones('bob', { [ending]: 2 }, 1), phones('dave'), phones('carol')] })
  const ways: Ways = {
    busy: on('busy'),
    late: on('no answer'),
    gone: { steps: [phones('bert', { unregistered: 2 }), phones('dave'), phones('carol')] },
  }
  const it = await rig(t, ways)
  let isBusy = true
  await phone(t, it.n1, 'bob', (invitation) => (isBusy ? invitation.reply(486) : invitation.progress(180)))
  await phone(t, it.n1, 'dave', () => t.fail('dave stands in between'))
  for (const to of ['busy', 'late', 'gone']) {
    const carol = listener()
    const sip = await phone(t, it.n1, 'carol', answers(carol))
    const statuses: number[] = []
    const outcome = await soon('an answer', call(it.alice, it.n1, to, (status) => statuses.push(status)).outcome)
    if (outcome.kind !== 'answered') return t.fail(`${to} ${JSON.stringify(outcome)}`)
    t.deepEqual(statuses, { busy: [181, 180], late: [180, 181, 180], gone: [180] }[to], to)
    t.is(it.n1.calls.live()[0]?.target, 'carol@pbx.test')
    outcome.dialog.bye()
    await soon('BYE', carol.bye)
    await sip.close()
    isBusy = false
  }
})

test('a phone that registers while the step before it rings is found', async (t) => {
  const it = await rig(t, { 2: { steps: [phones('bob', undefined, 1), phones('carol')] } })
  const bob = rings()
  await phone(t, it.n1, 'bob', bob.invited)
  const outcome = call(it.alice, it.n1, '2').outcome
  await soon('the call at bob', bob.called)
  await phone(t, it.n1, 'carol', answers(listener()))
  t.is((await soon('an answer', outcome)).kind, 'answered')
})

test('a call goes on by the plan that it began with, whatever is decided for the next one meanwhile', async (t) => {
  const ways: Ways = { 2: { steps: [phones('bob'), phones('carol')], planVersion: 1 } }
  const it = await rig(t, ways)
  const bob = rings()
  await phone(t, it.n1, 'bob', bob.invited)
  await phone(t, it.n1, 'carol', answers(listener()))
  const first = call(it.alice, it.n1, '2').outcome
  const invitation = await soon('the call at bob', bob.called)
  ways[2] = undefined
  t.deepEqual(await refusedWith(it, '2'), [404, 'Not Found'])
  invitation.reply(486)
  t.is((await soon('an answer', first)).kind, 'answered')
  t.is(it.n1.calls.live()[0]?.planVersion, 1)
})

test('a carrier that fails or is silent is followed by the next; what it says of the number is the end; each is told how it went', async (t) => {
  const trunk = (name: string): Step => ({ kind: 'trunk', trunk: name, number: '+4930', seconds: 1 })
  const steps = ['down', 'failing', 'silent', 'good'].map(trunk)
  const heard: string[] = []
  const carriers = {
    failing: await carrier(t, (invitation) => invitation.reply(503)),
    silent: await carrier(t, () => undefined),
    good: await carrier(t, async (invitation) => {
      heard.push(invitation.uri.replace(/@.*/, ''), invitation.from.user)
      await answers(listener())(invitation)
    }),
    strict: await carrier(t, (invitation) => invitation.reply(404, { reason: 'Unallocated' })),
  }
  const it = await rig(t, { 0: { steps }, 1: { steps: [trunk('failing'), trunk('strict'), trunk('good')] } }, carriers)
  const statuses: number[] = []
  const outcome = await soon('an answer', call(it.alice, it.n1, '0', (status) => statuses.push(status)).outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  t.deepEqual(heard, ['sip:+4930', 'alice'])
  t.deepEqual(statuses, [180], 'the same number by another carrier is no other number')
  const [live] = it.n1.calls.live()
  t.like(live, { target: '+4930' })
  t.deepEqual(live?.trace, [
    'trunk down: down, as a majority says',
    '+4930 by down: failed (503 down, as a majority says)',
    '+4930 by failing: failed (503 Service Unavailable)',
    '+4930 by silent: failed (its time is over)',
  ])
  outcome.dialog.bye()
  t.deepEqual(it.outcomes, [
    ['failing', { kind: 'refused', status: 503 }],
    ['silent', { kind: 'silent' }],
    ['good', { kind: 'answered' }],
  ])
  t.deepEqual(await refusedWith(it, '1'), [404, 'Unallocated'])
  t.is(it.outcomes.at(-1)?.[0], 'strict')
})

test('a caller who is private is nobody to phones; one who is shown as a number is that number, also to who believes the network alone', async (t) => {
  const shown = { number: '+493012', display: 'Sales', private: false }
  const steps = [phones('bob')]
  const it = await rig(t, {
    hidden: { steps, shown: { ...shown, private: true } },
    shown: { steps, shown },
    plain: { steps },
  })
  const heard: (string | null)[][] = []
  await phone(t, it.n1, 'bob', (invitation) => {
    const { from } = invitation
    heard.push([from.display, from.uri, invitation.header('p-asserted-identity'), invitation.header('privacy')])
    invitation.reply(486)
  })
  for (const to of ['hidden', 'shown', 'plain']) t.is((await refusedWith(it, to))[0], 486)
  t.deepEqual(heard, [
    ['Anonymous', 'sip:anonymous@anonymous.invalid', null, 'id'],
    ['Sales', 'sip:+493012@pbx.test', '"Sales" <sip:+493012@pbx.test>', null],
    ['Alice', 'sip:alice@pbx.test', null, null],
  ])
})

test('voicemail that nobody can record is told so, and the step named for that is next', async (t) => {
  const voicemail: Step = { kind: 'voicemail', name: 'bob', seconds: 60 }
  const ways: Ways = {
    end: { steps: [phones('bob'), voicemail] },
    on: { steps: [{ ...voicemail, next: { failed: 2 } }, phones('bob'), phones('carol')] },
  }
  const it = await rig(t, ways)
  await phone(t, it.n1, 'carol', answers(listener()))
  t.deepEqual(await refusedWith(it, 'end'), [480, 'bob: no voicemail on this node yet'])
  t.deepEqual(await refusedWith(it, 'on'), ['answered'])
})

test('whoever keeps decisions hears of each that counted, once', async (t) => {
  const it = await rig(t, { 2: { steps: [phones('bob')] } })
  await phone(t, it.n1, 'bob', (invitation) => invitation.reply(486))
  await refusedWith(it, '2')
  t.is(it.decided.length, 1)
  t.like(it.decided[0], { version: 1, isWhole: true, request: { caller: 'alice@pbx.test', dialled: '2' } })
})
