import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { mock } from 'node:test'
import test from 'ava'
import { startEngine } from '../../../node/engine/engine.ts'
import { openSip, parseHostports } from '../../../node/sip/drachtio.ts'
import { connectLink } from '../../../node/sip/link.ts'
import { quiet, SDP_A, SDP_B, soon } from './support.ts'

const listen = [{ transport: 'udp', host: '127.0.0.1', port: 0 }] as const

test('an engine beside the node serves as well, and is taken up again when it comes back', async (t) => {
  const options = { listen, drachtio: { host: '127.0.0.1', port: 0 }, secret: 'open sesame', log: quiet }
  const first = await startEngine(options)
  const lost = Promise.withResolvers<void>()
  const log = {
    ...quiet,
    error(_: object, message: string) {
      if (/lost/.test(message)) lost.resolve()
    },
  }
  const engine = { kind: 'external', ...first.drachtio, secret: 'open sesame' } as const
  const sip = await openSip({ engine, log })
  t.teardown(() => sip.close())
  t.is(sip.address, `127.0.0.1:${first.listening[0]!.port}`)

  const caller = await openSip({ engine: { kind: 'embedded', listen }, log: quiet })
  t.teardown(() => caller.close())
  sip.on('options', (request) => request.reply(200))
  const ended = Promise.withResolvers<string>()
  const refuse = async () => ({ kind: 'refused', status: 488, reason: 'no' }) as const
  sip.onInvite(async (invitation) => {
    const dialog = await invitation.answer(SDP_B)
    dialog?.handle({ bye: ended.resolve, modify: refuse, info: async () => 200 })
  })
  t.is(await soon('OPTIONS', caller.request('OPTIONS', `sip:${sip.address}`)), 200)
  const call = {
    uri: `sip:bob@${sip.address}`,
    nextHop: null,
    from: { display: '', uri: 'sip:alice@pbx.test' },
    to: { uri: 'sip:bob@pbx.test' },
    sdp: SDP_A,
  }
  t.is((await soon('an answer', caller.dial(call, () => {}).outcome)).kind, 'answered')

  await first.close()
  await soon('the loss', lost.promise)
  t.is(await soon('the end of the call', ended.promise), 'engine lost')
  t.false(sip.connected)
  const second = await startEngine({ ...options, listen: first.listening, drachtio: first.drachtio })
  t.teardown(() => second.close())
  const back = async () => {
    // Each try waits for its final response: there is no sleeping here.
    while ((await caller.request('OPTIONS', `sip:${sip.address}`)) !== 200);
  }
  await soon('an answer through the new engine', back(), 20_000)
  t.true(sip.connected)
  t.is(sip.stats().engineLost, 1)
})

test('a wrong secret is said, with the setting to correct', async (t) => {
  const options = { listen, drachtio: { host: '127.0.0.1', port: 0 }, secret: 'right', log: quiet }
  const engine = await startEngine(options)
  t.teardown(() => engine.close())
  const wrong = openSip({ engine: { kind: 'external', ...engine.drachtio, secret: 'wrong' }, log: quiet })
  await t.throwsAsync(wrong, { message: /sip\.engine\.secret/ })
})

test.serial(
  'a daemon that answers no ping is left; the engine of this process may be late, and keeps its calls',
  async (t) => {
    const sockets: Socket[] = []
    const daemon = createServer((socket: Socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.once('data', (data) => {
        const id = /#([^|]+)\|/.exec(data.toString())![1]
        const hello = `${'0'.repeat(36)}|response|${id}|OK|udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060`
        socket.write(`${hello.length}#${hello}`)
      })
    })
    daemon.listen(0, '127.0.0.1')
    await once(daemon, 'listening')
    t.teardown(() => {
      daemon.close()
      for (const socket of sockets) socket.destroy()
    })
    const { port } = daemon.address() as { port: number }
    mock.timers.enable({ apis: ['setInterval'] })
    t.teardown(() => mock.timers.reset())
    const link = (kind: 'embedded' | 'external') =>
      connectLink({ kind, host: '127.0.0.1', port, secret: 's', log: quiet })
    const [own, beside] = await Promise.all([link('embedded'), link('external')])
    t.teardown(() => {
      own.close()
      beside.close()
    })
    const left = new Promise<void>((resolve) => void beside.whenLost(resolve))
    mock.timers.tick(5_000)
    mock.timers.tick(5_000)
    await soon('the loss', left)
    t.is(own.lost, 0)
    t.true(own.up)
  },
)

test('an engine that does not listen for SIP yet is asked again', async (t) => {
  const greetings = ['', 'udp/127.0.0.1:5060,tcp/127.0.0.1:5060']
  const daemon = createServer((socket: Socket) => {
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.once('data', (data) => {
      const id = /#([^|]+)\|/.exec(data.toString())![1]
      const ports = greetings.shift()
      const hello = `${'0'.repeat(36)}|response|${id}|OK|${ports}|v0.9.5|${ports}`
      socket.write(`${hello.length}#${hello}`)
    })
  })
  daemon.listen(0, '127.0.0.1')
  await once(daemon, 'listening')
  t.teardown(() => daemon.close())
  const { port } = daemon.address() as { port: number }
  const sip = await openSip({ engine: { kind: 'external', host: '127.0.0.1', port, secret: 's' }, log: quiet })
  t.teardown(() => sip.close())
  t.is(sip.address, '127.0.0.1:5060')
  t.is(sip.stats().engineLost, 0)
  t.deepEqual(greetings, [])
})

test('what is larger than a drachtio-server can take is never handed to it', async (t) => {
  const frames: Buffer[] = []
  const daemon = createServer((socket: Socket) => {
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.once('data', (data) => {
      const id = /#([^|]+)\|/.exec(data.toString())![1]
      const hello = `${'0'.repeat(36)}|response|${id}|OK|udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060`
      socket.on('data', (more) => frames.push(more))
      socket.write(`${hello.length}#${hello}`)
    })
  })
  daemon.listen(0, '127.0.0.1')
  await once(daemon, 'listening')
  t.teardown(() => daemon.close())
  const { port } = daemon.address() as { port: number }
  const sip = await openSip({ engine: { kind: 'external', host: '127.0.0.1', port, secret: 's' }, log: quiet })
  t.teardown(() => sip.close())
  const call = {
    uri: 'sip:bob@127.0.0.1',
    nextHop: null,
    from: { display: '', uri: 'sip:alice@pbx.test' },
    to: { uri: 'sip:bob@pbx.test' },
    sdp: 'v'.repeat(12_000),
  }
  t.like(await sip.dial(call, () => {}).outcome, { kind: 'refused', status: 513 })
  t.is(await sip.request('MESSAGE', 'sip:bob@127.0.0.1', { body: 'x'.repeat(12_000) }), 513)
  t.false(Buffer.concat(frames).includes('vvvv'))
  t.false(Buffer.concat(frames).includes('xxxx'))
})

test('where the daemon listens is read from its greeting, UDP first', (t) => {
  t.deepEqual(parseHostports('tcp/192.0.2.1:5060,udp/192.0.2.1:5060,tls/[2001:db8::1]:5061,junk'), [
    { transport: 'udp', host: '192.0.2.1', port: 5060 },
    { transport: 'tcp', host: '192.0.2.1', port: 5060 },
    { transport: 'tls', host: '[2001:db8::1]', port: 5061 },
  ])
})
