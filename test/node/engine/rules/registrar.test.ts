/** Rules R01 to R20 of the checklist: the registrar, through the real engine, on a cluster of one node. */
import anyTest, { type TestFn } from 'ava'
import { until } from '../../../cluster/nodes.ts'
import { registrar } from '../../sip/registrar.ts'
import { headersOf, soon, udpPeer } from '../../sip/support.ts'
import { contacts, Phone, shared } from './phone.ts'

const test = anyTest as TestFn
const phone = shared(test)

test('R01: a Request-URI of another domain is never registered here', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const refused = await alice.register([alice.contact()], {
    uri: 'sip:evil.example',
    to: `sip:${alice.user}@evil.example`,
  })
  t.regex(refused, /^SIP\/2\.0 40[34]/)
  t.regex(await alice.register([alice.contact()], { uri: 'sip:evil.example' }), /^SIP\/2\.0 40[34]/)
  t.deepEqual(rows(), [])
})

test('R02: who is known may still not register for somebody else', async (t) => {
  const { phone: alice, cluster } = await phone(t)
  t.regex(await alice.register([alice.contact()], { to: 'sip:user23@pbx.test' }), /^SIP\/2\.0 403/)
  t.is(cluster.tables.registrations.get('user23@pbx.test'), undefined)
})

test('R03: the AoR is what To says, without parameters, escapes and case of the domain; an unknown one is refused', async (t) => {
  const { phone: alice, rows } = await phone(t)
  t.regex(
    await alice.register([alice.contact()], { to: `sip:%75${alice.user.slice(1)}@PBX.Test;x=y` }),
    /^SIP\/2\.0 200/,
  )
  t.is(rows().length, 1)
  t.regex(await alice.register([alice.contact()], { to: `sip:${alice.user}@other.test` }), /^SIP\/2\.0 404/)
})

test('R04: a star stands alone and with Expires 0, or nothing is removed', async (t) => {
  const { phone: alice, rows } = await phone(t)
  await alice.register([alice.contact()])
  for (const lines of [
    ['Contact: *', 'Expires: 60'],
    ['Contact: *', alice.contact(), 'Expires: 0'],
    [alice.contact(), 'Contact: *', 'Expires: 0'],
    ['Contact: *'],
  ]) {
    t.regex(await alice.register(lines), /^SIP\/2\.0 400/, lines.join())
    t.is(rows().length, 1)
  }
  t.regex(await alice.register(['Contact: *', 'Expires: 0']), /^SIP\/2\.0 200/)
  t.is(rows().length, 0)
})

test('R05: a star that comes late removes nothing', async (t) => {
  const { phone: alice, rows } = await phone(t)
  await alice.register([alice.contact()], { callId: 'late', cseq: 9 })
  t.regex(await alice.register(['Contact: *', 'Expires: 0'], { callId: 'late', cseq: 8 }), /^SIP\/2\.0 (400|500)/)
  t.is(rows().length, 1)
})

test('R06: the same Call-ID with a number that is not higher changes nothing', async (t) => {
  const { phone: alice, rows } = await phone(t)
  await alice.register([alice.contact()], { callId: 'replay', cseq: 10 })
  for (const cseq of [9, 10]) {
    const again = await alice.register([alice.contact(';expires=0')], { callId: 'replay', cseq })
    t.regex(again, /^SIP\/2\.0 (400|500)/)
    t.is(rows().length, 1)
  }
})

test('R07: one bad contact of three, and none is bound', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const two = [alice.contact('', 'one'), alice.contact('', 'two')]
  for (const bad of ['Contact: <pbx.test>', 'Contact: <sip:a@b', alice.contact(';q=9', 'three')]) {
    t.regex(await alice.register([...two, bad]), /^SIP\/2\.0 400/, bad)
    t.deepEqual(rows(), [])
  }
})

test('R08: too brief an interval is 423 with Min-Expires, but a removal is none', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const refused = await alice.register([alice.contact(), 'Expires: 5'])
  t.regex(refused, /^SIP\/2\.0 423/)
  t.is(headersOf(refused, 'Min-Expires')[0], '60')
  t.regex(await alice.register([alice.contact(), 'Expires: 0']), /^SIP\/2\.0 200/)
  t.deepEqual(rows(), [])
})

test('R09: the parameter goes before the header, what does not read is as if absent, and the absurd is cut', async (t) => {
  const { phone: alice } = await phone(t)
  const granted = async (lines: readonly string[]): Promise<number> =>
    Number(/expires=(\d+)/.exec(contacts(await alice.register(lines))[0] ?? '')?.[1])
  t.is(await granted([alice.contact(';expires=600'), 'Expires: 900']), 600)
  t.is(await granted([alice.contact(''), 'Expires: 900']), 900)
  t.is(await granted([alice.contact(';expires=abc')]), 3600)
  const most = await granted([alice.contact(';expires=4294967295')])
  t.true(most >= 3600 && most <= 86_400, String(most))
})

