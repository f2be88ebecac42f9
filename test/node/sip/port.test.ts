import test from 'ava'
import type { Dialog, DialogHandlers, Invitation } from '../../../node/sip/port.ts'
import { addressOf, answering, headersOf, port, SDP_A, SDP_B, soon, udpPeer } from './support.ts'

const deaf: DialogHandlers = {
  bye() {},
  modify: async () => ({ kind: 'refused', status: 488, reason: 'no' }),
  info: async () => 200,
}

const call = (to: string, sdp = SDP_A) => ({
  uri: `sip:bob@${to}`,
  nextHop: null,
  from: { display: 'Alice "A"', uri: 'sip:alice@pbx.test' },
  to: { uri: 'sip:bob@pbx.test' },
  sdp,
})

test('two ports set up a call over TCP, change it from both sides, send an INFO and end it', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  const ringing = Promise.withResolvers<number>()
  const called = Promise.withResolvers<Dialog>()
  const ended = Promise.withResolvers<string>()
  const infos: string[] = []
  b.onInvite(async (invitation) => {
    t.is(invitation.from.display, 'Alice "A"')
    t.is(invitation.from.uri, 'sip:alice@pbx.test')
    t.is(invitation.header('X-Plan'), 'seven')
    t.is(invitation.source.transport, 'tcp')
    t.is(invitation.body, SDP_A)
    invitation.progress(180)
    await soon('180 at the caller', ringing.promise)
    const dialog = (await invitation.answer(SDP_B))!
    dialog.handle({
      bye: ended.resolve,
      modify: async (sdp) => ({ kind: 'answered', sdp: sdp.replace('a 1 1', 'b 2 2') }),
      async info(type, body) {
        infos.push(`${type} ${body}`)
        return 200
      },
    })
    called.resolve(dialog)
  })
  const dialing = a.dial(
    {
      ...call(addressOf(b, 'tcp')),
      nextHop: `sip:${addressOf(b, 'tcp')};transport=tcp`,
      headers: { 'X-Plan': 'seven' },
    },
    (status) => ringing.resolve(status),
  )
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  t.is(outcome.sdp, SDP_B)
  t.is(await ringing.promise, 180)
  const caller = outcome.dialog
  t.is(caller.callId, dialing.callId)
  caller.handle({ ...deaf, modify: async (sdp) => ({ kind: 'answered', sdp }) })
  const callee = await soon('the called dialog', called.promise)
  t.is(callee.callId, dialing.callId)
  t.is(callee.remoteTag, caller.localTag)

  t.deepEqual(await soon('re-INVITE', caller.modify(SDP_A)), { kind: 'answered', sdp: SDP_A.replace('a 1 1', 'b 2 2') })
  t.deepEqual(await soon('re-INVITE back', callee.modify(SDP_B)), { kind: 'answered', sdp: SDP_B })
  t.is(await soon('INFO', caller.info('application/dtmf-relay', 'Signal=5\r\n')), 200)
  t.deepEqual(infos, ['application/dtmf-relay Signal=5\r\n'])
  caller.bye()
  t.false(caller.up)
  await soon('BYE', ended.promise)
  t.false(callee.up)
  t.is(a.stats().dialogs, 0)
  t.is(b.stats().dialogs, 0)
})

test('a re-INVITE that was refused does not stop the next', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  let times = 0
  b.onInvite(async (invitation) => {
    const dialog = (await invitation.answer(SDP_B))!
    dialog.handle({
      ...deaf,
      modify: async (sdp) =>
        times++ === 0 ? { kind: 'refused', status: 488, reason: 'Not Acceptable Here' } : { kind: 'answered', sdp },
    })
  })
  const outcome = await soon('an answer', a.dial(call(addressOf(b, 'udp')), () => {}).outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  outcome.dialog.handle(deaf)
  const [first, second] = [outcome.dialog.modify(SDP_A), outcome.dialog.modify(SDP_B)]
  t.like(await soon('the refusal', first), { kind: 'refused', status: 488 })
  t.deepEqual(await soon('the second', second), { kind: 'answered', sdp: SDP_B })
  outcome.dialog.bye()
})

