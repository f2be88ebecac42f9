import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import test from 'ava'
import type { WebSocket } from 'ws'
import type { Engine } from '../../../../node/engine/engine.ts'
import { defaultLimits, type EngineLimits } from '../../../../node/engine/limits.ts'
import { sparse } from '../../../../node/engine/transport/sparse.ts'
import { until } from '../../../nemesis/until.ts'
import { answerTo, rawApp } from '../raw-app.ts'
import { type Peer, request, type Srf, startStack, streamPeer, type Test, tcpPeer, udpPeer } from '../stack.ts'
import { certificates, tlsPeer, webPeer } from './secure.ts'

const routes = (srf: Srf): void => srf.options((_req, res) => res.send(200))
const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
const listen = TRANSPORTS.map((transport) => ({ transport, host: '127.0.0.1', port: 0 }))
const UPGRADE =
  'GET / HTTP/1.1\r\nHost: pbx.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n'

test('three hundred connections that never come to a message are closed in time, and others are served', async (t) => {
  const files = certificates(t)
  const own = files.pair('own', 'IP:127.0.0.1')
  const slowMs = 1_500
  const { engine, faults } = await startStack(t, { listen, tls: own, routes, limits: { slowMs, pingMs: 100 } })
  const port = Object.fromEntries(engine.listening.map((point) => [point.transport, point.port]))
  const ca = readFileSync(files.ca)

  const closed: Promise<unknown>[] = []
  const dripping: NodeJS.Timeout[] = []
  t.teardown(() => dripping.forEach(clearInterval))
  const open = (
    way: 'tcp' | 'tls' | 'ws' | 'wss',
    behindTls: boolean,
    first = '',
    drip: string | string[] = '',
  ): void => {
    const to = { host: '127.0.0.1', port: port[way]! }
    const socket = behindTls ? tls.connect({ ...to, ca }) : net.connect(to)
    socket.on('error', () => {})
    socket.resume()
    closed.push(new Promise((done) => socket.once('close', done)))
    if (first !== '') socket.write(first)
    if (drip === '') return
    let at = 0
    dripping.push(setInterval(() => socket.writable && socket.write(drip[at++ % drip.length]!), 100))
  }
  const hello = '\x16\x03\x01\x02\x00\x01'
  const halves: readonly (readonly [...Parameters<typeof open>])[] = [
    ['tcp', false],
    ['tcp', false, 'OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0'],
    ['tcp', false, '', 'OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1'],
    ['tcp', false, '', '\r\n'],
    ['tcp', false, '', ['\r\n\r\n']],
    ['tcp', false, 'OPTIONS sip:pbx.test SIP/2.0\r\nContent-Length: 1000\r\n\r\nx', 'x'],
    ['tls', false],
    ['tls', false, hello],
    ['tls', false, hello, '\x01'],
    ['tls', true],
    ['tls', true, '', 'OPTIONS sip:pbx.test SIP/2.0'],
    ['ws', false],
    ['ws', false, UPGRADE],
    ['ws', false, UPGRADE, 'X-Drip: x'],
    ['ws', false, `${UPGRADE}\r\n`],
    ['ws', false, `${UPGRADE}\r\n\x81\xfe`, 'xx'],
    ['wss', true],
    ['wss', true, `${UPGRADE}\r\n`],
    ['wss', true, UPGRADE, 'X-Drip: x'],
    ['ws', false, 'POST / HTTP/1.1\r\nHost: pbx.test\r\nContent-Length: 9000\r\n\r\n', 'x'],
  ]
  for (let i = 0; i < 15; i++) for (const half of halves) open(...half)
  t.is(closed.length, 300)

  const phone = await udpPeer(t, port.udp!)
  const [secure] = await tlsPeer(t, port.tls!, { ca })
  const [browser] = await webPeer(t, `wss://127.0.0.1:${port.wss}`, { ca })
  for (const peer of [phone, await tcpPeer(t, port.tcp!), secure, browser]) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    await peer.next('200')
  }
  await Promise.all(closed)
  t.is(engine.stats().connections, 3, 'who has spoken stays')
  // HTTP and TLS turn some away at once.
  t.true(engine.stats().connectionsSilent > 200, String(engine.stats().connectionsSilent))
  t.deepEqual(faults, [])
})

