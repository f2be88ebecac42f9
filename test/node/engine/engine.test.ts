import dgram from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { type EngineOptions, ListenError, startEngine } from '../../../node/engine/engine.ts'
import { freePorts } from '../../ports.ts'
import { header, quiet, request, sdp, startStack, udpPeer, wanted } from './stack.ts'

const on = (udp: number, tcp: number): EngineOptions => ({
  listen: [
    { transport: 'tcp', host: '127.0.0.1', port: tcp },
    { transport: 'udp', host: '127.0.0.1', port: udp },
  ],
  drachtio: { host: '127.0.0.1', port: 0 },
  secret: 'open sesame',
  log: quiet,
})

test('a port in use is named with its transport, and nothing stays open', async (t) => {
  // A number that is free for TCP too: one that the system gave for UDP may be anybody's there.
  const [port] = (await freePorts(1)) as [number]
  const taken = dgram.createSocket('udp4').bind(port, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const error = await t.throwsAsync(startEngine(on(port, port)), { instanceOf: ListenError })
  t.like(error, { kind: 'port in use', transport: 'udp', host: '127.0.0.1', port })
  const engine = await startEngine(on(0, port))
  t.is(engine.listening[0]!.port, port, 'the TCP port of the failed start is free again')
  await engine.close()
})

test('ports left to the system are one number for UDP and TCP, and free after the engine is closed', async (t) => {
  const engine = await startEngine(on(0, 0))
  const [tcp, udp] = engine.listening.map((point) => point.port)
  t.is(tcp, udp)
  await engine.close()
  await (await startEngine(on(udp!, tcp!))).close()
})

test('what is advertised is what peers see instead of the address listened on', async (t) => {
  const { srf, port } = await startStack(t, { advertise: 'pbx.test' })
  const peer = await udpPeer(t, port)
  const sending = srf.request(`sip:alice@127.0.0.1:${peer.port}`, { method: 'SUBSCRIBE' })
  const asked = await peer.next('SUBSCRIBE')
  t.true(header(asked, 'Via').startsWith(`SIP/2.0/UDP pbx.test:${port};branch=`))
  t.is(header(asked, 'Contact'), `<sip:pbx.test:${port}>`)
  t.regex(header(asked, 'From'), /^<sip:pbx\.test>;tag=/)
  await sending
})

test('a fault in one timer is reported, and the next one of the same moment does its work', async (t) => {
  let at = 0
  let warned = 0
  const log = {
    warn(): void {
      if (++warned === 1) throw new Error('no more log')
    },
  }
  const { srf, port, faults } = await startStack(t, { clock: { now: () => at }, log })
  srf.invite(() => {})
  const caller = await udpPeer(t, port)
  await wanted(caller, 'INVITE')
  const [forgotten, other] = [1, 2].map(() => request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(30_000)))
  for (const invite of [forgotten!, other!]) {
    caller.send(invite)
    await caller.next('100')
  }
  at = 600_100
  t.is(header(await caller.next('480'), 'Call-ID'), header(other!, 'Call-ID'))
  t.is(faults.length, 1)
  t.regex(faults[0]!, /no more log/)
})
