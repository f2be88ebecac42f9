import { readFileSync } from 'node:fs'
import test from 'ava'
import { openSip } from '../../../node/sip/drachtio.ts'
import type { Source } from '../../../node/sip/port.ts'
import { quiet, reply, request } from '../engine/stack.ts'
import { certificates, tlsPeer, webPeer } from '../engine/transport/secure.ts'

test('a phone behind TLS and one in a browser register, and are reached by the way they took', async (t) => {
  const files = certificates(t)
  const tls = files.pair('own', 'IP:127.0.0.1')
  const listen = (['tls', 'wss'] as const).map((transport) => ({ transport, host: '127.0.0.1', port: 0 }))
  const sip = await openSip({ engine: { kind: 'embedded', listen, tls }, log: quiet })
  t.teardown(() => sip.close())
  const sources: Source[] = []
  sip.on('register', (asked) => {
    sources.push(asked.source)
    asked.reply(200)
  })
  const port = (transport: string): number => sip.listening.find((point) => point.transport === transport)!.port
  const ca = readFileSync(files.ca)
  const [phone] = await tlsPeer(t, port('tls'), { ca })
  const [browser] = await webPeer(t, `wss://127.0.0.1:${port('wss')}`, { ca })
  for (const peer of [phone, browser]) {
    const Contact = '<sip:alice@df7jal23ls0d.invalid;transport=ws>'
    peer.send(request(peer, 'REGISTER', 'sip:pbx.test', { Contact }))
    await peer.next('200')
  }
  t.deepEqual(
    sources.map((source) => source.transport),
    ['tls', 'wss'],
  )
  for (const [i, peer] of [phone, browser].entries()) {
    const { address, port, transport } = sources[i]!
    const asking = sip.request('OPTIONS', 'sip:alice@df7jal23ls0d.invalid;transport=ws', {
      nextHop: `sip:${address}:${port};transport=${transport}`,
    })
    peer.send(reply(await peer.next('OPTIONS'), '200 OK'))
    t.is(await asking, 200)
  }
})
