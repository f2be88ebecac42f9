import test from 'ava'
import { answerOf, offerOf, passed, sdpLengthMax, streamsIn, unusable } from '../../../node/media/plan.ts'
import { sdpAt } from './rig.ts'

const sdp = sdpAt(4000)

test('a first offer names only who offers; a re-offer of either side names both', (t) => {
  const fresh = { id: 'c1', met: false }
  const met = { id: 'c1', met: true }
  t.like(offerOf(fresh, 'caller', sdp).fields, { 'from-tag': 'caller' })
  t.false('to-tag' in offerOf(fresh, 'caller', sdp).fields)
  t.like(offerOf(met, 'called', sdp).fields, { 'from-tag': 'called', 'to-tag': 'caller' })
  t.like(answerOf(met, 'caller', sdp).fields, { 'from-tag': 'called', 'to-tag': 'caller' })
  t.like(answerOf(fresh, 'called', sdp).fields, { 'from-tag': 'caller', 'to-tag': 'called' })
})

test('a phone behind the relay sees neither the other phone nor ICE nor DTLS', (t) => {
  const { fields } = offerOf({ id: 'c1', met: false }, 'caller', sdp)
  t.deepEqual(fields.replace, ['origin', 'session-connection'])
  t.is(fields.ICE, 'remove')
  t.is(fields.DTLS, 'off')
})

test('an SDP is unusable without a version, an address, a stream, a format or a port', (t) => {
  t.is(unusable(sdp), null)
  t.regex(unusable('hello') ?? '', /v=0/)
  t.regex(unusable(sdp.replace(/c=.*\r\n/, '')) ?? '', /c=/)
  t.regex(unusable(sdp.replace(/m=.*\r\n/, '')) ?? '', /m=/)
  t.regex(unusable(sdp.replace(/RTP\/AVP.*/, 'RTP/AVP ')) ?? '', /format/)
  t.regex(unusable(sdp.replace('m=audio 4000', 'm=audio 0')) ?? '', /port/)
  t.regex(unusable(sdp + 'm=audio 4000 RTP/AVP 0\r\n'.repeat(8)) ?? '', /more than 8 m= lines/)
  t.regex(unusable(sdp + 'a=x\r\n'.repeat(sdpLengthMax / 5)) ?? '', /longer/)
})

test('ok from the relay is not believed when the SDP beside it has no format', (t) => {
  const broken = sdp.replace(/RTP\/AVP.*/, 'RTP/AVP ')
  t.like(passed({ kind: 'ok', fields: { result: 'ok', sdp: broken } }), { kind: 'failed', status: 488 })
  t.like(passed({ kind: 'ok', fields: { result: 'ok' } }), { kind: 'failed', status: 503 })
  t.like(passed({ kind: 'silent' }), { kind: 'failed', status: 503 })
  t.like(passed({ kind: 'refused', reason: 'Failed to parse SDP' }), { kind: 'failed', status: 488 })
  t.like(passed({ kind: 'refused', reason: 'Ran out of ports' }), { kind: 'failed', status: 503 })
  t.deepEqual(passed({ kind: 'ok', fields: { sdp } }), { kind: 'sdp', sdp })
})

test('streams are read from whatever a query holds, and nothing in it makes the reader fail', (t) => {
  const stream = {
    flags: ['RTP'],
    stats: { packets: 5, bytes: 860, errors: 1 },
    endpoint: { address: '127.0.0.1', port: 9 },
  }
  const medias = [{ codec: 'PCMU/8000', streams: [stream, { flags: ['RTCP'] }] }]
  t.deepEqual(streamsIn({ kind: 'ok', fields: { tags: { caller: { medias } } } }), [
    { side: 'caller', packets: 5, bytes: 860, errors: 1, codec: 'PCMU/8000', endpoint: '127.0.0.1:9' },
  ])
  const said = (SSRC: unknown) => {
    const fields = { tags: { caller: { medias: [{ codec: 'PCMU/8000', streams: [{ ...stream, SSRC: 7 }] }] } }, SSRC }
    return streamsIn({ kind: 'ok', fields })?.[0]?.heard
  }
  const mean = { MOS: 43, jitter: 10, 'packet loss': 2, 'round-trip time': 39_285 }
  t.deepEqual(said({ 7: { 'average MOS': mean } }), { mos: 4.3, jitterMs: 10, lost: 2, roundTripMs: 39 })
  for (const other of [
    { 8: { 'average MOS': mean } },
    { 7: { 'average MOS': { MOS: 0 } } },
    { 7: [] },
    { 7: 1 },
    'x',
  ]) {
    t.is(said(other), undefined)
  }
  t.deepEqual(streamsIn({ kind: 'ok', fields: { tags: 'x' } }), [])
  t.is(streamsIn({ kind: 'refused', reason: 'Unknown call-id' }), null)
})
