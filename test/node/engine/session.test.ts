/** Session timers (RFC 4028) that the engine keeps for an app, on a clock of the test. */
import test from 'ava'
import { agreement, endAfterMs, sessionExpires, tooSmall } from '../../../node/engine/dialog/session.ts'
import { parseMessage, type SipMessage } from '../../../node/engine/parser/message.ts'
import { answerTo, clock, replyWith, until } from './rules/support.ts'
import {
  type Dialog,
  header,
  later,
  type Message,
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

interface Call extends Stack {
  readonly peer: Peer
  readonly invite: string
  readonly answer: string
  readonly dialog: Dialog
  readonly pass: (ms: number) => void
  /** What the app heard of the dialog. */
  readonly told: string[]
}

function listened(dialog: Dialog, told: string[]): Dialog {
  dialog.on('modify', (_req, res) => {
    told.push('modify')
    res.send(200, { body: sdp(4000) })
  })
  dialog.on('destroy', (_req: Message, reason: string) => void told.push(reason))
  return dialog
}

/** A call of the peer's with these lines in its INVITE, and these in the app's 200. */
async function answered(t: Test, lines: Record<string, string>, headers: Record<string, string> = {}): Promise<Call> {
  const { pass, time } = clock()
  const stack = await startStack(t, { clock: time })
  const told: string[] = []
  const made = new Promise<Dialog>((resolve) =>
    stack.srf.invite(async (req, res) => {
      const options = { localSdp: sdp(4000), headers }
      resolve(listened(await stack.srf.createUAS(req, res, options), told))
    }),
  )
  const peer = await udpPeer(t, stack.port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', lines, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  const dialog = await made
  // What comes later over the same socket is answered later: the ACK is in.
  await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test'))
  return { ...stack, peer, invite, answer, dialog, pass, told }
}

const TIMER = { Supported: 'timer', Allow: 'INVITE, ACK, BYE, UPDATE' }

test('D11: an interval below 90 s is refused with 422 and Min-SE, and the app is not told', async (t) => {
  const { peer, invite, answer, told } = await answered(t, {})
  const small = { Supported: 'timer', 'Session-Expires': '60' }
  const refused = await answerTo(peer, request(peer, 'INVITE', 'sip:bob@pbx.test', small, sdp(5000)))
  t.regex(refused, /^SIP\/2\.0 422/)
  t.is(header(refused, 'Min-SE'), '90')
  const update = later(peer, 'UPDATE', invite, answer, 2).replace(
    'Max-Forwards',
    'Supported: timer\r\nx: 89\r\nMax-Forwards',
  )
  t.regex(await answerTo(peer, update), /^SIP\/2\.0 422/)
  t.deepEqual(told, [])
})

test('D11: a caller who knows timers refreshes by himself, and without that the call ends before its time', async (t) => {
  const { peer, invite, answer, told, pass, engine } = await answered(t, { ...TIMER, 'Session-Expires': '90' })
  t.is(header(answer, 'Session-Expires'), '90;refresher=uac')
  t.is(header(answer, 'Require'), 'timer')
  pass(59_000)
  const update = later(peer, 'UPDATE', invite, answer, 2).replace(
    'Max-Forwards',
    'Supported: timer\r\nSession-Expires: 90;refresher=uac\r\nMax-Forwards',
  )
  t.is(header(await answerTo(peer, update), 'Session-Expires'), '90;refresher=uac')
  pass(59_000)
  t.regex(await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test')), /^SIP\/2\.0 405/)
  t.is(engine.stats().dialogs, 1, 'it was refreshed')
  pass(2_000)
  const bye = await peer.next('BYE')
  t.regex(header(bye, 'Reason'), /Session timer expired/)
  peer.send(reply(bye, '200 OK'))
  await until('the app is told', () => told.length > 0)
  t.deepEqual(told, ['Session timer expired'])
  t.is(engine.stats().dialogs, 0)
})

test('where the refresh is ours an UPDATE goes out half-way, again and again, and the app hears nothing', async (t) => {
  const lines = { ...TIMER, 'Session-Expires': '100;refresher=uas' }
  const { peer, answer, told, pass } = await answered(t, lines)
  t.is(header(answer, 'Session-Expires'), '100;refresher=uas')
  for (const number of [1, 2]) {
    pass(51_000)
    const update = await peer.next('UPDATE')
    t.is(header(update, 'CSeq'), `${number} UPDATE`)
    t.is(header(update, 'Session-Expires'), '100;refresher=uac')
    t.is(header(update, 'Min-SE'), '90')
    t.is(header(update, 'Content-Length'), '0')
    peer.send(replyWith(update, '200 OK', 'Session-Expires: 100;refresher=uac'))
    await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test'))
  }
  t.deepEqual(told, [])
  pass(51_000)
  peer.send(reply(await peer.next('UPDATE'), '481 Gone'))
  peer.send(reply(await peer.next('BYE'), '200 OK'))
  await until('the app is told', () => told.length > 0)
  t.deepEqual(told, ['Session timer expired'])
})

test('a peer without UPDATE is refreshed by a re-INVITE with our last description; a 491 is tried again', async (t) => {
  const { pass, time } = clock()
  const { srf, port, engine } = await startStack(t, { clock: time })
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const told: string[] = []
  const headers = { Supported: 'timer', 'Session-Expires': '120' }
  const calling = srf.createUAC(contact, { localSdp: sdp(4000), headers })
  const invite = await callee.next('INVITE')
  t.is(header(invite, 'Session-Expires'), '120')
  const more = 'Session-Expires: 120;refresher=uac\r\nRequire: timer'
  callee.send(replyWith(invite, '200 OK', more, { contact, body: sdp(5000) }))
  const dialog = listened(await calling, told)
  await callee.next('ACK')
  pass(61_000)
  const first = await callee.next('INVITE')
  t.true(first.endsWith(sdp(4000)))
  t.is(header(first, 'Session-Expires'), '120;refresher=uac')
  t.is(header(first, 'Contact'), header(invite, 'Contact'))
  callee.send(reply(first, '491 Request Pending'))
  await callee.next('ACK')
  pass(4_100)
  const second = await callee.next('INVITE')
  const ok = replyWith(second, '200 OK', more, { contact, body: sdp(5000) })
  callee.send(ok)
  const ack = await callee.next('ACK')
  t.is(header(ack, 'CSeq'), `${header(second, 'CSeq').split(' ')[0]} ACK`)
  callee.send(ok)
  t.is(await callee.next('ACK'), ack)
  t.deepEqual(told, [])
  const ending = dialog.destroy()
  callee.send(reply(await callee.next('BYE'), '200 OK'))
  await ending
  t.is(engine.stats().dialogs, 0)
})

test('a refresh that is refused for now is tried again when the peer says, or in ten seconds, and never ends a call that goes on', async (t) => {
  const lines = { ...TIMER, 'Session-Expires': '180;refresher=uas' }
  const { peer, told, pass, engine } = await answered(t, lines)
  pass(91_000)
  const refused = [
    ['500 Request Pending', 'Retry-After: 3', 3_000],
    ['503 Busy', 'X-Word: none', 10_000],
    ['500 Later', 'Retry-After: 99999', 30_000],
  ] as const
  for (const [status, line, ms] of refused) {
    peer.send(replyWith(await peer.next('UPDATE'), status, line))
    await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test'))
    t.false(peer.kept().some((text) => text.startsWith('UPDATE ')))
    pass(ms + 100)
  }
  peer.send(replyWith(await peer.next('UPDATE'), '200 OK', 'Session-Expires: 180;refresher=uac'))
  await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test'))
  pass(80_000)
  await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test'))
  t.is(engine.stats().dialogs, 1)
  t.deepEqual(told, [])
})

test('while our refresh offers what we described last, a callee’s UPDATE with another offer is 491; after the answer it is taken', async (t) => {
  const { pass, time } = clock()
  const { srf, port } = await startStack(t, { clock: time })
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const headers = { Supported: 'timer', 'Session-Expires': '120' }
  const calling = srf.createUAC(contact, { localSdp: sdp(4000), headers })
  const invite = await callee.next('INVITE')
  const more = 'Session-Expires: 120;refresher=uac\r\nRequire: timer'
  callee.send(replyWith(invite, '200 OK', more, { contact, body: sdp(5000) }))
  await calling
  await callee.next('ACK')
  const update = (seq: number): string =>
    request(
      callee,
      'UPDATE',
      `sip:127.0.0.1:${port}`,
      {
        From: `${header(invite, 'To')};tag=peer`,
        To: header(invite, 'From'),
        'Call-ID': header(invite, 'Call-ID'),
        CSeq: `${seq} UPDATE`,
        'Content-Type': 'application/sdp',
      },
      sdp(5000, 2),
    )
  pass(61_000)
  const refresh = await callee.next('INVITE')
  t.regex(await answerTo(callee, update(1)), /^SIP\/2\.0 491/)
  callee.send(replyWith(refresh, '200 OK', more, { contact, body: sdp(5000) }))
  await callee.next('ACK')
  t.regex(await answerTo(callee, update(2)), /^SIP\/2\.0 200/)
})

test('a callee who refreshes and stops to do so is hung up', async (t) => {
  const { pass, time } = clock()
  const { srf, port, engine } = await startStack(t, { clock: time })
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const told: string[] = []
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  const invite = await callee.next('INVITE')
  callee.send(replyWith(invite, '200 OK', 'Session-Expires: 90;refresher=uas', { contact, body: sdp(5000) }))
  listened(await calling, told)
  await callee.next('ACK')
  pass(61_000)
  callee.send(reply(await callee.next('BYE'), '200 OK'))
  await until('the app is told', () => told.length > 0)
  t.deepEqual(told, ['Session timer expired'])
  t.is(engine.stats().dialogs, 0)
})

test('what two ends agree on is table 2 of RFC 4028', (t) => {
  const wish = (asked: string | null, supported: boolean) => ({
    asked: asked === null ? null : sessionExpires(said(asked)),
    supported,
  })
  const agreed = (asked: string | null, supported: boolean, app: string | null = null): string | null => {
    const made = agreement(wish(asked, supported), app === null ? null : sessionExpires(said(app)))
    return (
      made &&
      `${made.agreed.seconds};${made.agreed.refresher}${made.lines.includes('Require: timer') ? ' required' : ''}`
    )
  }
  t.is(agreed('1800', true), '1800;uac required')
  t.is(agreed('1800;refresher=uac', true), '1800;uac required')
  t.is(agreed('1800;refresher=UAS', true), '1800;uas')
  t.is(agreed('1800', false), null, 'nobody asked for who refreshes, and the caller cannot')
  t.is(agreed('1800;refresher=uac', false), '1800;uas', 'who does not know timers cannot refresh')
  t.is(agreed(null, true), null)
  t.is(agreed(null, true, '600;refresher=uas'), '600;uas', 'the app says what it wants')
  t.is(agreed('1800', true, '600'), '600;uac')
  t.is(agreed('30', false), null)
  t.true(tooSmall(wish('89', true)))
  t.false(tooSmall(wish('90', true)))
  t.false(tooSmall(wish('89', false)), 'who does not know timers is not told of them')
  for (const bad of ['', 'x', '-1', '1e3', '9999999999', '90 s']) t.is(sessionExpires(said(bad)), null, bad)
  t.is(endAfterMs(90), 60_000)
  t.is(endAfterMs(1800), 1_768_000)
})

const said = (value: string): SipMessage => parseMessage(`OPTIONS sip:a SIP/2.0\r\nSession-Expires: ${value}\r\n\r\n`)!