test('bytes of any kind, and resets at any moment, end no engine', async (t) => {
  const files = certificates(t)
  const own = files.pair('own', 'IP:127.0.0.1')
  const { engine, faults } = await startStack(t, { listen, tls: own, routes, limits: { slowMs: 1_000 } })
  const port = Object.fromEntries(engine.listening.map((point) => [point.transport, point.port]))
  const ca = readFileSync(files.ca)
  let state = 4
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
  const noise = (): Buffer => Buffer.from(Array.from({ length: random(300) }, () => random(256)))
  const beginnings = [
    '',
    '\x16\x03\x01',
    'OPTIONS sip:pbx.test SIP/2.0\r\n',
    'OPTIONS sip:pbx.test SIP/2.0\r\nContent-Length: 9\r\n\r\n',
    `${UPGRADE}\r\n`,
    `${UPGRADE}\r\n\x81\xfe`,
    `${UPGRADE.replace(': sip', ': chat')}\r\n`,
    'POST / HTTP/1.1\r\nHost: pbx.test\r\nContent-Length: 9000\r\n\r\n',
  ]
  const one = (): Promise<unknown> => {
    const way = TRANSPORTS[1 + random(4)]!
    const raw = net.connect(port[way]!, '127.0.0.1')
    const secure =
      (way === 'tls' || way === 'wss') && random(4) > 0 ? tls.connect({ socket: raw, host: '127.0.0.1', ca }) : null
    const socket = secure ?? raw
    for (const each of [raw, socket]) each.on('error', () => {})
    socket.resume()
    const closed = new Promise((done) => raw.once('close', done))
    const [beginning, bytes, reset] = [beginnings[random(beginnings.length)]!, noise(), random(3)]
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.write(Buffer.from(beginning, 'latin1'))
      if (reset === 0) return raw.resetAndDestroy()
      socket.write(bytes, () => (reset === 1 ? raw.resetAndDestroy() : socket.end()))
    })
    return closed
  }
  for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 30 }, one))
  const phone = await udpPeer(t, port.udp!)
  const [secure] = await tlsPeer(t, port.tls!, { ca })
  const [browser] = await webPeer(t, `wss://127.0.0.1:${port.wss}`, { ca })
  for (const peer of [phone, secure, browser]) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    await peer.next('200')
  }
  t.deepEqual(faults, [])
})

test('a known peer that does not end what it began is closed too', async (t) => {
  const { engine } = await startStack(t, { listen: [listen[1]!, listen[3]!], routes, limits: { slowMs: 2_000 } })
  const [tcp, ws] = engine.listening.map((point) => point.port)
  const phone = await tcpPeer(t, tcp!)
  const [browser, web] = await webPeer(t, `ws://127.0.0.1:${ws}`)
  for (const peer of [phone, browser]) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    await peer.next('200')
  }
  phone.send('OPTIONS sip:pbx.test SIP/2.0\r\n')
  web.send('OPTIONS', { fin: false })
  const pinging = setInterval(() => web.readyState === web.OPEN && web.ping(), 50)
  t.teardown(() => clearInterval(pinging))
  for (const peer of [phone, browser]) await t.throwsAsync(peer.next('nothing'), { message: /ended/ })
  t.is(engine.stats().connections, 0)
})

test('a connection that we open is no way around who is heard', async (t) => {
  let heard = true
  const gate = { admit: () => (heard ? ('yes' as const) : ('no' as const)), malformed: () => false }
  const { srf, engine } = await startStack(t, { routes, gate })
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  srf.request(`sip:127.0.0.1:${port};transport=tcp`, { method: 'OPTIONS' }).catch(() => {})
  const [socket] = (await once(server, 'connection')) as [net.Socket]
  const peer = streamPeer(t, socket, 'TCP')
  await peer.next('OPTIONS')
  heard = false
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  await t.throwsAsync(peer.next('200'), { message: /ended/ })
  t.is(engine.stats().connections, 0)
})

test('one address may not take all connections', async (t) => {
  const { engine } = await startStack(t, { listen: [listen[1]!], routes, limits: { connectionsPerSource: 2 } })
  const { port } = engine.listening[0]!
  const from = (localAddress: string): Promise<'served' | 'refused'> => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress })
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.write('OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\n')
    socket.write('From: <sip:a@pbx.test>;tag=1\r\nTo: <sip:pbx.test>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n')
    socket.write('Content-Length: 0\r\n\r\n')
    return new Promise((done) => {
      socket.once('data', () => done('served'))
      socket.once('close', () => done('refused'))
    })
  }
  const first = await tcpPeer(t, port)
  t.is(await from('127.0.0.1'), 'served')
  t.is(await from('127.0.0.1'), 'refused')
  t.is(await from('127.0.0.2'), 'served')
  t.is(engine.stats().connectionsRefused, 1)
  first.close()
  while (engine.stats().connections > 2) await new Promise(setImmediate)
  t.is(await from('127.0.0.1'), 'served')
})

test('of who sends too much the next message after a rest is heard', async (t) => {
  let hears: 'yes' | 'later' = 'yes'
  const gate = { admit: () => hears, malformed: () => false }
  const { engine } = await startStack(t, { listen: [listen[1]!], routes, gate })
  const { port } = engine.listening[0]!
  // As many as it takes for some of their timers to end early.
  const peers = await Promise.all(Array.from({ length: 50 }, () => tcpPeer(t, port)))
  while (engine.stats().connections < peers.length) await new Promise(setImmediate)
  hears = 'later'
  const asks = (peer: Peer): Promise<string> => {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    return peer.next('200')
  }
  const again: Promise<string>[] = []
  for (const peer of peers) {
    await asks(peer)
    again.push(asks(peer))
  }
  await t.notThrowsAsync(Promise.all(again))
})

