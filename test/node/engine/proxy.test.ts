/** Proxying as RFC 3261 §16 has it, ordered by the real drachtio-srf, between phones of bytes. */
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import {
  header,
  later,
  type Peer,
  type ProxyOptions,
  type ProxyResult,
  reply,
  request,
  type Stack,
  sdp,
  startStack,
  tcpPeer,
  udpPeer,
  wanted,
} from './stack.ts'

const FAST = { t1: 20, t2: 80, t4: 100 }

interface Proxied extends Stack {
  /** What drachtio-srf told the app in the end. */
  readonly result: Promise<ProxyResult>
}

/** An app that proxies everything to the targets that are named when the request comes. */
async function proxying(
  t: ExecutionContext,
  targets: () => string[],
  options: ProxyOptions & { times?: typeof FAST; limits?: Parameters<typeof startStack>[1] } = {},
): Promise<Proxied> {
  const { times, limits, ...how } = options
  let tell: (result: ProxyResult) => void = () => {}
  const result = new Promise<ProxyResult>((resolve) => {
    tell = resolve
  })
  const stack = await startStack(t, {
    ...limits,
    ...(times && { times }),
    routes: (srf) => {
      for (const verb of ['invite', 'options', 'message', 'register'] as const)
        srf[verb]((req) => {
          // drachtio-srf normalizes the list in place.
          srf.proxyRequest(req, targets(), { ...how }).then(tell, (error) => tell(error))
        })
    },
  })
  return { ...stack, result }
}

const uriOf = (peer: Peer, user = 'bob'): string =>
  `sip:${user}@127.0.0.1:${peer.port}${peer.transport === 'TCP' ? ';transport=tcp' : ''}`
const lines = (text: string, name: string): string[] =>
  text
    .split('\r\n')
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2))
const invite = (peer: Peer, extra: Record<string, string> = {}): string =>
  request(peer, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp', ...extra }, sdp(5000))
/** The CANCEL of a request, or the ACK for its refusal. */
const same = (asked: string, method: string): string =>
  asked
    .replace(/^INVITE/, method)
    .replace('1 INVITE', `1 ${method}`)
    .replace(/Content-Type: .*\r\n/, '')
    .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n')

/** A later request of a call, with its route set; `sets` are the Record-Route values as this side walks them. */
function routed(text: string, sets: readonly string[]): string {
  return sets.length === 0 ? text : text.replace('\r\nFrom:', `\r\nRoute: ${sets.join(', ')}\r\nFrom:`)
}

test('P05: a proxied call goes on as it came, with our Via and one hop less, and its answer comes back under the callers Via', async (t) => {
  const targets: string[] = []
  const { port, result, engine, faults } = await proxying(t, () => targets)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  const asked = invite(caller, { 'Max-Forwards': '9', 'X-Odd': 'a;b="c, <d>"', Supported: 'x, y' })
  caller.send(asked)
  await caller.next('100')
  const onward = await callee.next('INVITE')
  t.true(onward.startsWith(`INVITE ${uriOf(callee)} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK`))
  t.is(lines(onward, 'Via').length, 2)
  t.is(lines(onward, 'Via')[1], `${header(asked, 'Via').replace(';rport', '')};received=127.0.0.1;rport=${caller.port}`)
  t.is(header(onward, 'Max-Forwards'), '8')
  t.is(header(onward, 'Max-Breadth'), '60')
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Contact', 'X-Odd', 'Supported'])
    t.is(header(onward, name), header(asked, name), name)
  t.is(header(onward, 'Record-Route'), '')
  t.true(onward.endsWith(sdp(5000)))
  callee.send(reply(onward, '180 Ringing', { contact: uriOf(callee) }))
  await caller.next('180')
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  const answer = await caller.next('200')
  t.deepEqual(lines(answer, 'Via'), [lines(onward, 'Via')[1]!])
  t.is(header(answer, 'Contact'), `<${uriOf(callee)}>`)
  t.true(answer.endsWith(sdp(6000)))
  t.like(await result, { connected: true, finalStatus: 200 })
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('one target after the other: the busy one is acknowledged by us, the next one answers, the app hears of both', async (t) => {
  const targets: string[] = []
  const { port, result } = await proxying(t, () => targets)
  const [caller, busy, free] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(busy), uriOf(free))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const first = await busy.next('INVITE')
  busy.send(reply(first, '486 Busy Here'))
  const ack = await busy.next('ACK')
  t.is(header(ack, 'Via'), header(first, 'Via'))
  const second = await free.next('INVITE')
  t.not(header(second, 'Via'), header(first, 'Via'))
  free.send(reply(second, '200 OK', { contact: uriOf(free), body: sdp(6000) }))
  await caller.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && text.startsWith('SIP/2.0 200'))
  const told = await result
  t.like(told, { connected: true, finalStatus: 200 })
  // drachtio-srf puts answers of two ports of one host under one entry.
  t.deepEqual(
    told.responses.flatMap(({ msgs }) => msgs.map((one) => one.status)),
    [486, 200],
  )
})

test('all at once: who answers first has the call, the others are cancelled, and a second answer reaches the caller too', async (t) => {
  const targets: string[] = []
  const { port, result, faults } = await proxying(t, () => targets, { forking: 'simultaneous' })
  const [caller, one, two] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(one), uriOf(two))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const [first, second] = [await one.next('INVITE'), await two.next('INVITE')]
  t.is(header(first, 'Max-Breadth'), '30')
  two.send(reply(second, '180 Ringing', { tag: 'two' }))
  await caller.next('180')
  one.send(reply(first, '200 OK', { tag: 'one', contact: uriOf(one), body: sdp(6000) }))
  t.regex(header(await caller.next('200'), 'To'), /tag=one$/)
  t.like(await result, { connected: true, finalStatus: 200 })
  const cancel = await two.next('CANCEL')
  t.is(header(cancel, 'Via'), header(second, 'Via'))
  t.is(header(cancel, 'CSeq'), '1 CANCEL')
  // It answered at the same moment.
  two.send(reply(second, '200 OK', { tag: 'two', contact: uriOf(two), body: sdp(6002) }))
  t.regex(header(await caller.next('200'), 'To'), /tag=two$/)
  one.send(reply(first, '200 OK', { tag: 'one', contact: uriOf(one), body: sdp(6000) }))
  t.regex(header(await caller.next('200'), 'To'), /tag=one$/, 'a repeated 200 goes through as well')
  t.deepEqual(faults, [])
})

