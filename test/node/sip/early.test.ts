/** What is answered before a request is a transaction: a challenge for who does not say who it is. */
import test from 'ava'
import type { Guard } from '../../../node/sip/guard.ts'
import { headersOf, port, quiet, soon, udpPeer } from './support.ts'

const challenge = {
  status: 401,
  headers: { 'WWW-Authenticate': ['Digest realm="a",nonce="1"', 'Digest realm="a",nonce="2"'] },
}
const head = (method: string, more: readonly string[] = []): string[] => [
  'From: <sip:alice@pbx.test>;tag=a',
  'To: <sip:alice@pbx.test>',
  'Call-ID: one',
  `CSeq: 1 ${method}`,
  'Max-Forwards: 70',
  ...more,
]

test('who is challenged early leaves nothing behind; who says who it is goes to the handler', async (t) => {
  const sip = await port(t)
  sip.on('register', (request) => request.reply(200, { headers: { 'X-By': 'the handler' } }))
  sip.early('register', (request) => {
    t.is(request.from.user, 'alice')
    t.is(request.source.address, '127.0.0.1')
    t.is(request.answered, 0)
    return request.header('authorization') === null ? challenge : null
  })
  const peer = await udpPeer(t, sip)
  peer.send('REGISTER sip:pbx.test SIP/2.0', head('REGISTER'))
  const asked = await peer.next('SIP/2.0 401 Unauthorized')
  // A header each: phones read no list of challenges.
  t.deepEqual(headersOf(asked, 'WWW-Authenticate'), challenge.headers['WWW-Authenticate'])
  t.regex(headersOf(asked, 'To')[0]!, /;tag=/)
  t.is(sip.stats().serverTransactions, 0)

  peer.send('REGISTER sip:pbx.test SIP/2.0', head('REGISTER', ['Authorization: Digest username="alice"']))
  t.deepEqual(headersOf(await peer.next('SIP/2.0 200'), 'X-By'), ['the handler'])
  t.is(sip.stats().serverTransactions, 1)
})

test('every copy of a request is challenged with the same tag, and the ACK for a 407 is taken in silence', async (t) => {
  const sip = await port(t)
  sip.onInvite((invitation) => invitation.reply(404))
  sip.early('invite', () => ({ status: 407, headers: { 'Proxy-Authenticate': 'Digest realm="a"' } }))
  const peer = await udpPeer(t, sip)
  const via = `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKsame;rport`
  const invite = head('INVITE', [via, `Contact: <sip:alice@127.0.0.1:${peer.port}>`, `X: ${'room '.repeat(60)}`])
  const tags: string[] = []
  for (let i = 0; i < 2; i++) {
    peer.send('INVITE sip:bob@pbx.test SIP/2.0', invite)
    // Not a 100 first: there is no transaction that would say it.
    const answer = await peer.next('SIP/2.0 ')
    t.true(answer.startsWith('SIP/2.0 407 Proxy Authentication Required'))
    tags.push(headersOf(answer, 'To')[0]!)
  }
  t.is(tags[0], tags[1])
  peer.send('ACK sip:bob@pbx.test SIP/2.0', [
    via,
    ...head('ACK').filter((line) => !line.startsWith('To')),
    `To: ${tags[0]}`,
  ])
  peer.send('OPTIONS sip:pbx.test SIP/2.0', head('OPTIONS'))
  t.true((await peer.next('SIP/2.0 ')).startsWith('SIP/2.0 405'))
  t.is(sip.stats().serverTransactions, 0)
})

test('who is not heard is not challenged, and what the handler must refuse goes to it', async (t) => {
  const guard: Guard = {
    admit: () => 'yes',
    malformed: () => true,
    refuses: ({ userAgent }) => userAgent === 'scanner',
    failed() {},
    proved: () => true,
    isGuessed: () => false,
    isTrusted: () => false,
    takesPath: () => false,
    counters: () => ({}),
    spared: () => [],
    close() {},
  }
  const sip = await port(t, quiet, {}, guard)
  let asked = 0
  sip.on('register', (request) => request.reply(200))
  sip.early('register', () => {
    asked++
    return challenge
  })
  const peer = await udpPeer(t, sip)
  peer.send('REGISTER sip:pbx.test SIP/2.0', head('REGISTER', ['User-Agent: scanner']))
  t.true((await peer.next('SIP/2.0 ')).startsWith('SIP/2.0 403'))
  peer.send('REGISTER sip:pbx.test SIP/2.0', head('REGISTER', ['Require: magic']))
  t.true((await soon('420', peer.next('SIP/2.0 '))).startsWith('SIP/2.0 420'))
  t.is(asked, 0)
})

test('who decides on a REGISTER may fail: the phone hears 500 at once, and the next one is heard', async (t) => {
  let fails = true
  const faults: string[] = []
  const sip = await port(t, { ...quiet, error: (_fields, message) => void faults.push(message) })
  sip.on('register', async (request) => {
    if (fails) throw new Error('of no account')
    request.reply(200)
  })
  const peer = await udpPeer(t, sip)
  peer.send('REGISTER sip:pbx.test SIP/2.0', head('REGISTER'))
  t.true((await soon('500', peer.next('SIP/2.0 '))).startsWith('SIP/2.0 500 Server Internal Error'))
  fails = false
  peer.send('REGISTER sip:pbx.test SIP/2.0', head('REGISTER'))
  t.true((await soon('200', peer.next('SIP/2.0 '))).startsWith('SIP/2.0 200'))
  t.deepEqual(faults, ['a SIP handler failed'])
  t.is(sip.stats().failures, 1)
})
