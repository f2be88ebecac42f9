/** Each rule of rules.ts, broken once in a call that breaks none. */
import test from 'ava'
import { faultsOf } from './rules.ts'
import { parse } from './trace.ts'

const NODE = 'Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK'
const OURS = 'Via: SIP/2.0/UDP 127.0.0.1:4000;branch=z9hG4bK'
const BOB = '<sip:bob@pbx.test>'
const ALICE = '<sip:alice@pbx.test>'

/** A phone that is called, talks and is hung up on, and one that is not answered. `>` is what the phone says. */
const called = [
  `< INVITE sip:bob@127.0.0.1:4000 SIP/2.0|${NODE}1;rport|Max-Forwards: 69|From: ${ALICE};tag=n|To: ${BOB}|CSeq: 1 INVITE|Contact: <sip:127.0.0.1:5060>`,
  `> SIP/2.0 200 OK|${NODE}1|From: ${ALICE};tag=n|To: ${BOB};tag=b|CSeq: 1 INVITE|Contact: <sip:bob@127.0.0.1:4000>`,
  `< ACK sip:bob@127.0.0.1:4000 SIP/2.0|${NODE}2;rport|Max-Forwards: 70|From: ${ALICE};tag=n|To: ${BOB};tag=b|CSeq: 1 ACK`,
  `< BYE sip:bob@127.0.0.1:4000 SIP/2.0|${NODE}3;rport|Max-Forwards: 70|From: ${ALICE};tag=n|To: ${BOB};tag=b|CSeq: 2 BYE`,
]
const missed = [
  called[0]!,
  `< CANCEL sip:bob@127.0.0.1:4000 SIP/2.0|${NODE}1;rport|Max-Forwards: 70|From: ${ALICE};tag=n|To: ${BOB}|CSeq: 1 CANCEL`,
  `> SIP/2.0 487 Request Terminated|${NODE}1|From: ${ALICE};tag=n|To: ${BOB};tag=b|CSeq: 1 INVITE`,
  `< ACK sip:bob@127.0.0.1:4000 SIP/2.0|${NODE}1;rport|Max-Forwards: 70|From: ${ALICE};tag=n|To: ${BOB};tag=b|CSeq: 1 ACK`,
]
/** A phone that calls, and moves. */
const calling = [
  `> INVITE sip:bob@pbx.test SIP/2.0|${OURS}1;rport|From: ${ALICE};tag=a|To: ${BOB}|CSeq: 1 INVITE|Contact: <sip:alice@127.0.0.1:4000>`,
  `< SIP/2.0 180 Ringing|${OURS}1;rport=4000|From: ${ALICE};tag=a|To: ${BOB};tag=n|CSeq: 1 INVITE|Contact: <sip:127.0.0.1:5060>`,
  `< SIP/2.0 200 OK|${OURS}1;rport=4000|From: ${ALICE};tag=a|To: ${BOB};tag=n|CSeq: 1 INVITE|Contact: <sip:127.0.0.1:5060>`,
  `> BYE sip:127.0.0.1:5060 SIP/2.0|${OURS}2;rport|From: ${ALICE};tag=a|To: ${BOB};tag=n|CSeq: 2 BYE`,
  `< SIP/2.0 200 OK|${OURS}2;rport=4000|From: ${ALICE};tag=a|To: ${BOB};tag=n|CSeq: 2 BYE`,
]

function faults(messages: readonly string[]): string[] {
  return faultsOf(
    messages.map((text) => {
      const lines = text.slice(2).split('|')
      const rest = ['Call-ID: c', 'Content-Length: 0'].filter((line) => !text.includes(line.slice(0, 8)))
      return parse(text.startsWith('>'), [...lines, ...rest, '', ''].join('\r\n'))
    }),
  )
}

test('a call that is as it should be has no faults', (t) => {
  t.deepEqual([called, missed, calling].map(faults), [[], [], []])
})