test('R10: the 200 lists all that is bound, each with its time, and says the date', async (t) => {
  const { phone: alice } = await phone(t)
  for (const n of [1, 2, 3])
    await alice.register([alice.contact(`;q=0.${n}`, `u${n}`)], { callId: `phone${n}`, cseq: n })
  const list = await alice.register([])
  t.is(contacts(list).length, 3)
  for (const one of contacts(list)) t.regex(one, /;expires=\d+/)
  t.is(headersOf(list, 'Date').length, 1)
})

test('R11: a REGISTER without Contact asks and changes nothing', async (t) => {
  const { phone: alice, rows } = await phone(t)
  await alice.register([alice.contact()])
  const before = rows()
  t.is(contacts(await alice.register([])).length, 1)
  t.deepEqual(rows(), before)
})

test('R12: Record-Route in a REGISTER is not heeded and never comes back', async (t) => {
  const { phone: alice } = await phone(t)
  const ok = await alice.register([alice.contact(), 'Record-Route: <sip:edge.test;lr>'])
  t.regex(ok, /^SIP\/2\.0 200/)
  t.deepEqual(headersOf(ok, 'Record-Route'), [])
})

test('R13: two contacts are one if their URIs are equal, and a written default port is not an absent one', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const bind = (uri: string): Promise<string> => alice.register([`Contact: <${uri}>`])
  await bind('sip:a@h.example;x=1;y=2')
  await bind('sip:a@H.Example;y=2;x=1')
  t.is(rows().length, 1, 'case of the host, order of parameters')
  await bind('sip:A@h.example;x=1;y=2')
  t.is(rows().length, 2, 'the user has case')
  await alice.register(['Contact: *', 'Expires: 0'])
  await bind('sip:a@h.example')
  await bind('sip:a@h.example:5060')
  t.is(rows().length, 2, '§19.1.4')
})

test('R14: what a REGISTER requires and we do not have is refused with its name', async (t) => {
  const { phone: alice, rows } = await phone(t)
  const refused = await alice.register([alice.contact(), 'Require: gruuuu'])
  t.regex(refused, /^SIP\/2\.0 420/)
  t.is(headersOf(refused, 'Unsupported')[0], 'gruuuu')
  t.deepEqual(rows(), [])
})

test('R18: of two REGISTERs at once both are done, one after the other', async (t) => {
  const { phone: alice, sip, rows } = await phone(t)
  const other = new Phone(await udpPeer(t, sip), alice.user)
  const answers = await Promise.all([
    alice.register([alice.contact('', 'one')]),
    other.register([other.contact('', 'two')]),
  ])
  const listed = answers.map((answer) => contacts(answer).length).sort()
  t.deepEqual(listed, [1, 2], 'whoever came second sees the first')
  t.is(rows().length, 2)
})

test('R19: q goes from 0 to 1 with three decimals, anything else binds nothing', async (t) => {
  const { phone: alice, rows } = await phone(t)
  await alice.register([
    alice.contact(';q=0.5', 'half'),
    alice.contact(';q=1.000', 'best'),
    alice.contact(';q=0.001', 'last'),
  ])
  t.deepEqual(
    rows().map((row) => row.q),
    [1, 0.5, 0.001],
  )
  for (const q of ['1.001', 'abc', '-1', '0.0001', '2', '']) {
    t.regex(await alice.register([alice.contact(`;q=${q}`, 'bad')]), /^SIP\/2\.0 400/, q)
    t.is(rows().length, 3)
  }
  t.truthy(await soon('an answer', alice.register([])))
})

test('R20: what is not refreshed is gone at its time on every node, and stays gone under another leader', async (t) => {
  let now = 1_000
  const { sip, cluster, others, registrar: own } = await registrar(t, ['alice'], { nodes: 3, now: () => now })
  const alice = new Phone(await udpPeer(t, sip), 'alice')
  t.regex(await alice.register([alice.contact(';expires=60')]), /^SIP\/2\.0 200/)
  for (const other of others) await until(other, 'the binding is there', () => other.tables.bindings === 1)
  now += 59_999
  await own.lookForLapsed()
  t.is(cluster.tables.bindings, 1)
  now += 1
  await own.lookForLapsed()
  for (const one of [cluster, ...others]) await until(one, 'the binding is gone', () => one.tables.bindings === 0)
  await cluster.close()
  for (const other of others) {
    await until(other, 'there is a leader', () => other.status().quorum)
    t.is(other.tables.bindings, 0)
  }
})
