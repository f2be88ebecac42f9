/** Rules G17 to G31 of the checklist: server transactions and what a UAS refuses. */
import test from 'ava'
import {
  header,
  later,
  type Message,
  type Peer,
  type Response,
  reply,
  request,
  type Srf,
  type Stack,
  sdp,
  startStack,
  type Test,
  udpPeer,
  wanted,
} from '../stack.ts'
import { answerTo, countedUntil, lines, plain, sameBranch, until } from './support.ts'

const FAST = { t1: 20, t2: 80, t4: 100 }

/** An app that keeps each call until the test says what becomes of it. */
async function holding(t: Test, times?: typeof FAST): Promise<Stack & { peer: Peer; calls: [Message, Response][] }> {
  const calls: [Message, Response][] = []
  const stack = await startStack(t, {
    ...(times && { times }),
    routes: (srf) => {
      srf.options((_req, res) => res.send(200))
      srf.invite((req, res) => {
        calls.push([req, res])
        res.send(180)
      })
    },
  })
  return { ...stack, peer: await udpPeer(t, stack.port), calls }
}

const fence = async (peer: Peer, counted: (text: string) => boolean): Promise<number> => {
  const asked = request(peer, 'OPTIONS', 'sip:pbx.test')
  peer.send(asked)
  return countedUntil(peer, counted, (text) => text.includes(header(asked, 'Call-ID')))
}

test('G17: an INVITE is answered 100 at once, without a To tag', async (t) => {
  const { port } = await startStack(t, { routes: (srf) => srf.invite(() => {}) })
  const peer = await udpPeer(t, port)
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { Timestamp: '1' })
  const first = await answerTo(peer, invite)
  t.regex(first, /^SIP\/2\.0 100 /)
  t.is(header(first, 'To'), header(invite, 'To'))
})

test('G18: an INVITE that comes five times is one call, and hears its last provisional answer again', async (t) => {
  const { peer, calls } = await holding(t)
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test')
  peer.send(invite)
  const ringing = await peer.next('180')
  for (let i = 0; i < 4; i++) t.is(await answerTo(peer, invite), ringing)
  t.is(calls.length, 1)
})

test('G19: a refusal of an INVITE is repeated until 64 T1, and nothing is left of it', async (t) => {
  const { peer, calls, engine } = await holding(t, FAST)
  // As long as three answers of its length, so that all repeats may go to somebody who has not shown yet that he is there.
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { Subject: 'x'.repeat(2000) })
  peer.send(invite)
  await peer.next('180')
  calls[0]![1].send(404)
  const first = await peer.next('404')
  for (let i = 0; i < 5; i++) t.is(await peer.next('404'), first)
  await until('the transaction is gone', () => engine.stats().serverTransactions === 0)
})

test('G20: the ACK for a refusal ends its repetition and reaches nobody', async (t) => {
  const acks: string[] = []
  let at = 0
  const { port, engine } = await startStack(t, {
    clock: { now: () => at },
    routes: (srf) => {
      srf.invite((_req, res) => res.send(404))
      srf.options((_req, res) => res.send(200))
      ;(srf as Srf & { ack(run: () => void): void }).ack(() => acks.push('ACK'))
    },
  })
  const peer = await udpPeer(t, port)
  const refused = (text: string): boolean => text.startsWith('SIP/2.0 404')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test')
  peer.send(invite)
  const refusal = await peer.next(refused)
  at += 500
  await peer.next(refused)
  peer.send(sameBranch(invite, 'ACK', refusal))
  t.is(await fence(peer, refused), 0)
  // Timer I, which only an ACK starts, ends it long before timer H; timer G would have come four times.
  at += 5_500
  await until('only the OPTIONS is left', () => engine.stats().serverTransactions === 1)
  t.is(await fence(peer, refused), 0)
  t.deepEqual(acks, [])
})

test('G21: a 2xx is repeated until its ACK, an INVITE that comes late is swallowed, and without an ACK comes BYE', async (t) => {
  let calls = 0
  const { port } = await startStack(t, {
    times: FAST,
    routes: (srf) =>
      srf.invite((req, res) => {
        calls++
        void srf.createUAS(req, res, { localSdp: sdp(4000) })
      }),
  })
  const peer = await udpPeer(t, port)
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(invite)
  t.is(await peer.next('200'), answer)
  t.is(await peer.next('200'), answer)
  const bye = await peer.next('BYE')
  peer.send(reply(bye, '200 OK'))
  t.is(calls, 1)
})

test('G22: another request that comes again gets the same bytes, and is done once', async (t) => {
  let seen = 0
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.register((_req, res) => {
        seen++
        res.send(200)
      }),
  })
  const peer = await udpPeer(t, port)
  const asked = request(peer, 'REGISTER', 'sip:pbx.test')
  const first = await answerTo(peer, asked)
  for (let i = 0; i < 3; i++) t.is(await answerTo(peer, asked), first)
  t.is(seen, 1)
})