test('a caller who cancels gets 200 and 487, and each ringing target a CANCEL of its own', async (t) => {
  const targets: string[] = []
  const { port, result, engine } = await proxying(t, () => targets)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee), 'sip:never@127.0.0.1:9')
  await wanted(caller, 'INVITE')
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  callee.send(reply(onward, '180 Ringing'))
  await caller.next('180')
  caller.send(same(asked, 'CANCEL'))
  t.regex(await caller.next('200'), /CSeq: 1 CANCEL/)
  const cancel = await callee.next('CANCEL')
  t.is(header(cancel, 'Via'), header(onward, 'Via'))
  callee.send(reply(cancel, '200 OK'))
  callee.send(reply(onward, '487 Request Terminated'))
  await callee.next('ACK')
  t.regex(await caller.next('487'), /CSeq: 1 INVITE/)
  caller.send(same(asked, 'ACK'))
  t.like(await result, { connected: false, finalStatus: 487 })
  t.is(engine.stats().unanswered, 0)
})

test('a caller who cancels before the target has said anything is answered at once, the target when it has', async (t) => {
  const targets: string[] = []
  const { port, engine } = await proxying(t, () => targets)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  caller.send(same(asked, 'CANCEL'))
  await caller.next('487')
  t.is(engine.stats().clientTransactions, 1, 'no CANCEL is under way yet')
  callee.send(reply(onward, '180 Ringing'))
  const cancel = await callee.next('CANCEL')
  callee.send(reply(cancel, '200 OK'))
  callee.send(reply(onward, '487 Request Terminated'))
  t.is(header(await callee.next('ACK'), 'Via'), header(onward, 'Via'))
})

test('who says 6xx ends it for all, and that is what the caller hears', async (t) => {
  const targets: string[] = []
  const { port, result } = await proxying(t, () => targets, { forking: 'simultaneous' })
  const [caller, one, two] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(one), uriOf(two))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const [first, second] = [await one.next('INVITE'), await two.next('INVITE')]
  two.send(reply(second, '180 Ringing'))
  await caller.next('180')
  one.send(reply(first, '603 Decline'))
  await two.next('CANCEL')
  two.send(reply(second, '487 Request Terminated'))
  await two.next('ACK')
  await caller.next('603')
  t.is((await result).finalStatus, 603)
})

