import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import test from 'ava'
import type { ListenPoint } from '../../../../node/engine/engine.ts'
import {
  header,
  type Message,
  type Peer,
  reply,
  request,
  type Stack,
  sdp,
  startStack,
  streamPeer,
  type Test,
  udpPeer,
} from '../stack.ts'
import { nameServer, type Zone } from './name-server.ts'
import { certificates, type Files, soon } from './secure.ts'

const listen = (['udp', 'tcp', 'tls'] as const).map((transport) => ({ transport, host: '127.0.0.1', port: 0 }))

async function stackWith(
  t: Test,
  zone: Zone | null,
  limits = {},
  times = {},
  points: readonly ListenPoint[] = listen,
): Promise<Stack & { files: Files; asked: readonly string[] }> {
  const files = certificates(t)
  const server = await nameServer(t, zone)
  const tls = { ...files.pair('own', 'DNS:pbx.test'), ca: files.ca }
  const stack = await startStack(t, { listen: points, tls, limits, dns: [server.address], times })
  return { ...stack, files, asked: server.asked }
}

interface Server {
  readonly port: number
  /** Who connected. */
  peer(): Promise<Peer>
}

/** Somebody else's server over TCP, or TLS with a certificate. */
async function server(
  t: Test,
  pair?: { cert: string; key: string },
  at = { host: '127.0.0.1', port: 0 },
): Promise<Server> {
  const came = Promise.withResolvers<Peer>()
  const take = (socket: net.Socket): void => came.resolve(streamPeer(t, socket, pair ? 'TLS' : 'TCP'))
  const listening = pair
    ? tls.createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key) }, take)
    : net.createServer(take)
  listening.listen(at)
  await once(listening, 'listening')
  t.teardown(() => listening.close())
  const { port } = listening.address() as net.AddressInfo
  return { port, peer: () => soon(came.promise, `a connection to port ${port}`) }
}

const status = (req: Message): Promise<number> => new Promise((done) => req.on('response', (res) => done(res.status)))

test('a domain leads by NAPTR and SRV to the transport and the server that it prefers', async (t) => {
  const edge = await server(t)
  const { srf, asked } = await stackWith(t, {
    'NAPTR carrier.test': ['20 10 SIP+D2U _sip._udp.carrier.test', '10 10 SIP+D2T _sip._tcp.elsewhere.test'],
    'SRV _sip._tcp.elsewhere.test': [`1 1 ${edge.port} edge.carrier.test`],
    'SRV _sip._udp.carrier.test': ['1 1 9 edge.carrier.test'],
    'A edge.carrier.test': ['127.0.0.1'],
  })
  const req = await srf.request('sip:bob@carrier.test', { method: 'OPTIONS' })
  const peer = await edge.peer()
  const got = await peer.next('OPTIONS')
  t.true(got.startsWith('OPTIONS sip:bob@carrier.test SIP/2.0\r\n'))
  t.true(header(got, 'Via').startsWith('SIP/2.0/TCP '))
  peer.send(reply(got, '200 OK'))
  t.is(await status(req), 200)

  const before = asked.length
  const again = await srf.request('sip:bob@carrier.test', { method: 'OPTIONS' })
  peer.send(reply(await peer.next('OPTIONS'), '200 OK'))
  t.is(await status(again), 200)
  t.is(asked.length, before, 'the answers are remembered')
})