test('G23: a request other than INVITE is never answered 408 nor provisionally, and not after its time', async (t) => {
  const told: string[] = []
  const asked: Response[] = []
  const { port, engine } = await startStack(t, {
    times: FAST,
    routes: (srf) =>
      srf.options((req, res) => {
        asked.push(res)
        const status = Number(req.get('Subject'))
        if (status === 0) return
        tell(res, status, (error) => {
          told.push(`${status} ${error}`)
          if (status < 200) res.send(480)
        })
      }),
  })
  const peer = await udpPeer(t, port)
  t.regex(await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', { Subject: '183' })), /^SIP\/2\.0 480/)
  t.regex(await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', { Subject: '100' })), /^SIP\/2\.0 480/)
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test', { Subject: '408' }))
  await until('all three were refused', () => told.length === 3)
  t.true(
    told.every((text) => text.includes('RFC 4320')),
    told.join(),
  )
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test', { Subject: '0' }))
  await until('the last has come', () => asked.length === 4)
  await until('all are given up', () => engine.stats().unanswered === 0)
  const late = await new Promise<unknown>((resolve) => tell(asked[3]!, 200, resolve))
  t.regex(String(late), /unknown transaction/)
})

function tell(res: Response, status: number, told: (error: unknown) => void): void {
  ;(res as unknown as { send(status: number, more: object, told: (error: unknown) => void): void }).send(
    status,
    {},
    told,
  )
}

test('G24: a method nobody wants is 405 with Allow, one nobody knows is 501', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const refused = await answerTo(peer, request(peer, 'PUBLISH', 'sip:pbx.test'))
  t.regex(refused, /^SIP\/2\.0 405/)
  t.regex(header(refused, 'Allow'), /OPTIONS, INVITE/)
  t.regex(await answerTo(peer, request(peer, 'FOO', 'sip:pbx.test')), /^SIP\/2\.0 501/)
})

test('G25: a scheme nobody understands is 416; tel and the services of RFC 5031 reach the app', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  t.regex(await answerTo(peer, request(peer, 'OPTIONS', 'foo:bar')), /^SIP\/2\.0 416/)
  t.regex(await answerTo(peer, request(peer, 'OPTIONS', 'tel:+15550100')), /^SIP\/2\.0 200/)
  const to = (uri: string) => answerTo(peer, request(peer, 'OPTIONS', uri, { To: `<${uri}>` }))
  for (const uri of ['urn:service:sos', 'URN:Service:SOS.Police', 'urn:service:counseling.children'])
    t.regex(await to(uri), /^SIP\/2\.0 200/, uri)
  for (const uri of ['urn:isbn:0451450523', 'urn:services:sos']) t.regex(await to(uri), /^SIP\/2\.0 416/, uri)
  for (const uri of [
    'urn:service:',
    'urn:service:sos.',
    'urn:service:sos;x',
    'urn:service:sos?Route=x',
    'urn:service:-',
  ])
    t.regex(await to(uri), /^SIP\/2\.0 400/, uri)
})

test('G28: a Timestamp goes back in the 100', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  peer.send(request(peer, 'INVITE', 'sip:bob@pbx.test', { Timestamp: '54.21' }))
  t.is(header(await peer.next('100'), 'Timestamp'), '54.21')
})

test('G29: one request that comes by two ways is refused on the second with 482', async (t) => {
  const { peer, calls } = await holding(t)
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test')
  peer.send(invite)
  await peer.next('180')
  const twin = invite.replace(/branch=\w+/, 'branch=z9hG4bKother')
  t.regex(await answerTo(peer, twin), /^SIP\/2\.0 482[\s\S]*z9hG4bKother/)
  t.is(calls.length, 1)
})

test('G30: CANCEL ends the INVITE of its branch and no other, and nothing that is answered', async (t) => {
  const { srf, port, engine } = await startStack(t)
  srf.invite((req, res) => {
    if (req.get('Subject') === 'ring') res.send(180)
    else void srf.createUAS(req, res, { localSdp: sdp(4000) })
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { Subject: 'ring' }, sdp(5000))
  peer.send(invite)
  await peer.next('180')
  const wrong = sameBranch(invite, 'CANCEL').replace(/branch=\w+/, 'branch=z9hG4bKwrong')
  t.regex(await answerTo(peer, wrong), /^SIP\/2\.0 481/)
  t.regex(await answerTo(peer, sameBranch(invite, 'CANCEL')), /^SIP\/2\.0 200[\s\S]*CSeq: 1 CANCEL/)
  await peer.next('487')
  const talk = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(talk)
  const answer = await peer.next((text) => /^SIP\/2\.0 200[\s\S]*INVITE/.test(text))
  peer.send(later(peer, 'ACK', talk, answer, 1))
  t.regex(await answerTo(peer, sameBranch(talk, 'CANCEL')), /^SIP\/2\.0 200[\s\S]*CSeq: 1 CANCEL/)
  t.is(engine.stats().dialogs, 1)
})

test('G31: our CANCEL repeats the Request-URI, Call-ID, To, From, number and single Via of its INVITE', async (t) => {
  const { srf, port } = await startStack(t)
  const callee = await udpPeer(t, port)
  let sent: Message | null = null
  const calling = srf.createUAC(
    `sip:bob@127.0.0.1:${callee.port}`,
    { localSdp: sdp(4000), headers: { Require: 'x', 'Proxy-Require': 'y' } },
    {
      cbRequest: (_error, req) => {
        sent = req
      },
      cbProvisional: () => sent?.cancel(() => {}),
    },
  )
  const lost = t.throwsAsync(calling, { message: /487/ })
  const invite = await callee.next('INVITE')
  callee.send(reply(invite, '180 Ringing'))
  const cancel = await callee.next('CANCEL')
  t.is(cancel.split(' ')[1], invite.split(' ')[1])
  for (const name of ['Call-ID', 'To', 'From'] as const) t.is(header(cancel, name), header(invite, name), name)
  t.deepEqual(lines(cancel, 'Via'), lines(invite, 'Via'))
  t.is(header(cancel, 'CSeq'), '1 CANCEL')
  t.is(header(cancel, 'Require') + header(cancel, 'Proxy-Require'), '', '§9.1')
  callee.send(reply(cancel, '200 OK'))
  callee.send(reply(invite, '487 Request Terminated'))
  await lost
})