test('the challenges of all targets reach the caller in one refusal', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { forking: 'simultaneous' })
  const [caller, one, two] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(one), uriOf(two))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const challenge = (asked: string, status: string, line: string): string =>
    reply(asked, status).replace('\r\nContent-Length', `\r\n${line}\r\nContent-Length`)
  one.send(challenge(await one.next('INVITE'), '401 Unauthorized', 'WWW-Authenticate: Digest realm="a", nonce="1"'))
  two.send(
    challenge(
      await two.next('INVITE'),
      '407 Proxy Authentication Required',
      'Proxy-Authenticate: Digest realm="b", nonce="2"',
    ),
  )
  const refusal = await caller.next((text) => /^SIP\/2\.0 40[17]/.test(text))
  t.is(header(refusal, 'WWW-Authenticate'), 'Digest realm="a", nonce="1"')
  t.is(header(refusal, 'Proxy-Authenticate'), 'Digest realm="b", nonce="2"')
})

test('a redirection is followed when the app wants it, and passed on when not', async (t) => {
  for (const followRedirects of [true, false]) {
    const targets: string[] = []
    const { port, result } = await proxying(t, () => targets, { followRedirects })
    const [caller, moved, there] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
    targets.push(uriOf(moved))
    await wanted(caller, 'INVITE')
    caller.send(invite(caller))
    const refused = reply(await moved.next('INVITE'), '302 Moved Temporarily', { contact: uriOf(there, 'else') })
    const less = `Contact: <${uriOf(moved)}>, <${uriOf(moved, 'less')}>;q=0.1, <`
    moved.send(followRedirects ? refused.replace('Contact: <', less) : refused)
    if (!followRedirects) {
      t.is(header(await caller.next('302'), 'Contact'), `<${uriOf(there, 'else')}>`)
      continue
    }
    const onward = await there.next('INVITE')
    t.true(onward.startsWith(`INVITE ${uriOf(there, 'else')} `))
    there.send(reply(onward, '200 OK', { contact: uriOf(there) }))
    await caller.next('200')
    t.like(await result, { connected: true, finalStatus: 200 })
  }
})

test('a target that does not even say 100 in time is passed over, one that rings too long is cancelled', async (t) => {
  const targets: string[] = []
  const how = { provisionalTimeout: '500ms', finalTimeout: '800ms' }
  const { port, result } = await proxying(t, () => targets, how)
  const caller = await udpPeer(t, port)
  const [silent, ringing, last] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(silent), uriOf(ringing), uriOf(last))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  await silent.next('INVITE')
  const second = await ringing.next('INVITE')
  ringing.send(reply(second, '180 Ringing'))
  const cancel = await ringing.next('CANCEL')
  t.is(header(cancel, 'Via'), header(second, 'Via'))
  last.send(reply(await last.next('INVITE'), '404 Not Found'))
  await caller.next('404')
  const told = await result
  t.is(told.finalStatus, 404)
  t.deepEqual(told.responses.flatMap(({ msgs }) => msgs.map((one) => one.status)).sort(), [404, 408, 408])
})

test('P09: a call that nobody cares for any more is ended by timer C, which each sign of life begins anew', async (t) => {
  const targets: string[] = []
  const { port, engine } = await proxying(t, () => targets, { limits: { limits: { timerCMs: 1200 } } })
  const [caller, other] = [await udpPeer(t, port), await udpPeer(t, port)]
  const [alive, dead] = [await udpPeer(t, port), await udpPeer(t, port)]
  await wanted(caller, 'INVITE')
  targets[0] = uriOf(alive)
  caller.send(invite(caller))
  const rings = await alive.next('INVITE')
  const live = setInterval(() => alive.send(reply(rings, '183 Session Progress')), 60)
  t.teardown(() => clearInterval(live))
  targets[0] = uriOf(dead)
  other.send(invite(other))
  const silent = await dead.next('INVITE')
  dead.send(reply(silent, '180 Ringing'))
  const cancel = await dead.next('CANCEL')
  t.is(header(cancel, 'Via'), header(silent, 'Via'))
  await other.next('408')
  // It began earlier, and is not cancelled although its time has passed too.
  alive.send(reply(rings, '200 OK', { contact: uriOf(alive), body: sdp(6000) }))
  clearInterval(live)
  await caller.next('200')
  alive.send(request(alive, 'PUBLISH', 'sip:pbx.test'))
  t.true((await alive.next(() => true)).startsWith('SIP/2.0 405'), 'no CANCEL came before')
  t.is(engine.stats().unanswered, 0)
})

