import test from 'ava'
import { readExtensions } from '../../../node/sip/extensions.ts'
import { device } from '../sip/device.ts'
import { registrar } from '../sip/registrar.ts'
import { headersOf, quiet } from '../sip/support.ts'
import { cameTo, exchange, refuses } from './exchange.ts'

test('a phone behind a proxy is bound with its Path, hears it in the 200, and is called by it (RFC 3327 §5)', async (t) => {
  const { phone, call, cluster } = await exchange(t)
  const edge = await phone()
  const path = `<sip:token@${edge.address};lr;ob>`
  const inner = '<sip:192.0.2.77:5070;lr>'
  const contact = 'Contact: <sip:alice@192.0.2.9:5999>;expires=600'
  const ok = await edge.register(['Supported: path', `Path: ${path}`, `Path: ${inner}`, contact, 'Require: path'])
  t.regex(ok, /^SIP\/2.0 200/)
  t.deepEqual(headersOf(ok, 'Path'), [`${path}, ${inner}`])
  t.deepEqual(cluster.tables.registrations.get('alice@pbx.test')!.bindings[0]!.path, [path, inner])

  const outcome = await call('sip:alice@pbx.test')
  const invite = await refuses(edge)
  t.regex(invite, /^INVITE sip:alice@192\.0\.2\.9:5999 SIP/)
  t.deepEqual(headersOf(invite, 'Route'), [`${path}, ${inner}`])
  t.is(await cameTo(outcome), '486')

  const row = cluster.tables.registrations.get('alice@pbx.test')
  t.regex(await edge.register(['Supported: path', `Path: ${path}`, `Path: ${inner}`, contact]), /^SIP\/2.0 200/)
  t.deepEqual(cluster.tables.registrations.get('alice@pbx.test'), row, 'a refresh by the same way is not agreed on')
  await edge.register(['Supported: path', `Path: ${path}`, contact])
  t.deepEqual(cluster.tables.registrations.get('alice@pbx.test')!.bindings[0]!.path, [path], 'another way is agreed on')
  await edge.register([contact])
  t.false('path' in cluster.tables.registrations.get('alice@pbx.test')!.bindings[0]!)
})

test('a Path that the phone does not know of, or that is no list of loose routes, binds nothing', async (t) => {
  const { phone, cluster } = await exchange(t)
  const alice = await phone()
  const contact = `Contact: <sip:alice@${alice.address}>`
  const unknown = await alice.register(['Path: <sip:192.0.2.1;lr>', contact])
  t.regex(unknown, /^SIP\/2.0 420/)
  t.deepEqual(headersOf(unknown, 'Unsupported'), ['path'])
  const insists = await alice.register(['Require: path, magic', contact])
  t.regex(insists, /^SIP\/2.0 420/)
  t.deepEqual(headersOf(insists, 'Unsupported'), ['magic'])
  const many = Array.from({ length: 9 }, (_, i) => `<sip:192.0.2.${i};lr>`).join()
  for (const path of ['<sip:192.0.2.1>', 'sip:192.0.2.1;lr', '<tel:1;lr>', many, `<sip:${'a'.repeat(1_020)};lr>`]) {
    t.regex(await alice.register(['Supported: path', `Path: ${path}`, contact]), /^SIP\/2.0 400 (Path|Bad path)/, path)
  }
  t.is(cluster.tables.bindings, 0)
})

test('what a REGISTER may use is read from Supported and Path, whatever they hold', (t) => {
  const read = (headers: Record<string, string>) => readExtensions({ header: (name) => headers[name] ?? null })
  t.deepEqual(read({}), { kind: 'read', path: [], outbound: 'no', gruu: false })
  t.like(read({ supported: 'timer, OutBound ,gruu' }), { outbound: 'yes', gruu: true })
  t.like(read({ supported: 'path', path: '<sip:a;lr> , <sip:b;lr;x=1>;y' }), {
    path: ['<sip:a;lr>', '<sip:b;lr;x=1>;y'],
  })
  t.like(read({ supported: 'path', path: '<sip:a;lr>,' }), { kind: 'refused', status: 400 })
})

test('while an older program is among the nodes a Path waits, and nothing is bound that it would write otherwise', async (t) => {
  let allKnow = false
  const { sip, cluster } = await registrar(t, ['alice'], { allKnow: () => allKnow })
  const alice = await device(t, sip)
  const contact = `Contact: <sip:alice@${alice.address}>`
  const asked = ['Supported: path', 'Path: <sip:192.0.2.1;lr>', contact]
  const waits = await alice.register(asked)
  t.regex(waits, /^SIP\/2.0 503/)
  t.is(headersOf(waits, 'Retry-After').length, 1)
  t.regex(await alice.register(['Supported: path', contact]), /^SIP\/2.0 200/)
  t.is(cluster.tables.bindings, 1)
  allKnow = true
  t.regex(await alice.register(asked), /^SIP\/2.0 200/)
})

test('a Path of one who is no proxy of ours binds nothing, whoever he is, and is said and counted', async (t) => {
  const said: string[] = []
  const log = { ...quiet, warn: (_: object, message: string) => said.push(message) }
  const { sip, cluster, guard } = await registrar(t, ['alice'], { pathFrom: ['192.0.2.0/24'], log })
  const alice = await device(t, sip)
  const asked = ['Supported: path', `Contact: <sip:alice@${alice.address}>`]
  t.regex(await alice.register([...asked, 'Path: <sip:192.0.2.1;lr>']), /^SIP\/2.0 403 No Path From Here/)
  t.is(cluster.tables.bindings, 0)
  t.is(guard.counters().path, 1)
  t.true(said.some((line) => line.includes('127.0.0.1') && line.includes('sip.path_from')))
  t.regex(await alice.register(asked), /^SIP\/2.0 200/, 'without one he is bound as any phone')
})
