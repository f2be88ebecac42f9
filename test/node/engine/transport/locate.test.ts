import test from 'ava'
import { parseUri } from '../../../../node/engine/parser/uri.ts'
import { remembering } from '../../../../node/engine/transport/dns.ts'
import { bySize, orderNaptr, orderSrv, type Srv } from '../../../../node/engine/transport/locate.ts'
import { wishOf } from '../../../../node/engine/transport/wish.ts'

const srv = (name: string, priority: number, weight: number): Srv => ({ name, priority, weight, port: 5060 })
const names = (records: readonly Srv[]) => records.map(({ name }) => name).join('')

test('servers of a lower priority number come first, and those of one priority by their weight', (t) => {
  const records = [srv('c', 20, 0), srv('a', 10, 10), srv('b', 10, 30), srv('z', 10, 0)]
  t.is(names(orderSrv(records, () => 0)), 'zabc')
  t.is(names(orderSrv(records, () => 0.999)), 'bazc')
  t.is(names(orderSrv(records, () => 0.2)), 'abzc')
  t.is(names(orderSrv([srv('.', 0, 0)], () => 0)), '', 'a single dot says that there is no such service')
})

test('over many draws a weight is a share', (t) => {
  let state = 1
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  const records = [srv('a', 1, 10), srv('b', 1, 30), srv('z', 1, 0)]
  const first: Record<string, number> = { a: 0, b: 0, z: 0 }
  for (let i = 0; i < 4_100; i++) first[orderSrv(records, random)[0]!.name]!++
  t.true(Math.abs(first.b! - 3_000) < 150, JSON.stringify(first))
  t.true(first.z! > 50 && first.z! < 150, JSON.stringify(first))
})

test('the services of a domain that are of SIP, by order and preference', (t) => {
  const naptr = (order: number, preference: number, service: string, flags = 's') => {
    return { order, preference, service, flags, regexp: '', replacement: `${service}.test` }
  }
  const records = [
    naptr(50, 50, 'SIP+D2U'),
    naptr(50, 10, 'SIP+D2T'),
    naptr(10, 99, 'sips+d2t'),
    naptr(1, 1, 'SIP+D2T', 'u'),
    naptr(1, 1, 'E2U+sip'),
    naptr(1, 1, 'SIP+D2S'),
  ]
  t.deepEqual(
    orderNaptr(records).map(({ transport }) => transport),
    ['tls', 'tcp', 'udp'],
  )
})

test('what URIs say of the way', (t) => {
  const of = (uri: string) => wishOf(parseUri(uri)!)
  t.like(of('sip:a.test'), { transport: null, secure: false, host: 'a.test', port: null })
  t.like(of('sips:A.test.:5071'), { transport: 'tls', secure: true, host: 'a.test', port: 5071 })
  t.like(of('sips:a.test;transport=tcp'), { transport: 'tls' })
  t.like(of('sips:a.test;transport=ws'), { transport: 'wss' })
  t.like(of('sip:a.test;transport=TLS'), { transport: 'tls', secure: false })
  t.is(of('sips:a.test;transport=udp'), null)
  t.is(of('sip:a.test;transport=sctp'), null)
  t.is(of('sip:a.test;transport=constructor'), null)
})

test('a large request tries TCP before UDP, unless its transport was said', (t) => {
  const targets = [{ transport: 'udp', host: '192.0.2.1', port: 5060, name: '' }] as const
  const by = (uri: string, size: number) =>
    bySize(targets, size, wishOf(parseUri(uri)!)!).map(({ transport }) => transport)
  t.deepEqual(by('sip:a.test', 1300), ['udp'])
  t.deepEqual(by('sip:a.test', 1301), ['tcp', 'udp'])
  t.deepEqual(by('sip:a.test;transport=udp', 5000), ['udp'])
})

test('an answer is kept as long as it says, asked for once by many, and no more than so many are kept', async (t) => {
  let now = 0
  const asked: string[] = []
  const ask = remembering(
    async (name: string) => {
      asked.push(name)
      return { records: [`of ${name}`], seconds: name === 'long' ? 999_999 : 10 }
    },
    () => now,
    2,
  )
  t.deepEqual(await Promise.all([ask('a'), ask('a'), ask('long')]), [['of a'], ['of a'], ['of long']])
  now = 9_999
  await ask('a')
  t.deepEqual(asked, ['a', 'long'])
  now = 10_000
  await ask('a')
  t.deepEqual(asked, ['a', 'long', 'a'])
  now = 3_600_000
  await ask('long')
  t.deepEqual(asked, ['a', 'long', 'a', 'long'], 'an hour at most')
  await ask('b')
  await ask('c')
  await ask('long')
  t.deepEqual(asked.slice(4), ['b', 'c', 'long'], 'the oldest went')
})
