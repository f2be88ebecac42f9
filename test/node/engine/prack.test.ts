/** Reliable provisional responses (RFC 3262) on both sides of an app. */
import test from 'ava'
import { answerTo, lines, replyWith, until } from './rules/support.ts'
import {
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
} from './stack.ts'

const FAST = { t1: 20, t2: 80, t4: 100 }
const RELIABLY = { headers: { Require: '100rel' } }

type Send = (
  status: number,
  more: object,
  sent?: (error: unknown, said: Message) => void,
  prack?: (req: Message) => void,
) => void
const sendOn = (res: Response): Send => res.send.bind(res) as unknown as Send

interface Ringing extends Stack {
  readonly peer: Peer
  readonly invite: string
  readonly req: Message
  readonly send: Send
}

/** A call that the app has and has not answered. */
async function ringing(t: Test, extra: Record<string, string>, times?: typeof FAST): Promise<Ringing> {
  const stack = await startStack(t, times ? { times } : {})
  const asked = new Promise<[Message, Response]>((resolve) => stack.srf.invite((req, res) => resolve([req, res])))
  const peer = await udpPeer(t, stack.port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { Supported: 'path, 100rel', ...extra }, sdp(5000))
  peer.send(invite)
  const [req, res] = await asked
  return { ...stack, peer, invite, req, send: sendOn(res) }
}

const prack = (
  peer: Peer,
  invite: string,
  answer: string,
  seq: number,
  rack = `${header(answer, 'RSeq')} 1 INVITE`,
): string => later(peer, 'PRACK', invite, answer, seq).replace('Max-Forwards', `RAck: ${rack}\r\nMax-Forwards`)

test('D10: a 183 that the app wants reliable is repeated until its PRACK; another RAck is 481', async (t) => {
  // Slow enough that a busy machine answers long before 64 T1.
  const { peer, invite, send, faults } = await ringing(t, {}, { t1: 150, t2: 600, t4: 600 })
  const told: string[] = []
  send(183, { ...RELIABLY, body: sdp(4000) }, undefined, (req) => void told.push(req.get('RAck')))
  const first = await peer.next('183')
  t.is(header(first, 'Require'), '100rel')
  const rseq = Number(header(first, 'RSeq'))
  t.true(rseq >= 1 && rseq < 2 ** 31)
  t.regex(header(first, 'Contact'), /^<sip:/)
  t.is(await peer.next('183'), first)
  for (const wrong of [`${rseq + 1} 1 INVITE`, `${rseq} 2 INVITE`, `${rseq} 1 UPDATE`, 'x', '']) {
    peer.send(prack(peer, invite, first, 2, wrong))
    await peer.next('481')
  }
  t.is(await peer.next('183'), first, 'none of these was its PRACK')
  peer.send(prack(peer, invite, first, 3))
  t.is(header(await peer.next('200'), 'CSeq'), '3 PRACK')
  t.deepEqual(told, [`${rseq} 1 INVITE`])
  peer.send(prack(peer, invite, first, 4))
  await peer.next('481')
  send(480, {})
  await peer.next('480')
  t.deepEqual(faults, [])
})

test('without a PRACK the call is refused after 64 T1, and the app hears it as a CANCEL', async (t) => {
  const { peer, req, send, engine } = await ringing(t, {}, FAST)
  const cancelled = new Promise<void>((resolve) => req.on('cancel', () => resolve()))
  send(180, RELIABLY)
  t.regex(await peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text)), /^SIP\/2\.0 504/)
  await cancelled
  t.is(engine.stats().dialogs, 0)
  t.is(engine.stats().unanswered, 0)
})