test('a cancelled call is cancelled for both sides, and one of several forks can be', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  const cancelled = Promise.withResolvers<void>()
  b.onInvite(async (invitation) => {
    if (invitation.uri.startsWith('sip:bob')) {
      invitation.onCancel(cancelled.resolve)
      invitation.progress(180)
      return
    }
    ;(await invitation.answer(SDP_B))?.handle(deaf)
  })
  const slow = a.dial(call(addressOf(b, 'udp')), () => {})
  const quick = a.dial({ ...call(addressOf(b, 'udp')), uri: `sip:carol@${addressOf(b, 'udp')}` }, () => {})
  const won = await soon('the quick fork', quick.outcome)
  t.is(won.kind, 'answered')
  slow.cancel()
  t.deepEqual(await slow.outcome, { kind: 'cancelled' })
  await soon('the CANCEL', cancelled.promise)
})

test('an answer that crosses the CANCEL is acknowledged and hung up', async (t) => {
  const a = await port(t)
  const peer = await udpPeer(t, a)
  const dialing = a.dial(call(`127.0.0.1:${peer.port}`), () => {})
  const invite = await peer.next('INVITE')
  peer.send('SIP/2.0 180 Ringing', answering(invite))
  peer.send(
    'SIP/2.0 200 OK',
    [...answering(invite), `Contact: <sip:bob@127.0.0.1:${peer.port}>`, 'Content-Type: application/sdp'],
    SDP_B,
  )
  dialing.cancel()
  t.deepEqual(await dialing.outcome, { kind: 'cancelled' })
  await peer.next('ACK')
  const bye = await peer.next('BYE')
  peer.send('SIP/2.0 200 OK', answering(bye))
  t.is(headersOf(invite, 'Call-ID')[0], dialing.callId)
  t.is(headersOf(bye, 'Call-ID')[0], dialing.callId)
})

test('a refusal comes with its status, reason and headers', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  b.onInvite((invitation) => invitation.reply(486, { reason: 'On the phone', headers: { 'Retry-After': '60' } }))
  const outcome = await soon('a refusal', a.dial(call(addressOf(b, 'udp')), () => {}).outcome)
  if (outcome.kind !== 'refused') return t.fail(outcome.kind)
  t.is(outcome.status, 486)
  t.is(outcome.reason, 'On the phone')
  t.is(outcome.headers.get('retry-after'), '60')
})

test('what cannot be dialled is refused, and nothing is thrown', async (t) => {
  const a = await port(t)
  const bad = ['sip:bob@127.0.0.1|x', 'bob', 'sip:bob@h>\r\nX: y', 'sip:' + 'a'.repeat(600)]
  for (const uri of bad) t.like(await a.dial({ ...call('127.0.0.1'), uri }, () => {}).outcome, { status: 400 })
  t.like(await a.dial(call('127.0.0.1', ''), () => {}).outcome, { status: 488 })
  t.like(await a.dial(call('127.0.0.1', 'v'.repeat(99_000)), () => {}).outcome, { status: 513 })
})

test('the engine going away ends calls on both sides of it with a word', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  const bye = Promise.withResolvers<string>()
  const open = Promise.withResolvers<Invitation>()
  b.onInvite(async (invitation) => {
    if (invitation.uri.startsWith('sip:ring')) return open.resolve(invitation)
    ;(await invitation.answer(SDP_B))?.handle(deaf)
  })
  const outcome = await soon('an answer', a.dial(call(addressOf(b, 'udp')), () => {}).outcome)
  if (outcome.kind !== 'answered') return t.fail(outcome.kind)
  outcome.dialog.handle({ ...deaf, bye: bye.resolve })
  const ringing = a.dial({ ...call(addressOf(b, 'udp')), uri: `sip:ring@${addressOf(b, 'udp')}` }, () => {})
  await soon('the second call', open.promise)
  await a.close()
  t.is(await soon('the bye', bye.promise), 'engine lost')
  t.like(await ringing.outcome, { kind: 'refused', status: 503 })
  t.false(a.connected)
  t.is(await a.request('OPTIONS', `sip:${addressOf(b, 'udp')}`), 503)
})

test('a verb without a handler is refused, OPTIONS with one is answered', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  b.on('options', (request) => request.reply(200))
  t.is(await soon('OPTIONS', a.request('OPTIONS', `sip:${addressOf(b, 'udp')}`)), 200)
  const status = await soon('MESSAGE', a.request('MESSAGE', `sip:${addressOf(b, 'udp')}`, { body: 'hello' }))
  t.true([405, 501, 503].includes(status), String(status))
})

