import test from 'ava'
import { readAor, readHop, targetUri } from '../../../node/phone/identity.ts'
import { buildRtp, lost, nothingReceived, parseRtp, receive } from '../../../node/phone/packet.ts'
import { answer, offer, readSdp } from '../../../node/phone/sdp.ts'

const packet = (sequence: number) => ({
  payloadType: 0,
  marker: false,
  sequence: sequence & 0xffff,
  timestamp: (sequence * 160) >>> 0,
  ssrc: 9,
  payload: Uint8Array.of(1, 2, 3),
})

test('an RTP packet survives the wire; RTCP, other versions and stumps are not RTP', (t) => {
  const wire = buildRtp(packet(65_535))
  t.deepEqual({ ...parseRtp(wire), payload: [1, 2, 3] }, { ...packet(65_535), payload: [1, 2, 3] })
  t.is(parseRtp(wire.subarray(0, 11)), null)
  t.is(parseRtp(Buffer.from([0x40, ...wire.subarray(1)])), null)
  t.is(parseRtp(Buffer.from([0x80, 200, ...wire.subarray(2)])), null)
  t.is(parseRtp(Buffer.from([0xa0, 0, ...wire.subarray(2, -1), 200])), null)
  t.is(parseRtp(Buffer.from([0x9f, 0, ...wire.subarray(2)])), null)
})

test('loss is counted across the wrap of the sequence number, and disorder is no loss', (t) => {
  const run = (numbers: readonly number[]) =>
    lost(numbers.reduce((so, n, i) => receive(so, packet(n), i * 160), nothingReceived))
  t.is(run([65_534, 65_535, 65_536, 65_537]), 0)
  t.is(run([65_534, 65_537]), 2)
  t.is(run([1, 3, 2, 4]), 0)
  t.is(run([]), 0)
})

test('an even stream has no jitter and an uneven one has', (t) => {
  const run = (late: (i: number) => number) =>
    Array.from({ length: 100 }, (_, i) => i).reduce(
      (so, i) => receive(so, packet(i), i * 160 + late(i)),
      nothingReceived,
    )
  t.is(run(() => 50).jitter, 0)
  t.true(run((i) => (i % 2) * 80).jitter > 60)
})

const local = { address: '127.0.0.1', port: 4000, sessionId: 1, version: 1, direction: 'sendrecv' } as const

test('an offer reads as what it says, and the answer mirrors law, numbers and direction', (t) => {
  const offered = readSdp(offer(local))!
  t.deepEqual(offered, {
    address: '127.0.0.1',
    port: 4000,
    law: 'PCMU',
    payloadType: 0,
    events: 101,
    direction: 'sendrecv',
  })
  const held = { ...offered, law: 'PCMA', payloadType: 8, events: 96, direction: 'sendonly' } as const
  t.like(readSdp(answer(local, held)), { law: 'PCMA', payloadType: 8, events: 96, direction: 'recvonly' })
})

test('who is on hold stays so when the other side offers anew', (t) => {
  const theirs = readSdp(offer(local))!
  t.is(readSdp(answer({ ...local, direction: 'sendonly' }, theirs))!.direction, 'sendonly')
  t.is(
    readSdp(answer({ ...local, direction: 'sendonly' }, { ...theirs, direction: 'sendonly' }))!.direction,
    'inactive',
  )
})

test('hold by a null address, a dynamic number and a second stream are understood; no G.711 is not', (t) => {
  const base = offer(local)
  t.is(readSdp(base.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'))!.direction, 'sendonly')
  t.like(readSdp(base.replaceAll(' 0 8 ', ' 97 ').replace('rtpmap:0 PCMU', 'rtpmap:97 pcma')), {
    law: 'PCMA',
    payloadType: 97,
  })
  t.is(readSdp(base.replace('m=audio 4000', 'm=audio 0 RTP/AVP 0\r\nm=audio 4000'))!.port, 4000)
  t.is(readSdp(base.replace(/m=audio.*/, 'm=audio 4000 RTP/AVP 9')), null)
  t.is(readSdp('v=0'), null)
})

test('addresses are read, and what is none is not', (t) => {
  t.deepEqual(readAor('sip:alice@PBX.test'), { aor: 'alice@pbx.test', user: 'alice', domain: 'pbx.test' })
  t.is(readAor('alice'), null)
  t.is(readAor('a b@pbx.test'), null)
  t.deepEqual(readHop('127.0.0.1:5060;transport=tcp'), { host: '127.0.0.1', port: 5060, transport: 'tcp' })
  t.is(readHop('127.0.0.1'), null)
  t.is(readHop('127.0.0.1:99999'), null)
  t.is(targetUri('1001', 'pbx.test'), 'sip:1001@pbx.test')
  t.is(targetUri('bob@pbx.test', 'x'), 'sip:bob@pbx.test')
  t.is(targetUri('sip:bob@127.0.0.1:5060', 'x'), 'sip:bob@127.0.0.1:5060')
})
