/** Re-INVITEs that come to no ordinary end: called off, crossed, or never answered (RFC 3261 §9.1, §14.1). */
import test from 'ava'
import { answerTo, clock, nothingStays, replyWith, sameBranch, until } from './rules/support.ts'
import {
  type Dialog,
  header,
  later,
  leave,
  type Message,
  type Peer,
  type Response,
  reply,
  request,
  type Stack,
  sdp,
  startStack,
  type Test,
  udpPeer,
  wanted,
} from './stack.ts'

interface Call extends Stack {
  readonly callee: Peer
  readonly contact: string
  readonly dialog: Dialog
  /** From and To of the callee's requests. */
  readonly remote: string
  readonly local: string
  /** Why the app heard that it is over. */
  readonly ended: string[]
}

/** A call of ours that is up. */
async function called(t: Test, options: Parameters<typeof startStack>[1] = {}): Promise<Call> {
  const stack = await startStack(t, options)
  const callee = await udpPeer(t, stack.port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = stack.srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '200 OK', { contact, body: sdp(5000) }))
  const dialog = await calling
  const ended: string[] = []
  dialog.on('destroy', (_req, reason) => void ended.push(reason))
  await callee.next('ACK')
  const remote = `${header(invite, 'To')};tag=peer`
  return { ...stack, callee, contact, remote, local: header(invite, 'From'), dialog, ended }
}

type Heard = Message & { ack(): void }
interface Sent {
  readonly req: Message
  /** The final answer, as the app hears it. */
  readonly final: Promise<Heard>
}

/** A re-INVITE of the app that it can cancel, which `modify` of srf does not let it. */
async function reinvite({ srf, dialog }: Call): Promise<Sent> {
  const send = srf.request.bind(srf) as unknown as (options: object) => Promise<Message>
  const req = await send({ uri: 'sip:placeholder', method: 'INVITE', stackDialogId: dialog.id, body: sdp(4000, 2) })
  const on = req.on.bind(req) as unknown as (event: 'response', run: (res: Message, ack: () => void) => void) => void
  const final = new Promise<Heard>((resolve) =>
    on('response', (res, ack) => {
      if (res.status >= 200) resolve(Object.assign(res, { ack }))
    }),
  )
  return { req, final }
}

/** The call is up if a request in it is answered. */
async function isUp(t: import('ava').ExecutionContext, { callee, dialog, engine, ended, faults }: Call): Promise<void> {
  const asking = dialog.request({ method: 'INFO' })
  const info = await callee.next((text) => /^(INFO|BYE) /.test(text))
  t.regex(info, /^INFO /)
  callee.send(reply(info, '200 OK'))
  t.is((await asking).status, 200)
  t.is(engine.stats().dialogs, 1)
  t.deepEqual(ended, [])
  t.deepEqual(faults, [])
}

test('a re-INVITE that is answered although it was cancelled is acknowledged, and the call goes on', async (t) => {
  const call = await called(t)
  const { callee, contact } = call
  const { req, final } = await reinvite(call)
  const change = await callee.next('INVITE')
  callee.send(reply(change, '100 Trying'))
  req.cancel(() => {})
  const cancel = await callee.next('CANCEL')
  const ok = reply(change, '200 OK', { contact, body: sdp(5000, 2) })
  callee.send(ok)
  callee.send(reply(cancel, '200 OK'))
  const answer = await final
  t.is(answer.status, 200)
  answer.ack()
  const ack = await callee.next('ACK')
  t.is(header(ack, 'CSeq'), '2 ACK')
  callee.send(ok)
  t.is(await callee.next('ACK'), ack)
  await isUp(t, call)
})

test('a second answer to a re-INVITE, whatever its tag, ends no call', async (t) => {
  const call = await called(t)
  const { callee, contact } = call
  const { final } = await reinvite(call)
  const change = await callee.next('INVITE')
  const ok = reply(change, '200 OK', { contact, body: sdp(5000, 2) })
  callee.send(ok)
  ;(await final).ack()
  const ack = await callee.next('ACK')
  callee.send(ok.replace(';tag=peer', ';tag=other'))
  t.is(await callee.next((text) => /^(ACK|BYE) /.test(text)), ack)
  await isUp(t, call)
})

