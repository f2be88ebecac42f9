/** What the process around the engine answers by itself: at once, or as a transaction that no app hears of. */
import test from 'ava'
import type { EarlyReply, EarlyRequest } from '../../../node/engine/engine.ts'
import { header, request, startStack, udpPeer } from './stack.ts'

/** An app that must not hear of any REGISTER, and a process that takes them all. */
async function taking(t: Parameters<typeof startStack>[0], take: (reply: EarlyReply, shown: EarlyRequest) => void) {
  return await startStack(t, {
    routes: (srf) => srf.register((_req, res) => res.send(500)),
    early: (shown) => (shown.method === 'REGISTER' ? { take: (reply) => take(reply, shown) } : null),
  })
}

test('what is taken is answered later, once, and its copies hear the same without being taken again', async (t) => {
  const replies: EarlyReply[] = []
  const { port, engine, faults } = await taking(t, (reply) => void replies.push(reply))
  const phone = await udpPeer(t, port)
  const asked = request(phone, 'REGISTER', 'sip:pbx.test')
  phone.send(asked)
  phone.send(asked)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  // Two copies were heard before it.
  await phone.next('405')
  t.is(replies.length, 1)
  t.is(engine.stats().unanswered, 1)

  replies[0]!(200, 'Fine', 'X-By: the process\r\n')
  replies[0]!(500, 'Twice', '')
  const answer = await phone.next('200 Fine')
  t.is(header(answer, 'X-By'), 'the process')
  t.regex(header(answer, 'To'), /;tag=\S{8,}$/)
  phone.send(asked)
  t.is(await phone.next('200'), answer)
  t.is(replies.length, 1)
  t.is(engine.stats().unanswered, 0)
  t.deepEqual(faults, [])
})

test('it sees the body, an empty list of addresses as none, and an answer that fits into no datagram is a 500', async (t) => {
  const seen: (string | null)[] = []
  const { port } = await taking(t, (reply, shown) => {
    seen.push(shown.body, shown.header('contact'), shown.header('x-empty'))
    reply(200, 'OK', `X-Long: ${'x'.repeat(70_000)}\r\n`)
  })
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test', { Contact: '', 'X-Empty': '' }, 'a body'))
  await phone.next('500 Response Too Large')
  t.deepEqual(seen, ['a body', null, ''])
})

test('a body goes out with it, and what is no final response of such a request is the error of who gives it (RFC 4320)', async (t) => {
  const { port } = await taking(t, (reply) => {
    for (const status of [100, 183, 408, 777]) t.throws(() => reply(status, 'No', ''), { instanceOf: RangeError })
    reply(200, 'OK', 'Content-Type: text/plain\r\n', 'hällo')
  })
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test'))
  const answer = await phone.next('200')
  t.is(header(answer, 'Content-Length'), '6')
  t.true(answer.endsWith('\r\n\r\nhällo'))
})

test('when it fails nobody but this request suffers, and a To tag is for the app', async (t) => {
  const { port, faults } = await taking(t, () => {
    throw new Error('of no account')
  })
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test'))
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test', { To: '<sip:alice@pbx.test>;tag=gone' }))
  await phone.next('500')
  t.is(faults.length, 1)
  t.regex(faults[0]!, /the engine failed on one message/)
})
