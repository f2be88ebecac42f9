/** Rules P01 to P15 of the checklist, as far as they bind a back-to-back user agent: hops, loops, forks and CANCEL. */
import test from 'ava'
import { header, type Message, reply, request, sdp, startStack, udpPeer, wanted } from '../stack.ts'
import { answerTo, plain, sameBranch } from './support.ts'

test('P01: a request without hops left is refused, one without the field is taken, and a bad one is 400', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  for (const [hops, status] of [
    ['0', 483],
    ['1', 200],
    ['70', 200],
    ['255', 200],
    ['256', 400],
    ['-1', 400],
    ['abc', 400],
  ] as const) {
    const answer = await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', { 'Max-Forwards': hops }))
    t.true(answer.startsWith(`SIP/2.0 ${status}`), `${hops}: ${answer.split('\r\n')[0]}`)
  }
  const bare = request(peer, 'OPTIONS', 'sip:pbx.test').replace('Max-Forwards: 70\r\n', '')
  t.regex(await answerTo(peer, bare), /^SIP\/2\.0 200/)
})

test('P07: each request of ours has a Via of its own with a branch of its own, and one that comes back is refused', async (t) => {
  const { srf, port, engine } = await startStack(t)
  srf.invite((_req, res) => res.send(486))
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const branches = new Set<string>()
  for (let i = 0; i < 20; i++) {
    await srf.request(`sip:bob@127.0.0.1:${peer.port}`, { method: 'OPTIONS' })
    const via = header(await peer.next('OPTIONS'), 'Via')
    t.true(via.startsWith(`SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK`))
    branches.add(/branch=([^;]+)/.exec(via)![1]!)
  }
  t.is(branches.size, 20)
  await t.throwsAsync(srf.createUAC(`sip:bob@127.0.0.1:${port}`, { localSdp: sdp(4000) }), { message: /482/ })
  t.is(engine.stats().dialogs, 0)
})

test('P10: a response nobody waits for is dropped, be its Via ours or another’s', async (t) => {
  const { port, faults, engine } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const asked = request(peer, 'OPTIONS', 'sip:pbx.test')
  for (const via of [
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKnobody`,
    'Via: SIP/2.0/UDP other.test;branch=z9hG4bKnobody',
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKnobody\r\nVia: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKb`,
  ]) {
    peer.send(reply(asked, '200 OK').replace(/Via: [^\r]*/, via))
  }
  peer.send(reply(asked, '200 OK').replace(/Via: [^\r]*\r\n/, ''))
  const next = request(peer, 'OPTIONS', 'sip:pbx.test')
  t.is(header(await answerTo(peer, next), 'Call-ID'), header(next, 'Call-ID'))
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('P11: of two that answer one INVITE at once the loser is acknowledged and hung up', async (t) => {
  const { srf, port } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '200 OK', { tag: 'one', contact, body: sdp(5000) }))
  callee.send(reply(invite, '200 OK', { tag: 'two', contact, body: sdp(5002) }))
  const acked = [await callee.next('ACK'), await callee.next('ACK')].map((ack) => header(ack, 'To').split('tag=')[1])
  t.deepEqual(acked.sort(), ['one', 'two'])
  const bye = await callee.next('BYE')
  t.true(header(bye, 'To').endsWith('tag=two'))
  callee.send(reply(bye, '200 OK'))
  t.is((await calling).sip.remoteTag, 'one')
})

test('P13: a CANCEL waits for the first provisional answer, and the other forks are cancelled when one has answered', async (t) => {
  const { srf, port } = await startStack(t)
  const [one, two] = [await udpPeer(t, port), await udpPeer(t, port)]
  const sent: Message[] = []
  const watch = { cbRequest: (_error: unknown, req: Message) => void sent.push(req) }
  const [first, second] = [one, two].map((peer) =>
    srf.createUAC(`sip:bob@127.0.0.1:${peer.port}`, { localSdp: sdp(4000) }, watch),
  )
  const lost = t.throwsAsync(second!, { message: /487/ })
  const [inviteOne, inviteTwo] = [await one.next('INVITE'), await two.next('INVITE')]
  one.send(reply(inviteOne, '200 OK', { contact: `sip:bob@127.0.0.1:${one.port}`, body: sdp(5000) }))
  await first
  const loser = sent.find((req) => req.get('Call-ID') === header(inviteTwo, 'Call-ID'))!
  await new Promise<void>((resolve) => loser.cancel(resolve))
  // Nothing has come for it yet, so that this OPTIONS overtakes the CANCEL.
  await srf.request(`sip:bob@127.0.0.1:${two.port}`, { method: 'OPTIONS' })
  t.regex(await two.next((text) => /^(CANCEL|OPTIONS) /.test(text)), /^OPTIONS/)
  two.send(reply(inviteTwo, '180 Ringing'))
  const cancel = await two.next('CANCEL')
  two.send(reply(cancel, '200 OK'))
  two.send(reply(inviteTwo, '487 Request Terminated'))
  await lost
})

test('P14: a caller’s CANCEL is answered here, and the callee gets one of ours with the branch of our INVITE', async (t) => {
  const { srf, port } = await startStack(t)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  srf.invite((req, res) => {
    srf.createB2BUA(req, res, `sip:bob@127.0.0.1:${callee.port}`, { localSdpB: req.body }).catch(() => {})
  })
  await wanted(caller, 'INVITE')
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  caller.send(invite)
  const onward = await callee.next('INVITE')
  callee.send(reply(onward, '180 Ringing'))
  await caller.next('180')
  caller.send(sameBranch(invite, 'CANCEL'))
  t.regex(await caller.next('200'), /CSeq: 1 CANCEL/)
  const cancel = await callee.next('CANCEL')
  t.is(header(cancel, 'Via'), header(onward, 'Via'))
  t.not(/branch=[^;]+/.exec(header(cancel, 'Via'))![0], /branch=[^;]+/.exec(header(invite, 'Via'))![0])
  callee.send(reply(cancel, '200 OK'))
  callee.send(reply(onward, '487 Request Terminated'))
  await caller.next('487')
})
