import test from 'ava'
import fc from 'fast-check'
import type { NumberPolicy } from '../../../cluster/tables/trunk-rows.ts'
import { onlyCodecs } from '../../../node/trunks/codecs.ts'
import { badFor, FRESH, type Health, next } from '../../../node/trunks/health.ts'
import { inviteTo } from '../../../node/trunks/invite.ts'
import { inNumber, outNumber } from '../../../node/trunks/numbers.ts'
import { backOff } from '../../../node/trunks/register.ts'
import { readTrunk, writeTrunk } from '../../../node/trunks/spec.ts'

test('a target is down after so many bad answers in a row and up after so many good ones, never before', (t) => {
  const rules = fc.record({ bad: fc.integer({ min: 1, max: 5 }), good: fc.integer({ min: 1, max: 5 }) })
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), rules, (answers, { bad, good }) => {
      let health: Health = FRESH
      let reach = 'up'
      let run = 0
      for (const isGood of answers) {
        run = isGood === (reach === 'up') ? 0 : run + 1
        if (run >= (reach === 'up' ? bad : good)) {
          reach = reach === 'up' ? 'down' : 'up'
          run = 0
        }
        health = next(health, isGood ? null : 'no answer', { bad, good })
        if (health.reach !== reach || (reach === 'down' && health.why === '')) return false
      }
      return true
    }),
  )
  t.pass()
})

test('whoever refuses is there; who says that he cannot serve, or nothing, is not', (t) => {
  for (const status of [200, 401, 403, 404, 405, 481, 486, 500, 501, 603]) t.is(badFor(status), null)
  for (const status of [408, 503]) t.not(badFor(status), null)
})

test('a number that went out by a policy comes back in by it', (t) => {
  const policies: NumberPolicy[] = ['49', '39', '1', '44'].flatMap((country) => [
    { format: 'e164', country },
    { format: 'plus-less', country },
    { format: 'national', country, ...(country === '1' && { international: '011' }) },
  ])
  for (const number of ['+493012345678', '+390612345678', '+12015550123', '+442079460018', '+41443643532'])
    for (const policy of policies) t.is(inNumber(policy, outNumber(policy, number)), number, JSON.stringify(policy))
  t.is(outNumber({ format: 'national', country: '49' }, '+493012345678'), '03012345678')
  t.is(outNumber({ format: 'national', country: '39' }, '+390612345678'), '0612345678')
  t.is(outNumber({ format: 'national', country: '1' }, '+12015550123'), '2015550123')
  t.is(outNumber({ format: 'national', country: '49' }, '+442079460018'), '00442079460018')
  t.is(outNumber({ format: 'plus-less', prefix: '9', strip: 2 }, '+493012345'), '93012345')
  t.is(outNumber({ prefix: '0' }, 'alice'), '0alice')
  t.is(inNumber({ strip: 1, format: 'national', country: '49' }, '903012345678'), '+493012345678')
  t.is(inNumber({ format: 'national', country: '49' }, '110'), '110')
  for (const format of ['plus-less', 'e164'] as const) {
    t.is(inNumber({ format }, '112'), '112')
    t.is(inNumber({ format }, '2907123'), '+2907123')
  }
  t.is(inNumber({ format: 'plus-less' }, 'alice'), 'alice')
  t.is(inNumber({}, '030123'), '030123')
})

test('whatever is dialled, a policy without a format only strips and adds', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.nat(10), fc.stringMatching(/^\d{0,5}$/), (number, strip, prefix) => {
      return outNumber({ strip, prefix }, number) === prefix + number.slice(strip)
    }),
  )
  t.pass()
})

const SDP = [
  'v=0',
  'o=a 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 96 0 8 18 101',
  'a=rtpmap:96 opus/48000/2',
  'a=fmtp:96 useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=sendrecv',
  'm=video 4002 RTP/AVP 97',
  'a=rtpmap:97 H264/90000',
  '',
].join('\r\n')

test('an offer has the codecs of the trunk in its order, with tones, and nothing else of the others', (t) => {
  const only = onlyCodecs(SDP, ['PCMA', 'pcmu'])
  t.regex(only, /^m=audio 4000 RTP\/AVP 8 0 101\r$/m)
  t.notRegex(only, /opus|useinbandfec|G729/)
  t.regex(only, /^a=rtpmap:101 telephone-event\/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r$/m)
  t.regex(only, /m=video 4002 RTP\/AVP 97\r\na=rtpmap:97 H264\/90000\r\n$/)
  t.is(onlyCodecs(SDP, ['speex']), SDP, 'none is left: the other side says no')
  t.is(onlyCodecs(SDP, ['opus', 'PCMU', 'PCMA', 'G729']), SDP)
})

