import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { isStun, stunAnswer } from '../../../../node/engine/transport/stun.ts'
import { withVectors } from '../../../vectors.ts'
import { addressOf, port, soon } from '../../sip/support.ts'

interface Sample {
  readonly name: string
  readonly hex: string
}

const HERE = { host: '192.0.2.1', port: 32853 }
const SIX = { host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 }

/** A request of these attributes, each a type and a value. */
function request(attributes: readonly (readonly [number, string])[] = [], type = 1, magic = 0x2112a442): Buffer {
  const body = Buffer.concat(
    attributes.map(([kind, value]) => {
      const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
      bytes.writeUInt16BE(kind, 0)
      bytes.writeUInt16BE(value.length, 2)
      bytes.write(value, 4)
      return bytes
    }),
  )
  const head = Buffer.alloc(20, 7)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length, 2)
  head.writeUInt32BE(magic, 4)
  return Buffer.concat([head, body])
}

withVectors(
  test,
  'sip/crypto',
  'the address in an answer is written as RFC 5769 has it, for the requests that it has',
  (t, folder) => {
    const samples = JSON.parse(readFileSync(path.join(folder, 'stun-rfc5769.json'), 'utf8')) as Sample[]
    const [ask, four, six] = samples.map(({ hex }) => Buffer.from(hex, 'hex'))
    /** Attribute 0x0020 of a message, which is not the first of a sample. */
    const mapped = (message: Buffer): string => message.toString('hex').replace(/^.*?0020(0008|0014)/, '0020$1')
    for (const [sample, from] of [
      [four!, HERE],
      [six!, SIX],
    ] as const) {
      const answer = stunAnswer(ask!, from)!
      t.is(answer.subarray(0, 2).toString('hex'), '0101')
      t.deepEqual(answer.subarray(4, 20), ask!.subarray(4, 20))
      const attribute = answer.subarray(20).toString('hex')
      t.is(mapped(sample).slice(0, attribute.length), attribute)
    }
  },
)

test('whatever is no whole request for a binding hears nothing, and what it must not pass over is named', (t) => {
  t.is(stunAnswer(request(), HERE)!.length, 32)
  t.is(stunAnswer(request([[0x8022, 'a client']]), HERE)!.readUInt16BE(0), 0x0101)
  const refused = stunAnswer(
    request([
      [0x0006, 'name'],
      [0x7ffe, 'x'],
      [0x7fff, 'y'],
    ]),
    HERE,
  )!
  t.is(refused.toString('hex', 20), '0009000400000414' + '000a00027ffe0000')
  t.is(refused.readUInt16BE(0), 0x0111)
  const whole = request([[0x8022, 'a client']])
  for (let cut = 0; cut < whole.length; cut++) t.is(stunAnswer(whole.subarray(0, cut), HERE), null, `${cut} bytes`)
  const long = request([[0x8022, 'x']])
  long.writeUInt16BE(0xffff, 22)
  const silent = [
    request([], 0x0011),
    request([], 0x0101),
    request([], 1, 1),
    long,
    request([[0x8022, 'x'.repeat(540)]]),
  ]
  for (const one of silent) t.is(stunAnswer(one, HERE), null)
  t.false(isStun(Buffer.from('OPTIONS sip:a SIP/2.0')))
  t.false(isStun(Buffer.alloc(0)))
})

test('nobody hears three times what he said, from whichever address', (t) => {
  for (const from of [HERE, SIX, { host: '::ffff:192.0.2.1', port: 1 }, { host: 'fe80::1%lo', port: 65535 }]) {
    for (const ask of [request(), request([[0x7ffe, '']])]) t.true(stunAnswer(ask, from)!.length < 3 * ask.length)
  }
})

test('a phone that asks over UDP hears where it is seen (RFC 5626 §8)', async (t) => {
  const sip = await port(t)
  const socket = dgram.createSocket('udp4')
  t.teardown(() => socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const [host, to] = addressOf(sip, 'udp').split(':')
  const answered = once(socket, 'message')
  socket.send(request(), Number(to), host)
  const [answer] = (await soon('an answer', answered)) as [Buffer]
  t.is(answer.readUInt16BE(26) ^ 0x2112, socket.address().port)
})
