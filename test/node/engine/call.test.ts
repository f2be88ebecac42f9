import { once } from 'node:events'
import test from 'ava'
import { until } from '../../nemesis/until.ts'
import {
  type Dialog,
  header,
  later,
  leave,
  type Message,
  type Response,
  reply,
  request,
  sdp,
  startStack,
  tcpPeer,
  udpPeer,
  wanted,
} from './stack.ts'

const FAST = { t1: 20, t2: 80, t4: 100 }

test('an incoming call is answered, acknowledged, changed and ended by the caller', async (t) => {
  const told: string[] = []
  let ended: (() => void) | null = null
  const over = new Promise<void>((resolve) => {
    ended = resolve
  })
  const { engine, port, faults } = await startStack(t, {
    routes: (srf) =>
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
        dialog.on('ack', () => told.push('ack'))
        dialog.on('modify', (_req: Message, answer: Response) => {
          told.push('modify')
          answer.send(200, { body: sdp(4000, 2) })
        })
        dialog.on('destroy', () => {
          told.push('destroy')
          ended?.()
        })
      }),
  })
  const caller = await udpPeer(t, port)
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp' }, sdp(5000))
  caller.send(invite)
  await caller.next('100')
  const answer = await caller.next('200')
  t.is(header(answer, 'Contact'), `<sip:127.0.0.1:${port}>`)
  caller.send(later(caller, 'ACK', invite, answer, 1))

  const change = later(caller, 'INVITE', invite, answer, 2).replace(/Content-Length: 0\r\n\r\n$/, '')
  const body = sdp(5002, 2)
  caller.send(`${change}Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  await caller.next('100')
  const changed = await caller.next('200')
  t.regex(changed, /o=- 1 2 /)
  t.is(header(changed, 'To'), header(answer, 'To'))
  caller.send(later(caller, 'ACK', invite, answer, 2))
  caller.send(later(caller, 'BYE', invite, answer, 3))
  await caller.next('200')
  await over
  t.deepEqual(
    told.filter((what) => what !== 'ack'),
    ['modify', 'destroy'],
  )
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('a caller whose ACK is lost hears the answer again, and is hung up on in the end', async (t) => {
  const reasons: string[] = []
  const { srf, port, engine } = await startStack(t, { times: FAST })
  const over = new Promise<void>((resolve) => {
    srf.invite(async (req, res) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
      dialog.on('destroy', (_bye: unknown, reason: string) => {
        reasons.push(reason)
        resolve()
      })
    })
  })
  const caller = await udpPeer(t, port)
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  await wanted(caller, 'INVITE')
  caller.send(invite)
  const first = await caller.next('200')
  t.is(await caller.next('200'), first)
  const bye = await caller.next('BYE')
  caller.send(reply(bye, '200 OK'))
  await over
  t.deepEqual(reasons, ['ACK timeout'])
  t.is(engine.stats().dialogs, 0)
})

test('an app can take over a call that nobody here knows, under its own tags; a refusal leaves nothing', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const made = Promise.withResolvers<Dialog>()
  srf.invite(async (req, res) => {
    if (req.get('Subject') === 'no') {
      res.send(180)
      res.send(486)
    } else made.resolve(await srf.createUAS(req, res, { localSdp: sdp(4000) }))
  })
  const caller = await udpPeer(t, port)
  await wanted(caller, 'INVITE')
  const to = { To: '<sip:bob@pbx.test>;tag=elsewhere' }
  caller.send(request(caller, 'INVITE', 'sip:bob@pbx.test', { ...to, Subject: 'no' }, sdp(5000)))
  t.is(header(await caller.next('180'), 'To'), to.To)
  await caller.next('486')
  t.is(engine.stats().dialogs, 0)
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', to, sdp(5000))
  caller.send(invite)
  const answer = await caller.next('200')
  t.is(header(answer, 'To'), to.To)
  caller.send(later(caller, 'ACK', invite, answer, 1))
  const dialog = await made.promise
  const asking = dialog.request({ method: 'INFO' })
  const info = await caller.next('INFO')
  t.deepEqual([header(info, 'From'), header(info, 'To')], [to.To, header(invite, 'From')])
  caller.send(reply(info, '200 OK'))
  await asking
  caller.send(later(caller, 'BYE', invite, answer, 2))
  t.is(header(await caller.next('200'), 'CSeq'), '2 BYE')
  t.is(engine.stats().dialogs, 0)
})

test('an app hears of the end of a call also when there is no way to the peer any more', async (t) => {
  const { srf, port, engine } = await startStack(t, { times: FAST })
  const over = new Promise<string>((resolve) =>
    srf.invite(async (req, res) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
      dialog.on('destroy', (_bye: unknown, reason: string) => resolve(reason))
    }),
  )
  const watch = await udpPeer(t, port)
  await wanted(watch, 'INVITE')
  const caller = await tcpPeer(t, port)
  caller.send(
    request(caller, 'INVITE', 'sip:bob@pbx.test', { Contact: '<sip:alice@nobody.invalid;transport=tcp>' }, sdp(5000)),
  )
  await caller.next('200')
  caller.close()
  t.is(await over, 'ACK timeout')
  t.is(engine.stats().dialogs, 0)
})

test('a caller who has acknowledged hears no second answer and keeps the call', async (t) => {
  const { srf, port, engine } = await startStack(t, { times: FAST })
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp(4000) }))
  const [caller, silent] = [await udpPeer(t, port), await udpPeer(t, port)]
  await wanted(caller, 'INVITE')
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  caller.send(invite)
  const answer = await caller.next('200')
  caller.send(later(caller, 'ACK', invite, answer, 1))
  await wanted(caller, 'INVITE')
  // A request that begins now fails when the wait for an ACK would be over.
  const failed = new Promise<number>((resolve, reject) => {
    srf
      .request(`sip:x@127.0.0.1:${silent.port}`, { method: 'OPTIONS' })
      .then((req) => req.on('response', (res) => resolve(res.status)), reject)
  })
  t.is(await failed, 408)
  t.is(engine.stats().dialogs, 1)
})

test('a caller who cancels gets 200 and 487 from the engine, and the app is told', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const cancelled = new Promise<void>((resolve) => {
    srf.invite((req, res) => {
      req.on('cancel', () => resolve())
      res.send(180)
    })
  })
  const caller = await udpPeer(t, port)
  await wanted(caller, 'INVITE')
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  caller.send(invite)
  await caller.next('180')
  caller.send(
    invite
      .replace(/^INVITE/, 'CANCEL')
      .replace('1 INVITE', '1 CANCEL')
      .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n'),
  )
  t.regex(await caller.next('200'), /CSeq: 1 CANCEL/)
  const refused = await caller.next('487')
  t.regex(refused, /CSeq: 1 INVITE/)
  await cancelled
  caller.send(
    invite
      .replace(/^INVITE/, 'ACK')
      .replace('1 INVITE', '1 ACK')
      .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n'),
  )
  t.is(engine.stats().dialogs, 0)
})

test('a call passes through a B2BUA from UDP to TCP and is ended by the callee', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  const [caller, callee] = [await udpPeer(t, port), await tcpPeer(t, port)]
  callee.send(request(callee, 'OPTIONS', 'sip:pbx.test'))
  await callee.next('503')
  const contact = `sip:bob@127.0.0.1:${callee.port};transport=tcp`
  const over = new Promise<void>((resolve) => {
    srf.invite(async (req, res) => {
      const { uas, uac } = await srf.createB2BUA(req, res, contact, { localSdpB: req.body })
      uas.on('destroy', () => uac.destroy())
      uac.on('destroy', () => uas.destroy().then(() => resolve()))
    })
  })
  await wanted(caller, 'INVITE')
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  caller.send(invite)
  const onward = await callee.next('INVITE')
  callee.send(reply(onward, '180 Ringing', { contact }))
  await caller.next('180')
  callee.send(reply(onward, '200 OK', { contact, body: sdp(6000) }))
  const answer = await caller.next('200')
  t.regex(answer, /m=audio 6000/)
  caller.send(later(caller, 'ACK', invite, answer, 1))
  const ack = await callee.next('ACK')
  callee.send(
    request(callee, 'BYE', /<([^>]+)>/.exec(header(onward, 'Contact'))![1]!, {
      From: header(ack, 'To'),
      To: header(ack, 'From'),
      'Call-ID': header(ack, 'Call-ID'),
    }),
  )
  await callee.next('200')
  const bye = await caller.next('BYE')
  caller.send(reply(bye, '200 OK'))
  await over
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('with Record-Route the requests of a call go by the proxies, in the right order for each side', async (t) => {
  const { srf, port } = await startStack(t)
  const proxy = await udpPeer(t, port)
  const calling = srf.createUAC(`sip:bob@127.0.0.1:${proxy.port}`, { localSdp: sdp(4000) })
  const invite = await proxy.next('INVITE')
  const near = `<sip:127.0.0.1:${proxy.port};lr>`
  const answer = reply(invite, '200 OK', { contact: 'sip:bob@192.0.2.9', body: sdp(5000) })
  proxy.send(answer.replace('\r\nFrom:', `\r\nRecord-Route: <sip:192.0.2.1;lr>, ${near}\r\nFrom:`))
  await calling
  const ack = await proxy.next('ACK')
  t.true(ack.startsWith('ACK sip:bob@192.0.2.9 SIP/2.0'))
  t.is(header(ack, 'Route'), `${near}, <sip:192.0.2.1;lr>`)
})

test('a call that the app forgets is ended for it', async (t) => {
  const { srf, port, engine } = await startStack(t, { limits: { answerMs: 50 } })
  srf.invite(() => {})
  const caller = await udpPeer(t, port)
  await wanted(caller, 'INVITE')
  caller.send(request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000)))
  await caller.next('480')
  t.is(engine.stats().unanswered, 0)
})

test('the hops that are left to a call go on with it', async (t) => {
  const { srf, port } = await startStack(t)
  const callee = await udpPeer(t, port)
  const uri = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(uri, { localSdp: sdp(4000), headers: { 'Max-Forwards': '12' } })
  const invite = await callee.next('INVITE')
  t.is(header(invite, 'Max-Forwards'), '12')
  callee.send(reply(invite, '603 Decline'))
  await t.throwsAsync(calling, { message: /603/ })
})

test('an app that goes away leaves no phone waiting', async (t) => {
  const { srf, port, engine } = await startStack(t)
  srf.invite((_req, res) => void res.send(180))
  const caller = await udpPeer(t, port)
  await wanted(caller, 'INVITE')
  caller.send(request(caller, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000)))
  await caller.next('180')
  const gone = once(srf as unknown as NodeJS.EventEmitter, 'close')
  leave(srf)
  t.is(header(await caller.next('503'), 'Retry-After'), '5')
  await gone
  caller.send(request(caller, 'OPTIONS', 'sip:pbx.test'))
  t.is(header(await caller.next('503'), 'Retry-After'), '5')
  t.is(engine.stats().apps, 0)
})

test('a late copy of an INVITE that is answered begins no second call in the place of the first', async (t) => {
  const ended = Promise.withResolvers<void>()
  const { srf, port, engine } = await startStack(t)
  let calls = 0
  srf.invite((req, res) => {
    calls++
    srf.createUAS(req, res, { localSdp: sdp(40_000) }).then(
      (dialog) => dialog.on('destroy', () => ended.resolve()),
      () => {},
    )
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(30_000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  peer.send(invite.replace('branch=z9hG4bK', 'branch=z9hG4bKlate'))
  t.regex(await peer.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && text.includes('z9hG4bKlate')), /^SIP\/2\.0 482/)
  t.is(calls, 1)
  peer.send(later(peer, 'BYE', invite, answer, 2))
  await ended.promise
  t.is(engine.stats().dialogs, 0)
})

test('a BYE ends its dialog also while no app is there', async (t) => {
  const { srf, port, engine } = await startStack(t)
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp(40_000) }).catch(() => {}))
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(30_000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  leave(srf)
  await until('the app is gone', () => engine.stats().apps === 0)
  t.is(engine.stats().dialogs, 1)
  peer.send(later(peer, 'BYE', invite, answer, 2))
  t.regex(await peer.next((text) => text.includes('CSeq: 2 BYE')), /^SIP\/2\.0 481/)
  t.is(engine.stats().dialogs, 0)
})

test('of a call that was called off and that nobody answers nothing is left', async (t) => {
  const { srf, port, engine } = await startStack(t, { times: { t1: 10, t2: 40, t4: 50 } })
  const callee = await udpPeer(t, port)
  const asked = Promise.withResolvers<Message>()
  const over = srf.createUAC(
    `sip:bob@127.0.0.1:${callee.port}`,
    { localSdp: sdp(30_000) },
    { cbRequest: (_error, req) => asked.resolve(req) },
  )
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing'))
  ;(await asked.promise).cancel(() => {})
  await callee.next('CANCEL')
  await t.throwsAsync(over)
  await until('the transactions are gone', () => engine.stats().clientTransactions === 0)
  t.is(engine.stats().dialogs, 0)
})