test('a handler that throws is answered for with 500', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  b.on('options', () => {
    throw new Error('a bug')
  })
  t.is(await soon('OPTIONS', a.request('OPTIONS', `sip:${addressOf(b, 'udp')}`)), 500)
  t.is(b.stats().failures, 1)
})

test('an INVITE without an offer gets ours in the 200, and the ACK brings the answer; a re-INVITE too, where it is wanted', async (t) => {
  const b = await port(t)
  const answers: (string | null)[] = []
  const heard = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let listening: DialogHandlers = deaf
  b.onInvite(async (invitation) => {
    t.is(invitation.body, '')
    const dialog = await invitation.answer(SDP_B)
    const answered = (sdp: string | null) => void heard[answers.push(sdp) - 1]?.resolve()
    listening = { ...deaf, answered, modify: async (sdp) => ({ kind: 'answered', sdp: sdp === '' ? SDP_B : 'no' }) }
    dialog?.handle({
      ...listening,
      modify: (sdp) => listening.modify(sdp),
    })
  })
  const peer = await udpPeer(t, b)
  const headers = (seq: number, method: string, to = '<sip:bob@pbx.test>') => [
    'From: <sip:alice@pbx.test>;tag=1',
    `To: ${to}`,
    'Call-ID: late-offer',
    `CSeq: ${seq} ${method}`,
    'Max-Forwards: 70',
    `Contact: <sip:alice@127.0.0.1:${peer.port}>`,
    ...(method === 'ACK' ? ['Content-Type: application/sdp'] : []),
  ]
  peer.send(`INVITE sip:bob@${b.address} SIP/2.0`, headers(1, 'INVITE'))
  const ok = await peer.next('SIP/2.0 200')
  t.true(ok.endsWith(SDP_B))
  const to = headersOf(ok, 'To')[0]!
  peer.send(`ACK sip:bob@${b.address} SIP/2.0`, headers(1, 'ACK', to), SDP_A)
  await soon('the answer in the ACK', heard[0]!.promise)
  peer.send(`INVITE sip:bob@${b.address} SIP/2.0`, headers(2, 'INVITE', to))
  t.true((await peer.next(/^SIP\/2.0 200[\s\S]*CSeq: 2 /i)).endsWith(SDP_B))
  peer.send(`ACK sip:bob@${b.address} SIP/2.0`, headers(2, 'ACK', to), SDP_A)
  await soon('the second answer', heard[1]!.promise)
  t.deepEqual(answers, [SDP_A, SDP_A])
})

test('an extension that a request insists on is refused with 420 and its name, whatever the verb', async (t) => {
  const b = await port(t)
  b.onInvite(() => t.fail('it came through'))
  b.on('register', () => t.fail('it came through'))
  b.on('options', (request) => request.reply(200))
  const peer = await udpPeer(t, b)
  const ask = (method: string, ...more: string[]) =>
    peer.send(`${method} sip:${b.address} SIP/2.0`, [
      'From: <sip:alice@pbx.test>;tag=1',
      'To: <sip:alice@pbx.test>',
      `Call-ID: required-${method}-${more.length}`,
      `CSeq: 1 ${method}`,
      'Max-Forwards: 70',
      `Contact: <sip:alice@127.0.0.1:${peer.port}>`,
      ...more,
    ])
  for (const method of ['INVITE', 'REGISTER', 'OPTIONS']) {
    ask(method, 'Require: time-travel,  path')
    // By Call-ID: nobody acknowledges the INVITE's refusal here, so it comes again.
    const refusal = await peer.next(new RegExp(`^SIP/2.0 420[\\s\\S]*required-${method}-1`))
    // A registrar has it (RFC 3327), nobody else does.
    const lacking = method === 'REGISTER' ? 'time-travel' : 'time-travel, path'
    t.deepEqual(headersOf(refusal, 'Unsupported'), [lacking], method)
  }
  ask('OPTIONS', 'Supported: time-travel', 'Require: ')
  t.regex(await peer.next(/^SIP[\s\S]*required-OPTIONS-2/), /^SIP\/2.0 200/)
})

