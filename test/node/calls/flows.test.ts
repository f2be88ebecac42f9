import test, { type ExecutionContext } from 'ava'
import { readContacts } from '../../../node/sip/contacts.ts'
import { POLICY } from '../../../node/sip/policy.ts'
import { until } from '../../cluster/nodes.ts'
import type { Device } from '../sip/device.ts'
import { headersOf } from '../sip/support.ts'
import { cameTo, exchange, refuses } from './exchange.ts'

const INSTANCE = '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>'

/** One flow of a phone whose own address is nothing to anybody. */
const flow = (phone: Device, regId: number, more = '', instance = INSTANCE) =>
  phone.register([
    'Supported: path, outbound',
    `Contact: <sip:alice@192.168.1.2:5060;transport=tcp;ob>;reg-id=${regId};+sip.instance="${instance}"${more}`,
  ])

const flowsOf = (all: { cluster: Awaited<ReturnType<typeof exchange>>['cluster'] }) =>
  (all.cluster.tables.registrations.get('alice@pbx.test')?.bindings ?? []).map(
    ({ instance, regId, received }) => `${instance?.slice(-4)} ${regId} ${received}`,
  )

/** A phone with two flows; the second was used last. */
async function twoFlows(t: ExecutionContext) {
  const all = await exchange(t)
  const [first, second] = [await all.phone('tcp'), await all.phone('tcp')]
  t.regex(await flow(first, 1), /^SIP\/2.0 200/)
  t.regex(await flow(second, 2), /^SIP\/2.0 200/)
  return { ...all, first, second }
}

test('the 200 names the instance and the flow, insists on outbound and says how long a silent flow lives (RFC 5626 §6)', async (t) => {
  const { phone } = await exchange(t)
  const alice = await phone('tcp')
  const ok = await flow(alice, 1)
  t.regex(headersOf(ok, 'Contact')[0]!, new RegExp(`;\\+sip\\.instance="${INSTANCE}";reg-id=1$`))
  t.deepEqual(headersOf(ok, 'Require'), ['outbound'])
  t.deepEqual(headersOf(ok, 'Flow-Timer'), ['120'])
  t.deepEqual(headersOf(await flow(await phone('udp'), 2), 'Flow-Timer'), [])
  const plain = await alice.register([`Contact: <sip:alice@192.168.1.9:5060>;reg-id=1;+sip.instance="${INSTANCE}"`])
  t.deepEqual(headersOf(plain, 'Require'), [], 'a reg-id without Supported: outbound is nothing')
})

test('a flow of the same reg-id takes the place of the one before, from wherever it comes; others stay', async (t) => {
  const { first, second, phone, ...all } = await twoFlows(t)
  t.deepEqual(flowsOf(all), [`128> 2 ${second.address}`, `128> 1 ${first.address}`])
  const third = await phone('tcp')
  t.regex(await flow(third, 1), /^SIP\/2.0 200/)
  t.deepEqual(flowsOf(all), [`128> 1 ${third.address}`, `128> 2 ${second.address}`])
  const other = '<urn:uuid:11111111-0000-1000-8000-000a95a0e129>'
  t.regex(await flow(await phone('tcp'), 1, '', other), /^SIP\/2.0 200/)
  t.is(flowsOf(all).length, 3, 'another phone, though its contact is the same')
  t.regex(await flow(third, 2, ';expires=0'), /^SIP\/2.0 200/)
  t.deepEqual(flowsOf(all).slice(1), [`128> 1 ${third.address}`])
})

test('a phone that was bound without flows is not bound twice when it begins to name them', async (t) => {
  const { phone, cluster } = await exchange(t)
  const alice = await phone('tcp')
  t.regex(await alice.register(['Contact: <sip:alice@192.168.1.2:5060;transport=tcp;ob>']), /^SIP\/2.0 200/)
  t.regex(await flow(alice, 1), /^SIP\/2.0 200/)
  t.is(cluster.tables.bindings, 1)
})