const BROKEN: readonly (readonly [string, readonly string[], number, string | RegExp, string])[] = [
  ['< INVITE: Content-Length is 4', called, 0, '|Contact', '|Content-Length: 4|Contact'],
  ['< INVITE: has not exactly one Via', called, 0, '|Max', `|${OURS}9|Max`],
  ['< INVITE: has no branch of RFC 3261', called, 0, 'z9hG4bK1', '1'],
  ['< INVITE: has no Max-Forwards', called, 0, 'Max-Forwards: 69', 'X: 1'],
  ['< INVITE: has no From tag', called, 0, ';tag=n', ''],
  ['< INVITE: has a route', called, 0, '|Contact', '|Record-Route: <sip:127.0.0.1;lr>|Contact'],
  ['< INVITE: carries credentials', called, 0, '|Contact', '|Proxy-Authorization: Digest x|Contact'],
  ['< INVITE: has no Contact', called, 0, /\|Contact.*/, ''],
  ['< INVITE: begins a dialog with a To tag', called, 0, BOB, `${BOB};tag=x`],
  ['< BYE: has another Call-ID than the dialog', called, 3, '|CSeq', '|Call-ID: d|CSeq'],
  ['< BYE: has another To tag than the dialog', called, 3, 'tag=b', 'tag=c'],
  ['< BYE: does not go to the Contact', called, 3, 'bob@127.0.0.1', 'bob@127.0.0.2'],
  ['< BYE: has a CSeq that was used', called, 3, '2 BYE', '1 BYE'],
  ['< ACK: has the branch of the INVITE it ends', called, 2, 'z9hG4bK2', 'z9hG4bK1'],
  ['< ACK: has the CSeq of no INVITE', called, 2, '1 ACK', '2 ACK'],
  ['< CANCEL: has another branch than its INVITE', missed, 1, 'z9hG4bK1', 'z9hG4bK2'],
  ['< CANCEL: has another Request-URI than its INVITE', missed, 1, 'sip:bob', 'sip:carol'],
  ['< CANCEL: has a wrong To tag', missed, 1, BOB, `${BOB};tag=b`],
  ['< ACK: has a wrong To tag', missed, 3, 'tag=b', 'tag=c'],
  ['< 180 INVITE: has not exactly the one Via of the request', calling, 1, '|From', `|${NODE}9|From`],
  ['< 180 INVITE: has another branch than the request', calling, 1, 'z9hG4bK1', 'z9hG4bK2'],
  ['< 180 INVITE: does not say where the request came from (RFC 3581 §4)', calling, 1, '=4000', ''],
  ['< 180 INVITE: has another From than the request', calling, 1, 'tag=a', 'tag=b'],
  ['< 180 INVITE: has another Call-ID than the request', calling, 1, '|CSeq', '|Call-ID: d|CSeq'],
  ['< 180 INVITE: has another To than the request', calling, 1, 'bob', 'carol'],
  ['< 180 INVITE: has no Contact', calling, 1, /\|Contact.*/, ''],
  ['< 180 INVITE: a back-to-back user agent records no route', calling, 1, '|CSeq', '|Record-Route: <sip:x>|CSeq'],
  ['< 200 INVITE: changes the To tag', calling, 2, 'tag=n', 'tag=m'],
  ['< 200 BYE: has another To tag than the request', calling, 4, 'tag=n', 'tag=m'],
  ['< 200 BYE: answers nothing that was sent', calling, 4, '2 BYE', '3 BYE'],
]

for (const [fault, call, at, from, to] of BROKEN) {
  test(fault, (t) => {
    const broken = call.map((text, i) => (i === at ? text.replace(from, to) : text))
    t.not(broken[at], call[at])
    t.true(faults(broken).includes(fault), faults(broken).join('\n'))
  })
}

test('< 407 INVITE: has no To tag', (t) => {
  const refused = calling[1]!.replace('180 Ringing', '407 Proxy Authentication Required').replace(';tag=n', '')
  t.deepEqual(faults([calling[0]!, refused]), ['< 407 INVITE: has no To tag'])
})

test('< BYE: belongs to nothing', (t) => {
  t.true(faults([called[3]!]).includes('< BYE: belongs to nothing'))
})
