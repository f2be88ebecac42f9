import type { ExecutionContext } from 'ava'
import test from 'ava'
import { startAdmission } from '../../../node/admission/admission.ts'
import { agreed, until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { requestOf } from '../routing/request.ts'
import { answering, port, quiet, SDP_A, SDP_B, soon, udpPeer } from '../sip/support.ts'
import { ACCOUNT, limit, nothingHeld, prepaid } from './credit.ts'
import { gateway } from './gateway.ts'
import { answers, call, listener, nodes, phone, proposing, type TestNode } from './rig.ts'

async function ask(t: ExecutionContext, at: TestNode, number = '1002') {
  return soon('an outcome', call(await port(t), at, number).outcome)
}

test('one call too many hears 480 at whatever node it comes in; when another has ended there is room again', async (t) => {
  const [n1, n2] = await nodes(t, 2)
  await phone(t, n1!, 'bob', answers(listener()))
  await agreed(n1!.cluster, limit('tenant:pbx.test', { calls: 1 }))
  const first = await ask(t, n1!)
  if (first.kind !== 'answered') return t.fail(JSON.stringify(first))
  await until(n2!.cluster, 'the other node knows of it', () => n2!.cluster.tables.reservations.size === 1)
  t.true(
    n1!.calls.live()[0]?.trace.includes('tenant:pbx.test: 1 of 1 calls'),
    'who asks why is told what it was held against',
  )
  t.like(await ask(t, n2!), { kind: 'refused', status: 480 })
  t.like(await ask(t, n1!), { kind: 'refused', status: 480 })
  first.dialog.bye()
  await nothingHeld(n1!)
  const next = await ask(t, n2!)
  t.is(next.kind, 'answered')
  if (next.kind === 'answered') next.dialog.bye()
  await nothingHeld(n2!)
})

test('a call that does not know what it has asks again, whatever way it goes, and gives all back at its end', async (t) => {
  const [n1] = await nodes(t, 1)
  const { cluster } = n1!
  await agreed(cluster, limit('trunk:a', { calls: 1 }))
  await agreed(cluster, limit('trunk:b', { calls: 1 }))
  let isLost = false
  const seen = proposing(cluster, async (_command, propose) => {
    const said = await propose()
    return isLost ? { kind: 'no quorum' } : said
  })
  const admission = startAdmission({ cluster: seen, log: quiet, now: Date.now })
  t.teardown(() => admission.close())
  const out = (trunk: string) => ({ trunk, number: '+4930123' })
  const step = { kind: 'trunk', ...out('a'), seconds: 5 } as const
  const decision = {
    kind: 'ring',
    steps: [step],
    rule: '',
    emergency: false,
    planVersion: 0,
    ops: [],
    trace: [],
  } as const
  const request = requestOf({ id: 'c1', caller: 'alice@pbx.test', dialled: '+4930123', domain: 'pbx.test' })
  t.like(await admission.reserve(request, decision), { kind: 'ok' })
  const keys = () => cluster.tables.reservations.get('c1')?.keys
  isLost = true
  // It was agreed on, and nobody heard so.
  t.like(await admission.moved('c1', out('b')), { kind: 'refused', status: 503 })
  t.deepEqual(keys(), ['trunk:b'])
  isLost = false
  t.like(await admission.moved('c1', out('a')), { kind: 'ok' })
  t.deepEqual(keys(), ['trunk:a'], 'it goes by the first again, and has that')
  isLost = true
  t.like(await admission.moved('c1', out('b')), { kind: 'refused' })
  isLost = false
  admission.release('c1', null)
  await nothingHeld(n1!)
})

test('a call that goes on by another way is one call in calls a second, whichever way it was counted', async (t) => {
  const [n1] = await nodes(t, 1)
  const { cluster } = n1!
  await agreed(cluster, limit('tenant:pbx.test', { perSecond: 0.001, burst: 2 }))
  await agreed(cluster, limit('trunk:a', { perSecond: 0.001, burst: 1 }))
  await agreed(cluster, limit('trunk:b', { calls: 5, perSecond: 0.001, burst: 1 }))
  const admission = startAdmission({ cluster, log: quiet, now: Date.now })
  t.teardown(() => admission.close())
  const out = (trunk: string) => ({ trunk, number: '+4930123' })
  const steps = ['a', 'b', 'a'].map((trunk) => ({ kind: 'trunk', ...out(trunk), seconds: 5 }) as const)
  const asks = (id: string) =>
    admission.reserve(requestOf({ id, caller: 'alice@pbx.test', dialled: '+4930123', domain: 'pbx.test' }), {
      ...{ kind: 'ring', steps, rule: '', emergency: false, planVersion: 0, ops: [], trace: [] },
    })
  t.like(await asks('c1'), { kind: 'ok' })
  t.like(await admission.moved('c1', out('b')), { kind: 'ok' }, 'it holds something now')
  t.like(await admission.moved('c1', out('a')), { kind: 'ok' })
  t.like(await asks('c2'), { kind: 'ok' }, 'the trunk is full, and it begins without it')
  t.like(await admission.moved('c2', out('b')), { kind: 'refused', reason: 'Too many calls a second' })
  t.like(await asks('c3'), { kind: 'refused', reason: 'Too many calls a second' }, 'two were all')
  for (const id of ['c1', 'c2', 'c3']) admission.release(id, null)
  await nothingHeld(n1!)
})

test('who is refused by the phone that he called, or gives up, has nothing reserved', async (t) => {
  const [n1] = await nodes(t, 1)
  await agreed(n1!.cluster, limit('tenant:pbx.test', { calls: 1 }))
  await phone(t, n1!, 'bob', (invitation) => invitation.reply(486))
  for (let i = 0; i < 3; i++) t.like(await ask(t, n1!), { kind: 'refused', status: 486 })
  await nothingHeld(n1!)
})

test('a call for help is not asked, whatever the limit', async (t) => {
  const [n1] = await nodes(t, 1, 'emergency: {numbers: ["112"], user: bob@pbx.test}')
  await phone(t, n1!, 'bob', answers(listener()))
  await agreed(n1!.cluster, limit('tenant:pbx.test', { calls: 0, perSecond: 1 }))
  t.like(await ask(t, n1!), { kind: 'refused', status: 480 })
  const helped = await ask(t, n1!, '112')
  t.is(helped.kind, 'answered')
  if (helped.kind === 'answered') helped.dialog.bye()
})

test('so many calls a second need no row each: they are spent from a slice', async (t) => {
  const [n1] = await nodes(t, 1)
  await phone(t, n1!, 'bob', answers(listener()))
  await agreed(n1!.cluster, limit('tenant:pbx.test', { perSecond: 1, burst: 2 }))
  const outcomes = await Promise.all([1, 2, 3].map(() => ask(t, n1!)))
  t.is(outcomes.filter(({ kind }) => kind === 'answered').length, 2)
  t.is(n1!.cluster.tables.reservations.size, 0)
  for (const outcome of outcomes) {
    if (outcome.kind === 'answered') outcome.dialog.bye()
    else t.like(outcome, { status: 480, reason: 'Too many calls a second' })
  }
})

test('a prepaid call gets more time as it goes on, is ended when all is used up, and has cost what there was', async (t) => {
  const [n1] = await nodes(t, 1, '', 100, { admission: { leaseMs: 3000, ahead: 3 } })
  const bob = listener()
  await phone(t, n1!, 'bob', answers(bob))
  await prepaid(n1!, 60_000)
  const began = performance.now()
  const outcome = await ask(t, n1!)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const heard = listener()
  outcome.dialog.handle(heard.handlers)
  const { id } = [...n1!.cluster.tables.reservations.values()][0]!
  await poll(() => n1!.calls.explain(id)?.why.some((line) => /^warned: \d+ s are left$/.test(line)) === true)
  await soon('BYE at both', Promise.all([heard.bye, bob.bye]), 20_000)
  t.true(performance.now() - began >= 5_900, 'six seconds were paid for')
  await nothingHeld(n1!)
  t.like(n1!.cluster.tables.credit.get(ACCOUNT), { granted: 60_000, spent: 60_000, balance: 0 })
  t.like(await ask(t, n1!), { kind: 'refused', status: 402 })
})

test('a call that nobody answers costs nothing', async (t) => {
  const [n1] = await nodes(t, 1)
  await phone(t, n1!, 'bob', (invitation) => invitation.reply(486))
  await prepaid(n1!, 1_000_000)
  t.like(await ask(t, n1!), { kind: 'refused', status: 486 })
  await nothingHeld(n1!)
  t.like(n1!.cluster.tables.credit.get(ACCOUNT), { spent: 0, balance: 1_000_000 })
})

test('without a quorum a call that has to ask hears 503, one that has not goes through, and a call that runs goes on', async (t) => {
  const [n1, n2, n3] = await nodes(t, 3)
  await phone(t, n1!, 'bob', answers(listener()))
  await agreed(n1!.cluster, limit(ACCOUNT, { calls: 5 }))
  const running = await ask(t, n1!)
  if (running.kind !== 'answered') return t.fail(JSON.stringify(running))
  const heard = listener()
  running.dialog.handle(heard.handlers)
  for (const other of [n2!, n3!]) await other.cluster.close()
  await until(n1!.cluster, 'no quorum', () => !n1!.cluster.status().quorum)
  t.like(await ask(t, n1!), { kind: 'refused', status: 503 })
  const free = await soon('an outcome', call(await port(t), n1!, '1002', undefined, 'dave').outcome)
  t.is(free.kind, 'answered')
  t.is((await soon('a re-INVITE', running.dialog.modify(SDP_A.replace('o=a 1 1', 'o=a 1 2')))).kind, 'answered')
})

test('a node that is cut off ends the calls that a strict limit counts, and no others', async (t) => {
  const [n1, n2, n3] = await nodes(t, 3, '', 100, { admission: { cutMs: 200 } })
  await phone(t, n1!, 'bob', answers(listener()))
  await agreed(n1!.cluster, limit(ACCOUNT, { calls: 5, strict: true }))
  await agreed(n1!.cluster, limit('user:dave@pbx.test', { calls: 5 }))
  const strict = await ask(t, n1!)
  const other = await soon('an outcome', call(await port(t), n1!, '1002', undefined, 'dave').outcome)
  if (strict.kind !== 'answered' || other.kind !== 'answered') return t.fail('nobody answered')
  const [ended, kept] = [listener(), listener()]
  strict.dialog.handle(ended.handlers)
  other.dialog.handle(kept.handlers)
  for (const one of [n2!, n3!]) await one.cluster.close()
  await soon('BYE', ended.bye)
  t.is((await soon('a re-INVITE', other.dialog.modify(SDP_A.replace('o=a 1 1', 'o=a 1 2')))).kind, 'answered')
  t.is(n1!.calls.live().length, 1)
})

test('a call counts until the phone that was called says that it knows of its end, also when its record is made', async (t) => {
  const [n1] = await nodes(t, 1)
  const { cluster, sip } = n1!
  const bob = await udpPeer(t, sip)
  await phone(t, n1!, 'bob', () => {})
  const bind = { type: 'bind', aor: 'bob@pbx.test', callId: 'raw', cseq: 1, node: 'n1', transport: 'udp' } as const
  const received = `127.0.0.1:${bob.port}`
  const changes = [{ contact: `sip:bob@${received}`, q: 1, expires: 600 }]
  await agreed(cluster, { ...bind, changes: 'all', received, userAgent: '', contactsMax: 9 })
  await agreed(cluster, { ...bind, cseq: 2, changes, received, userAgent: '', contactsMax: 9 })
  await agreed(cluster, limit('tenant:pbx.test', { calls: 1 }))
  const calling = call(await port(t), n1!, '1002')
  const invite = await soon('an INVITE', bob.next('INVITE'))
  const says = [...answering(invite), `Contact: <${changes[0]!.contact}>`, 'Content-Type: application/sdp']
  bob.send('SIP/2.0 200 OK', says, SDP_B)
  const outcome = await soon('an answer', calling.outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  outcome.dialog.bye()
  const bye = await soon('BYE', bob.next('BYE'))
  await until(cluster, 'it is recorded', () => cluster.tables.cdrs.size === 1)
  t.like(await ask(t, n1!), { kind: 'refused', status: 480 }, 'who was called may have it yet')
  bob.send('SIP/2.0 200 OK', answering(bye))
  await nothingHeld(n1!)
})

test('who gives up while the cluster is asked, has nothing reserved, and pays nothing', async (t) => {
  const [n1] = await nodes(t, 1)
  const { cluster } = n1!
  await phone(t, n1!, 'bob', answers(listener()))
  await agreed(cluster, limit('tenant:pbx.test', { calls: 1 }))
  await prepaid(n1!, 1_000_000)
  const caller = await gateway(t, n1!, 'sip:1002@pbx.test')
  let most = 0
  const unwatch = cluster.watch(() => (most = Math.max(most, cluster.tables.reservations.size)))
  t.teardown(unwatch)
  caller.invite()
  caller.cancel()
  await soon('487', caller.peer.next('SIP/2.0 487'))
  await until(cluster, 'it was asked for', () => most === 1)
  await nothingHeld(n1!)
  t.like(cluster.tables.credit.get(ACCOUNT), { spent: 0, balance: 1_000_000 })
  t.is((await ask(t, n1!)).kind, 'answered', 'there is room')
})

test('what a call was charged stands in its record, also when the cluster heard nothing of it before it was over', async (t) => {
  let isLost = false
  const [n1] = await nodes(t, 1, '', 100, {
    propose: async ({ type }, propose) =>
      isLost && (type === 'call-put' || type === 'call-end') ? { kind: 'no quorum' } : propose(),
  })
  const { cluster } = n1!
  await phone(t, n1!, 'bob', answers(listener()))
  await prepaid(n1!, 1_000_000, 50_000)
  await until(cluster, 'there are founders', () => cluster.tables.members !== null)
  isLost = true
  const outcome = await ask(t, n1!)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  outcome.dialog.bye()
  await poll(() => n1!.calls.live().length === 0)
  isLost = false
  await until(cluster, 'it is recorded', () => cluster.tables.cdrs.size === 1)
  await nothingHeld(n1!)
  const { spent } = cluster.tables.credit.get(ACCOUNT)!
  t.true(spent >= 50_000)
  t.deepEqual([...cluster.tables.cdrs.values()][0]?.cost, { amount: spent, currency: 'EUR' })
})
