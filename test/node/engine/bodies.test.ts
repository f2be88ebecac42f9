import dgram, { type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'ava'
import { decode, encode, lengthOf, messageText } from '../../../node/engine/parser/bytes.ts'
import { Bodies } from '../../../node/engine/wire/bodies.ts'
import { withVectors } from '../../vectors.ts'
import { reply, type Srf, startStack, type Test } from './stack.ts'

/** Every byte there is, and what only looks like UTF-8: cut short, too long, a surrogate, beyond the end. */
const BINARY = Buffer.concat([
  Buffer.from('größer 😀 \uF7FF '),
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  Buffer.from([
    0xe2, 0x82, 0x41, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xf0, 0x9f, 0x98, 0xff, 0x0d, 0x0a,
  ]),
  Buffer.from('\r\n\r\n😀'),
  Buffer.from([0xf0, 0x9f]),
])

test('bytes that are read are the same bytes when they are written, and counted so', (t) => {
  const all = Buffer.from(Array.from({ length: 0x20000 }, (_, i) => (i % 2 === 0 ? i >> 9 : i >> 1)))
  for (const bytes of [BINARY, all, Buffer.alloc(0), Buffer.from('plain'), Buffer.from([0xff])]) {
    const text = decode(bytes)
    t.true(bytes.equals(Buffer.from(encode(text))))
    t.is(lengthOf(text), bytes.length)
  }
  t.is(decode(Buffer.from('größer')), 'größer')
})

test('a head is UTF-8 or nothing, a body may be anything', (t) => {
  const head = Buffer.from('OPTIONS sip:ü SIP/2.0\r\n\r\n')
  const whole = Buffer.concat([head, BINARY])
  t.true(whole.equals(Buffer.from(encode(messageText(whole, head.length - 4)!))))
  const spoiled = Buffer.from(whole)
  spoiled[9] = 0xff
  t.is(messageText(spoiled, head.length - 4), null)
  t.is(messageText(BINARY, -1), null)
})

test('only what an app was shown, and only lately, becomes bytes again', (t) => {
  const bodies = new Bodies()
  const message = (n: number): string => `x\r\n\r\n${n}${decode(Buffer.from([0xff, 0xfe]))}`
  const shown = (n: number): string => bodies.shown(message(n)).slice(5)
  t.true(shown(1).isWellFormed())
  t.is(bodies.meant(shown(1)), message(1).slice(5))
  t.is(bodies.meant('\uF7FF'), '\uF7FF', 'nobody was shown that')
  for (let n = 2; n < 5_000; n++) shown(n)
  t.is(bodies.meant('1\uF7FF\uF7FE'), '1\uF7FF\uF7FE', 'too long ago')
  t.is(bodies.meant('4999\uF7FF\uF7FE'), message(4_999).slice(5))
  const large = (byte: number): string => `x\r\n\r\n${decode(Buffer.alloc(1_500_000, byte))}`
  const [first = '', last = ''] = [0xfd, 0xfe, 0xff].map((byte) => bodies.shown(large(byte)).slice(5))
  t.is(bodies.meant(first), first, 'too much since')
  t.is(bodies.meant(last), large(0xfe).slice(5))
})

/** A socket that speaks bytes. */
async function rawPeer(t: Test): Promise<{ socket: Socket; port: number; next(begin: string): Promise<Buffer> }> {
  const socket = dgram.createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const kept: Buffer[] = []
  socket.on('message', (bytes) => {
    kept.push(bytes)
    socket.emit('kept')
  })
  return {
    socket,
    port: socket.address().port,
    async next(begin) {
      for (;;) {
        for (let one = kept.shift(); one; one = kept.shift()) if (one.toString('latin1').startsWith(begin)) return one
        await once(socket, 'kept', { signal: AbortSignal.timeout(30_000) })
      }
    },
  }
}

const bodyOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
const lengthSaid = (bytes: Buffer): number => Number(/content-length: *(\d+)/i.exec(bytes.toString('latin1'))?.[1])

function message(port: number, method: string, body: Buffer, from = '<sip:alice@pbx.test>'): Buffer {
  const head =
    `${method} sip:bob@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${method};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: ${from};tag=1\r\nTo: <sip:bob@pbx.test>\r\nCall-ID: ${method}@pbx.test\r\nCSeq: 1 ${method}\r\n` +
    `Contact: <sip:alice@127.0.0.1:${port}>\r\nContent-Type: application/isup\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

test('a head that is not UTF-8 is refused, and not a byte of it comes back as another', async (t) => {
  const { port, faults } = await startStack(t, { routes: (srf) => srf.message((_req, res) => res.send(200)) })
  const peer = await rawPeer(t)
  const sent = message(peer.port, 'MESSAGE', Buffer.alloc(0), '"ali\xffce\xe2\x82" <sip:alice@pbx.test>')
  peer.socket.send(sent, port, '127.0.0.1')
  const answer = await peer.next('SIP/2.0 400')
  t.true(answer.includes(Buffer.from('From: "ali\xffce\xe2\x82" <sip:alice@pbx.test>;tag=1\r\n', 'latin1')))
  t.deepEqual(faults, [])
})

/** Passes every MESSAGE on with the body that it came with. */
function relay(srf: Srf, target: () => number): void {
  srf.message(async (req, res) => {
    const answer = await srf.request(`sip:bob@127.0.0.1:${target()}`, { method: 'MESSAGE', body: req.body })
    answer.on('response', ({ status, body }) => res.send(status, { body }))
  })
}

test('a binary body goes through an app that passes it on, and so does the one of the answer', async (t) => {
  const callee = await rawPeer(t)
  const { port, faults } = await startStack(t, { routes: (srf) => relay(srf, () => callee.port) })
  const caller = await rawPeer(t)
  caller.socket.send(message(caller.port, 'MESSAGE', BINARY), port, '127.0.0.1')
  const passed = await callee.next('MESSAGE')
  t.true(bodyOf(passed).equals(BINARY))
  t.is(lengthSaid(passed), BINARY.length)
  const back = BINARY.subarray(7)
  const answer = reply(passed.toString('latin1'), '200 OK').replace(
    'Content-Length: 0',
    `Content-Length: ${back.length}`,
  )
  callee.socket.send(Buffer.concat([Buffer.from(answer, 'latin1'), back]), port, '127.0.0.1')
  const heard = await caller.next('SIP/2.0 200')
  t.true(bodyOf(heard).equals(back))
  t.is(lengthSaid(heard), back.length)
  t.deepEqual(faults, [])
})

test('a call with a binary body beside its SDP goes through a B2BUA as it is', async (t) => {
  const callee = await rawPeer(t)
  const { port, faults } = await startStack(t, {
    routes: (srf) =>
      srf.invite((req, res) => {
        srf.createB2BUA(req, res, `sip:bob@127.0.0.1:${callee.port}`, { localSdpB: req.body }).catch(() => undefined)
      }),
  })
  const caller = await rawPeer(t)
  caller.socket.send(message(caller.port, 'INVITE', BINARY), port, '127.0.0.1')
  const passed = await callee.next('INVITE')
  t.true(bodyOf(passed).equals(BINARY))
  callee.socket.send(reply(passed.toString('latin1'), '486 Busy Here'), port, '127.0.0.1')
  await caller.next('SIP/2.0 486')
  t.deepEqual(faults, [])
})

withVectors(
  test,
  'sip/rfc4475',
  'the multipart message of RFC 4475 goes through an app byte by byte',
  async (t, folder) => {
    const callee = await rawPeer(t)
    const { port } = await startStack(t, { routes: (srf) => relay(srf, () => callee.port) })
    const bytes = readFileSync(path.join(folder, 'mpart01.dat'))
    callee.socket.send(bytes, port, '127.0.0.1')
    t.true(bodyOf(await callee.next('MESSAGE')).equals(bodyOf(bytes)))
  },
)

test('a body as large as there may be, and nothing but binary, passes through an app over TCP', async (t) => {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port: target } = server.address() as net.AddressInfo
  const { port, faults } = await startStack(t, {
    routes: (srf) =>
      srf.message((req, res) => {
        srf
          .request(`sip:bob@127.0.0.1:${target};transport=tcp`, { method: 'MESSAGE', body: req.body })
          .then((answer) => answer.on('response', ({ status }) => res.send(status)))
          .catch(() => res.send(500))
      }),
  })
  const body = Buffer.alloc(1024 * 1024, 0xff)
  const caller = net.connect(port, '127.0.0.1')
  t.teardown(() => caller.destroy())
  caller.write(message(5060, 'MESSAGE', body))
  const [callee] = (await once(server, 'connection')) as [net.Socket]
  t.teardown(() => callee.destroy())
  let passed = Buffer.alloc(0)
  for await (const chunk of callee) {
    passed = Buffer.concat([passed, chunk as Buffer])
    if (passed.indexOf('\r\n\r\n') > 0 && bodyOf(passed).length >= lengthSaid(passed)) break
  }
  t.true(bodyOf(passed).equals(body))
  t.deepEqual(faults, [])
})