test('what NAPTR says of WebSockets, which nobody opens to a phone or a server, is passed over and fails nothing', async (t) => {
  const zone: Record<string, string[]> = {
    'NAPTR both.test': [
      '10 10 SIPS+D2W _sips._ws.both.test',
      '10 20 SIP+D2W _sip._ws.both.test',
      '20 10 SIP+D2T _sip._tcp.edge.test',
    ],
    'NAPTR web.test': ['10 10 SIPS+D2W _sips._ws.web.test', '10 20 SIP+D2W _sip._ws.web.test'],
    'A edge.test': ['127.0.0.1'],
  }
  const web = (['ws', 'wss'] as const).map((transport) => ({ transport, host: '127.0.0.1', port: 0 }))
  const { srf, port, asked } = await stackWith(t, zone, {}, {}, [...listen, ...web])
  const [edge, peer] = [await server(t), await udpPeer(t, port)]
  for (const name of ['_sip._ws.both', '_sips._ws.both', '_sip._ws.web', '_sips._ws.web'])
    zone[`SRV ${name}.test`] = [`1 1 ${port} edge.test`]
  zone['SRV _sip._tcp.edge.test'] = [`1 1 ${edge.port} edge.test`]
  zone['SRV _sip._udp.web.test'] = [`1 1 ${peer.port} edge.test`]

  const first = await srf.request('sip:both.test', { method: 'OPTIONS' })
  const told = await edge.peer()
  told.send(reply(await told.next('OPTIONS'), '200 OK'))
  t.is(await status(first), 200)
  const second = await srf.request('sip:web.test', { method: 'OPTIONS' })
  peer.send(reply(await peer.next('OPTIONS'), '200 OK'))
  t.is(await status(second), 200, 'as if it had said nothing')
  t.deepEqual(
    asked.filter((question) => question.includes('_ws')),
    [],
  )
})

test('without NAPTR it leads by SRV, without SRV to its address; a port in the URI asks for the address alone', async (t) => {
  const zone: Record<string, string[]> = { 'A plain.test': ['127.0.0.1'], 'A edge.test': ['127.0.0.1'] }
  const { srf, port, asked } = await stackWith(t, zone)
  const peer = await udpPeer(t, port)
  zone['SRV _sip._udp.carrier.test'] = [`1 1 ${peer.port} edge.test`]
  const ways = [
    ['sip:carrier.test', ['NAPTR carrier.test', 'SRV _sip._udp.carrier.test', 'A edge.test']],
    [`sip:plain.test:${peer.port}`, ['A plain.test']],
    [`sip:carrier.test;transport=udp`, []],
  ] as const
  for (const [uri, questions] of ways) {
    const before = asked.length
    const req = await srf.request(uri, { method: 'OPTIONS' })
    const got = await peer.next((text) => text.startsWith(`OPTIONS ${uri} `))
    peer.send(reply(got, '200 OK'))
    t.is(await status(req), 200)
    for (const question of questions) t.true(asked.slice(before).includes(question), question)
    if (questions.length < 2)
      t.false(
        asked.slice(before).some((one) => /^(SRV|NAPTR)/.test(one)),
        uri,
      )
  }
})

test('P15: a server that refuses connections, one that says 503 and one that is silent are each followed by the next', async (t) => {
  const [busy, good] = [await server(t), await server(t)]
  // At this address nobody listens.
  const zone: Record<string, string[]> = { 'A edge.test': ['127.0.0.1'], 'A dead.test': ['127.0.0.9'] }
  const { srf, port } = await stackWith(t, zone, {}, { t1: 10, t2: 40, t4: 50 })
  zone['SRV _sip._tcp.tcp.test'] = [
    `1 1 ${busy.port} dead.test`,
    `2 1 ${busy.port} edge.test`,
    `3 1 ${good.port} edge.test`,
  ]
  for (const method of ['OPTIONS', 'INVITE']) {
    const req = await srf.request('sip:tcp.test;transport=tcp', { method })
    const refusing = await busy.peer()
    const first = await refusing.next(method)
    refusing.send(reply(first, '503 Busy'))
    const answering = await good.peer()
    const second = await answering.next(method)
    t.is(header(second, 'Call-ID'), header(first, 'Call-ID'))
    t.not(header(second, 'Via'), header(first, 'Via'))
    answering.send(reply(second, '486 Busy Here'))
    t.is(await status(req), 486)
  }

  const [silent, speaking] = [await udpPeer(t, port), await udpPeer(t, port)]
  zone['SRV _sip._udp.udp.test'] = [silent, speaking].map((peer, i) => `${i} 1 ${peer.port} edge.test`)
  const req = await srf.request('sip:udp.test', { method: 'OPTIONS' })
  await silent.next('OPTIONS')
  speaking.send(reply(await speaking.next('OPTIONS'), '200 OK'))
  t.is(await status(req), 200)
})

