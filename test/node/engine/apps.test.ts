/** Apps that misbehave, and strangers on the port of apps. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import test from 'ava'
import { startEngine } from '../../../node/engine/engine.ts'
import { answerTo, type RawApp, rawApp, talking } from './raw-app.ts'
import { quiet, request, startStack, type Test, tcpPeer, udpPeer } from './stack.ts'
import { certificates } from './transport/secure.ts'

const SECRET = 'open sesame'

async function routing(t: Test, at: { host: string; port: number }, verb: string): Promise<RawApp> {
  const app = await rawApp(t, at, SECRET)
  app.say(`1|route|${verb}`)
  await app.hear('|response|1|OK')
  return app
}

/** Connections that say nothing. */
async function strangers(t: Test, { host, port }: { host: string; port: number }, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = net.connect(port, host)
      t.teardown(() => socket.destroy())
      socket.on('error', () => {})
      await once(socket, 'connect')
    }),
  )
}

test('strangers who take all places on the port of apps keep no app out, and end none', async (t) => {
  const { engine, port } = await startStack(t)
  const stays = await routing(t, engine.drachtio, 'message')
  await strangers(t, engine.drachtio, 300)
  await routing(t, engine.drachtio, 'options')
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  stays.say(answerTo(await stays.hear('MESSAGE sip:'), '202 Accepted'))
  t.regex(await phone.next('202'), /^SIP\/2\.0 202/)
  t.is(engine.stats().apps, 3, 'and drachtio-srf')
})

test('nor do those who begin no TLS handshake', async (t) => {
  const files = certificates(t)
  const engine = await startEngine({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
    drachtio: { host: '127.0.0.1', port: 0, tls: files.pair('apps', 'IP:127.0.0.1') },
    secret: SECRET,
    log: quiet,
  })
  t.teardown(() => engine.close())
  await strangers(t, engine.drachtio, 300)
  const socket = tls.connect({ ...engine.drachtio, ca: files.authority.root })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  const app = talking(socket)
  app.say(`1|authenticate|${SECRET}|`)
  t.regex(await app.hear('|response|1|'), /\|OK\|/)
})

test('before the secret is said there is no large frame to be remembered; behind it there may be one at once', async (t) => {
  const said: string[] = []
  const log = { warn: (fields: object) => said.push(String((fields as { error?: string }).error)) }
  const { engine } = await startStack(t, { log })
  const stranger = await rawApp(t, engine.drachtio)
  stranger.socket.write('4097#1|authenticate|')
  await stranger.closed
  t.deepEqual(said, ['a frame above 4096 bytes'])
  const app = await rawApp(t, engine.drachtio)
  app.say(`1|authenticate|${SECRET}|`, `2|ping|${'x'.repeat(100_000)}`)
  t.regex(await app.hear('|response|2|'), /\|OK\|pong$/)
})

test('the sixty-fifth app is told that there are too many, and those that are there stay', async (t) => {
  const { engine } = await startStack(t)
  const apps: RawApp[] = []
  // drachtio-srf is the first.
  for (let i = 0; i < 63; i++) apps.push(await rawApp(t, engine.drachtio, SECRET))
  const late = await rawApp(t, engine.drachtio)
  late.say(`1|authenticate|${SECRET}|`)
  t.regex(await late.hear('|response|1|'), /\|NO\|too many applications$/)
  await late.closed
  apps[0]!.say('2|ping')
  await apps[0]!.hear('|response|2|OK|pong')
  apps[1]!.socket.destroy()
  while (engine.stats().apps > 63) await new Promise((resolve) => setImmediate(resolve))
  await rawApp(t, engine.drachtio, SECRET)
})

test('an app that reads nothing gets no more while another does, is let go, and what it had is answered', async (t) => {
  const { engine, port, faults } = await startStack(t, {
    listen: [{ transport: 'tcp', host: '127.0.0.1', port: 0 }],
    limits: { slowMs: 1_000 },
    log: { error() {} },
  })
  const [deaf, good] = [await routing(t, engine.drachtio, 'message'), await routing(t, engine.drachtio, 'message')]
  deaf.socket.pause()
  const phone = await tcpPeer(t, port)
  const body = 'x'.repeat(400_000)
  const answering = (async () => {
    for (;;) good.say(answerTo(await good.hear('MESSAGE sip:'), '200 OK'))
  })()
  answering.catch(() => {})
  const statuses: Record<string, number> = { '200': 0, '503': 0 }
  const count = 90
  for (let i = 0; i < count; i++) phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test', {}, body))
  for (let i = 0; i < count; i++) {
    const answer = await phone.next((text) => text.startsWith('SIP/2.0'))
    statuses[answer.slice(8, 11)]!++
  }
  t.is(statuses['200']! + statuses['503']!, count)
  t.true(statuses['200']! > count / 2, `more than its half went to the other: ${JSON.stringify(statuses)}`)
  t.is(engine.stats().apps, 2, 'the other, and drachtio-srf')
  t.is(engine.stats().unanswered, 0)
  t.deepEqual(faults, [])
})

test('what an app calls a verb is a method, or one of the records', async (t) => {
  const { engine } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  for (const verb of ['x'.repeat(65), 'options\nX-Evil: yes', 'a b', '']) {
    app.say(`1|route|${verb}`)
    t.regex(await app.hear('|response|1|'), /\|NO\|not a method$/, verb)
  }
  for (const verb of ['options', 'cdr:attempt']) {
    app.say(`2|route|${verb}`)
    t.regex(await app.hear('|response|2|'), /\|OK$/)
  }
})