test('a re-INVITE that is cancelled and refused with 487 leaves the call as it was', async (t) => {
  const call = await called(t)
  const { callee } = call
  const { req, final } = await reinvite(call)
  const change = await callee.next('INVITE')
  callee.send(reply(change, '100 Trying'))
  req.cancel(() => {})
  callee.send(reply(await callee.next('CANCEL'), '200 OK'))
  callee.send(reply(change, '487 Request Terminated'))
  t.is((await final).status, 487)
  await callee.next('ACK')
  await isUp(t, call)
})

test('an app that went away with its re-INVITE open leaves a call that is up: its answer is acknowledged for it', async (t) => {
  const { srf, callee, contact, engine, dialog } = await called(t)
  await reinvite({ srf, dialog } as Call)
  const change = await callee.next('INVITE')
  callee.send(reply(change, '100 Trying'))
  leave(srf)
  callee.send(reply(await callee.next('CANCEL'), '200 OK'))
  callee.send(reply(change, '200 OK', { contact, body: sdp(5000, 2) }))
  t.is(header(await callee.next('ACK'), 'CSeq'), '2 ACK')
  t.is(engine.stats().dialogs, 1)
})

test('a caller’s CANCEL of his re-INVITE that crosses its 200 changes nothing; one that comes before ends the re-INVITE alone', async (t) => {
  const stack = await startStack(t)
  const made = Promise.withResolvers<Dialog>()
  stack.srf.invite(async (req, res) => made.resolve(await stack.srf.createUAS(req, res, { localSdp: sdp(4000) })))
  const peer = await udpPeer(t, stack.port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  const dialog = await made.promise
  const modified: string[] = []
  const contact = `sip:alice@127.0.0.1:${peer.port}`
  const change = (seq: number): string => later(peer, 'INVITE', invite, answer, seq)
  const crossed = change(2)
  peer.send(crossed)
  await peer.next((text) => text.startsWith('SIP/2.0 200') && text.includes('2 INVITE'))
  t.regex(await answerTo(peer, sameBranch(crossed, 'CANCEL')), /^SIP\/2\.0 200[\s\S]*CSeq: 2 CANCEL/)
  peer.send(later(peer, 'ACK', invite, answer, 2))
  dialog.on('modify', (req) => void modified.push(req.get('CSeq')))
  const early = change(3)
  peer.send(early)
  await until('the app has the re-INVITE', () => modified.length === 1)
  peer.send(sameBranch(early, 'CANCEL'))
  await peer.next((text) => text.startsWith('SIP/2.0 200') && text.includes('3 CANCEL'))
  peer.send(sameBranch(early, 'ACK', await peer.next('487')))
  const call = { ...stack, callee: peer, contact, remote: '', local: '', dialog, ended: [] }
  await isUp(t, call)
})

test('a re-INVITE with a 100 and no more is cancelled after timer C; without a word on that the app hears 408 and the call is over', async (t) => {
  const { time, pass } = clock()
  const call = await called(t, { clock: time })
  const { callee, ended } = call
  const { final } = await reinvite(call)
  const change = await callee.next('INVITE')
  callee.send(reply(change, '100 Trying'))
  await answerTo(callee, request(callee, 'PUBLISH', 'sip:pbx.test'))
  pass(185_100)
  const cancel = await callee.next('CANCEL')
  t.is(header(cancel, 'Via'), header(change, 'Via'))
  pass(33_000)
  t.is((await final).status, 408)
  await callee.next('BYE')
  await until('the app is told', () => ended.length > 0)
  t.deepEqual(ended, ['408 to INVITE'])
  await nothingStays(call, pass)
  t.deepEqual(call.faults, [])
})

test('a peer who rings in a re-INVITE is given timer C anew; one who refuses then keeps the call', async (t) => {
  const { time, pass } = clock()
  const call = await called(t, { clock: time })
  const { callee } = call
  const { final } = await reinvite(call)
  const change = await callee.next('INVITE')
  for (const _ of [1, 2, 3]) {
    callee.send(reply(change, '180 Ringing'))
    await answerTo(callee, request(callee, 'PUBLISH', 'sip:pbx.test'))
    pass(184_000)
  }
  pass(1_100)
  callee.send(reply(await callee.next('CANCEL'), '200 OK'))
  callee.send(reply(change, '487 Request Terminated'))
  t.is((await final).status, 487)
  await callee.next('ACK')
  await isUp(t, call)
})

for (const [seconds, ends] of [
  [1_800, 'after timer C'],
  [90, 'when the session is over'],
] as const) {
  test(`a refresh by re-INVITE with a 100 and no more ends the call ${ends}, and nothing is left`, async (t) => {
    const { time, pass } = clock()
    const stack = await startStack(t, { clock: time })
    const callee = await udpPeer(t, stack.port)
    const contact = `sip:bob@127.0.0.1:${callee.port}`
    const headers = { Supported: 'timer', 'Session-Expires': String(seconds) }
    const calling = stack.srf.createUAC(contact, { localSdp: sdp(4000), headers })
    const more = `Session-Expires: ${seconds};refresher=uac\r\nRequire: timer`
    callee.send(replyWith(await callee.next('INVITE'), '200 OK', more, { contact, body: sdp(5000) }))
    const told: string[] = []
    ;(await calling).on('destroy', (_req, reason) => void told.push(reason))
    await callee.next('ACK')
    pass(seconds * 500 + 100)
    const refresh = await callee.next('INVITE')
    callee.send(reply(refresh, '100 Trying'))
    await answerTo(callee, request(callee, 'PUBLISH', 'sip:pbx.test'))
    pass(Math.min(185_100, seconds * 500))
    const bye = await callee.next('BYE')
    callee.send(reply(bye, '200 OK'))
    await until('the app is told', () => told.length > 0)
    t.deepEqual(told, ['Session timer expired'])
    await nothingStays(stack, pass)
    t.deepEqual(stack.faults, [])
  })
}

test('an app’s re-INVITE that meets one of the peer hears 491, as the peer’s hears that meets the app’s (§14.1, §14.2)', async (t) => {
  const call = await called(t)
  const { srf, callee, contact, dialog } = call
  const held = Promise.withResolvers<Response>()
  dialog.on('modify', (_req, res) => held.resolve(res))
  const theirs = (seq: number): string =>
    request(
      callee,
      'INVITE',
      `sip:127.0.0.1:${call.port}`,
      { From: call.remote, To: call.local, 'Call-ID': dialog.id.split(';')[0]!, CSeq: `${seq} INVITE` },
      sdp(5000, 2),
    )
  callee.send(theirs(1))
  const res = await held.promise
  const { final } = await reinvite({ srf, dialog } as Call)
  t.is((await final).status, 491)
  res.send(200, { body: sdp(4000, 2) })
  const answer = await callee.next('200')
  callee.send(later(callee, 'ACK', theirs(1), answer, 1))

  const again = await reinvite(call)
  const ours = await callee.next((text) => /^INVITE /.test(text))
  t.is(header(ours, 'CSeq'), '2 INVITE', 'the one that met the peer’s never went out')
  t.regex(await answerTo(callee, theirs(2)), /^SIP\/2\.0 491/)
  callee.send(reply(ours, '200 OK', { contact, body: sdp(5000, 3) }))
  const ok = await again.final
  t.is(ok.status, 200)
  ok.ack()
  await callee.next('ACK')
  await isUp(t, call)
})

test('a re-INVITE that nobody answers in any way ends the call, also when the app has cancelled it', async (t) => {
  const { time, pass } = clock()
  const call = await called(t, { clock: time })
  const { callee, ended } = call
  const { req, final } = await reinvite(call)
  await callee.next('INVITE')
  req.cancel(() => {})
  // The CANCEL is held back, as nothing was heard, and is in by now: an app is heard in order.
  await call.srf.request(call.contact, { method: 'OPTIONS' })
  await callee.next('OPTIONS')
  pass(32_100)
  t.is((await final).status, 487)
  await callee.next('BYE')
  await until('the app is told', () => ended.length > 0)
  t.deepEqual(ended, ['408 to INVITE'])
  await nothingStays(call, pass)
  t.deepEqual(call.faults, [])
})