test('a phone is called over the flow that it used last, and over no second one when it says no (RFC 5626 §7)', async (t) => {
  const { first, second, call } = await twoFlows(t)
  const outcome = call('sip:alice@pbx.test')
  const came = await Promise.race([refuses(first).then(() => 'first'), refuses(second).then(() => 'second')])
  t.is(came, 'second')
  t.is(await cameTo(await outcome), '486')
  t.regex(await flow(first, 1), /^SIP\/2.0 200/, 'what was sent to it before is here before this')
  t.is(first.count('INVITE'), 0)
})

test('when the flow is broken the call goes by the other, and the broken one is no binding any more', async (t) => {
  const { first, second, call, cluster, ...all } = await twoFlows(t)
  await second.drop()
  const outcome = await call('sip:alice@pbx.test')
  t.regex(await refuses(first), /^INVITE sip:alice@192\.168\.1\.2:5060;transport=tcp;ob SIP/)
  t.is(await cameTo(outcome), '486')
  await until(cluster, 'the flow is gone', () => cluster.tables.bindings === 1)
  t.deepEqual(flowsOf({ cluster, ...all }), [`128> 1 ${first.address}`])
  await first.drop()
  t.is(await cameTo(await call('sip:alice@pbx.test')), '480', 'nobody is connected, and no connection is tried')
})

test('a flow behind a proxy that answers 430 is followed by the next one; the caller hears nothing of it', async (t) => {
  const { phone, call, second } = await twoFlows(t)
  const edge = await phone('udp')
  const contact = `Contact: <sip:alice@10.0.0.9:5060;ob>;reg-id=3;+sip.instance="${INSTANCE}"`
  const behind = (path: string) =>
    edge.register(['Supported: path, outbound', ...(path === '' ? [] : [`Path: ${path}`]), contact], { behind: true })
  t.regex(await behind(''), /^SIP\/2.0 439 First Hop Lacks Outbound Support/)
  t.regex(await behind(`<sip:token@${edge.address};lr>`), /^SIP\/2.0 439/)
  t.regex(await behind(`<sip:token@${edge.address};lr;ob>`), /^SIP\/2.0 200/)
  const outcome = await call('sip:alice@pbx.test')
  t.deepEqual(headersOf(await refuses(edge, '430 Flow Failed'), 'Route'), [`<sip:token@${edge.address};lr;ob>`])
  await refuses(second)
  t.is(await cameTo(outcome), '486')
})

test('what stands in a Contact for a flow is read strictly', (t) => {
  const read = (params: string, outbound: 'yes' | 'no' | 'not by this way' = 'yes', gruu = false) => {
    const wish = readContacts(`<sip:a@192.0.2.1>${params}`, null, POLICY, { path: [], outbound, gruu })
    if (wish.kind !== 'bind' || wish.changes === 'all') return wish.kind === 'refused' ? wish.status : wish.kind
    const { instance, regId } = wish.changes[0]!
    return [instance, regId]
  }
  const instance = `;+sip.instance="${INSTANCE}"`
  t.deepEqual(read(`;reg-id=7${instance}`), [INSTANCE, 7])
  t.deepEqual(read(';reg-id=7'), [undefined, undefined])
  t.deepEqual(read(instance), [undefined, undefined])
  t.deepEqual(read(instance, 'no', true), [INSTANCE, undefined])
  t.deepEqual(read(`;reg-id=7${instance}`, 'no'), [undefined, undefined])
  t.is(read(`;reg-id=7${instance}`, 'not by this way'), 439)
  t.deepEqual(read(instance, 'not by this way'), [undefined, undefined])
  for (const wrong of ['0', '', 'x', '2147483648', '-1', '1e3']) t.is(read(`;reg-id=${wrong}${instance}`), 400, wrong)
  for (const wrong of ['<>', 'urn:x', '<a b>', '<a"b>', `<${'u'.repeat(127)}>`]) {
    t.is(read(`;reg-id=1;+sip.instance="${wrong}"`), 400, wrong)
  }
  const two = readContacts(
    `<sip:a@192.0.2.1>;reg-id=1${instance},<sip:b@192.0.2.1>;reg-id=2${instance}`,
    null,
    POLICY,
    {
      ...{ path: [], outbound: 'yes', gruu: false },
    },
  )
  t.like(two, { kind: 'refused', status: 400 })
})
