/** UPDATE (RFC 3311), offers that meet, and targets that move. */
import test from 'ava'
import { answerTo, replyWith, until } from './rules/support.ts'
import {
  type Dialog,
  header,
  later,
  type Message,
  type Peer,
  type Response,
  reply,
  request,
  sdp,
  startStack,
  udpPeer,
  wanted,
} from './stack.ts'

const withSdp = (text: string, session = 2): string =>
  text.replace(
    'Content-Length: 0\r\n\r\n',
    `Content-Type: application/sdp\r\nContent-Length: ${sdp(5000, session).length}\r\n\r\n${sdp(5000, session)}`,
  )

type Send = (status: number, more: object) => void
const sendOn = (res: Response): Send => res.send.bind(res) as unknown as Send

const prack = (peer: Peer, invite: string, answer: string, seq: number): string =>
  later(peer, 'PRACK', invite, answer, seq).replace(
    'Max-Forwards',
    `RAck: ${header(answer, 'RSeq')} 1 INVITE\r\nMax-Forwards`,
  )

test('D12: before its own offer is answered a caller’s UPDATE with another is 500, after that it reaches the app, one at a time', async (t) => {
  const { srf, port } = await startStack(t)
  const asked = new Promise<[Message, Response]>((resolve) => srf.invite((req, res) => resolve([req, res])))
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { Supported: '100rel' }, sdp(5000))
  peer.send(invite)
  const [req, res] = await asked
  const updates: Response[] = []
  ;(req as unknown as NodeJS.EventEmitter).on(
    'update',
    (_update: Message, answer: Response) => void updates.push(answer),
  )
  sendOn(res)(180, {})
  const ringing = await peer.next('180')
  const early = await answerTo(peer, withSdp(later(peer, 'UPDATE', invite, ringing, 2)))
  t.regex(early, /^SIP\/2\.0 500/)
  t.regex(header(early, 'Retry-After'), /^(\d|10)$/)
  sendOn(res)(183, { headers: { Require: '100rel' }, body: sdp(4000) })
  const progress = await peer.next('183')
  peer.send(prack(peer, invite, progress, 3))
  await peer.next('200')
  peer.send(withSdp(later(peer, 'UPDATE', invite, progress, 4)))
  await until('the app has the UPDATE', () => updates.length === 1)
  for (const next of [
    later(peer, 'UPDATE', invite, progress, 5),
    withSdp(later(peer, 'UPDATE', invite, progress, 6)),
  ]) {
    t.regex(await answerTo(peer, next), /^SIP\/2\.0 500[\s\S]*Retry-After/)
  }
  sendOn(updates[0]!)(200, { body: sdp(4000, 2) })
  const ok = await peer.next('200')
  t.is(header(ok, 'CSeq'), '4 UPDATE')
  t.regex(header(ok, 'Contact'), /^<sip:/)
  peer.send(withSdp(later(peer, 'UPDATE', invite, progress, 7), 3))
  await until('the next one has come', () => updates.length === 2)
  sendOn(updates[1]!)(488, {})
  await peer.next('488')
  sendOn(res)(480, {})
  await peer.next('480')
})

test('D12: a callee’s UPDATE with an offer is 491 while ours is open, and is taken after a reliable answer', async (t) => {
  const { srf, port } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  const update = (seq: number): string =>
    withSdp(
      request(callee, 'UPDATE', /<([^>]+)>/.exec(header(invite, 'Contact'))![1]!, {
        From: `${header(invite, 'To')};tag=peer`,
        To: header(invite, 'From'),
        'Call-ID': header(invite, 'Call-ID'),
        CSeq: `${seq} UPDATE`,
        Contact: `<${contact}>`,
      }),
    )
  callee.send(reply(invite, '183 Session Progress', { contact, body: sdp(5000) }))
  callee.send(update(1))
  await callee.next('491')
  callee.send(replyWith(invite, '183 Session Progress', 'Require: 100rel\r\nRSeq: 1', { contact, body: sdp(5000) }))
  callee.send(reply(await callee.next('PRACK'), '200 OK'))
  callee.send(update(2))
  t.is(header(await callee.next('200'), 'CSeq'), '2 UPDATE')
  callee.send(reply(invite, '200 OK', { contact, body: sdp(5000) }))
  await calling
  await callee.next('ACK')
})

test('the target moves with an UPDATE and a re-INVITE of either side, and requests follow it', async (t) => {
  const { srf, port } = await startStack(t)
  const made = new Promise<Dialog>((resolve) =>
    srf.invite(async (req, res) => resolve(await srf.createUAS(req, res, { localSdp: sdp(4000) }))),
  )
  const [peer, moved] = [await udpPeer(t, port), await udpPeer(t, port)]
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  const dialog = await made
  const at = async (): Promise<string> => {
    const asking = dialog.request({ method: 'INFO' })
    const info = await moved.next('INFO')
    moved.send(reply(info, '200 OK'))
    await asking
    return info.split(' ')[1]!
  }
  // From where it will be heard from now on.
  const target = (user: string): Record<string, string> => ({ Contact: `<sip:${user}@127.0.0.1:${moved.port}>` })
  const inDialog = (method: string, seq: number, user: string, body = ''): string =>
    request(
      moved,
      method,
      `sip:127.0.0.1:${port}`,
      {
        From: header(invite, 'From'),
        To: header(answer, 'To'),
        'Call-ID': header(invite, 'Call-ID'),
        CSeq: `${seq} ${method}`,
        ...target(user),
        ...(body && { 'Content-Type': 'application/sdp' }),
      },
      body,
    )
  t.regex(await answerTo(moved, inDialog('UPDATE', 2, 'update')), /^SIP\/2\.0 200/)
  t.is(await at(), `sip:update@127.0.0.1:${moved.port}`)
  moved.send(inDialog('INVITE', 3, 'invite', sdp(5000, 2)))
  await moved.next('200')
  moved.send(inDialog('ACK', 3, 'invite'))
  t.is(await at(), `sip:invite@127.0.0.1:${moved.port}`)
  t.regex(await answerTo(moved, inDialog('INFO', 4, 'nowhere')), /^SIP\/2\.0 200/)
  t.is(await at(), `sip:invite@127.0.0.1:${moved.port}`, 'INFO moves nothing')
  for (const method of ['UPDATE', 'INVITE']) {
    const changing = dialog.request({ method, body: sdp(4000, 2) })
    const change = await moved.next(method)
    moved.send(reply(change, '200 OK', { contact: `sip:by-${method}@127.0.0.1:${moved.port}`, body: sdp(5000, 3) }))
    await changing
    t.is(await at(), `sip:by-${method}@127.0.0.1:${moved.port}`)
  }
})

test('199 passes both ways as any other ring (RFC 6228)', async (t) => {
  const { srf, port } = await startStack(t)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  srf.invite((req, res) => {
    const watch = {
      cbProvisional: (ring: Message) => sendOn(res)(ring.status, { headers: { 'X-Fork': ring.get('To') } }),
    }
    srf.createUAC(contact, { localSdp: req.body }, watch).catch(() => res.send(480))
  })
  await wanted(caller, 'INVITE')
  caller.send(request(caller, 'INVITE', 'sip:bob@pbx.test', { Supported: '199' }, sdp(5000)))
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing', { tag: 'one', contact }))
  callee.send(reply(invite, '199 Early Dialog Terminated', { tag: 'one', contact }))
  t.regex(header(await caller.next('199'), 'X-Fork'), /tag=one/)
  callee.send(reply(invite, '480 Temporarily Unavailable'))
  await caller.next('480')
})
