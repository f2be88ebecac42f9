/** What somebody does under the address of another, which anybody may write on a datagram. */
import test from 'ava'
import { until } from '../../cluster/nodes.ts'
import { answer, ask, guarded, isBanned, judged, POINT } from './guarded.ts'
import { udpPeer } from './support.ts'

test('what anybody may have written on a datagram takes nothing from a phone that is registered from there', async (t) => {
  const { sip, guard } = await guarded(t)
  const phone = await udpPeer(t, sip, '127.0.0.2')
  const contact = `Contact: <sip:alice@127.0.0.2:${phone.port}>;expires=600`
  t.regex(
    await ask(phone, 'REGISTER', [contact, answer(await ask(phone, 'REGISTER'), 'alice-secret')]),
    /^SIP\/2.0 200/,
  )
  await ask(await udpPeer(t, sip, '127.0.0.2'), 'OPTIONS', ['User-Agent: friendly-scanner'])
  await judged(guard, 1)
  t.deepEqual(guard.spared(), [], 'it is not slowed')
  t.is(guard.admit('127.0.0.2', POINT), 'yes')
})

test('nobody is locked out by guesses of one who writes addresses of others on datagrams', async (t) => {
  const { sip } = await guarded(t, { accountFailures: 5 })
  const challenge = await ask(await udpPeer(t, sip, '127.0.0.2'), 'REGISTER')
  const liar = await udpPeer(t, sip, '127.0.0.3')
  for (let i = 0; i < 10; i++) t.regex(await ask(liar, 'REGISTER', [answer(challenge, `guess ${i}`)]), /^SIP\/2.0 401/)
  const alice = await udpPeer(t, sip, '127.0.0.4')
  t.regex(await ask(alice, 'REGISTER', [answer(await ask(alice, 'REGISTER'), 'alice-secret')]), /^SIP\/2.0 200/)
})

test('nobody has his calls go to an address that he only writes on datagrams', async (t) => {
  const { sip, cluster } = await guarded(t)
  const challenge = await ask(await udpPeer(t, sip, '127.0.0.2'), 'REGISTER')
  const victim = await udpPeer(t, sip, '127.0.0.3')
  const contact = `Contact: <sip:alice@127.0.0.3:${victim.port}>;expires=600`
  const refused = await ask(victim, 'REGISTER', [contact, answer(challenge, 'alice-secret')])
  t.regex(refused, /^SIP\/2.0 401[\s\S]*stale=true/)
  t.is(cluster.tables.bindings, 0)
  t.regex(
    await ask(victim, 'REGISTER', [contact, answer(refused, 'alice-secret')]),
    /^SIP\/2.0 200/,
    'it was there after all',
  )
})

test('nobody is banned by one who writes his address on datagrams: the challenge went elsewhere', async (t) => {
  const { sip, cluster, guard } = await guarded(t)
  const challenge = await ask(await udpPeer(t, sip, '127.0.0.2'), 'REGISTER')
  const victim = await udpPeer(t, sip, '127.0.0.3')
  for (let i = 0; i < 20; i++) {
    t.regex(await ask(victim, 'REGISTER', [answer(challenge, `guess ${i}`)]), /^SIP\/2.0 401/)
  }
  t.like(guard.counters(), { password: 0, bans: 0, shuns: 0, bansPutOff: 0 })
  t.is(cluster.tables.bans.size, 0)
})

test('what nobody has proved grows the log by a bounded number of bans, whoever sends it', async (t) => {
  let now = 0
  const { cluster, guard } = await guarded(t, {}, { now: () => now })
  const from = (i: number) => ({ transport: 'tcp', address: `198.51.100.${i}`, port: 5060 }) as const
  const before = cluster.status().applied
  const attack = () => {
    for (let i = 0; i < 200; i++) {
      for (let times = 0; times < 50; times++) guard.failed(from(i), { aor: 'alice@pbx.test', isThere: true })
    }
  }
  attack()
  await judged(guard, 200)
  t.like(guard.counters(), { bans: 30, bansPutOff: 170 })
  await until(cluster, 'they are banned', () => cluster.tables.bans.size === 30)
  t.is(cluster.status().applied, before + 30)
  t.is(guard.admit('198.51.100.199', POINT), 'no', 'who could not be banned is shunned here')
  now += 59_000
  attack()
  t.like(guard.counters(), { bans: 30, bansPutOff: 170 }, 'a source is judged once a minute')
  t.is(cluster.status().applied, before + 30)
})

