import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import test from 'ava'
import { isStun, stunReply } from '../../../../node/engine/transport/stun.ts'
import { withVectors } from '../../../vectors.ts'
import { request, startStack, udpPeer } from '../stack.ts'
import { soon } from './secure.ts'

const COOKIE = '2112a442'
const binding = (attributes = ''): Buffer => {
  const length = (attributes.length / 2).toString(16).padStart(4, '0')
  return Buffer.from(`0001${length}${COOKIE}b7e7a701bc34d686fa87dfae${attributes}`, 'hex')
}
const V4 = { host: '192.0.2.1', port: 32853 }
const V6 = { host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 }

/** The attributes of a message, as hex, by their type. */
function attributes(bytes: Buffer): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 20; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2)
    found.set(bytes.toString('hex', at, at + 2), bytes.toString('hex', at + 4, at + 4 + length))
    at += 4 + ((length + 3) & ~3)
  }
  return found
}

interface Vector {
  readonly name: string
  readonly hex: string
}

withVectors(
  test,
  'sip/crypto',
  'addresses are written as in RFC 5769, and its requests are understood',
  (t, folder) => {
    const all = JSON.parse(readFileSync(path.join(folder, 'stun-rfc5769.json'), 'utf8')) as Vector[]
    const of = (section: string): Buffer => {
      return Buffer.from(all.find(({ name }) => name.startsWith(section))!.hex, 'hex')
    }
    for (const [section, source] of [
      ['2.2.', V4],
      ['2.3.', V6],
    ] as const) {
      const reply = stunReply(binding(), source)!
      t.is(attributes(reply).get('0020'), attributes(of(section)).get('0020'), section)
      t.is(reply.toString('hex', 0, 2) + reply.toString('hex', 4, 20), `0101${of(section).toString('hex', 4, 20)}`)
    }
    // PRIORITY and its like are of ICE, and must be understood.
    const ice = stunReply(of('2.1.'), V4)!
    t.is(ice.toString('hex', 0, 2), '0111')
    t.is(attributes(ice).get('0009')?.slice(0, 8), '00000414')
    t.is(attributes(ice).get('000a'), '0024')
    const print = (crc32(ice.subarray(0, -8)) ^ 0x5354554e) >>> 0
    t.is(attributes(ice).get('8028'), print.toString(16).padStart(8, '0'), 'a fingerprint is answered with one')
    t.is(stunReply(of('2.4.'), V4)!.toString('hex', 0, 2), '0101')
    const spoilt = of('2.1.')
    spoilt[60]! ^= 1
    t.is(stunReply(spoilt, V4), null, 'a wrong fingerprint is no STUN')
  },
)

test('what is cut off or lies about its lengths has no answer, and no answer is three times its question', (t) => {
  const whole = binding('802200107465737420766563746f722000000000')
  t.true(isStun(whole))
  for (let cut = 20; cut < whole.length; cut++) {
    t.is(stunReply(whole.subarray(0, cut), V4), null)
    const patched = Buffer.from(whole.subarray(0, cut))
    patched.writeUInt16BE(cut - 20, 2)
    t.is(stunReply(patched, V4) !== null, cut === 20, String(cut))
  }
  t.false(isStun(Buffer.from('\r\n\r\nOPTIONS sip:pbx.test SIP/2.0\r\n')))
  t.is(stunReply(Buffer.from(whole).fill(0, 1, 2), V4), null, 'no binding request')
  for (const request of [binding(), binding('7fff0000'), binding('7fff00007ffe0000')]) {
    t.true(stunReply(request, V6)!.length < 3 * request.length)
  }
})

test('a phone learns its address outside on the port of SIP, and goes on with SIP there', async (t) => {
  const { port, faults } = await startStack(t, { routes: (srf) => srf.options((_req, res) => res.send(200)) })
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  t.teardown(() => socket.close())
  await once(socket, 'listening')
  socket.send(binding(), port, '127.0.0.1')
  const [reply] = (await soon(once(socket, 'message'), 'an answer')) as [Buffer]
  const mapped = `0001${(socket.address().port ^ 0x2112).toString(16).padStart(4, '0')}${(0x7f000001 ^ 0x2112a442).toString(16)}`
  t.is(attributes(reply).get('0020'), mapped)

  const peer = await udpPeer(t, port)
  peer.send(binding('0001'))
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  await peer.next('200')
  t.deepEqual(faults, [])
})
