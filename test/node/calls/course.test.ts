/** Calls with several steps, on a real node with real phones and carriers; what the steps are is said by the test. */
import test, { type ExecutionContext } from 'ava'
import type { TrunkRow } from '../../../cluster/tables/trunk-rows.ts'
import type { Decided } from '../../../node/calls/facts.ts'
import type { CallRequest, Decision, Ring, Step } from '../../../node/routing/decision.ts'
import type { Invitation, SipPort } from '../../../node/sip/port.ts'
import { agreed, until } from '../../cluster/nodes.ts'
import { addressOf, port, SDP_A, soon, udpPeer } from '../sip/support.ts'
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
}

async function rig(t: ExecutionContext, ways: Ways, carriers: Record<string, SipPort | null> = {}): Promise<Rig> {
  const decided: Decided[] = []
  const needs = { decide: deciding(ways), decided: (one: Decided) => void decided.push(one) }
  const [n1] = await nodes(t, 1, '', 100, { needs })
  for (const [name, sip] of Object.entries(carriers)) {
    const targets = [`sip:${sip ? addressOf(sip, 'udp') : '127.0.0.1:9'}`]
    await addTrunk(n1!, { name, targets, probe: 0, ...(sip === null && { disabled: true }) })
  }
  return { n1: n1!, alice: await port(t), decided }
}

async function addTrunk({ cluster }: TestNode, trunk: Omit<TrunkRow, 'version'>): Promise<void> {
  await agreed(cluster, { type: 'trunk-put', trunk, expect: null })
  await until(cluster, 'the trunk is there', () => cluster.tables.trunks.has(trunk.name))
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

test('the targets of a trunk are tried in their order, for what is no answer to the number', async (t) => {
  const trunk = (name: string): Step => ({ kind: 'trunk', trunk: name, number: '+4930', seconds: 10 })
  const it = await rig(t, { 0: { steps: [trunk('two')] }, 1: { steps: [trunk('strict'), trunk('two')] } })
  const full = await carrier(t, (invitation) => invitation.reply(503))
  const strict = await carrier(t, (invitation) => invitation.reply(404))
  const good = await carrier(t, answers(listener()))
  const to = (...sips: SipPort[]) => sips.map((sip) => `sip:${addressOf(sip, 'udp')}`)
  await addTrunk(it.n1, { name: 'two', targets: to(full, good), probe: 0 })
  await addTrunk(it.n1, { name: 'strict', targets: to(full, strict, good), probe: 0 })
  const outcome = await soon('an answer', call(it.alice, it.n1, '0').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  t.deepEqual(it.n1.calls.live()[0]?.trace, [], 'it is one step')
  outcome.dialog.bye()
  t.deepEqual(await refusedWith(it, '1'), [404, 'Not Found'])
})

test('a phone that registers while the step before it rings is found', async (t) => {
  const it = await rig(t, { 2: { steps: [phones('bob'), phones('carol')] } })
  const bob = rings()
  await phone(t, it.n1, 'bob', bob.invited)
  const outcome = call(it.alice, it.n1, '2').outcome
  const invitation = await soon('the call at bob', bob.called)
  await phone(t, it.n1, 'carol', answers(listener()))
  invitation.reply(480)
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
    down: null,
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
    'trunk down: trunk down is disabled',
    '+4930 by down: failed (503 trunk down is disabled)',
    '+4930 by failing: failed (503 Service Unavailable)',
    '+4930 by silent: failed (its time is over)',
  ])
  outcome.dialog.bye()
  t.deepEqual(it.n1.outcomes, [
    ['failing', 503],
    ['silent', 408],
    ['good', 200],
  ])
  t.deepEqual(await refusedWith(it, '1'), [404, 'Unallocated'])
  t.deepEqual(it.n1.outcomes.at(-1), ['strict', 404])
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

const INBOUND: Omit<TrunkRow, 'version'> = {
  name: 'carrier',
  targets: ['sip:127.0.0.2:9'],
  probe: 0,
  inbound: { from: ['127.0.0.2'], domain: 'pbx.test' },
  in: { format: 'national', country: '49' },
}

/** A bare INVITE from the address of a carrier; its final answer. */
async function fromCarrier(
  t: ExecutionContext,
  { n1 }: Rig,
  headers: readonly string[],
  to = 'sip:2@sbc.test',
): Promise<string> {
  const peer = await udpPeer(t, n1.sip, '127.0.0.2')
  peer.send(
    `INVITE ${to} SIP/2.0`,
    [
      `To: <${to}>`,
      'CSeq: 1 INVITE',
      'Max-Forwards: 70',
      `Call-ID: ${peer.port}`,
      `Contact: <sip:c@127.0.0.2:${peer.port}>`,
      'Content-Type: application/sdp',
      ...headers,
    ],
    SDP_A,
  )
  return peer.next(/^SIP\/2.0 [2-6]/)
}

test('a call from a trunk is not challenged, is read as the trunk has it, and rings; who it says that it is for the network counts only if the trunk is trusted', async (t) => {
  const it = await rig(t, { 2: { steps: [phones('bob')] } })
  const heard: string[][] = []
  await phone(t, it.n1, 'bob', (invitation) => {
    heard.push([invitation.from.display, invitation.from.uri])
    invitation.reply(486)
  })
  const headers = [
    'From: "Eve" <sip:030123@carrier.test>;tag=1',
    'P-Asserted-Identity: "Boss" <sip:+4930999@carrier.test>',
  ]
  const isAsked = async () => (await fromCarrier(t, it, headers)).split(' ')[1]
  await addTrunk(it.n1, INBOUND)
  t.is(await isAsked(), '486')
  t.like(it.decided.at(-1)?.request, {
    caller: null,
    trunk: 'carrier',
    number: '+4930123',
    dialled: '2',
    domain: 'pbx.test',
  })
  await addTrunk(it.n1, { ...INBOUND, identity: { trusted: true } })
  await until(
    it.n1.cluster,
    'it is trusted',
    () => it.n1.cluster.tables.trunks.get('carrier')?.identity?.trusted === true,
  )
  t.is(await isAsked(), '486')
  t.is(
    await fromCarrier(t, it, ['From: <sip:anonymous@anonymous.invalid>;tag=1']).then((text) => text.split(' ')[1]),
    '486',
  )
  // Who says so at another address is asked who he is.
  t.is((await fromCarrier(t, it, ['From: <sip:mallory@carrier.test>;tag=1'])).split(' ')[1], '486')
  t.deepEqual(heard, [
    ['Eve', 'sip:+4930123@pbx.test'],
    ['Boss', 'sip:+4930999@pbx.test'],
    ['Anonymous', 'sip:anonymous@anonymous.invalid'],
    ['', 'sip:mallory@pbx.test'],
  ])
})

test('a stranger at an address that is no trunk is asked who he is, also when he says that he is a carrier', async (t) => {
  const it = await rig(t, { 2: { steps: [phones('bob')] } })
  await phone(t, it.n1, 'bob', () => t.fail('bob is called by nobody'))
  const mallory = ['From: <sip:mallory@pbx.test>;tag=1', 'P-Asserted-Identity: <sip:alice@pbx.test>']
  t.is((await fromCarrier(t, it, mallory)).split(' ')[1], '407')
})
