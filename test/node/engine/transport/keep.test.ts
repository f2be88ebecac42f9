/** What a peer that wants to keep its way to us open is told, and hears (RFC 5626 §4.4.1, RFC 6223). */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import test from 'ava'
import { header, request, type Srf, startStack, streamPeer, tcpPeer, udpPeer } from '../stack.ts'
import { certificates } from './secure.ts'

const routes = (srf: Srf): void => {
  srf.register((_req, res) => res.send(200))
  srf.invite((_req, res) => res.send(486))
  srf.subscribe((_req, res) => res.send(202))
  srf.options((_req, res) => res.send(200))
}

test('who offers keep-alives where something begins is told how often, and nobody else', async (t) => {
  const { port } = await startStack(t, { routes })
  for (const [peer, seconds] of [
    [await udpPeer(t, port), 29],
    [await tcpPeer(t, port), 120],
  ] as const) {
    const answerTo = async (method: string, more: string, branch: string): Promise<string> => {
      const Via = `SIP/2.0/${peer.transport} 127.0.0.1:${peer.port};branch=z9hG4bK${branch}${more}`
      peer.send(request(peer, method, 'sip:pbx.test', { Via }))
      return header(
        await peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && text.includes(`=z9hG4bK${branch};`)),
        'Via',
      )
    }
    for (const method of ['REGISTER', 'INVITE', 'SUBSCRIBE']) {
      t.regex(await answerTo(method, ';keep;rport', `${method}1`), new RegExp(`;keep=${seconds}(;|$)`), method)
      t.notRegex(await answerTo(method, ';rport', `${method}2`), /keep/, method)
      t.regex(await answerTo(method, ';keep=7', `${method}3`), /;keep=7(;|$)/, 'that is no offer')
    }
    t.regex(await answerTo('OPTIONS', ';keep', 'OPTIONS'), /;keep(;|$)/)
  }
})

test('a keep-alive of two line breaks is answered with one, at once and once each, over TCP and TLS, between messages as before them', async (t) => {
  const files = certificates(t)
  const own = files.pair('own', 'IP:127.0.0.1')
  const listen = (['tcp', 'tls'] as const).map((transport) => ({ transport, host: '127.0.0.1', port: 0 }))
  const { engine } = await startStack(t, { listen, tls: own, routes })
  const [tcp, secure] = engine.listening.map((point) => point.port)
  const socket = tls.connect({ host: '127.0.0.1', port: secure!, ca: readFileSync(files.ca) })
  await once(socket, 'secureConnect')
  for (const peer of [await tcpPeer(t, tcp!), streamPeer(t, socket, 'TLS')]) {
    const pong = (): Promise<string> => peer.next((text) => text === '\r\n')
    peer.send('\r\n\r\n')
    await pong()
    peer.send('\r\n')
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
    t.true((await peer.next(() => true)).startsWith('SIP/2.0 200'), 'one line break is answered by nothing')
    peer.send('\r\n\r\n')
    await pong()
    t.deepEqual(peer.kept(), [])
  }
})