test('P02: what the proxy cannot do is refused: no hops left, an extension for proxies, no breadth', async (t) => {
  const { port, result } = await proxying(t, () => ['sip:x@127.0.0.1:9'])
  const caller = await udpPeer(t, port)
  await wanted(caller, 'INVITE')
  caller.send(request(caller, 'OPTIONS', 'sip:bob@pbx.test', { 'Max-Forwards': '0' }))
  await caller.next('483')
  caller.send(request(caller, 'OPTIONS', 'sip:bob@pbx.test', { 'Proxy-Require': 'foo' }))
  t.is(header(await caller.next('420'), 'Unsupported'), 'foo')
  t.regex(String(await result), /420/)
  caller.send(request(caller, 'OPTIONS', 'sip:bob@pbx.test', { 'Max-Breadth': '0' }))
  await caller.next('440')
})

test('breadth that is left bounds how many targets ring at once; the others come after', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { forking: 'simultaneous' })
  const [caller, one, two] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(one), uriOf(two))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller, { 'Max-Breadth': '1' }))
  const first = await one.next('INVITE')
  t.is(header(first, 'Max-Breadth'), '1')
  one.send(reply(first, '404 Not Found'))
  two.send(reply(await two.next('INVITE'), '486 Busy Here'))
  await caller.next((text) => /^SIP\/2\.0 (404|486)/.test(text))
})

test('a request that comes back changed is a spiral and goes on, one that comes back unchanged is a loop and ends', async (t) => {
  const uris: string[] = []
  const { port, engine } = await startStack(t, {
    routes: (srf) =>
      srf.message((req) => {
        uris.push(req.uri)
        const here = `127.0.0.1:${stack.port}`
        void srf
          .proxyRequest(req, req.uri.includes('first') ? `sip:second@${here}` : `sip:again@${here}`)
          .catch(() => {})
      }),
  }).then((one) => {
    stack.port = one.port
    return one
  })
  const phone = await udpPeer(t, port)
  await wanted(phone, 'MESSAGE')
  phone.send(request(phone, 'MESSAGE', 'sip:first@pbx.test'))
  await phone.next('482')
  t.deepEqual(uris.slice(0, 3), ['sip:first@pbx.test', `sip:second@127.0.0.1:${port}`, `sip:again@127.0.0.1:${port}`])
  t.true(uris.length <= 4, `${uris.length} rounds`)
  t.is(engine.stats().unanswered, 0)
})
const stack = { port: 0 }

test('P08: two users who are each forwarded to the other twice do not make an avalanche (RFC 5393 §3)', async (t) => {
  let rounds = 0
  const mill = await startStack(t, {
    routes: (srf) =>
      srf.message((req) => {
        rounds++
        const other = req.uri.includes('alice') ? 'bob' : 'alice'
        const targets = [1, 2].map((n) => `sip:${other}@127.0.0.1:${mill.port};n=${n}`)
        void srf.proxyRequest(req, targets, { forking: 'simultaneous' }).catch(() => {})
      }),
  })
  const phone = await udpPeer(t, mill.port)
  await wanted(phone, 'MESSAGE')
  phone.send(request(phone, 'MESSAGE', 'sip:alice@pbx.test'))
  await phone.next('482')
  t.true(rounds > 4 && rounds < 100, `${rounds} rounds`)
  t.is(mill.engine.stats().unanswered, 0)
})