test('what somebody sends with the address of another takes nothing from the connections of that one', async (t) => {
  const { cluster, guard } = await guarded(t, { badRequests: 3, sourceRate: 10 }, { now: () => 0 })
  const tcp = { ...POINT, transport: 'tcp' } as const
  for (let i = 0; i < 20; i++) t.is(guard.admit('192.0.2.1', POINT), 'yes')
  t.is(guard.admit('192.0.2.1', POINT), 'later')
  for (let i = 0; i < 20; i++) t.is(guard.admit('192.0.2.1', tcp), 'yes')
  t.is(guard.admit('192.0.2.1', tcp), 'later')
  // Any page that somebody there looks at may open WebSockets.
  const web = { ...POINT, transport: 'wss' } as const
  for (let i = 0; i < 20; i++) t.is(guard.admit('192.0.2.9', web), 'yes')
  t.is(guard.admit('192.0.2.9', web), 'later')
  t.is(guard.admit('192.0.2.9', tcp), 'yes')

  const garbage = (transport: 'udp' | 'tcp') => guard.malformed({ host: '192.0.2.2', port: 1 }, transport)
  for (let i = 0; i < 3; i++) garbage('udp')
  await judged(guard, 1)
  t.deepEqual([guard.admit('192.0.2.2', POINT), guard.admit('192.0.2.2', tcp)], ['no', 'yes'])
  garbage('tcp')
  guard.failed({ transport: 'tcp', address: '192.0.2.3', port: 1 }, { aor: 'alice@pbx.test', isThere: true })
  for (let i = 0; i < 9; i++)
    guard.failed({ transport: 'tcp', address: '192.0.2.3', port: 1 }, { aor: 'alice@pbx.test', isThere: true })
  await until(cluster, 'another is banned', isBanned(cluster, '192.0.2.3'))
  t.false(cluster.tables.bans.has('192.0.2.2'), 'one of its own was not enough')
  for (let i = 0; i < 2; i++) garbage('tcp')
  await until(cluster, 'three of its own are', isBanned(cluster, '192.0.2.2'))
})

test('who guesses passwords is banned although scanners at a thousand addresses of others wait for judgement', async (t) => {
  const { cluster, guard } = await guarded(t)
  for (let i = 0; i < 1_500; i++) {
    const source = { transport: 'udp', address: `10.0.${i >> 8}.${i & 255}`, port: 1 } as const
    guard.refuses({ source, userAgent: 'sipvicious' })
  }
  const thief = { transport: 'tcp', address: '192.0.2.3', port: 1 } as const
  for (let i = 0; i < 5; i++) guard.failed(thief, { aor: 'alice@pbx.test', isThere: true })
  await until(cluster, 'it is banned', isBanned(cluster, '192.0.2.3'))
  t.true(guard.counters().shuns! <= 1_001)
})

test('who makes himself be shunned first is banned all the same', async (t) => {
  const { cluster, guard } = await guarded(t)
  guard.refuses({ source: { transport: 'udp', address: '192.0.2.3', port: 1 }, userAgent: 'sipvicious' })
  await judged(guard, 1)
  const thief = { transport: 'tcp', address: '192.0.2.3', port: 1 } as const
  for (let i = 0; i < 5; i++) guard.failed(thief, { aor: 'alice@pbx.test', isThere: true })
  await until(cluster, 'it is banned', isBanned(cluster, '192.0.2.3'))
  t.like(guard.counters(), { shuns: 1, bans: 1 })
})