test('one reliable response at a time: the next and a 200 wait for the PRACK of the one before', async (t) => {
  const { peer, invite, send } = await ringing(t, {})
  send(183, { ...RELIABLY, body: sdp(4000) })
  send(180, RELIABLY)
  send(200, { body: sdp(4000) })
  const first = await peer.next('183')
  // An unrelated exchange that begins later is over first.
  t.regex(await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test')), /^SIP\/2\.0 405/)
  peer.send(prack(peer, invite, first, 2))
  const seen: string[] = []
  const second = await peer.next((text) => seen.push(text.split(' ')[1]!) > 0 && text.startsWith('SIP/2.0 180'))
  t.is(Number(header(second, 'RSeq')), Number(header(first, 'RSeq')) + 1)
  t.false(seen.includes('183'))
  // The 180 has no description, so the 200 need not wait for its PRACK.
  const answer = await peer.next((text) => /^SIP\/2\.0 200[\s\S]*CSeq: 1 INVITE/.test(text))
  peer.send(prack(peer, invite, second, 3))
  await peer.next((text) => /^SIP\/2\.0 200[\s\S]*CSeq: 3 PRACK/.test(text))
  peer.send(later(peer, 'ACK', invite, answer, 1))
})

test('a refusal waits for nothing', async (t) => {
  const { peer, send } = await ringing(t, {})
  send(183, { ...RELIABLY, body: sdp(4000) })
  send(180, RELIABLY)
  send(486, {})
  t.regex(await peer.next((text) => /^SIP\/2\.0 (180|486)/.test(text)), /^SIP\/2\.0 486/)
})

test('an app that wants a response reliable for a peer that cannot is told so, and nothing is sent', async (t) => {
  const { peer, send } = await ringing(t, { Supported: 'timer' })
  const error = await new Promise<unknown>((resolve) => send(183, RELIABLY, resolve))
  t.regex(String(error), /does not support 100rel/)
  send(480, {})
  t.regex(await peer.next((text) => /^SIP\/2\.0 (18|4)/.test(text)), /^SIP\/2\.0 480/)
})

test('for a caller who requires it every ring is reliable, and the engine takes the PRACK when the app did not ask', async (t) => {
  const { peer, invite, send } = await ringing(t, { Require: '100rel' })
  send(180, {})
  const ring = await peer.next('180')
  t.is(header(ring, 'Require'), '100rel')
  peer.send(prack(peer, invite, ring, 2))
  t.is(header(await peer.next('200'), 'CSeq'), '2 PRACK')
  send(480, {})
  await peer.next('480')
})

const reliably = (rseq: number): string => `Require: 100rel\r\nRSeq: ${rseq}`

test('a reliable ring of the callee is acknowledged once; a copy and one out of order are dropped', async (t) => {
  const { srf, port } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const rings: number[] = []
  const options = { localSdp: sdp(4000), headers: { Supported: '100rel' } }
  const calling = srf.createUAC(contact, options, { cbProvisional: (res) => void rings.push(res.status) })
  const invite = await callee.next('INVITE')
  const first = replyWith(invite, '183 Session Progress', reliably(700), { contact, body: sdp(5000) })
  callee.send(first)
  const prack = await callee.next('PRACK')
  t.is(header(prack, 'RAck'), '700 1 INVITE')
  t.is(header(prack, 'CSeq'), '2 PRACK')
  t.true(header(prack, 'To').endsWith(';tag=peer'))
  callee.send(reply(prack, '200 OK'))
  callee.send(first)
  callee.send(replyWith(invite, '182 Queued', reliably(702), { contact }))
  callee.send(replyWith(invite, '180 Ringing', reliably(701), { contact }))
  const next = await callee.next('PRACK')
  t.is(header(next, 'RAck'), '701 1 INVITE')
  callee.send(reply(next, '200 OK'))
  callee.send(reply(invite, '200 OK', { contact, body: sdp(5000) }))
  await calling
  t.deepEqual(rings, [183, 180])
})

test('each fork gets the PRACK for its own ring, and an UPDATE of either belongs to the call', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const [one, two] = [await udpPeer(t, port), await udpPeer(t, port)]
  const at = (peer: Peer): string => `sip:bob@127.0.0.1:${peer.port}`
  const calling = srf.createUAC(at(one), { localSdp: sdp(4000) })
  const invite = await one.next('INVITE')
  // Both use the same RSeq, and the second is heard before the app has acknowledged the first.
  one.send(replyWith(invite, '180 Ringing', reliably(1), { tag: 'one', contact: at(one) }))
  one.send(replyWith(invite, '180 Ringing', reliably(1), { tag: 'two', contact: at(two) }))
  const pracks = [await one.next('PRACK'), await two.next('PRACK')]
  t.deepEqual(
    pracks.map((text) => [header(text, 'To').split('tag=')[1], text.split(' ')[1]]),
    [
      ['one', at(one)],
      ['two', at(two)],
    ],
  )
  one.send(reply(pracks[0]!, '200 OK'))
  two.send(reply(pracks[1]!, '200 OK'))
  for (const [peer, tag] of [
    [one, 'one'],
    [two, 'two'],
  ] as const) {
    const update = request(peer, 'UPDATE', /<([^>]+)>/.exec(header(invite, 'Contact'))![1]!, {
      From: `${header(invite, 'To')};tag=${tag}`,
      To: header(invite, 'From'),
      'Call-ID': header(invite, 'Call-ID'),
      CSeq: '1 UPDATE',
      Contact: `<${at(peer)}>`,
    })
    peer.send(update)
    t.regex(await peer.next((text) => text.includes('1 UPDATE')), /^SIP\/2\.0 200/, tag)
  }
  one.send(reply(invite, '200 OK', { tag: 'one', contact: at(one), body: sdp(5000) }))
  const dialog = await calling
  t.is(dialog.sip.remoteTag, 'one')
  t.true(header(await one.next('ACK'), 'To').endsWith('tag=one'))
  const ending = dialog.destroy()
  const bye = await one.next('BYE')
  one.send(reply(bye, '200 OK'))
  await ending
  await until('the dialog is gone', () => engine.stats().dialogs === 0)
  t.is(lines(bye, 'Via').length, 1)
})

test('through a B2BUA that passes the headers on each leg is reliable by itself', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  srf.invite((req, res) => {
    const options = {
      localSdpB: req.body,
      proxyRequestHeaders: ['Supported'],
      proxyResponseHeaders: ['Require', 'RSeq'],
    }
    void srf.createB2BUA(req, res, contact, options as never)
  })
  await wanted(caller, 'INVITE')
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', { Supported: '100rel' }, sdp(5000))
  caller.send(invite)
  const onward = await callee.next('INVITE')
  t.is(header(onward, 'Supported'), '100rel')
  callee.send(replyWith(onward, '183 Session Progress', reliably(4711), { contact, body: sdp(6000) }))
  const theirs = await callee.next('PRACK')
  callee.send(reply(theirs, '200 OK'))
  const progress = await caller.next('183')
  t.deepEqual(lines(progress, 'RSeq').length, 1)
  t.not(header(progress, 'RSeq'), '4711', 'each leg counts for itself')
  // The callee answers before the caller has acknowledged: the 200 waits.
  callee.send(reply(onward, '200 OK', { contact, body: sdp(6000) }))
  await callee.next('ACK')
  caller.send(prack(caller, invite, progress, 2))
  await caller.next((text) => /^SIP\/2\.0 200[\s\S]*CSeq: 2 PRACK/.test(text))
  const answer = await caller.next((text) => /^SIP\/2\.0 200[\s\S]*CSeq: 1 INVITE/.test(text))
  caller.send(later(caller, 'ACK', invite, answer, 1))
  t.is(engine.stats().dialogs, 2)
  t.deepEqual(faults, [])
})
