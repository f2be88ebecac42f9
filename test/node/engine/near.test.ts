/** An app in the process of the engine: what both say goes past the kernel, and nothing else is otherwise. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type Engine, startEngine } from '../../../node/engine/engine.ts'
import type { CertificateFiles } from '../../../node/engine/transport/certificates.ts'
import { framed } from '../../../node/engine/wire/frames.ts'
import { until } from '../../nemesis/until.ts'
import { type RawApp, rawApp, talking } from './raw-app.ts'
import { quiet, request, udpPeer } from './stack.ts'
import { certificates } from './transport/secure.ts'

const SECRET = 'open sesame'

test('what was said through the kernel before comes before what is said near, both ways', async (t) => {
  const { engine, app } = await connected(t)
  const ping = (from: number, to: number): void => {
    for (let i = from; i < to; i++) app.say(`${i}|ping`)
  }
  ping(0, 500)
  // Some of the answers are on their way now.
  await app.hear('|response|100|')
  app.socket.pause()
  ping(500, 1000)
  // By the time that another app has its answers, these are in the kernel.
  const other = await rawApp(t, engine.drachtio, SECRET)
  for (const id of ['a', 'b']) {
    other.say(`${id}|ping`)
    await other.hear(`|response|${id}|`)
  }
  ping(1000, 1500)
  t.true(engine.bringNear(app.socket))
  const { bytesWritten } = app.socket
  ping(1500, 1999)
  await new Promise<void>((resolve) => app.socket.write(framed('1999|ping'), () => resolve()))
  // The engine has answered by the end of its turn.
  await new Promise(setImmediate)
  app.socket.resume()
  await app.hear('|response|1999|')
  const numbers = app.heard.map((payload) => Number(payload.split('|')[2]))
  t.deepEqual(
    numbers,
    [...Array(1999).keys()].filter((i) => i !== 100),
  )
  t.is(app.socket.bytesWritten, bytesWritten, 'none of the later ones was written to the kernel')
  const { bytesRead } = app.socket
  app.say('last|ping')
  await app.hear('|response|last|')
  t.is(app.socket.bytesRead, bytesRead, 'nor read from it')
})

test('whatever a socket can write is written', async (t) => {
  const { engine, app } = await connected(t)
  engine.bringNear(app.socket)
  const taken = (write: (done: () => void) => void): Promise<void> => new Promise((resolve) => write(resolve))
  const { socket } = app
  await Promise.all([
    taken((done) => socket.write('6#1|ping', done)),
    taken((done) => socket.write('6#2|p', 'latin1', done)),
    taken((done) => socket.write(Buffer.from('ing6#3|ping'), done)),
    taken((done) => socket.write(new Uint8Array(Buffer.from('6#4|ping')), done)),
    taken((done) => socket.write(Buffer.from('6#5|ping').toString('base64'), 'base64', done)),
  ])
  for (const id of ['1', '2', '3', '4', '5']) t.regex(await app.hear(`|response|${id}|`), /OK\|pong/)
  t.true(engine.bringNear(socket), 'once more changes nothing')
  app.say('6|ping')
  await app.hear('|response|6|')
})

test('what an app says before somebody asks by the network is heard before that', async (t) => {
  const { engine, app } = await connected(t)
  engine.bringNear(app.socket)
  const phone = await udpPeer(t, engine.listening[0]!.port)
  // Where the network is read before whatever is put off to the end of a turn.
  await new Promise(setImmediate)
  app.say('v|route|OPTIONS')
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  t.regex(await app.hear('OPTIONS sip:pbx.test'), /OPTIONS sip:pbx\.test SIP/)
})

test('the end of an app that is near is the end of any other: its requests are answered, its calls are called off', async (t) => {
  const { engine, app } = await connected(t)
  engine.bringNear(app.socket)
  app.say('v|route|OPTIONS')
  await app.hear('|response|v|OK')
  const phone = await udpPeer(t, engine.listening[0]!.port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  await app.hear('OPTIONS sip:pbx.test')
  app.socket.destroy()
  t.regex(await phone.next('503'), /Application Gone/)
  await until('it is gone', () => engine.stats().apps === 0)
})

test('what it may not say ends its connection, and so does the end of the engine', async (t) => {
  const { engine, app, end } = await connected(t)
  engine.bringNear(app.socket)
  app.socket.write('99999999#')
  await app.closed
  const other = await rawApp(t, engine.drachtio, SECRET)
  t.true(engine.bringNear(other.socket))
  await end()
  await other.closed
  t.false(engine.bringNear(other.socket))
})

test('only who has said the secret is brought near, by its own connection, and not over TLS', async (t) => {
  const { engine } = await connected(t)
  const stranger = net.connect(engine.drachtio)
  t.teardown(() => stranger.destroy())
  await once(stranger, 'connect')
  t.false(engine.bringNear(stranger))
  t.false(engine.bringNear(new net.Socket()))

  const files = certificates(t)
  const { engine: encrypted } = await started(t, files.pair('apps', 'IP:127.0.0.1'))
  const socket = tls.connect({ ...encrypted.drachtio, rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  const app = talking(socket)
  app.say(`hello|authenticate|${SECRET}|`)
  await app.hear('|response|hello|OK|')
  t.false(encrypted.bringNear(socket))
})

interface Started {
  readonly engine: Engine
  /** Once; the end of the test does it otherwise. */
  end(): Promise<void>
}

async function started(t: ExecutionContext, files?: CertificateFiles): Promise<Started> {
  const engine = await startEngine({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
    drachtio: { host: '127.0.0.1', port: 0, ...(files && { tls: files }) },
    secret: SECRET,
    log: quiet,
  })
  let ended: Promise<void> | null = null
  const end = (): Promise<void> => (ended ??= engine.close())
  t.teardown(end)
  return { engine, end }
}

async function connected(t: ExecutionContext): Promise<Started & { app: RawApp }> {
  const { engine, end } = await started(t)
  return { engine, end, app: await rawApp(t, engine.drachtio, SECRET) }
}
