/** The tap hears what a wire hears, inside of what encrypts it. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { request, startStack, udpPeer } from './stack.ts'
import { certificates, tlsPeer, webPeer } from './transport/secure.ts'

test('every message is heard as it came and as it leaves, over UDP, TLS and WebSockets, keep-alives are not', async (t) => {
  const heard: { readonly way: string; readonly text: string; readonly transport: string; readonly port: number }[] = []
  const files = certificates(t)
  const { engine, faults } = await startStack(t, {
    listen: (['udp', 'tls', 'ws'] as const).map((transport) => ({ transport, host: '127.0.0.1', port: 0 })),
    tls: { ...files.pair('own', 'DNS:pbx.test,IP:127.0.0.1'), ca: files.ca },
    routes: (srf) => srf.options((_req, res) => res.send(200)),
    tap: (way, text, { transport, remote }) => void heard.push({ way, text, transport, port: remote.port }),
  })
  const [udp, secure, web] = engine.listening.map(({ port }) => port)
  const [overTls] = await tlsPeer(t, secure!, { ca: readFileSync(files.ca), servername: 'pbx.test' })
  const [overWeb] = await webPeer(t, `ws://127.0.0.1:${web}`)
  for (const peer of [await udpPeer(t, udp!), overTls, overWeb]) {
    heard.length = 0
    const asked = request(peer, 'OPTIONS', 'sip:pbx.test')
    peer.send('\r\n\r\n')
    peer.send(asked)
    const answer = await peer.next('200')
    t.deepEqual(
      heard.map(({ way, text }) => [way, text]),
      [
        ['in', asked],
        ['out', answer],
      ],
    )
    t.true(heard.every(({ transport }) => transport === peer.transport.toLowerCase()))
    if (peer !== overWeb) t.true(heard.every(({ port }) => port === peer.port))
  }
  t.deepEqual(faults, [])
})

test('what is malformed is heard too, and a tap that throws disturbs nobody', async (t) => {
  const heard: string[] = []
  const { port, faults } = await startStack(t, {
    tap(_way, text) {
      heard.push(text)
      throw new Error('a bug of the tap')
    },
  })
  const peer = await udpPeer(t, port)
  const broken = request(peer, 'OPTIONS', 'sip:pbx.test').replace(/CSeq: \d+/, 'CSeq: many')
  peer.send(broken)
  t.deepEqual([broken, await peer.next('400')], heard)
  t.true(faults.length === 2 && faults.every((fault) => fault.includes('a bug of the tap')))
})
