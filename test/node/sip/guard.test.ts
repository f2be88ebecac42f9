/** Abuse on the real thing: a real engine, a real cluster, and peers that send from addresses of their own on loopback. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Logger } from '../../../cluster/logger.ts'
import { BANS_MAX, OWN_BANS_MAX } from '../../../cluster/tables/bans.ts'
import type { BanRow } from '../../../cluster/tables/rows.ts'
import { type GuardNeeds, startGuard } from '../../../node/sip/guard.ts'
import { ABUSE } from '../../../node/sip/offences.ts'
import type { SipPort } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { answer, ask, guarded, guess, isBanned, judged, POINT, send } from './guarded.ts'
import { addressOf, headersOf, type Peer, quiet, udpPeer } from './support.ts'

async function tcpFrom(t: ExecutionContext, sip: SipPort, localAddress: string): Promise<Socket> {
  const [host, port] = addressOf(sip, 'tcp').split(':')
  const socket = connect({ host: host!, port: Number(port), localAddress })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

function optionsOverTcp(callId: string, userAgent = 'Desk 2'): string {
  return (
    `OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.3;branch=z9hG4bK${callId}\r\nFrom: <sip:a@b.test>;tag=1\r\n` +
    `To: <sip:pbx.test>\r\nCall-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nUser-Agent: ${userAgent}\r\nContent-Length: 0\r\n\r\n`
  )
}

test('wrong passwords ban their source on every node, challenges alone never do, and a ban that is lifted is over', async (t) => {
  const { sip, cluster, others, guard, guardOf } = await guarded(t, {}, { nodes: 3 })
  const other = guardOf(others[0]!)
  const thief = await udpPeer(t, sip, '127.0.0.2')
  for (let i = 0; i < 30; i++) t.regex(await ask(thief, 'REGISTER'), /^SIP\/2.0 401/)
  t.is(guard.counters().password, 0)
  await guess(thief, 5)
  for (const node of [cluster, others[0]!]) await until(node, 'it is banned', isBanned(node, '127.0.0.2'))
  t.like(cluster.tables.bans.get('127.0.0.2'), { by: 'n1', reason: 'wrong passwords, at last for alice@pbx.test' })
  t.is(other.admit('127.0.0.2', POINT), 'no')
  t.is(other.admit('127.0.0.3', POINT), 'yes')

  send(thief, 'OPTIONS')
  const phone = await udpPeer(t, sip, '127.0.0.3')
  t.regex(await ask(phone, 'OPTIONS'), /^SIP\/2.0 200/)
  t.is(guard.counters().banned, 1, 'it was not heard')

  await cluster.propose({ type: 'unban', source: '127.0.0.2' })
  t.regex(await ask(thief, 'OPTIONS'), /^SIP\/2.0 200/, 'what this node held against it is forgotten too')
})

test('a ban is over when cluster time says so', async (t) => {
  const { cluster, guard } = await guarded(t, {})
  await cluster.propose({ type: 'ban', source: '192.0.2.1', reason: '', by: 'operator', seconds: 0 })
  t.true(cluster.tables.bans.has('192.0.2.1'))
  t.is(guard.admit('192.0.2.1', POINT), 'yes')
})

test('a source that a phone is registered from is slowed and reported, and not banned', async (t) => {
  const said: string[] = []
  const log: Logger = { ...quiet, warn: (_, message) => said.push(message) }
  const { sip, cluster, guard } = await guarded(t, {}, { log })
  const phone = await udpPeer(t, sip, '127.0.0.2')
  const contact = `Contact: <sip:alice@127.0.0.2:${phone.port}>;expires=600`
  t.regex(
    await ask(phone, 'REGISTER', [contact, answer(await ask(phone, 'REGISTER'), 'alice-secret')]),
    /^SIP\/2.0 200/,
  )
  await guess(await udpPeer(t, sip, '127.0.0.2'), 5)
  await judged(guard, 1)
  t.is(cluster.tables.bans.size, 0)
  t.deepEqual(guard.spared(), [{ source: '127.0.0.2', reason: 'wrong passwords, at last for alice@pbx.test' }])
  t.true(said.some((line) => line.includes('127.0.0.2, which is slowed') && line.includes('raftel ban add 127.0.0.2')))
  t.regex(await ask(phone, 'OPTIONS'), /^SIP\/2.0 200/, 'it is heard')
  await cluster.propose({ type: 'ban', source: '127.0.0.2', reason: '', by: 'operator', seconds: 60 })
  t.deepEqual(guard.spared(), [], 'somebody decided')
  t.is(guard.admit('127.0.0.2', POINT), 'no')
})

test('as long as an older program may be among the nodes nobody is banned, but shunned', async (t) => {
  const { cluster } = await guarded(t)
  const mixed = {
    node: 'n1',
    tables: Object.create(cluster.tables, { members: { value: null } }) as Cluster['tables'],
    propose: cluster.propose.bind(cluster),
    watch: cluster.watch.bind(cluster),
    now: cluster.now.bind(cluster),
  }
  const guard = startGuard({ cluster: mixed, policy: { ...ABUSE, failures: 1 }, log: quiet })
  t.teardown(guard.close)
  const before = cluster.status().applied
  const source = { transport: 'tcp', address: '192.0.2.1', port: 5060 } as const
  guard.failed(source, { aor: 'alice@pbx.test', isThere: true })
  await judged(guard, 1)
  t.is(guard.admit('192.0.2.1', POINT), 'no')
  t.is((await cluster.propose({ type: 'unban', source: '192.0.2.1' })).kind, 'agreed')
  t.is(cluster.status().applied, before + 1)
  t.like(guard.counters(), { bans: 0, bansPutOff: 1 })
})

test('nodes leave room in the table for bans of operators: who comes after theirs is shunned', async (t) => {
  const { cluster } = await guarded(t)
  const row = (by: string) => (_: unknown, i: number) => {
    const source = `${by === 'n2' ? 10 : 11}.0.${i >> 8}.${i & 255}`
    return [source, { source, by, reason: '', bannedAt: 0, expiresAt: cluster.now() + 600_000 }] as const
  }
  const bans = new Map<string, BanRow>([
    ...Array.from({ length: OWN_BANS_MAX - 1 }, row('n2')),
    ...Array.from({ length: BANS_MAX - OWN_BANS_MAX }, row('operator')),
  ])
  const full: GuardNeeds['cluster'] = {
    node: 'n1',
    tables: Object.create(cluster.tables, { members: { value: {} }, bans: { value: bans } }) as Cluster['tables'],
    propose: cluster.propose.bind(cluster),
    watch: cluster.watch.bind(cluster),
    now: cluster.now.bind(cluster),
  }
  const guard = startGuard({ cluster: full, policy: { ...ABUSE, failures: 1 }, log: quiet })
  t.teardown(guard.close)
  const guesses = async (address: string, sources: number) => {
    guard.failed({ transport: 'tcp', address, port: 5060 }, { aor: 'alice@pbx.test', isThere: true })
    await judged(guard, sources)
  }
  await guesses('192.0.2.1', 1)
  await until(cluster, 'it is banned', isBanned(cluster, '192.0.2.1'))
  bans.set('192.0.2.1', cluster.tables.bans.get('192.0.2.1')!)
  await guesses('192.0.2.2', 2)
  t.like(guard.counters(), { bans: 1, bansPutOff: 1 })
  t.is(guard.admit('192.0.2.2', POINT), 'no')
  bans.set('10.0.0.0', { ...bans.get('10.0.0.0')!, expiresAt: 0 })
  await guesses('192.0.2.3', 3)
  t.like(guard.counters(), { bans: 2, bansPutOff: 1 }, 'one that is over makes room')
})

test('a scanner is refused by its User-Agent: over UDP this node shuns it, over a connection all ban it', async (t) => {
  const { sip, cluster, guard } = await guarded(t)
  const scanner = await udpPeer(t, sip, '127.0.0.2')
  t.regex(await ask(scanner, 'OPTIONS', ['User-Agent: friendly-scanner']), /^SIP\/2.0 403/)
  await judged(guard, 1)
  t.is(guard.admit('127.0.0.2', POINT), 'no')
  t.is(cluster.tables.bans.size, 0, 'anybody may have written that address on it')

  const socket = await tcpFrom(t, sip, '127.0.0.3')
  socket.resume()
  const scan = (callId: string) => socket.write(optionsOverTcp(callId, 'sipvicious'))
  scan('one')
  await until(cluster, 'it is banned', isBanned(cluster, '127.0.0.3'))
  const closed = once(socket, 'close')
  scan('two')
  await closed
  t.true(guard.counters().banned! >= 1)
})

test('what a browser says bans nobody: any page that its user looks at may have said it', async (t) => {
  const { cluster, guard } = await guarded(t)
  const said = (transport: 'wss' | 'tls', address: string) =>
    guard.refuses({ source: { transport, address, port: 1 }, userAgent: 'sipvicious' })
  t.true(said('wss', '127.0.0.2'))
  t.true(said('tls', '127.0.0.3'))
  await until(cluster, 'the other is banned', isBanned(cluster, '127.0.0.3'))
  t.false(cluster.tables.bans.has('127.0.0.2'))
  t.is(guard.admit('127.0.0.2', POINT), 'yes')
})

test('malformed messages of a browser are held against its connection, and against nobody else behind that address', async (t) => {
  const { cluster, guard } = await guarded(t, { badRequests: 3 })
  const sent = (port: number) => guard.malformed({ host: '127.0.0.2', port }, 'wss')
  t.deepEqual([sent(1), sent(1), sent(2), sent(1), sent(2)], [false, false, false, true, false])
  for (let i = 0; i < 3; i++) t.false(guard.malformed({ host: '127.0.0.3', port: 1 }, 'tls'))
  await until(cluster, 'the other is banned', isBanned(cluster, '127.0.0.3'))
  t.false(cluster.tables.bans.has('127.0.0.2'))
  t.is(guard.admit('127.0.0.2', POINT), 'yes')
  t.is(guard.counters().malformed, 8)
})

test('whoever is refused or shunned is said once, and of many some; a flood of one reason hides no other', async (t) => {
  const said: string[] = []
  const log: Logger = { ...quiet, warn: (_, message) => said.push(message) }
  const { guard } = await guarded(t, { badRequests: 1 }, { log, now: () => 0 })
  for (let i = 0; i < 100; i++) guard.malformed({ host: `198.51.100.${i}`, port: 5060 }, 'udp')
  await judged(guard, 100)
  const lines = (part: string) => said.filter((line) => line.includes(part)).length
  t.like(guard.counters(), { malformed: 100, shuns: 100 })
  t.is(lines('this node shuns 198.51.100.'), 20)
  t.is(lines('refused 198.51.100.'), 20)
  const scanner = { source: { transport: 'udp', address: '192.0.2.1', port: 1 }, userAgent: 'sipvicious' } as const
  for (let i = 0; i < 3; i++) guard.refuses(scanner)
  t.is(lines('refused 192.0.2.1'), 1)
})

test('who sends what is no SIP over and over is shunned', async (t) => {
  const { sip, guard } = await guarded(t, { badRequests: 10 })
  const peer = await udpPeer(t, sip, '127.0.0.2')
  for (let i = 0; i < 10; i++) peer.send('OPTIONS sip:pbx.test SIP/2.0', ['CSeq: nonsense'])
  await judged(guard, 1)
  t.is(guard.admit('127.0.0.2', POINT), 'no')
  t.is(guard.counters().malformed, 10)
})

test('of who sends too much datagrams are dropped, and a connection is read from again later', async (t) => {
  const { sip, guard } = await guarded(t, { sourceRate: 1 }, { now: () => 0 })
  const peer = await udpPeer(t, sip, '127.0.0.2')
  for (let i = 0; i < 2; i++) t.regex(await ask(peer, 'OPTIONS'), /^SIP\/2.0 200/)
  send(peer, 'OPTIONS')
  const socket = await tcpFrom(t, sip, '127.0.0.3')
  let heard = ''
  socket.on('data', (bytes) => {
    heard += bytes
  })
  for (const callId of ['a', 'b', 'c']) {
    socket.write(optionsOverTcp(callId))
    while (!heard.includes(`Call-ID: ${callId}\r\n`)) await once(socket, 'data')
  }
  t.is(guard.counters()['too fast'], 3, 'one datagram, and two of what came over the connection, which opened with one')
})

test('who opens too many connections has the next one closed before any handshake', async (t) => {
  const { sip, guard } = await guarded(t, { sourceRate: 1 }, { now: () => 0 })
  // Two, and two that might be to call for help.
  const four: Socket[] = []
  while (four.length < 4) four.push(await tcpFrom(t, sip, '127.0.0.3'))
  while (sip.stats().connections !== 4) await new Promise(setImmediate)
  await once((await tcpFrom(t, sip, '127.0.0.3')).resume(), 'close')
  t.is(guard.counters()['too fast'], 3)
  t.true(four.every((socket) => !socket.destroyed))
})

test('an access list is asked by each listener, before anything is read', async (t) => {
  const acl = [{ listen: 'udp:127.0.0.1:0', allow: [], deny: ['127.0.0.2'] }]
  const { sip, guard } = await guarded(t, {}, { acl })
  send(await udpPeer(t, sip, '127.0.0.2'), 'OPTIONS')
  t.regex(await ask(await udpPeer(t, sip, '127.0.0.3'), 'OPTIONS'), /^SIP\/2.0 200/)
  t.is(guard.counters().acl, 1)
  t.is(guard.admit('127.0.0.2', { ...POINT, transport: 'tcp' }), 'yes')
  t.false(guard.looks!('127.0.0.2', POINT, 'invite'), 'for a call for help neither')
  t.true(guard.looks!('127.0.0.3', POINT, 'invite'))
})

test('an account that asks too much hears 503 with Retry-After, and another is served', async (t) => {
  const { sip, guard } = await guarded(t, { accountRate: 1 }, { now: () => 0 })
  const peer = await udpPeer(t, sip, '127.0.0.2')
  const registered = async (user: string) =>
    ask(peer, 'REGISTER', [answer(await ask(peer, 'REGISTER', [], user), `${user}-secret`, user)], user)
  t.regex(await registered('alice'), /^SIP\/2.0 200/)
  t.regex(await registered('alice'), /^SIP\/2.0 200/)
  const refused = await registered('alice')
  t.regex(refused, /^SIP\/2.0 503 Too Many Requests/)
  t.is(headersOf(refused, 'Retry-After').length, 1)
  t.regex(await registered('bob'), /^SIP\/2.0 200/)
  t.is(guard.counters().account, 1)
})

test('an account that many guess at is let in from where it is registered, and nobody learns whether there is one', async (t) => {
  const { sip, guard } = await guarded(t, { failures: 1000, accountFailures: 6 })
  const [home, away] = [await udpPeer(t, sip, '127.0.0.2'), await udpPeer(t, sip, '127.0.0.3')]
  const contact = `Contact: <sip:alice@127.0.0.2:${home.port}>;expires=600`
  const right = async (peer: Peer) =>
    ask(peer, 'REGISTER', [contact, answer(await ask(peer, 'REGISTER'), 'alice-secret')])
  t.regex(await right(home), /^SIP\/2.0 200/)
  await guess(away, 6)
  t.regex(await right(away), /^SIP\/2.0 503 Too Many Wrong Passwords/)
  t.regex(await right(home), /^SIP\/2.0 200/)
  const nobody = async () =>
    ask(away, 'REGISTER', [answer(await ask(away, 'REGISTER', [], 'nobody'), 'x', 'nobody')], 'nobody')
  for (let i = 0; i < 6; i++) t.regex(await nobody(), /^SIP\/2.0 401/)
  t.regex(await nobody(), /^SIP\/2.0 503 Too Many Wrong Passwords/)
  t.is(guard.counters().guessed, 2)
})

test('an IPv6 phone is where it is registered as long as it is in the same /64', async (t) => {
  const { cluster, guard } = await guarded(t, { accountFailures: 1 })
  const change = { contact: 'sip:alice@[2001:db8:1:2::5]:5060', q: 1, expires: 600 }
  const bind = { type: 'bind', aor: 'alice@pbx.test', callId: 'c', cseq: 1, changes: [change], node: 'n1' } as const
  const how = { transport: 'udp', received: '[2001:db8:1:2::5]:5060', userAgent: '', contactsMax: 10 } as const
  await cluster.propose({ ...bind, ...how })
  const from = (address: string) => ({ transport: 'tcp', address, port: 1 }) as const
  guard.failed(from('198.51.100.1'), { aor: 'alice@pbx.test', isThere: true })
  const shutOut = (address: string) => guard.isGuessed(from(address), 'alice@pbx.test')
  t.deepEqual([shutOut('2001:db8:1:2:a::9'), shutOut('2001:db8:1:3::5')], [false, true])
})

test('who is trusted is known by his address, however that is written in the configuration or told by an engine', async (t) => {
  const trusted = [
    '0:0:0:0:0:0:0:1',
    '::FFFF:192.0.2.1',
    '2001:0DB8:0:0::7',
    '::ffff:198.51.100.0/120',
    '2001:db8:5:0::/48',
  ]
  const { cluster, guard } = await guarded(t, { trusted, badRequests: 1 })
  const node = { ...cluster.tables.nodes.get('n1')!, sip: '[2001:DB8:9:0:0::1]:5060' }
  await cluster.propose({ type: 'node-up', node })
  const friends = [
    '::1',
    '192.0.2.1',
    '::ffff:c000:201',
    '2001:db8::7',
    '2001:db8:0::0:7',
    '198.51.100.9',
    '2001:db8:5::1',
    '2001:db8:9::1',
  ]
  for (const host of friends) guard.malformed({ host, port: 1 }, 'udp')
  t.is(guard.counters().malformed, 0)
  for (const host of ['::2', '192.0.2.2', '2001:db8::8', '2001:db8:9::2']) guard.malformed({ host, port: 1 }, 'udp')
  t.is(guard.counters().malformed, 4)
})

test('a trusted source is counted and never banned, shunned or slowed', async (t) => {
  const { sip, cluster, guard } = await guarded(t, { trusted: ['127.0.0.0/8'], sourceRate: 1, badRequests: 1 })
  const peer = await udpPeer(t, sip, '127.0.0.2')
  await guess(peer, 6)
  peer.send('OPTIONS sip:pbx.test SIP/2.0', ['CSeq: nonsense', 'User-Agent: sipvicious'])
  for (let i = 0; i < 5; i++) t.regex(await ask(peer, 'OPTIONS', ['User-Agent: sipvicious']), /^SIP\/2.0 200/)
  t.is(guard.counters().password, 6)
  t.like(guard.counters(), { bans: 0, shuns: 0, spared: 0, 'too fast': 0 })
  t.is(cluster.tables.bans.size, 0)
})

test('a source of a trunk is never banned, shunned or slowed; an access list holds for it all the same', async (t) => {
  const { cluster } = await guarded(t, {})
  const policy = { ...ABUSE, failures: 1, sourceRate: 1, badRequests: 1 }
  const isTrunk = (host: string) => host === '192.0.2.7'
  const needs: GuardNeeds = { cluster, policy, isTrunk, log: quiet, now: () => 1_000 }
  const guard = startGuard(needs)
  t.teardown(() => guard.close())
  await cluster.propose({ type: 'ban', source: '192.0.2.7', reason: '', by: 'operator', seconds: 600 })
  for (let i = 0; i < 50; i++) {
    guard.malformed({ host: '192.0.2.7', port: 1 }, 'udp')
    t.is(guard.admit('192.0.2.7', POINT), 'yes')
  }
  t.false(guard.refuses({ source: { transport: 'udp', address: '192.0.2.7', port: 1 }, userAgent: 'sipvicious' }))
  t.is(guard.counters().malformed, 0)
  for (let i = 0; i < 50; i++) guard.admit('192.0.2.8', POINT)
  t.is(guard.admit('192.0.2.8', POINT), 'later')
  const walled = startGuard({ ...needs, acl: [{ listen: null, allow: ['198.51.100.0/24'], deny: [] }] })
  t.teardown(() => walled.close())
  t.is(walled.admit('192.0.2.7', POINT), 'no')
})
