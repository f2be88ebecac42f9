/** Rules R15 to R17 of the checklist: Path, flows and GRUUs, with a registrar and calls on the real engine. */
import test from 'ava'
import { cameTo, exchange, refuses } from '../../calls/exchange.ts'
import { headersOf } from '../../sip/support.ts'

const PHONE = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'

test('R15: a Path is taken only from who supports it, comes back in the 200, and is the Route of a call', async (t) => {
  const { phone, call } = await exchange(t)
  const edge = await phone()
  const path = `<sip:${edge.address};lr>`
  const lines = [`Path: ${path}`, 'Contact: <sip:alice@192.0.2.9>']
  t.regex(await edge.register(lines), /^SIP\/2\.0 420[\s\S]*\r\nUnsupported: path\r\n/)
  t.deepEqual(headersOf(await edge.register(['Supported: path', ...lines]), 'Path'), [path])
  const outcome = await call('sip:alice@pbx.test')
  t.deepEqual(headersOf(await refuses(edge), 'Route'), [path])
  t.is(await cameTo(outcome), '486')
})

test('R16: one reg-id is one binding, a call goes down its live connection, and nowhere when that is gone', async (t) => {
  const { phone, call, cluster } = await exchange(t)
  const [old, live] = [await phone('tcp'), await phone('tcp')]
  for (const [flow, port] of [
    [old, 5060],
    [live, 5062],
  ] as const) {
    const ok = await flow.register([
      'Supported: outbound',
      `Contact: <sip:alice@10.0.0.2:${port};transport=tcp;ob>;reg-id=1${PHONE}`,
    ])
    t.regex(ok, /^SIP\/2\.0 200[\s\S]*\r\nRequire: outbound\r\n/)
  }
  t.is(cluster.tables.bindings, 1)
  const outcome = await call('sip:alice@pbx.test')
  t.regex(await refuses(live), /^INVITE sip:alice@10\.0\.0\.2:5062;/)
  t.is(await cameTo(outcome), '486')
  await live.drop()
  t.is(await cameTo(await call('sip:alice@pbx.test')), '480')
  t.is(old.count('INVITE'), 0)
})

test('R17: a public GRUU stays the same, a temporary one is another each time and good only while its phone is there', async (t) => {
  const { phone, call } = await exchange(t)
  const alice = await phone('tcp')
  const register = async (more = '') => {
    const ok = await alice.register(['Supported: gruu', `Contact: <sip:alice@${alice.address}>${PHONE}${more}`])
    t.regex(ok, /^SIP\/2\.0 200/)
    return ['pub', 'temp'].map((kind) => new RegExp(`;${kind}-gruu="([^"]*)"`).exec(ok)?.[1] ?? '')
  }
  const [first, second] = [await register(), await register()]
  t.is(first[0], second[0])
  t.not(first[1], second[1])
  for (const gruu of [...first, ...second]) {
    const outcome = await call(gruu)
    await refuses(alice)
    t.is(await cameTo(outcome), '486', gruu)
  }
  await register(';expires=0')
  t.is(await cameTo(await call(first[1]!)), '480')
  await register()
  t.is(await cameTo(await call(first[1]!)), '404', 'it was the one before')
})