test('an answer without a Contact that reads is no call, and the other end is told', async (t) => {
  const a = await port(t)
  const peer = await udpPeer(t, a)
  const dialing = a.dial(call(`127.0.0.1:${peer.port}`), () => {})
  const invite = await peer.next('INVITE')
  const contact = `Contact: <sip:bob@127.0.0.1:${peer.port}>`
  // 202 is no answer to an INVITE that srf knows, but it opens a dialog like any 2xx.
  peer.send('SIP/2.0 202 Accepted', [...answering(invite), contact, 'Content-Type: application/sdp'], SDP_B)
  t.is((await soon('the outcome', dialing.outcome)).kind, 'refused')
  await peer.next('ACK')
  await peer.next('BYE')
})

test('a phone is acknowledged and hung up the way it was called, whatever its Contact says', async (t) => {
  const a = await port(t)
  const peer = await udpPeer(t, a)
  const way = { nextHop: `sip:127.0.0.1:${peer.port};transport=udp`, uri: 'sip:bob@192.0.2.9' }
  const dialing = a.dial({ ...call('192.0.2.9'), ...way }, () => {})
  const invite = await peer.next('INVITE')
  const contact = 'Contact: <sip:bob@192.0.2.9>'
  peer.send('SIP/2.0 200 OK', [...answering(invite), contact, 'Content-Type: application/sdp'], SDP_B)
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(outcome.kind)
  t.regex(await peer.next('ACK'), /^ACK sip:bob@192\.0\.2\.9 /)
  outcome.dialog.bye()
  t.regex(await peer.next('BYE'), /^BYE sip:bob@192\.0\.2\.9 /)
})

test('a BYE that comes with the ACK is heard by who sets its handlers later', async (t) => {
  const a = await port(t)
  const peer = await udpPeer(t, a)
  const dialing = a.dial(call(`127.0.0.1:${peer.port}`), () => {})
  const invite = await peer.next('INVITE')
  const contact = `Contact: <sip:bob@127.0.0.1:${peer.port}>`
  peer.send('SIP/2.0 200 OK', [...answering(invite), contact, 'Content-Type: application/sdp'], SDP_B)
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(outcome.kind)
  await peer.next('ACK')
  const target = /<(.*)>/.exec(headersOf(invite, 'Contact')[0]!)![1]
  peer.send(`BYE ${target} SIP/2.0`, [
    `From: ${headersOf(invite, 'To')[0]};tag=peer`,
    `To: ${headersOf(invite, 'From')[0]}`,
    `Call-ID: ${dialing.callId}`,
    'CSeq: 1 BYE',
    'Max-Forwards: 70',
  ])
  await peer.next('SIP/2.0 200')
  t.false(outcome.dialog.up)
  const heard = Promise.withResolvers<string>()
  outcome.dialog.handle({ ...deaf, bye: heard.resolve })
  t.is(await soon('the bye', heard.promise), 'normal release')
  t.like(await outcome.dialog.modify(SDP_A), { kind: 'refused', status: 481 })
})

test('a peer that has forgotten the call ends it', async (t) => {
  const a = await port(t)
  const peer = await udpPeer(t, a)
  const dialing = a.dial(call(`127.0.0.1:${peer.port}`), () => {})
  const invite = await peer.next('INVITE')
  const contact = `Contact: <sip:bob@127.0.0.1:${peer.port}>`
  peer.send('SIP/2.0 200 OK', [...answering(invite), contact, 'Content-Type: application/sdp'], SDP_B)
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(outcome.kind)
  await peer.next('ACK')
  const heard = Promise.withResolvers<string>()
  outcome.dialog.handle({ ...deaf, bye: heard.resolve })
  const change = outcome.dialog.modify(SDP_A)
  const again = await peer.next('INVITE')
  peer.send('SIP/2.0 481 Call Does Not Exist', answering(again))
  t.like(await soon('the refusal', change), { kind: 'refused', status: 481 })
  t.is(await soon('the bye', heard.promise), '481 to INVITE')
  t.is(a.stats().dialogs, 0)
})

test('what a reply says cannot begin another header', async (t) => {
  const [a, b] = [await port(t), await port(t)]
  b.onInvite((invitation) =>
    invitation.reply(480, { reason: 'Gone\r\nX-Evil: 1', headers: { 'X-Who': 'me\r\nX-Evil: 2' } }),
  )
  const outcome = await soon('a refusal', a.dial(call(addressOf(b, 'udp')), () => {}).outcome)
  if (outcome.kind !== 'refused') return t.fail(outcome.kind)
  t.is(outcome.status, 480)
  t.is(outcome.headers.get('X-Who'), 'me X-Evil: 2')
  t.false(outcome.headers.has('X-Evil'))
})