test('answers that make the engine connect back open so many connections to one address, and so many in all', async (t) => {
  const waiting: (() => void)[] = []
  const later = (srf: Srf): void => srf.options((_req, res) => waiting.push(() => res.send(200)))
  const limits = { dialledPerHost: 2, dialled: 3 }
  const { engine } = await startStack(t, { listen: [listen[1]!], routes: later, limits })
  const { port } = engine.listening[0]!
  const came: string[] = []
  /** Asks from an address, goes away, and listens at `times` ports that its Vias named. */
  const asks = async (host: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const server = net.createServer((socket) => {
        came.push(host)
        t.teardown(() => socket.destroy())
      })
      server.listen(0, host)
      await once(server, 'listening')
      t.teardown(() => server.close())
      const socket = net.connect({ host: '127.0.0.1', port, localAddress: host })
      const { port: back } = server.address() as net.AddressInfo
      const asked = waiting.length
      socket.write(
        `OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/TCP ${host}:${back};branch=z9hG4bK${back}\r\nFrom: <sip:a@pbx.test>;tag=1\r\n` +
          `To: <sip:pbx.test>\r\nCall-ID: ${back}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
      )
      while (waiting.length === asked) await new Promise(setImmediate)
      socket.destroy()
      while (engine.stats().connections > 0) await new Promise(setImmediate)
    }
  }
  await asks('127.0.0.2', 3)
  await asks('127.0.0.3', 3)
  for (const answer of waiting) answer()
  while (engine.stats().serverTransactions > 0 && engine.stats().connectionsUndialled < 3)
    await new Promise(setImmediate)
  while (came.length < engine.stats().connections) await new Promise(setImmediate)
  t.deepEqual(came.sort(), ['127.0.0.2', '127.0.0.2', '127.0.0.3'])
  t.is(engine.stats().connectionsUndialled, 3)
})

/** A peer of each transport with a connection that asks for big answers and reads nothing. */
async function deaf(t: Test, limits: Partial<EngineLimits>) {
  const files = certificates(t)
  const own = files.pair('own', 'IP:127.0.0.1')
  const stack = await startStack(t, { listen, tls: own, limits, routes })
  const port = Object.fromEntries(stack.engine.listening.map((point) => [point.transport, point.port]))
  const ca = readFileSync(files.ca)
  const raw = (web: WebSocket): net.Socket => (web as unknown as { _socket: net.Socket })._socket
  const tcp = net.connect(port.tcp!, '127.0.0.1')
  await once(tcp, 'connect')
  const [secure, socket] = await tlsPeer(t, port.tls!, { ca })
  const [web, ws] = await webPeer(t, `ws://127.0.0.1:${port.ws}`)
  const [webSecure, wss] = await webPeer(t, `wss://127.0.0.1:${port.wss}`, { ca })
  const peers = [
    [streamPeer(t, tcp, 'TCP'), tcp],
    [secure, socket],
    [web, raw(ws)],
    [webSecure, raw(wss)],
  ] as const
  for (const [peer] of peers) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    await peer.next('200')
  }
  const app = await rawApp(t, stack.engine.drachtio, 'open sesame')
  app.say('1|route|message')
  await app.hear('|response|1|OK')
  const ask = async (times: number): Promise<void> => {
    for (const [peer, its] of peers) {
      its.pause()
      for (let i = 0; i < times; i++) peer.send(request(peer, 'MESSAGE', 'sip:pbx.test'))
    }
    for (let i = 0; i < times * peers.length; i++)
      app.say(answerTo(await app.hear('MESSAGE sip:'), '200 OK') + 'x'.repeat(900_000))
  }
  return { ...stack, ask }
}

function empty({ stats }: Engine): Promise<void> {
  return until('no connection is open', () => stats().connections === 0, 60_000)
}

/** More than the system takes for a socket that nobody reads. */
const MANY = 20

test('who asks for much and reads nothing is let go, counted, and keeps no memory, whatever the transport', async (t) => {
  const { engine, ask, faults } = await deaf(t, {})
  t.is(engine.stats().connections, 4)
  await Promise.all([ask(MANY), empty(engine)])
  t.is(engine.stats().connectionsSlow, 4)
  t.deepEqual(faults, [])
})

test('who reads nothing for some seconds of what it is sent is let go, however little that is', async (t) => {
  const { engine, ask, faults } = await deaf(t, { backlog: 1e9, slowMs: 2_000 })
  await Promise.all([ask(MANY), empty(engine)])
  t.is(engine.stats().connectionsSlow, 4)
  t.deepEqual(faults, [])
})

test('half-open connections are closed within ten seconds where nothing else is configured', (t) => {
  t.true(defaultLimits.slowMs <= 9_000)
})

test('what strangers cause is said ten times a minute, and then how often it was besides', (t) => {
  let now = 0
  const said: object[] = []
  const say = sparse(
    (fields) => said.push(fields),
    () => now,
  )
  for (let i = 0; i < 15; i++) say({ i }, 'connection refused')
  t.is(said.length, 10)
  now = 60_000
  say({ i: 15 }, 'connection refused')
  say({ i: 16 }, 'connection refused')
  t.deepEqual(said.slice(10), [{ i: 15, unsaid: 5 }, { i: 16 }])
})
