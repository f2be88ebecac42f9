/** Rules D01 to D09 of the checklist: dialogs. */
import test from 'ava'
import {
  type Dialog,
  header,
  later,
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
} from '../stack.ts'
import { answerTo, lines, replyWith, until } from './support.ts'

interface Talk extends Stack {
  readonly peer: Peer
  readonly invite: string
  readonly answer: string
  readonly dialog: Dialog
}

/** A call of a peer that the app has answered, with its ACK. */
async function talk(t: Test, extra: Record<string, string> = {}): Promise<Talk> {
  const made = Promise.withResolvers<Dialog>()
  const stack = await startStack(t)
  stack.srf.invite((req, res) => void srfAnswers(req, res))
  const srfAnswers = async (req: Message, res: Response): Promise<void> =>
    made.resolve(await stack.srf.createUAS(req, res, { localSdp: sdp(4000) }))
  const peer = await udpPeer(t, stack.port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', extra, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  return { ...stack, peer, invite, answer, dialog: await made.promise }
}

/** A call of ours that the peer has answered. */
async function called(t: Test, recordRoute = ''): Promise<Stack & { peer: Peer; ack: string; dialog: Dialog }> {
  const stack = await startStack(t)
  const peer = await udpPeer(t, stack.port)
  const contact = `sip:bob@127.0.0.1:${peer.port}`
  const calling = stack.srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await peer.next('INVITE')
  const about = { contact: recordRoute === '' ? contact : 'sip:bob@192.0.2.9', body: sdp(5000) }
  peer.send(recordRoute === '' ? reply(invite, '200 OK', about) : replyWith(invite, '200 OK', recordRoute, about))
  const dialog = await calling
  return { ...stack, peer, dialog, ack: await peer.next('ACK') }
}

test('D01: a 2xx has every Record-Route in its order, and one Contact', async (t) => {
  const routes = ['<sip:p1.test;lr>', '"a, b" <sip:p2.test;lr>', '<sip:p3.test>;y=1']
  const { answer } = await talk(t, { 'Record-Route': `${routes[0]}, ${routes[1]}\r\nRecord-Route: ${routes[2]}` })
  t.is(lines(answer, 'Record-Route').join(', '), routes.join(', '))
  t.is(lines(answer, 'Contact').length, 1)
})

test('D02: a request with a lower number than the last is refused with 500, a gap is not', async (t) => {
  const { peer, invite, answer, engine } = await talk(t)
  t.regex(await answerTo(peer, later(peer, 'INFO', invite, answer, 7)), /^SIP\/2\.0 200/)
  t.regex(await answerTo(peer, later(peer, 'BYE', invite, answer, 6)), /^SIP\/2\.0 500/)
  t.is(engine.stats().dialogs, 1)
})

test('D03: a BYE whose Call-ID or either tag is another’s is 481, and the call lives', async (t) => {
  const { peer, invite, answer, engine } = await talk(t)
  const bye = later(peer, 'BYE', invite, answer, 2)
  for (const [name, value] of [
    ['Call-ID', 'another'],
    ['From', `${header(bye, 'From')}x`],
    ['To', `${header(bye, 'To')}x`],
    ['To', header(bye, 'To').replace(/;tag=.*/, '')],
  ] as const) {
    const wrong = bye
      .replace(new RegExp(`${name}: [^\r]*`), `${name}: ${value}`)
      .replace(/branch=\w+/, `branch=z9hG4bK${name}${value.length}`)
    t.regex(await answerTo(peer, wrong), /^SIP\/2\.0 481/, `${name}: ${value}`)
  }
  t.is(engine.stats().dialogs, 1)
  t.regex(await answerTo(peer, bye), /^SIP\/2\.0 200/)
})

test('D04: requests go by the route set: loose routers in Route, a strict one as Request-URI with the target last', async (t) => {
  const near = (peer: number, more: string): string => `<sip:127.0.0.1:${peer}${more}>`
  for (const strict of [false, true]) {
    const stack = await startStack(t)
    const peer = await udpPeer(t, stack.port)
    const calling = stack.srf.createUAC(`sip:bob@127.0.0.1:${peer.port}`, { localSdp: sdp(4000) })
    const invite = await peer.next('INVITE')
    const first = near(peer.port, strict ? '' : ';lr')
    const routes = `Record-Route: <sip:far.test;lr>, ${first}`
    peer.send(replyWith(invite, '200 OK', routes, { contact: 'sip:bob@192.0.2.9', body: sdp(5000) }))
    void (await calling).destroy()
    for (const method of ['ACK', 'BYE']) {
      const sent = await peer.next(method)
      t.is(sent.split(' ')[1], strict ? `sip:127.0.0.1:${peer.port}` : 'sip:bob@192.0.2.9')
      t.is(header(sent, 'Route'), strict ? '<sip:far.test;lr>, <sip:bob@192.0.2.9>' : `${first}, <sip:far.test;lr>`)
      if (method === 'BYE') peer.send(reply(sent, '200 OK'))
    }
  }
})

test('D05: a re-INVITE that meets one of ours is 491, one on top of the peer’s own is 500 with Retry-After up to 10 s', async (t) => {
  const { peer, invite, answer, dialog } = await talk(t)
  const modifying = dialog.modify(sdp(4000, 2))
  const ours = await peer.next('INVITE')
  const theirs = later(peer, 'INVITE', invite, answer, 2)
  t.regex(await answerTo(peer, theirs), /^SIP\/2\.0 491/)
  peer.send(reply(ours, '200 OK', { contact: `sip:alice@127.0.0.1:${peer.port}`, body: sdp(5000) }))
  await modifying
  const kept: Response[] = []
  dialog.on('modify', (_req, res) => void kept.push(res))
  peer.send(later(peer, 'INVITE', invite, answer, 3).replace('Content-Length: 0\r\n\r\n', withSdp))
  await until('the app has the re-INVITE', () => kept.length === 1)
  const second = later(peer, 'INVITE', invite, answer, 4)
  peer.send(second)
  const refused = await peer.next('500')
  const wait = Number(header(refused, 'Retry-After'))
  t.true(header(refused, 'Retry-After') !== '' && wait >= 0 && wait <= 10, header(refused, 'Retry-After'))
  kept[0]!.send(200, { body: sdp(4000, 3) })
  t.is(header(await peer.next('200'), 'CSeq'), '3 INVITE')
})

const withSdp = `Content-Type: application/sdp\r\nContent-Length: ${sdp(5000, 2).length}\r\n\r\n${sdp(5000, 2)}`

test('D06: a re-INVITE that is refused leaves the call as it was', async (t) => {
  const { peer, dialog, engine } = await called(t)
  const modifying = t.throwsAsync(dialog.modify(sdp(4000, 2)), { message: /488/ })
  const change = await peer.next('INVITE')
  peer.send(reply(change, '488 Not Acceptable Here', { contact: 'sip:elsewhere@127.0.0.1:9' }))
  await modifying
  await peer.next('ACK')
  t.is(engine.stats().dialogs, 1)
  const ending = dialog.destroy()
  const bye = await peer.next('BYE')
  t.true(bye.startsWith(`BYE sip:bob@127.0.0.1:${peer.port} `), 'a refusal moves no target')
  peer.send(reply(bye, '200 OK'))
  await ending
})

test('D06: a peer that does not know the call any more has left it, and the app hears so', async (t) => {
  for (const method of ['INVITE', 'UPDATE']) {
    const { peer, dialog, engine } = await called(t)
    const gone = new Promise<string>((resolve) => dialog.on('destroy', (_bye, reason) => resolve(reason)))
    const asking = dialog.request({ method, body: sdp(4000, 2) })
    peer.send(reply(await peer.next(method), '481 Call/Transaction Does Not Exist'))
    t.is((await asking).status, 481)
    peer.send(reply(await peer.next('BYE'), '481 Call/Transaction Does Not Exist'))
    t.is(await gone, `481 to ${method}`)
    t.is(engine.stats().dialogs, 0)
  }
})

test('D07: without an offer the 200 has ours and the ACK brings the answer to the app', async (t) => {
  const { srf, port } = await startStack(t)
  const acked = Promise.withResolvers<Message>()
  srf.invite(async (req, res) => {
    const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
    ;(dialog as unknown as NodeJS.EventEmitter).on('ack', (ack: Message) => acked.resolve(ack))
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test')
  peer.send(invite)
  const answer = await peer.next('200')
  t.true(answer.endsWith(sdp(4000)))
  peer.send(later(peer, 'ACK', invite, answer, 1).replace('Content-Length: 0\r\n\r\n', withSdp))
  t.is((await acked.promise).body, sdp(5000, 2))
})

test('D09: BYE is answered with 200 and what waits in its dialog with 487, early and later', async (t) => {
  const { peer, invite, answer, dialog, engine } = await talk(t)
  let waiting = 0
  dialog.on('modify', () => void waiting++)
  peer.send(later(peer, 'INVITE', invite, answer, 2).replace('Content-Length: 0\r\n\r\n', withSdp))
  await until('the app has the re-INVITE', () => waiting === 1)
  peer.send(later(peer, 'BYE', invite, answer, 3))
  const final = (text: string): boolean => /^SIP\/2\.0 [2-6]/.test(text)
  const both = [await peer.next(final), await peer.next(final)]
  t.deepEqual(both.map((text) => [text.slice(8, 11), header(text, 'CSeq')]).sort(), [
    ['200', '3 BYE'],
    ['487', '2 INVITE'],
  ])
  t.is(engine.stats().dialogs, 0)
})

test('D09: a BYE before the call is answered ends the INVITE, and the app hears it as a CANCEL', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const cancelled = new Promise<void>((resolve) =>
    srf.invite((req, res) => {
      req.on('cancel', () => resolve())
      res.send(180)
    }),
  )
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(invite)
  const ringing = await peer.next('180')
  peer.send(later(peer, 'BYE', invite, ringing, 2))
  const final = (text: string): boolean => /^SIP\/2\.0 [2-6]/.test(text)
  const both = [await peer.next(final), await peer.next(final)]
  t.deepEqual(both.map((text) => text.slice(8, 11)).sort(), ['200', '487'])
  await cancelled
  t.is(engine.stats().dialogs, 0)
})
