import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import test from 'ava'
import { header, type Peer, reply, request, type Srf, startStack, type Test } from '../stack.ts'
import { certificates, webPeer } from './secure.ts'

const routes = (srf: Srf): void => {
  srf.options((_req, res) => res.send(200))
  srf.message((_req, res) => res.send(202))
}
const listen = [{ transport: 'ws', host: '127.0.0.1', port: 0 }] as const

const asked = (peer: Peer, method = 'OPTIONS', extra = {}, body = '') => {
  const transport = peer.transport
  return request(
    peer,
    method,
    'sip:pbx.test',
    {
      Via: `SIP/2.0/${transport} df7jal23ls0d.invalid;branch=z9hG4bK${Math.random().toString(36).slice(2)}`,
      Contact: '<sip:alice@df7jal23ls0d.invalid;transport=ws>',
      ...extra,
    },
    body,
  )
}

test('a browser speaks SIP in text and binary messages, one each, and gets calls over its own connection', async (t) => {
  const { srf, port, faults } = await startStack(t, { listen, routes })
  const [peer, web] = await webPeer(t, `ws://127.0.0.1:${port}`)
  t.is(web.protocol, 'sip')
  t.is(web.extensions, '', 'nothing is compressed')
  peer.send(asked(peer))
  t.regex(
    header(await peer.next('200'), 'Via'),
    /^SIP\/2\.0\/WS df7jal23ls0d\.invalid;.*received=127\.0\.0\.1;rport=\d+/,
  )
  web.send(Buffer.from(asked(peer, 'MESSAGE', {}, 'grüß dich')), { binary: true })
  await peer.next('202')
  web.send(asked(peer).replace(/Content-Length.*\r\n/, ''))
  await peer.next('200')

  const remote = web as unknown as { _socket: net.Socket }
  const sending = srf.request(`sip:alice@127.0.0.1:${remote._socket.localPort};transport=ws`, { method: 'SUBSCRIBE' })
  const subscribe = await peer.next('SUBSCRIBE')
  t.true(header(subscribe, 'Via').startsWith(`SIP/2.0/WS 127.0.0.1:${port};`))
  t.is(header(subscribe, 'Contact'), `<sip:127.0.0.1:${port};transport=ws>`)
  peer.send(reply(subscribe, '200 OK'))
  await sending
  t.deepEqual(faults, [])
})

test('WSS is the same behind TLS, and asks no browser for a certificate', async (t) => {
  const files = certificates(t)
  const tls = { ...files.pair('own', 'DNS:pbx.test'), ca: files.ca, client: 'require' } as const
  const { srf, port } = await startStack(t, { listen: [{ ...listen[0], transport: 'wss' }], tls, routes })
  const [peer, web] = await webPeer(t, `wss://127.0.0.1:${port}`, {
    ca: readFileSync(files.ca),
    servername: 'pbx.test',
  })
  peer.send(asked(peer))
  t.regex(header(await peer.next('200'), 'Via'), /^SIP\/2\.0\/WSS /)
  const { localPort } = (web as unknown as { _socket: net.Socket })._socket
  for (const way of [
    `sip:alice@127.0.0.1:${localPort};transport=ws`,
    `sips:alice@127.0.0.1:${localPort};transport=ws`,
  ]) {
    const sending = srf.request(way, { method: 'SUBSCRIBE' })
    const subscribe = await peer.next('SUBSCRIBE')
    t.true(header(subscribe, 'Via').startsWith(`SIP/2.0/WSS 127.0.0.1:${port};`))
    peer.send(reply(subscribe, '200 OK'))
    await sending
  }
})

test('nobody connects to a browser: not to .invalid, nor to where its WebSocket was', async (t) => {
  const { srf, port, engine } = await startStack(t, { listen, routes })
  for (const uri of [
    'sip:alice@df7jal23ls0d.invalid;transport=ws',
    'sip:alice@df7jal23ls0d.invalid',
    `sip:alice@127.0.0.1:${port};transport=ws`,
  ]) {
    await t.throwsAsync(srf.request(uri, { method: 'OPTIONS' }), undefined, uri)
  }
  t.is(engine.stats().connections, 0)
})

