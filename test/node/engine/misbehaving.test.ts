/** Peers that do what they must not, or leave out what they must: the call of the others goes on, and nothing is kept for ever. */
import test from 'ava'
import { answerTo, clock, countedUntil, nothingStays, sameBranch, until } from './rules/support.ts'
import {
  type Dialog,
  header,
  later,
  type Peer,
  reply,
  request,
  type Stack,
  sdp,
  startStack,
  type Test,
  udpPeer,
  wanted,
} from './stack.ts'

/** A request of the callee in the dialog of this INVITE. */
function fromCallee(callee: Peer, invite: string, method: string, { seq = 1, tag = 'peer' } = {}): string {
  return request(callee, method, /<([^>]+)>/.exec(header(invite, 'Contact'))![1]!, {
    From: `${header(invite, 'To')};tag=${tag}`,
    To: header(invite, 'From'),
    'Call-ID': header(invite, 'Call-ID'),
    CSeq: `${seq} ${method}`,
  })
}

interface Answered extends Stack {
  readonly peer: Peer
  readonly invite: string
  readonly answer: string
  readonly dialog: Dialog
}

/** A call of the peer that is up. */
async function answered(t: Test, options: Parameters<typeof startStack>[1] = {}): Promise<Answered> {
  const stack = await startStack(t, options)
  const made = Promise.withResolvers<Dialog>()
  stack.srf.invite(async (req, res) => made.resolve(await stack.srf.createUAS(req, res, { localSdp: sdp(4000) })))
  const peer = await udpPeer(t, stack.port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  return { ...stack, peer, invite, answer, dialog: await made.promise }
}

test('a callee whose BYE comes before his answer ends nothing but that fork: the next answer makes the call', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing', { contact }))
  callee.send(fromCallee(callee, invite, 'BYE'))
  t.is(header(await callee.next('200'), 'CSeq'), '1 BYE')
  callee.send(reply(invite, '200 OK', { contact, tag: 'other', body: sdp(5000) }))
  const dialog = await calling
  t.regex(header(await callee.next('ACK'), 'To'), /;tag=other$/)
  t.is(engine.stats().dialogs, 1)
  const ending = dialog.destroy()
  callee.send(reply(await callee.next('BYE'), '200 OK'))
  await ending
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('who is hung up on while his re-INVITE is open hears 487 to that, and nothing waits for the app', async (t) => {
  const { peer, invite, answer, dialog, engine, faults } = await answered(t)
  const asked = Promise.withResolvers<void>()
  dialog.on('modify', () => asked.resolve())
  const change = later(peer, 'INVITE', invite, answer, 2)
  peer.send(change)
  await asked.promise
  const ending = dialog.destroy()
  peer.send(reply(await peer.next('BYE'), '200 OK'))
  const refused = await peer.next('487')
  t.is(header(refused, 'CSeq'), '2 INVITE')
  peer.send(sameBranch(change, 'ACK', refused))
  await ending
  t.is(engine.stats().unanswered, 0)
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('a BYE that is challenged and not sent again ends the call all the same', async (t) => {
  const { time, pass } = clock()
  const call = await answered(t, { clock: time })
  const { peer, dialog, engine } = call
  const ending = dialog.destroy()
  const bye = await peer.next('BYE')
  peer.send(reply(bye, '407 Proxy Authentication Required'))
  await ending
  t.is(engine.stats().dialogs, 1, 'with credentials it would go out in the same dialog')
  await nothingStays(call, pass)
})

test('a callee who rings once and never again is cancelled when an app has waited long enough, and 408 if that helps nothing', async (t) => {
  const { time, pass } = clock()
  const stack = await startStack(t, { clock: time })
  const callee = await udpPeer(t, stack.port)
  const heard: number[] = []
  const calling = stack.srf.createUAC(`sip:bob@127.0.0.1:${callee.port}`, { localSdp: sdp(4000) })
  calling.catch((error: { status: number }) => heard.push(error.status))
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing'))
  await answerTo(callee, request(callee, 'PUBLISH', 'sip:pbx.test'))
  pass(599_000)
  callee.send(reply(invite, '180 Ringing'))
  await answerTo(callee, request(callee, 'PUBLISH', 'sip:pbx.test'))
  pass(599_000)
  await answerTo(callee, request(callee, 'PUBLISH', 'sip:pbx.test'))
  t.deepEqual(heard, [], 'each ring gives him more time')
  pass(1_100)
  await callee.next('CANCEL')
  pass(33_000)
  await until('the app is told', () => heard.length > 0)
  t.deepEqual(heard, [408])
  await nothingStays(stack, pass)
})

test('of one who answers a call again and again under other names only so many are hung up on', async (t) => {
  const { srf, port, faults } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  for (let n = 0; n <= 100; n++) callee.send(reply(invite, '200 OK', { contact, tag: `fork${n}`, body: sdp(5000) }))
  await calling
  const fence = request(callee, 'PUBLISH', 'sip:pbx.test')
  callee.send(fence)
  const isStray = (text: string): boolean => text.startsWith('ACK ') && !header(text, 'To').endsWith('tag=fork0')
  const strays = await countedUntil(callee, isStray, (text) => header(text, 'Call-ID') === header(fence, 'Call-ID'))
  t.is(strays, 32)
  t.deepEqual(faults, [])
})

test('a SUBSCRIBE or REFER under the name of a call that is up does not take its place', async (t) => {
  const { peer, invite, answer, srf, engine } = await answered(t)
  const heard: string[] = []
  srf.subscribe((req, res) => {
    heard.push(req.get('Call-ID'))
    res.send(202)
  })
  srf.refer((req, res) => {
    heard.push(req.get('Call-ID'))
    res.send(202)
  })
  await wanted(peer, 'REFER')
  const same = {
    From: header(invite, 'From'),
    'Call-ID': header(invite, 'Call-ID'),
    Event: 'presence',
    'Refer-To': '<sip:carol@pbx.test>',
  }
  for (const [n, method] of ['SUBSCRIBE', 'REFER'].entries()) {
    const asked = request(peer, method, 'sip:bob@pbx.test', { ...same, CSeq: `${n + 2} ${method}` })
    t.regex(await answerTo(peer, asked), /^SIP\/2\.0 482/)
  }
  t.deepEqual(heard, [])
  t.is(engine.stats().dialogs, 1)
  t.regex(await answerTo(peer, later(peer, 'BYE', invite, answer, 9)), /^SIP\/2\.0 200/)
  t.is(engine.stats().dialogs, 0)
})

test('an answer that crosses the BYE with which an app left before it is acknowledged and hung up', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const rung = Promise.withResolvers<string>()
  const calling = srf.createUAC(
    contact,
    { localSdp: sdp(4000) },
    { cbProvisional: (res) => rung.resolve((res as unknown as { stackDialogId: string }).stackDialogId) },
  )
  const refused = t.throwsAsync(calling, { message: /487/ })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing', { contact }))
  const bye = { method: 'BYE', stackDialogId: await rung.promise } as { method: string }
  const leaving = srf.request('sip:placeholder', bye)
  callee.send(reply(await callee.next('BYE'), '200 OK'))
  await leaving
  await until('it is over', () => engine.stats().dialogs === 0)
  callee.send(reply(invite, '200 OK', { contact, body: sdp(5000) }))
  await callee.next('ACK')
  callee.send(reply(await callee.next('BYE'), '200 OK'))
  await refused
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})