test('P06: with Record-Route the later requests of a call pass by us in both directions, from UDP to TCP and back', async (t) => {
  const targets: string[] = []
  const { port, engine, faults } = await proxying(t, () => targets, { recordRoute: true })
  const [caller, callee] = [await udpPeer(t, port), await tcpPeer(t, port)]
  callee.send(request(callee, 'PUBLISH', 'sip:pbx.test'))
  await callee.next('405')
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  const recorded = lines(onward, 'Record-Route')
  t.is(recorded.length, 2, 'the sides differ (RFC 5658)')
  t.regex(recorded[0]!, /;transport=tcp;lr>$/)
  t.regex(recorded[1]!, new RegExp(`@127\\.0\\.0\\.1:${port};lr>$`))
  // A phone behind NAT: its Contact leads nowhere.
  const contact = 'sip:bob@10.9.9.9:5060;transport=tcp'
  const answer = reply(onward, '200 OK', { contact, body: sdp(6000) })
  callee.send(answer.replace('\r\nFrom:', `\r\nRecord-Route: ${recorded.join(', ')}\r\nFrom:`))
  const heard = await caller.next('200')
  const forCaller = lines(heard, 'Record-Route')
    .flatMap((value) => value.split(', '))
    .reverse()
  caller.send(routed(later(caller, 'ACK', asked, heard, 1), forCaller))
  const ack = await callee.next('ACK')
  t.true(ack.startsWith(`ACK ${contact} `))
  t.is(header(ack, 'Route'), '')
  t.is(header(ack, 'Max-Forwards'), '69')
  const bye = request(callee, 'BYE', uriOf(caller, 'alice'), {
    From: header(heard, 'To'),
    To: header(heard, 'From'),
    'Call-ID': header(heard, 'Call-ID'),
  })
  callee.send(routed(bye, recorded))
  const ended = await caller.next('BYE')
  t.is(lines(ended, 'Via').length, 2)
  caller.send(reply(ended, '200 OK'))
  const over = await callee.next('200')
  t.is(lines(over, 'Via').length, 1)
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('P03: our own Route is taken off, a strict router before or after us is served, and the next hop is the next Route', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  const ours = /<([^>]+)>/.exec(header(onward, 'Record-Route'))![1]!
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  const heard = await caller.next('200')
  const bye = later(caller, 'BYE', asked, heard, 2).replace(uriOf(callee), ours)
  caller.send(routed(bye, [`<${uriOf(callee)}>`]))
  t.true((await callee.next('BYE')).startsWith(`BYE ${uriOf(callee)} SIP/2.0`))

  const next = await udpPeer(t, port)
  const [loose, strict] = [`<${uriOf(next, 'next')};lr>`, `<${uriOf(next, 'next')}>`]
  caller.send(routed(later(caller, 'INFO', asked, heard, 3), [`<${ours}>`, loose, '<sip:last.test;lr>']))
  const onLoose = await next.next('INFO')
  t.true(onLoose.startsWith(`INFO ${uriOf(callee)} SIP/2.0`))
  t.is(header(onLoose, 'Route'), `${loose}, <sip:last.test;lr>`)
  caller.send(routed(later(caller, 'INFO', asked, heard, 4), [`<${ours}>`, strict, '<sip:last.test;lr>']))
  const onStrict = await next.next('INFO')
  t.true(onStrict.startsWith(`INFO ${uriOf(next, 'next')} SIP/2.0`))
  t.is(header(onStrict, 'Route'), `<sip:last.test;lr>, <${uriOf(callee)}>`)
})

test('a Route that we did not write for this call leads nowhere: an invented one, one of another call, one without a To tag', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [caller, callee, victim] = [await udpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const onward = await callee.next('INVITE')
  const ours = header(onward, 'Record-Route')
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  await caller.next('200')
  const own = { 'Call-ID': header(onward, 'Call-ID'), From: header(onward, 'From') }
  const tagged = { To: '<sip:bob@pbx.test>;tag=peer' }
  const tries = [
    { Route: `<sip:127.0.0.1:${port};lr>`, ...tagged },
    { Route: ours, ...tagged },
    { Route: ours.replace(/\.[\w-]{22}@/, '.AAAAAAAAAAAAAAAAAAAAAA@'), ...tagged, ...own },
    { Route: ours.replace(/r\.[\w-]+\./, 'r.dWRwLDEuMi4zLjQsNTA2MA.'), ...tagged, ...own },
    { Route: ours, ...own },
  ]
  for (const more of tries) {
    caller.send(request(caller, 'BYE', uriOf(victim), more))
    await caller.next('481')
  }
  caller.send(request(caller, 'BYE', uriOf(victim), { Route: ours, ...tagged, ...own }))
  t.true((await victim.next(() => true)).startsWith('BYE '), 'only the last one went on')
})

test('a response that claims to have come by us goes nowhere', async (t) => {
  const { port } = await proxying(t, () => ['sip:x@127.0.0.1:9'])
  const [liar, victim] = [await udpPeer(t, port), await udpPeer(t, port)]
  const forged = request(victim, 'OPTIONS', 'sip:pbx.test', {
    Via: `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK~AAAAAAAAAAAAAAAAAAAAAA, SIP/2.0/UDP 127.0.0.1:${victim.port};branch=z9hG4bKx;received=127.0.0.1;rport=${victim.port}`,
  })
  liar.send(forged.replace(/^OPTIONS.*\r\n/, 'SIP/2.0 200 OK\r\n'))
  liar.send(request(liar, 'PUBLISH', 'sip:pbx.test'))
  await liar.next('405')
  victim.send(request(victim, 'PUBLISH', 'sip:pbx.test'))
  t.true((await victim.next(() => true)).startsWith('SIP/2.0 405'))
})

test('a REGISTER gets our Path, and a call that follows it reaches the phone on the connection it opened', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [phone, registrar] = [await tcpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(registrar))
  await wanted(registrar, 'REGISTER')
  phone.send(
    request(phone, 'REGISTER', 'sip:pbx.test', {
      Contact: '<sip:alice@10.9.9.9:5060;transport=tcp>',
      Supported: 'path',
    }),
  )
  const asked = await registrar.next('REGISTER')
  const path = header(asked, 'Path')
  t.regex(path, new RegExp(`^<sip:p\\.[\\w.-]+@127\\.0\\.0\\.1:${port};lr>$`))
  registrar.send(reply(asked, '200 OK').replace('\r\nFrom:', `\r\nPath: ${path}\r\nFrom:`))
  await phone.next('200')
  const call = request(registrar, 'INVITE', 'sip:alice@10.9.9.9:5060;transport=tcp', { Route: path })
  registrar.send(call)
  const ringing = await phone.next('INVITE')
  t.is(lines(ringing, 'Record-Route').length, 2)
  registrar.send(same(call, 'CANCEL'))
  t.is(header(await phone.next('CANCEL'), 'Via'), header(ringing, 'Via'), 'a CANCEL has the branch of its INVITE')
  phone.send(reply(ringing, '487 Request Terminated'))
  t.is(lines(await registrar.next('487'), 'Via').length, 1)
})