test('keep-alives of all three kinds are answered', async (t) => {
  const { port } = await startStack(t, { listen, routes, limits: { pingMs: 50 } })
  const [peer, web] = await webPeer(t, `ws://127.0.0.1:${port}`)
  web.ping('are you there')
  t.is(String((await once(web, 'pong'))[0]), 'are you there')
  peer.send('\r\n\r\n')
  await peer.next((text) => text === '\r\n')
  await once(web, 'ping')
  await once(web, 'ping')
  peer.send(asked(peer))
  await peer.next('200')
})

test('a connection is closed when the gate says that it sent enough that is malformed, and its 400 comes first', async (t) => {
  let left = 2
  const gate = { admit: () => 'yes' as const, malformed: () => --left === 0 }
  const { port } = await startStack(t, { listen, routes, gate })
  const [peer] = await webPeer(t, `ws://127.0.0.1:${port}`)
  for (let i = 0; i < 2; i++) {
    peer.send(asked(peer, 'OPTIONS', { CSeq: 'nonsense' }))
    await peer.next('400')
  }
  await t.throwsAsync(peer.next('nothing'), { message: /ended/ })
})

test('a browser that answers no ping is let go', async (t) => {
  const { port, engine } = await startStack(t, { listen, routes, limits: { pingMs: 50 } })
  const [peer] = await webPeer(t, `ws://127.0.0.1:${port}`, { autoPong: false })
  peer.send(asked(peer))
  await peer.next('200')
  await t.throwsAsync(peer.next('nothing'), { message: /ended/ })
  t.is(engine.stats().connections, 0)
})

test('a bad message gets a 400, and the connection goes on', async (t) => {
  const { port } = await startStack(t, { listen, routes })
  const [peer, web] = await webPeer(t, `ws://127.0.0.1:${port}`)
  web.send(Buffer.from(asked(peer).replace('alice', 'ali\xffce'), 'latin1'), { binary: true })
  t.regex(await peer.next('400'), /^SIP\/2\.0 400 not UTF-8\r\n/)
  peer.send(asked(peer, 'OPTIONS', { 'X-Long': 'x'.repeat(70_000) }))
  t.regex(await peer.next('400'), /^SIP\/2\.0 400 header fields too large\r\n/)
  peer.send(asked(peer))
  await peer.next('200')
})

test('a message above the limits, or of too many fragments, ends the connection', async (t) => {
  const { port } = await startStack(t, { listen, routes, limits: { body: 1000, head: 1000, slowMs: 60_000 } })
  const [big] = await webPeer(t, `ws://127.0.0.1:${port}`)
  big.send('x'.repeat(2001))
  await t.throwsAsync(big.next('nothing'), { message: /ended/ })
  const [many, web] = await webPeer(t, `ws://127.0.0.1:${port}`)
  for (let i = 0; i < 300; i++) web.send('x', { fin: false })
  await t.throwsAsync(many.next('nothing'), { message: /ended/ })
})

/** What an HTTP server says to these bytes before it closes the connection. */
async function http(t: Test, port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let said = ''
  socket.on('data', (bytes) => {
    said += String(bytes)
  })
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return said.split('\r\n')[0]!
}

test('T04: what is no SIP WebSocket is told so and let go', async (t) => {
  const { port } = await startStack(t, { listen, routes, limits: { slowMs: 1_500 } })
  const upgrade =
    'GET / HTTP/1.1\r\nHost: pbx.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  const table = [
    ['GET / HTTP/1.1\r\nHost: pbx.test\r\n\r\n', /^HTTP\/1\.1 426/],
    ['POST / HTTP/1.1\r\nHost: pbx.test\r\nContent-Length: 100000\r\n\r\nx', /^HTTP\/1\.1 404/],
    [`${upgrade}\r\n`, /^HTTP\/1\.1 400/],
    [`${upgrade}Sec-WebSocket-Protocol: chat\r\n\r\n`, /^HTTP\/1\.1 400/],
    [`${upgrade}Sec-WebSocket-Protocol: sip\r\nX-Long: ${'x'.repeat(9_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
    [upgrade, /^$/],
    ['OPTIONS sip:pbx.test SIP/2.0\r\n\r\n', /^HTTP\/1\.1 400/],
    ['', /^$/],
  ] as const
  for (const [text, said] of table) t.regex(await http(t, port, text), said, text)
})
