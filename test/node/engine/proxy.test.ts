/** Proxying as RFC 3261 §16 has it, ordered by the real drachtio-srf, between phones of bytes. */
import { once } from 'node:events'
import test from 'ava'
import { invite, proxying, same, uriOf } from './proxying.ts'
import { lines } from './rules/support.ts'
import { header, leave, reply, request, sdp, startStack, udpPeer, wanted } from './stack.ts'

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
  t.true(onward.startsWith(`INVITE sip:bob@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK`))
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
  phone.send(request(phone, 'MESSAGE', `sip:first@127.0.0.1:${port}`))
  await phone.next('482')
  t.deepEqual(
    uris.slice(0, 3),
    ['first', 'second', 'again'].map((user) => `sip:${user}@127.0.0.1:${port}`),
  )
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
  phone.send(request(phone, 'MESSAGE', `sip:alice@127.0.0.1:${mill.port}`))
  await phone.next('482')
  t.true(rounds > 4 && rounds < 100, `${rounds} rounds`)
  t.is(mill.engine.stats().unanswered, 0)
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
  leave(srf)
  await gone
  while (engine.stats().apps > 0) await new Promise((resolve) => setImmediate(resolve))
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  const heard = await caller.next((text) => /^SIP\/2\.0 [2-6]/.test(text) && !text.includes('PUBLISH'))
  t.true(heard.startsWith('SIP/2.0 200'))
})
