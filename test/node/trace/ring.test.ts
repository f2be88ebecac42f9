import test from 'ava'
import fc from 'fast-check'
import { MESSAGE_MAX, type Passed, Ring } from '../../../node/trace/ring.ts'
import { startTrace } from '../../../node/trace/trace.ts'

const local = { host: '127.0.0.1', port: 5060 }
const remote = { host: '127.0.0.1', port: 5080 }
const message = (callId: string, n: number, body = ''): string =>
  `INVITE sip:bob@pbx.test SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: ${n} INVITE\r\n\r\n${body}`
const passed = (callId: string, at: number, text: string): Passed => {
  return { at, way: 'in', transport: 'udp', local, remote, callId, text }
}

test('however messages come, what is remembered are the last ones, whole, in order, and never more than the bounds', (t) => {
  const coming = fc.array(fc.tuple(fc.nat(6), fc.nat(3_000), fc.constantFrom('a', 'ä', '😀')), { maxLength: 200 })
  fc.assert(
    fc.property(
      coming,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: MESSAGE_MAX, max: 3 * MESSAGE_MAX }),
      (all, messages, bytes) => {
        const ring = new Ring({ bytes, messages })
        const kept = all.map(([call, length, letter], at) =>
          passed(`call-${call}`, at, message(`call-${call}`, at, letter.repeat(length))),
        )
        for (const one of kept) ring.keep(one)
        const left = [0, 1, 2, 3, 4, 5, 6].flatMap((call) => ring.of(`call-${call}`)).sort((a, b) => a.at - b.at)
        t.true(left.length <= messages)
        t.is(left.length, ring.messages)
        t.is(left.length + ring.lost, kept.length)
        t.true(left.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) <= bytes)
        t.deepEqual(left, kept.slice(kept.length - left.length))
        if (kept.length > 0) t.true(left.length > 0)
      },
    ),
    { numRuns: 300 },
  )
})

test('a message that is too long is cut, and nothing of what came before is damaged', (t) => {
  const ring = new Ring({ bytes: MESSAGE_MAX, messages: 10 })
  ring.keep(passed('a', 1, message('a', 1)))
  ring.keep(passed('b', 2, message('b', 2, 'ä'.repeat(MESSAGE_MAX))))
  t.deepEqual(ring.of('a'), [])
  const [cut] = ring.of('b')
  t.true(Buffer.byteLength(cut!.text) <= MESSAGE_MAX && Buffer.byteLength(cut!.text) > MESSAGE_MAX - 4)
  t.true(message('b', 2, 'ä'.repeat(MESSAGE_MAX)).startsWith(cut!.text))
})

test('what is about calls is remembered; phones that refresh push nothing out', (t) => {
  let at = 0
  const trace = startTrace({ bytes: 64 * 1024, messages: 64, now: () => ++at })
  const tap = (text: string): void => trace.tap!('in', text, { transport: 'udp', local, remote } as never)
  trace.isLeg('call', 'leg')
  tap(message('leg', 1))
  for (let n = 0; n < 1_000; n++) {
    tap(message(`r${n}`, n).replaceAll('INVITE', 'REGISTER'))
    tap(`SIP/2.0 200 OK\r\nCall-ID: r${n}\r\nCSeq: ${n} REGISTER\r\n\r\n`)
    tap(message(`o${n}`, n).replaceAll('INVITE', 'OPTIONS'))
  }
  tap('SIP/2.0 180 Ringing\r\ni: leg\r\nCSeq: 1 INVITE\r\n\r\n')
  tap(message('leg', 2).replaceAll('INVITE', 'OPTIONS'))
  t.deepEqual(
    trace.of('call').map(({ text }) => text.split(' ', 2).join(' ')),
    ['INVITE sip:bob@pbx.test', 'SIP/2.0 180', 'OPTIONS sip:bob@pbx.test'],
  )
  t.deepEqual(trace.calls('leg'), ['call'])
  t.deepEqual(trace.calls('call'), ['call'])
  t.deepEqual(trace.calls('r1'), [])
})

test('a call that is followed is told message by message, also of a leg that it gets later', (t) => {
  let at = 0
  const trace = startTrace({ bytes: 64 * 1024, messages: 64, now: () => ++at })
  const tap = (text: string): void => trace.tap!('out', text, { transport: 'udp', local, remote } as never)
  const told: string[] = []
  const stop = trace.follow('call', ({ callId }) => void told.push(callId))
  tap(message('one', 1))
  trace.isLeg('call', 'one')
  tap(message('one', 2))
  tap(message('other', 1))
  trace.isLeg('call', 'two')
  tap(message('two', 1))
  stop()
  tap(message('two', 2))
  t.deepEqual(told, ['one', 'one', 'two'])
})

test('legs and calls are forgotten like messages, whatever their number', (t) => {
  const trace = startTrace({ bytes: 64 * 1024, messages: 64, now: () => 1 })
  for (let n = 0; n < 10_000; n++) trace.isLeg(`call-${n}`, 'shared')
  for (let n = 0; n < 10_000; n++) trace.isLeg('greedy', `leg-${n}`)
  for (let n = 0; n < 10_000; n++) trace.isLeg(`other-${n}`, `own-${n}`)
  t.true(trace.calls('shared').length <= 16)
  t.deepEqual(trace.calls('own-0'), [])
  t.deepEqual(trace.calls('own-9999'), ['other-9999'])
})

test('without bytes nothing is tapped', (t) => {
  const trace = startTrace({ bytes: 0, messages: 64, now: () => 1 })
  t.is(trace.tap, undefined)
  trace.isLeg('call', 'leg')
  t.deepEqual(trace.of('call'), [])
})