test('a Path of ours is no way through us to anybody else, neither beside the phone nor when that is gone', async (t) => {
  const targets: string[] = []
  const { port } = await proxying(t, () => targets, { recordRoute: true })
  const [phone, registrar, gateway] = [await tcpPeer(t, port), await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(registrar))
  await wanted(registrar, 'REGISTER')
  const contact = `<sip:alice@127.0.0.1:${phone.port};transport=tcp>`
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test', { Contact: contact, Supported: 'path' }))
  const asked = await registrar.next('REGISTER')
  registrar.send(reply(asked, '200 OK'))
  await phone.next('200')
  const Route = `${header(asked, 'Path')}, <sip:127.0.0.1:${gateway.port};lr>`
  registrar.send(request(registrar, 'INVITE', `sip:1900@127.0.0.1:${gateway.port}`, { Route }))
  await phone.next('INVITE')
  phone.close()
  for (;;) {
    registrar.send(request(registrar, 'INVITE', `sip:1900@127.0.0.1:${gateway.port}`, { Route }))
    const answer = await registrar.next((text) => text.startsWith('SIP/2.0'))
    if (/^SIP\/2\.0 (430|503)/.test(answer)) break
  }
  // Had anything gone there, it would have come before this.
  gateway.send(request(gateway, 'PUBLISH', 'sip:pbx.test'))
  t.regex(await gateway.next(() => true), /^SIP\/2\.0 [2-6]/)
})

test('a request other than INVITE is proxied, and not answered at all when nobody answers', async (t) => {
  const targets: string[] = []
  const { port, result } = await proxying(t, () => targets, { finalTimeout: '300ms' })
  const [phone, silent] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(silent))
  await wanted(phone, 'MESSAGE')
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test', {}, 'hello'))
  t.true((await silent.next('MESSAGE')).endsWith('hello'))
  t.like(await result, { connected: false, finalStatus: 408 })
  targets[0] = 'sip:nobody@nowhere.invalid;transport=sctp'
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test', {}, 'hello'))
  const heard = await phone.next((text) => text.startsWith('SIP/2.0'))
  t.true(heard.startsWith('SIP/2.0 500'), 'no 408 came, and no way is 500, not 503')
})

test('the app may go away while its call is proxied, and may not answer it any more', async (t) => {
  const targets: string[] = []
  const { srf, port, engine } = await startStack(t, {
    routes: (one) =>
      one.invite((req, res) => {
        void one.proxyRequest(req, targets).catch(() => {})
        res.send(486)
      }),
  })
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  targets.push(uriOf(callee))
  await wanted(caller, 'INVITE')
  caller.send(invite(caller))
  const onward = await callee.next('INVITE')
  const gone = once(srf as unknown as NodeJS.EventEmitter, 'close')
  srf.disconnect()
  await gone
  while (engine.stats().apps > 0) await new Promise((resolve) => setImmediate(resolve))
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  const heard = await caller.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && !text.includes('PUBLISH'))
  t.true(heard.startsWith('SIP/2.0 200'))
})
