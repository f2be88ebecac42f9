import test from 'ava'
import { header, type Message, reply, request, sdp, startStack, tcpPeer, udpPeer } from './stack.ts'

const FAST = { t1: 20, t2: 80, t4: 100 }

test('an outgoing call is set up, put on hold and ended by us', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000), callingNumber: 'alice' })
  const invite = await callee.next('INVITE')
  t.regex(header(invite, 'From'), /^<?sip:alice@127\.0\.0\.1>?;tag=\S+$/)
  t.is(header(invite, 'Contact'), `<sip:alice@127.0.0.1:${port}>`)
  callee.send(reply(invite, '180 Ringing', { contact }))
  const ok = reply(invite, '200 OK', { contact, body: sdp(5000) })
  callee.send(ok)
  const dialog = await calling
  const ack = await callee.next('ACK')
  t.is(header(ack, 'CSeq'), '1 ACK')
  callee.send(ok)
  t.is(await callee.next('ACK'), ack, 'a repeated 200 gets the same ACK again')

  const modifying = dialog.modify(sdp(4000, 2))
  const change = await callee.next('INVITE')
  t.is(header(change, 'CSeq'), '2 INVITE')
  t.true(header(change, 'To').endsWith(';tag=peer'))
  callee.send(reply(change, '200 OK', { contact: `sip:moved@127.0.0.1:${callee.port}`, body: sdp(5000, 2) }))
  await modifying
  t.is(header(await callee.next('ACK'), 'CSeq'), '2 ACK')

  const ending = dialog.destroy()
  const bye = await callee.next('BYE')
  t.true(bye.startsWith(`BYE sip:moved@127.0.0.1:${callee.port} `), 'the re-INVITE moved the target')
  callee.send(reply(bye, '200 OK'))
  await ending
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('an INVITE that is lost is sent again, and a refusal is acknowledged each time it comes', async (t) => {
  const { srf, port } = await startStack(t, { times: FAST })
  const callee = await udpPeer(t, port)
  const calling = srf.createUAC(`sip:bob@127.0.0.1:${callee.port}`, { localSdp: sdp(4000) })
  const first = await callee.next('INVITE')
  t.is(await callee.next('INVITE'), first)
  const busy = reply(first, '486 Busy Here')
  callee.send(busy)
  const ack = await callee.next('ACK')
  t.is(header(ack, 'Via'), header(first, 'Via'))
  callee.send(busy)
  t.is(await callee.next('ACK'), ack)
  await t.throwsAsync(calling, { message: /486/ })
})

test('a CANCEL before the first ring is held back until the callee has answered at all', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const callee = await udpPeer(t, port)
  let calling: Promise<unknown> | null = null
  const taken = new Promise<void>((resolve) => {
    calling = srf.createUAC(
      `sip:bob@127.0.0.1:${callee.port}`,
      { localSdp: sdp(4000) },
      { cbRequest: (_error, req) => req.cancel(() => resolve()) },
    )
  })
  const refused = t.throwsAsync(calling!, { message: /487/ })
  const invite = await callee.next('INVITE')
  await taken
  t.is(engine.stats().clientTransactions, 1, 'no CANCEL is under way yet')
  callee.send(reply(invite, '100 Trying'))
  const cancel = await callee.next('CANCEL')
  t.is(header(cancel, 'Via'), header(invite, 'Via'))
  t.is(header(cancel, 'CSeq'), '1 CANCEL')
  callee.send(reply(cancel, '200 OK'))
  callee.send(reply(invite, '487 Request Terminated'))
  await callee.next('ACK')
  await refused
})

test('a callee who answers although we cancelled is acknowledged and left', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  let sent: Message | null = null
  const calling = srf.createUAC(
    contact,
    { localSdp: sdp(4000) },
    {
      cbRequest: (_error: unknown, req: Message) => {
        sent = req
      },
      cbProvisional: () => sent?.cancel(() => {}),
    },
  )
  const refused = t.throwsAsync(calling, { message: /487/ })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing', { contact }))
  await callee.next('CANCEL')
  callee.send(reply(invite, '200 OK', { contact, body: sdp(5000) }))
  await callee.next('ACK')
  const bye = await callee.next('BYE')
  callee.send(reply(bye, '200 OK'))
  await refused
  t.is(engine.stats().dialogs, 0)
})

test('of two forks that answer one INVITE the first wins and the other is hung up', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '200 OK', { tag: 'one', contact, body: sdp(5000) }))
  const dialog = await calling
  t.true(header(await callee.next('ACK'), 'To').endsWith('tag=one'))
  const second = reply(invite, '200 OK', { tag: 'two', contact, body: sdp(5002) })
  callee.send(second)
  t.true(header(await callee.next('ACK'), 'To').endsWith('tag=two'))
  const bye = await callee.next('BYE')
  t.true(header(bye, 'To').endsWith('tag=two'))
  callee.send(reply(bye, '200 OK'))
  t.is(dialog.sip.remoteTag, 'one')
  t.is(engine.stats().dialogs, 1)
})

test('one app rings several phones at once; the first to answer wins and the others are cancelled', async (t) => {
  const { srf, port, faults } = await startStack(t)
  const [first, second] = [await udpPeer(t, port), await tcpPeer(t, port)]
  second.send(request(second, 'OPTIONS', 'sip:pbx.test'))
  await second.next('503')
  const requests: Message[] = []
  const watch = { cbRequest: (_error: unknown, req: Message) => void requests.push(req) }
  const uris = [`sip:bob@127.0.0.1:${first.port}`, `sip:bob@127.0.0.1:${second.port};transport=tcp`]
  const [one, two] = uris.map((uri) => srf.createUAC(uri, { localSdp: sdp(4000) }, watch))
  const lost = t.throwsAsync(one!, { message: /487/ })
  const [inviteOne, inviteTwo] = [await first.next('INVITE'), await second.next('INVITE')]
  t.not(header(inviteOne, 'Call-ID'), header(inviteTwo, 'Call-ID'))
  t.regex(header(inviteTwo, 'Contact'), /;transport=tcp>$/)
  first.send(reply(inviteOne, '180 Ringing', { contact: uris[0]! }))
  second.send(reply(inviteTwo, '200 OK', { contact: uris[1]!, body: sdp(5000) }))
  await two
  await second.next('ACK')
  requests.find((req) => req.get('Call-ID') === header(inviteOne, 'Call-ID'))!.cancel(() => {})
  const cancel = await first.next('CANCEL')
  first.send(reply(cancel, '200 OK'))
  first.send(reply(inviteOne, '487 Request Terminated'))
  await first.next('ACK')
  await lost
  t.deepEqual(faults, [])
})
