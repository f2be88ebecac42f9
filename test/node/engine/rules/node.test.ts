/** Rules of the checklist that bind the application on the engine: what a node requires, says of itself and passes on. */
import anyTest, { type TestFn } from 'ava'
import { phone as bound, call, listener, nodes } from '../../calls/rig.ts'
import { headersOf, port, SDP_A, SDP_B, soon, udpPeer } from '../../sip/support.ts'
import { shared } from './phone.ts'

const test = anyTest as TestFn
const phone = shared(test)

test('G26: what a request requires and we do not have is 420 with its name, but not in a CANCEL or an ACK', async (t) => {
  const { phone: alice, sip } = await phone(t)
  sip.onInvite((invitation) => invitation.reply(180))
  const refused = await alice.send('OPTIONS', ['Require: nothing42'])
  t.regex(refused, /^SIP\/2\.0 420/)
  t.is(headersOf(refused, 'Unsupported')[0], 'nothing42')
  const via = `Via: SIP/2.0/UDP 127.0.0.1:${alice.peer.port};branch=z9hG4bKrequire;rport`
  const head = [via, 'From: <sip:alice@pbx.test>;tag=a', 'To: <sip:bob@pbx.test>', 'Call-ID: c', 'Max-Forwards: 70']
  alice.peer.send('INVITE sip:bob@pbx.test SIP/2.0', [...head, 'CSeq: 1 INVITE', alice.contact()], SDP_A)
  await alice.peer.next('SIP/2.0 180')
  alice.peer.send('CANCEL sip:bob@pbx.test SIP/2.0', [...head, 'CSeq: 1 CANCEL', 'Require: nothing42'])
  t.regex(await alice.peer.next(/^SIP\/2\.0 [2-6]/), /^SIP\/2\.0 200[\s\S]*CANCEL/)
  await alice.peer.next('SIP/2.0 487')
  alice.peer.send('ACK sip:bob@pbx.test SIP/2.0', [...head, 'CSeq: 1 ACK', 'Require: nothing42'])
  t.regex(await alice.send('OPTIONS', []), /^SIP\/2\.0 200/)
})

test('G32: OPTIONS is answered with what we take, and without a session description', async (t) => {
  const { phone: alice } = await phone(t)
  const answer = await alice.send('OPTIONS', [])
  t.regex(answer, /^SIP\/2\.0 200/)
  for (const name of ['Allow', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Supported']) {
    t.is(headersOf(answer, name).length, 1, name)
  }
  t.true(answer.endsWith('\r\n\r\n'))
})

test('P04: a call to somebody of another domain is refused and goes nowhere', async (t) => {
  const [n1] = await nodes(t, 1)
  const peer = await udpPeer(t, n1!.sip)
  const third = await port(t)
  let reached = 0
  third.onInvite(() => void reached++)
  peer.send(`INVITE sip:x@${third.address} SIP/2.0`, [
    'From: <sip:mallory@pbx.test>;tag=a',
    `To: <sip:x@${third.address}>`,
    'Call-ID: relay',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `Contact: <sip:mallory@127.0.0.1:${peer.port}>`,
    `Route: <sip:${third.address};lr>`,
  ])
  t.regex(await peer.next(/^SIP\/2\.0 [2-6]/), /^SIP\/2\.0 40[0-9]/)
  t.is(reached, 0)
})

test('P12: of several refusals the caller hears the best, a lone 503 as 500', async (t) => {
  const [n1] = await nodes(t, 1)
  const alice = await port(t)
  const heard = async (to: string): Promise<number> => {
    const outcome = await soon('an answer', call(alice, n1!, to).outcome)
    return outcome.kind === 'refused' ? outcome.status : 0
  }
  await bound(t, n1!, 'bob', (invitation) => invitation.reply(404))
  await bound(t, n1!, 'bob', (invitation) => invitation.reply(603))
  t.is(await heard('bob'), 603)
  await bound(t, n1!, 'carol', (invitation) => invitation.reply(503))
  t.is(await heard('carol'), 500)
})

test('D10: a caller who requires reliable rings gets them from a node, and his PRACK is answered', async (t) => {
  const [n1] = await nodes(t, 1)
  const heard = listener()
  const picked = Promise.withResolvers<void>()
  await bound(t, n1!, 'carol', async (invitation) => {
    invitation.progress(180)
    await picked.promise
    ;(await invitation.answer(SDP_B))?.handle(heard.handlers)
  })
  const peer = await udpPeer(t, n1!.sip)
  const to = 'To: <sip:carol@pbx.test>'
  const common = ['From: <sip:alice@pbx.test>;tag=a', 'Call-ID: help', 'Max-Forwards: 70']
  const invite = [
    ...common,
    to,
    'CSeq: 1 INVITE',
    `Contact: <sip:alice@127.0.0.1:${peer.port}>`,
    'Require: 100rel, timer',
  ]
  peer.send('INVITE sip:carol@pbx.test SIP/2.0', [...invite, 'Content-Type: application/sdp'], SDP_A)
  const ring = await peer.next('SIP/2.0 180')
  const [rseq] = headersOf(ring, 'RSeq')
  const talk = [...common, `To: ${headersOf(ring, 'To')[0]}`]
  const target = /<([^>]+)>/.exec(headersOf(ring, 'Contact')[0]!)![1]!
  peer.send(`PRACK ${target} SIP/2.0`, [...talk, 'CSeq: 2 PRACK', `RAck: ${rseq} 1 INVITE`])
  t.regex(await peer.next(/^SIP\/2\.0 [2-6]/), /^SIP\/2\.0 200[\s\S]*2 PRACK/)
  picked.resolve()
  t.regex(await peer.next(/^SIP\/2\.0 [2-6]/), /^SIP\/2\.0 200[\s\S]*1 INVITE/)
  peer.send(`ACK ${target} SIP/2.0`, [...talk, 'CSeq: 1 ACK'])
  peer.send(`BYE ${target} SIP/2.0`, [...talk, 'CSeq: 3 BYE'])
  await soon('the bye', heard.bye)
})

test('D13: a REFER that nobody may send here is refused, and nobody is called', async (t) => {
  const { phone: alice } = await phone(t)
  const refused = await alice.send('REFER', [alice.contact(), 'Refer-To: <sip:bob@pbx.test>'])
  t.regex(refused, /^SIP\/2\.0 405/)
  t.notRegex(headersOf(refused, 'Allow')[0]!, /REFER/)
})
