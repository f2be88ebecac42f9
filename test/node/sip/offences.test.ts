import test from 'ava'
import { ABUSE, Offences } from '../../../node/sip/offences.ts'
import { aclOf, isCidr, readSource, sourceOf } from '../../../node/sip/source.ts'

test('a source may send so much a second, twice that at once, and has it back with time', (t) => {
  const offences = new Offences({ ...ABUSE, sourceRate: 10 })
  const burst = (now: number, source = 'a') =>
    Array.from({ length: 100 }, () => offences.message(source, now)).filter((said) => said === 'yes').length
  t.is(burst(0), 20)
  t.is(burst(0, 'b'), 20, 'each for itself')
  t.is(burst(500), 5)
  t.is(burst(100_000), 20)
  const free = new Offences({ ...ABUSE, sourceRate: 0 })
  t.true(Array.from({ length: 5000 }, () => free.message('a', 0)).every((said) => said === 'yes'))
})

test('who is slowed has a fiftieth of it, and who is shunned nothing, until that is over', (t) => {
  const offences = new Offences({ ...ABUSE, sourceRate: 100, banSeconds: 60, shunSeconds: 10 })
  offences.slow('a', 0)
  const heard = (source: string, now: number) =>
    Array.from({ length: 300 }, () => offences.message(source, now)).filter((said) => said === 'yes').length
  t.is(heard('a', 0), 4)
  t.is(heard('a', 60_001), 200)
  const free = new Offences({ ...ABUSE, sourceRate: 0, banSeconds: 60 })
  free.slow('a', 0)
  const freely = (now: number) =>
    Array.from({ length: 300 }, () => free.message('a', now)).filter((said) => said === 'yes').length
  t.is(freely(0), 20, 'also where others may send as much as they like')
  t.is(freely(60_001), 300)
  offences.shun('b', 0)
  t.is(offences.message('b', 9_999), 'shunned')
  t.is(offences.message('b', 10_000), 'yes')
  offences.shun('b', 20_000)
  offences.forgive('b')
  t.is(offences.message('b', 20_001), 'yes')
})

test('of whom is not heard as much is looked at for help as is heard of who is slowed, each kind for itself', (t) => {
  const offences = new Offences({ ...ABUSE, sourceRate: 500 })
  offences.shun('a', 0)
  const looked = (now: number, what: string, way: 'datagrams' | 'connections' | 'web') =>
    Array.from({ length: 100 }, () => offences.looks('a', what, now, way)).filter(Boolean).length
  for (const way of ['datagrams', 'connections', 'web'] as const) t.is(looked(0, 'invite', way), 20, way)
  t.is(looked(0, 'more', 'datagrams'), 20)
  t.is(looked(500, 'invite', 'datagrams'), 5)
  t.is(offences.message('a', 500), 'shunned', 'it is not heard for that')
  const over = (port: number): number => looked(0, String(port), 'connections')
  const all = Array.from({ length: 100 }, (_, port) => over(port))
  t.is(all[0], 20)
  t.is(all.reduce((sum, one) => sum + one) + 20, 1_000, 'over all connections no more than is heard of any source')
  const free = new Offences({ ...ABUSE, sourceRate: 0 })
  t.is(Array.from({ length: 100 }, () => free.looks('a', 'invite', 0)).filter(Boolean).length, 20)
})

test('wrong passwords add up within the window, and the right one forgives those for its account', (t) => {
  const offences = new Offences({ ...ABUSE, failures: 3, windowSeconds: 60 })
  const failed = (now: number) => offences.failed('a', 'alice@pbx.test', now)
  t.deepEqual([failed(0), failed(1), failed(2)], [false, false, true])
  offences.proved('a', 'alice@pbx.test')
  t.deepEqual([failed(3), failed(4)], [false, false])
  t.false(failed(60_004), 'the window is over')
  // Who has an account of his own cannot go on for ever with those of others.
  for (let i = 0; i < 2; i++) {
    t.false(offences.failed('b', `victim${i}@pbx.test`, 0))
    offences.proved('b', 'mallory@pbx.test')
  }
  t.true(offences.failed('b', 'victim2@pbx.test', 0))
  offences.failed('c', 'victim@pbx.test', 0)
  offences.failed('c', 'mallory@pbx.test', 0)
  offences.proved('c', 'mallory@pbx.test')
  t.true(offences.failed('c', 'victim@pbx.test', 0))
})

test('an account that too many guess at is known by its name, however long, whether there is such a user or not', (t) => {
  const offences = new Offences({ ...ABUSE, accountFailures: 5 })
  const name = `${'x'.repeat(5000)}@pbx.test`
  for (let i = 0; i < 5; i++) {
    t.false(offences.isGuessed(name, i))
    offences.failed(null, name, i)
  }
  t.true(offences.isGuessed(name, 5))
  t.false(offences.isGuessed(name, 100_000))
  t.false(offences.isGuessed('alice@pbx.test', 5))
})

test('memory of sources is bounded', (t) => {
  const offences = new Offences({ ...ABUSE, badRequests: 2 })
  offences.bad('first', 0)
  for (let i = 0; i < 50_000; i++) offences.bad(`s${i}`, 0)
  t.false(offences.bad('first', 0), 'it was forgotten')
  t.true(offences.bad('s49999', 0))
})

test('scanners are known by a part of their User-Agent', (t) => {
  const offences = new Offences(ABUSE)
  for (const name of ['friendly-scanner', 'SIPVicious 0.3', 'sipcli/v1.8']) t.true(offences.isScanner(name), name)
  for (const name of ['', 'Desk 2', 'baresip v3.1.0']) t.false(offences.isScanner(name), name)
})

test('an IPv6 source is its /64, an IPv4 one its address, however it is written', (t) => {
  const cases: [string, string | null][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:0:0:1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['192.0.2.0/24', null],
    ['pbx.test', null],
    ['', null],
  ]
  for (const [text, expected] of cases) t.is(readSource(text), expected, text)
  for (const odd of [':', '::::', 'a:b', '%']) t.is(sourceOf(odd), odd)
})

test('a listener hears whom its rules allow, and a denial wins', (t) => {
  const rules = [
    { listen: null, allow: [], deny: ['198.51.100.0/24'] },
    { listen: 'tcp:0.0.0.0:5060', allow: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'], deny: ['192.0.2.66'] },
  ]
  const [udp, tcp] = ['udp:0.0.0.0:5060', 'tcp:0.0.0.0:5060'].map((listen) => aclOf(rules, listen)!)
  const hears = (host: string) => [udp!(host), tcp!(host)]
  t.deepEqual(hears('203.0.113.1'), [true, false])
  t.deepEqual(hears('192.0.2.65'), [true, true])
  t.deepEqual(hears('192.0.2.66'), [true, false])
  t.deepEqual(hears('198.51.100.7'), [false, false])
  t.deepEqual(hears('2001:db8::7'), [true, true])
  t.is(aclOf([rules[1]!], 'udp:0.0.0.0:5060'), null)
  for (const good of ['192.0.2.1', '0.0.0.0/0', '::/0', '2001:db8::/32']) t.true(isCidr(good), good)
  for (const bad of ['', 'pbx.test', '192.0.2.1/33', '192.0.2.1/', '1.2.3.4/1/2', '::/129']) t.false(isCidr(bad), bad)
})
