import { spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import test from 'ava'
import { freePorts } from '../../../ports.ts'
import {
  header,
  Peer,
  reply,
  request,
  type Srf,
  startStack,
  streamPeer,
  type Test,
  tcpPeer,
  udpPeer,
} from '../stack.ts'
import { certificates } from './secure.ts'

const here = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
const withSix = here ? test : test.skip

/** Makes ::1 in a network namespace of its own and runs the arguments there. */
const INSIDE =
  'ip link set lo up && for one in all lo; do echo 0 > /proc/sys/net/ipv6/conf/$one/disable_ipv6; done; ip -6 addr show lo | grep -q ::1 && exec "$@"'
const inside = (...command: readonly string[]) => ['-n', 'sh', '-c', INSIDE, 'sh', ...command]

if (!here && spawnSync('unshare', inside('true')).status === 0) {
  test('on a machine without IPv6 these tests run in a network namespace that has it', async (t) => {
    const ava = path.join(import.meta.dirname, '../../../../node_modules/.bin/ava')
    const child = spawn('unshare', inside(ava, import.meta.filename), { stdio: ['ignore', 'pipe', 'pipe'] })
    const [said, wrong, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    t.is(code, 0, said + wrong)
    t.regex(said, /3 tests passed/)
  })
}

const routes = (srf: Srf): void => srf.options((_req, res) => res.send(200))

async function udp6(t: Test, port: number): Promise<Peer> {
  const socket = dgram.createSocket('udp6').bind(0, '::1')
  await once(socket, 'listening')
  const send = (text: string | Buffer): void => socket.send(text, port, '::1')
  const peer = new Peer('UDP', socket.address().port, send, () => socket.close())
  socket.on('message', (bytes) => peer.receive(bytes.toString()))
  t.teardown(() => peer.close())
  return peer
}

withSix('UDP, TCP and TLS over IPv6, in both directions', async (t) => {
  const files = certificates(t)
  const own = files.pair('own', 'IP:::1')
  const listen = (['udp', 'tcp', 'tls'] as const).map((transport) => ({ transport, host: '::1', port: 0 }))
  const { srf, engine, faults } = await startStack(t, { listen, tls: { ...own, ca: files.ca }, routes })
  const port = Object.fromEntries(engine.listening.map((point) => [point.transport, point.port]))
  t.is(port.udp, port.tcp)

  const tcp = net.connect(port.tcp!, '::1')
  const secure = tls.connect({ host: '::1', port: port.tls!, ca: readFileSync(files.ca) })
  await Promise.all([once(tcp, 'connect'), once(secure, 'secureConnect')])
  for (const peer of [await udp6(t, port.udp!), streamPeer(t, tcp, 'TCP'), streamPeer(t, secure, 'TLS')]) {
    const transport = peer.transport.toLowerCase()
    const Via = `SIP/2.0/${peer.transport} [::1]:${peer.port};branch=z9hG4bK${transport}`
    peer.send(request(peer, 'OPTIONS', 'sip:[::1]', { Via }))
    t.is(header(await peer.next('200'), 'Via'), `${Via};received=::1;rport=${peer.port}`)

    const sending = srf.request(`sip:alice@[::1]:${peer.port};transport=${transport}`, { method: 'SUBSCRIBE' })
    const asked = await peer.next('SUBSCRIBE')
    t.true(header(asked, 'Via').startsWith(`SIP/2.0/${peer.transport} [::1]:${port[transport]};`))
    const by = transport === 'udp' ? '' : `;transport=${transport}`
    t.is(header(asked, 'Contact'), `<sip:[::1]:${port[transport]}${by}>`)
    peer.send(reply(asked, '200 OK'))
    await sending
  }
  t.deepEqual(faults, [])
})

withSix('a certificate for an IPv6 address is compared as an address', async (t) => {
  const files = certificates(t)
  const listen = [{ transport: 'tls', host: '::1', port: 0 }] as const
  const { srf } = await startStack(t, { listen, tls: { ...files.pair('own', 'DNS:pbx.test'), ca: files.ca } })
  const server = tls.createServer(
    { cert: readFileSync(files.pair('six', 'IP:::1').cert), key: readFileSync(`${files.dir}/six.secret`) },
    (socket) => {
      const peer = streamPeer(t, socket, 'TLS')
      void peer.next('OPTIONS').then((asked) => peer.send(reply(asked, '200 OK')))
    },
  )
  server.listen(0, '::1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const req = await srf.request(`sips:[0:0::1]:${port}`, { method: 'OPTIONS' })
  t.is(await new Promise((done) => req.on('response', (res) => done(res.status))), 200)
})

withSix('one listen point on :: serves both families, and leaves IPv4 to one on 0.0.0.0', async (t) => {
  const dual = (['udp', 'tcp'] as const).map((transport) => ({ transport, host: '::', port: 0 }))
  const { srf, engine } = await startStack(t, { listen: dual, routes })
  const { port } = engine.listening[0]!
  const six = await udp6(t, port)
  for (const peer of [await udpPeer(t, port), await tcpPeer(t, port), six]) {
    const four = peer !== six
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    t.regex(header(await peer.next('200'), 'Via'), four ? /;received=127\.0\.0\.1;/ : /;received=::1;/)
    const host = four ? '127.0.0.1' : '[::1]'
    const way = `sip:alice@${host}:${peer.port};transport=${peer.transport.toLowerCase()}`
    const sending = srf.request(way, { method: 'SUBSCRIBE' })
    const asked = await peer.next('SUBSCRIBE')
    t.true(header(asked, 'Via').startsWith(`SIP/2.0/${peer.transport} ${host}:${port};`), header(asked, 'Via'))
    peer.send(reply(asked, '200 OK'))
    await sending
  }

  const [free] = await freePorts(1)
  const listen = (['udp', 'tcp'] as const).flatMap((transport) =>
    ['0.0.0.0', '::'].map((host) => ({ transport, host, port: free! })),
  )
  const both = await startStack(t, { listen, routes })
  t.is(both.engine.listening.length, 4)
  for (const peer of [await udpPeer(t, free!), await udp6(t, free!)]) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    await peer.next('200')
  }
})
