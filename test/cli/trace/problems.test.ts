/** What is wrong with a call, and what is not. */
import test from 'ava'
import { type Seen, storyOf } from '../../../cli/trace/merge.ts'
import { problemsOf } from '../../../cli/trace/problems.ts'
import type { MediaStream__Output } from '../../../proto/types/raftel/v1/MediaStream.ts'
import { call, NOON } from '../tui/made.ts'

const stream = (side: string, packets: number): MediaStream__Output => {
  return { side, packets, bytes: 0, codec: 'PCMU', endpoint: '', errors: 0, heard: null }
}
const facts = (more: Parameters<typeof call>[1] = {}, seen: readonly Seen[] = [], slowMs = 4_000) => {
  return { call: call('a', more), story: seen.length === 0 ? null : storyOf(seen), now: NOON, slowMs }
}
const message = (at: number, sent: boolean, start: string, contact = '192.0.2.7'): Seen => {
  const text = `${start}\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@${contact}:5060>\r\n\r\n`
  return {
    node: 'n1',
    at: at * 1000,
    sent,
    transport: 'udp',
    local: '192.0.2.1:5060',
    remote: '192.0.2.7:5062',
    callId: 'a',
    text,
  }
}
const INVITE = 'INVITE sip:bob@pbx.test SIP/2.0'

test('a call that rings for more than 20 s, and no other', (t) => {
  t.deepEqual(problemsOf(facts({ state: 'ringing', answeredAt: 0, startedAt: NOON - 21_000 })), ['ringing long'])
  t.deepEqual(problemsOf(facts({ state: 'ringing', answeredAt: 0, startedAt: NOON - 19_000 })), [])
  t.deepEqual(problemsOf(facts()), [])
})

test('audio that one side alone sends, or nobody, is told when it had time to come and somebody counts it', (t) => {
  const talk = (caller: number, called: number, more = {}) =>
    problemsOf(facts({ streams: [stream('caller', caller), stream('called', called)], ...more }))
  t.deepEqual(talk(0, 500), ['one-way'])
  t.deepEqual(talk(500, 0), ['one-way'])
  t.deepEqual(talk(0, 0), ['no media'])
  t.deepEqual(talk(500, 1), [])
  t.deepEqual(talk(0, 10), [])
  t.deepEqual(talk(0, 500, { answeredAt: NOON - 4_000 }), [])
  t.deepEqual(talk(0, 500, { media: 'direct' }), [])
})

test('a phone whose Contact has another address than it sends from', (t) => {
  t.deepEqual(problemsOf(facts({}, [message(0, false, INVITE, '10.0.0.7')])), ['nat'])
  t.deepEqual(problemsOf(facts({}, [message(0, false, INVITE)])), [])
  t.deepEqual(problemsOf(facts({}, [message(0, false, INVITE, 'df7jal23ls0d.invalid')])), [], 'a name says nothing')
  t.deepEqual(problemsOf(facts({}, [message(0, true, INVITE, '10.0.0.7')])), [], 'what a node says of itself')
})

test('a set-up is slow from the INVITE that was let in to the first word of the far end', (t) => {
  const challenge = [
    message(0, false, INVITE),
    message(10, true, 'SIP/2.0 407 No'),
    message(9_000, false, INVITE),
    message(9_001, true, 'SIP/2.0 100 Trying'),
  ]
  t.deepEqual(problemsOf(facts({}, [...challenge, message(14_000, true, 'SIP/2.0 180 Ringing')])), ['slow set-up'])
  t.deepEqual(problemsOf(facts({}, [...challenge, message(12_000, true, 'SIP/2.0 180 Ringing')])), [])
  t.deepEqual(problemsOf(facts({}, [...challenge, message(12_000, true, 'SIP/2.0 200 OK')], 2_000)), ['slow set-up'])
  const ringing = { state: 'ringing', answeredAt: 0, startedAt: NOON - 6_000 }
  t.deepEqual(problemsOf(facts(ringing, challenge)), ['slow set-up'], 'nobody has said anything yet')
})