test('whatever an SDP is, taking codecs out twice is as once, and no line is made up', (t) => {
  const line = fc.oneof(fc.constantFrom(...SDP.split('\r\n')), fc.stringMatching(/^[a-z]=[ -~]{0,40}$/))
  const sdp = fc.array(line, { maxLength: 30 }).map((lines) => `${lines.join('\r\n')}\r\n`)
  const codecs = fc.uniqueArray(fc.constantFrom('PCMA', 'PCMU', 'opus', 'G729', 'H264'), { minLength: 1 })
  fc.assert(
    fc.property(sdp, codecs, (text, wanted) => {
      const once = onlyCodecs(text, wanted)
      const known = new Set(text.split('\r\n').filter((one) => !one.startsWith('m=')))
      const made = once.split('\r\n').filter((one) => !one.startsWith('m=') && !known.has(one))
      return onlyCodecs(once, wanted) === once && made.length === 0
    }),
  )
  t.pass()
})

test('headers are added and taken away as the trunk says, and a carrier that wants its account in From gets it', (t) => {
  const trunk = {
    name: 'a',
    version: 1,
    targets: ['sip:gw.test:5070;transport=tcp'],
    domain: 'carrier.test',
    identity: { from: 'acme' },
    headers: { add: { 'X-Customer': '7' }, remove: ['referred-by'] },
  }
  const look = { number: '+4930', display: 'A', private: false, sdp: '', headers: { 'Referred-By': '<sip:b@c>' } }
  const request = inviteTo(trunk, trunk.targets[0]!, '+4940', look, '192.0.2.9:5060')
  t.is(request.uri, 'sip:+4940@carrier.test')
  t.is(request.nextHop, 'sip:gw.test:5070;transport=tcp')
  t.is(request.from.uri, 'sip:acme@carrier.test')
  t.deepEqual(request.headers, { 'P-Asserted-Identity': '<sip:+4930@carrier.test>', 'X-Customer': '7' })
  const hidden = inviteTo(trunk, trunk.targets[0]!, '+4940', { ...look, private: true }, '192.0.2.9:5060')
  t.false(JSON.stringify(hidden).includes('4930'))
  t.is(hidden.headers?.Privacy, 'id')
})

test('a trunk that was read and written is read again as the same; its password is not written', (t) => {
  const text = `
tenant: acme
targets: [sip:sip.carrier.example, "sip:192.0.2.1:5070;transport=tcp"]
domain: Carrier.example
auth: {user: "0049", realm: r, password: open sesame}
register: {expires: 300}
probe: 10
inbound: {from: [192.0.2.0/24, "2001:db8::/32"], user: pbx@PBX.test, domain: pbx.test}
out: {format: national, country: 49, strip: 1, prefix: "00"}
in: {prefix: +}
codecs: [PCMA]
headers: {add: {X-A: "1"}, remove: [Referred-By]}
identity: {trusted: true}
max_calls: 0
disabled: true
`
  const read = readTrunk('a', text)
  if (read.kind !== 'ok') return t.fail(read.text)
  t.is(read.password, 'open sesame')
  t.like(read.trunk, { domain: 'carrier.example', maxCalls: 0, disabled: true, out: { prefix: '00', country: '49' } })
  t.false(JSON.stringify(read.trunk).includes('sesame'))
  const written = writeTrunk({ ...read.trunk, version: 3, auth: { ...read.trunk.auth!, password: 'v1.sealed' } })
  t.notRegex(written, /sesame|sealed/)
  const again = readTrunk('a', written)
  t.deepEqual(again.kind === 'ok' && again.trunk, read.trunk)
})

test('what is wrong with a trunk is told, all at once', (t) => {
  const faults = (text: string, name = 'a') => {
    const read = readTrunk(name, text)
    return read.kind === 'faults' ? read.text : ''
  }
  const all = faults(`
targets: [sip:me@x, "http://x"]
headers: {add: {From: x, "A B": y}}
inbound: {from: [10.0.0.0/7]}
out: {format: national}
max_calls: many
speed: 9
`)
  for (const part of ['targets[0]', 'targets[1]', 'From', 'A B', 'inbound.from[0]', 'out', 'max_calls', 'speed'])
    t.true(all.includes(part), part)
  t.regex(faults('targets: [sip:x]\nregister: true'), /needs auth.user/)
  t.regex(faults('targets: [sip:x]', 'A trunk'), /name of a trunk/)
  t.regex(faults('targets: [sip:x]\nheaders: {add: {X-A: "a\\r\\nFrom: b"}}'), /control/)
})

test('who fails to register waits longer each time, up to two minutes, and never the same as all others', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, drawn) => {
        const ms = backOff(failures, drawn)
        const whole = Math.min(120_000, 1_000 * 2 ** (failures - 1))
        return ms >= whole / 2 && ms < whole
      },
    ),
  )
  t.pass()
})