test('a call that went to the next server by another transport is reached there: later requests and answers name that way', async (t) => {
  const good = await server(t)
  const zone: Record<string, string[]> = {
    'NAPTR carrier.test': ['10 10 SIP+D2U _sip._udp.carrier.test', '20 10 SIP+D2T _sip._tcp.carrier.test'],
    'SRV _sip._tcp.carrier.test': [`1 1 ${good.port} edge.test`],
    'A edge.test': ['127.0.0.1'],
  }
  const { srf, port, engine } = await stackWith(t, zone, {}, { t1: 10, t2: 40, t4: 50 })
  const silent = await udpPeer(t, port)
  zone['SRV _sip._udp.carrier.test'] = [`1 1 ${silent.port} edge.test`]
  const calling = srf.createUAC('sip:bob@carrier.test', { localSdp: sdp(4000) })
  const first = await silent.next('INVITE')
  const peer = await good.peer()
  const invite = await peer.next('INVITE')
  const byTcp = engine.listening.find(({ transport }) => transport === 'tcp')!
  const here = `<sip:127.0.0.1:${byTcp.port};transport=tcp>`
  t.not(header(first, 'Contact'), here)
  t.is(header(invite, 'Contact'), here)
  const contact = `sip:bob@127.0.0.1:${good.port};transport=tcp`
  peer.send(reply(invite, '200 OK', { contact, body: sdp(5000) }))
  const dialog = await calling
  await peer.next('ACK')
  // With the Contact that the app was told first, as srf does, and without any.
  const changes = [() => dialog.modify(sdp(4000, 2)), () => dialog.request({ method: 'UPDATE' })]
  for (const change of changes) {
    const changing = change()
    const asked = await peer.next((text) => /^(INVITE|UPDATE) /.test(text))
    t.is(header(asked, 'Contact'), here)
    peer.send(reply(asked, '200 OK', { contact, body: sdp(5000, 2) }))
    await changing
  }
  const asked = request(peer, 'INVITE', 'sip:127.0.0.1', {
    From: `${header(invite, 'To')};tag=peer`,
    To: header(invite, 'From'),
    'Call-ID': header(invite, 'Call-ID'),
    Contact: `<${contact}>`,
  })
  peer.send(asked)
  t.is(header(await peer.next('200'), 'Contact'), here)
})

test('when no server is left the app hears what the last one said', async (t) => {
  const busy = await server(t)
  const { srf } = await stackWith(t, {
    'A edge.test': ['127.0.0.1'],
    'A dead.test': ['127.0.0.9'],
    'SRV _sip._tcp.carrier.test': [`1 1 ${busy.port} edge.test`, `2 1 ${busy.port} dead.test`],
  })
  const req = await srf.request('sip:carrier.test;transport=tcp', { method: 'OPTIONS' })
  const peer = await busy.peer()
  peer.send(reply(await peer.next('OPTIONS'), '503 Busy'))
  t.is(await status(req), 503)
})

test('sips asks for nothing but TLS, and the certificate must be for the domain, not for what the DNS made of it', async (t) => {
  const zone: Record<string, string[]> = {
    'NAPTR carrier.test': ['10 10 SIP+D2U _sip._udp.carrier.test'],
    'A edge.test': ['127.0.0.1'],
  }
  const { srf, asked, files } = await stackWith(t, zone)
  const right = await server(t, files.pair('carrier', 'DNS:carrier.test'))
  zone['SRV _sips._tcp.carrier.test'] = [`1 1 ${right.port} edge.test`]
  const req = await srf.request('sips:carrier.test', { method: 'OPTIONS' })
  const peer = await right.peer()
  peer.send(reply(await peer.next('OPTIONS'), '200 OK'))
  t.is(await status(req), 200)
  t.false(
    asked.some((question) => question.includes('_udp') || question.includes('_sip.')),
    asked.join(),
  )

  const wrong = await server(t, files.pair('edge', 'DNS:edge.test'))
  zone['SRV _sips._tcp.forged.test'] = [`1 1 ${wrong.port} edge.test`]
  const refused = await srf.request('sips:forged.test', { method: 'OPTIONS' })
  t.is(await status(refused), 503)
})

test('a connection that is good for one domain is not used for another at the same address (RFC 5923 §9)', async (t) => {
  const zone: Record<string, string[]> = { 'A one.test': ['127.0.0.1'], 'A two.test': ['127.0.0.1'] }
  const { srf, files } = await stackWith(t, zone)
  const shared = await server(t, files.pair('one', 'DNS:one.test'))
  const first = await srf.request(`sips:one.test:${shared.port}`, { method: 'OPTIONS' })
  const peer = await shared.peer()
  peer.send(reply(await peer.next('OPTIONS'), '200 OK'))
  t.is(await status(first), 200)
  t.is(await status(await srf.request(`sips:two.test:${shared.port}`, { method: 'OPTIONS' })), 503)
  const again = await srf.request(`sips:one.test:${shared.port}`, { method: 'OPTIONS' })
  const heard = await peer.next('OPTIONS')
  t.true(heard.startsWith(`OPTIONS sips:one.test:${shared.port} `), 'nothing for the other came here')
  peer.send(reply(heard, '200 OK'))
  t.is(await status(again), 200)
})

test('a name that nobody knows fails at once, and one that nobody answers for when its time is over', async (t) => {
  const unknown = await stackWith(t, {}, { resolveMs: 60_000 })
  await t.throwsAsync(unknown.srf.request('sip:unknown.test', { method: 'OPTIONS' }))
  const silent = await stackWith(t, null, { resolveMs: 300 })
  await t.throwsAsync(silent.srf.request('sip:silent.test', { method: 'OPTIONS' }))
  t.true(silent.asked.includes('NAPTR silent.test'))
})

test('only so many names are looked for at once', async (t) => {
  const { srf, asked } = await stackWith(t, null, { resolveMs: 300, lookups: 2 })
  const names = ['a.test', 'b.test', 'c.test']
  const sent = await Promise.allSettled(names.map((name) => srf.request(`sip:${name}`, { method: 'OPTIONS' })))
  t.true(sent.every(({ status }) => status === 'rejected'))
  t.deepEqual(new Set(asked.map((question) => question.split(/ |\./).at(-2))), new Set(['a', 'b']))
})

test('T01: a large request goes over TCP, and by UDP where TCP is refused, unless its transport is said', async (t) => {
  const { srf, port } = await stackWith(t, {})
  // An address of its own, so that the same port is free for TCP.
  const host = '127.0.0.7'
  const peer = await udpPeer(t, port, host)
  const body = 'x'.repeat(1_300)
  const send = (uri: string) => srf.request(uri, { method: 'MESSAGE', body })
  const via = async (from: Peer, uri: string): Promise<string> => {
    return header(await from.next((text) => text.startsWith(`MESSAGE ${uri} `)), 'Via').slice(0, 12)
  }

  const plain = `sip:${host}:${peer.port}`
  const [first, said, last] = [`${plain};n=1`, `${plain};transport=udp`, `${plain};n=2`]
  await send(first)
  t.is(await via(peer, first), 'SIP/2.0/UDP ', 'nobody takes TCP there')
  const both = await server(t, undefined, { host, port: peer.port })
  await send(said)
  t.is(await via(peer, said), 'SIP/2.0/UDP ', 'it was said')
  await send(last)
  t.is(await via(await both.peer(), last), 'SIP/2.0/TCP ')
})
