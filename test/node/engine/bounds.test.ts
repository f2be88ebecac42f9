import { createRequire } from 'node:module'
import test from 'ava'
import { textOf } from '../../../node/engine/core/shown.ts'
import { defaultLimits } from '../../../node/engine/limits.ts'
import { checkMessage } from '../../../node/engine/parser/check.ts'
import { parseMessage, type SipRequest } from '../../../node/engine/parser/message.ts'
import { header, later, type Message, type Peer, reply, request, sdp, startStack, tcpPeer, udpPeer } from './stack.ts'

/** How drachtio-srf reads what it gets. */
const SipMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message.js') as new (
  text: string,
) => { readonly headers: Record<string, string>; readonly body: string; readonly method: string }

const many = (text: string, size: number): string => text.repeat(Math.ceil(size / text.length))

/** What srf takes 100 ms to many seconds for, or reads as something else. */
const COSTLY: readonly (readonly [string, string])[] = [
  ['Authorization', many('9', 8_000)],
  ['Authorization', `Digest ${many('9', 8_000)}`],
  ['Authorization', `Digest ${many('a', 2_000)}`],
  ['Authorization', `Digest realm="${many('a', 2_000)}`],
  ['Proxy-Authorization', `Digest username="a" ${many('b', 1_000)}`],
  ['Contact', `<${many(' ', 1_000)}`],
  ['Contact', `<sip:a@pbx.test>${many(' ', 1_000)};x`],
  ['Contact', `<sip:a@pbx.test>;x="${many(' ', 30)}`],
  ['Contact', 'sip:a@pbx.test?Route=%3Csip:b%3E'],
  ['Contact', '< sip:a@pbx.test >'],
  ['Refer-To', `<${many(' ', 1_000)}`],
  ['P-Asserted-Identity', many('sip:', 4_000)],
  ['Record-Route', `sip:${many('[', 1_000)}`],
  ['Record-Route', many('<sip:a>,\t', 10_000)],
  ['Route', many(', ', 1_000)],
  ['Content-Type', `multipart/${many(';', 1_000)}`],
  ['Subject', many('a', 9_000)],
  // A search among some million messages found these to be the dearest of what was let through: 1 to 300 ms each.
  ['From', `sip:a@b${many('[', 1_900)}=b`],
  ['From', `${many('sip:tel:', 1_900)};tag=1`],
  ['To', `<sip:a@b;x=${many('[[', 1_900)}x=y>`],
  ['To', `<sip:a@b?x=${many('[', 1_900)}>`],
  ['Contact', `<sip:${many('?[', 1_900)}>`],
  ['Contact', `sip:a@b${many(',[', 1_900)}`],
  ['Contact', `<sip:u@a${many(';b', 1_900)}@>`],
  ['Contact', `<sip:u@a${many(';b', 1_900)};=c>`],
  ['P-Asserted-Identity', `${many('<sip:a>,', 1_900)}<sip:a>`],
  ['Referred-By', `sip:a@b${many('(?', 1_900)}@b>`],
  ['Route', `sip:a@b${many('?', 4_000)}@b>`],
  ['Record-Route', `<sip:a@b?x=${many('[', 4_000)}x=y>`],
  ['Path', `${many('<sip:a>,', 7_000)}<sip:a@b>`],
  ['Authorization', `Digest a=${many('a=,', 1_900)}x=y`],
  ['Authorization', `Digest a=${many('\t', 1_900)},a=b`],
  ['Authorization', `Digest a="b"${many(' ', 1_900)},a=b`],
  ['Authentication-Info', `Digest ${many('\t', 1_000)}x=y`],
]

/** As long as the dear ones, and what phones and servers send: read at the first try. */
const CHEAP: readonly (readonly [string, string])[] = [
  // Phones that are woken by a push have long tokens, and some write what is empty.
  ['Contact', `<sip:alice@192.0.2.1;pn-provider=fcm;pn-tok=${many('APA91b', 240)};pn-silent=;>`],
  ['Contact', `<sip:alice@192.0.2.1;pn-prid=${many('token', 240)}:app@example.com;;ob>`],
  [
    'Authorization',
    'Digest username="alice", realm="pbx.test", opaque=, algorithm=MD5, qop=, nc=, cnonce=, response=1',
  ],
  ['From', `"${many('Alice ', 300)}" <sip:alice@pbx.test>;tag=1`],
  [
    'Contact',
    Array.from({ length: 10 }, (_, n) => `<sip:alice@[2001:db8::${n}]:5060;transport=tcp>;expires=60`).join(', '),
  ],
  [
    'Contact',
    `<sip:alice@pbx.test;gr=urn:uuid:f81d4fae;token=${many('abc+/=', 400)};ob>;+sip.instance="<urn:uuid:f81d>"`,
  ],
  ['Contact', `<sip:${many('a%20b', 300)};phone-context=+1:secret@192.0.2.1:5060;maddr=[2001:db8::1];lr>`],
  ['Refer-To', `<sips:bob@pbx.test?Replaces=${many('a%40b', 400)}@pbx.test&Referred-By=sip:alice@pbx.test>`],
  ['P-Asserted-Identity', '"Alice" <sip:+15551234567@pbx.test;user=phone>, <tel:+15551234567>'],
  ['Record-Route', Array.from({ length: 12 }, (_, n) => `<sip:10.0.0.${n};lr;token=${many('x', 200)}>`).join(',')],
  ['Authorization', `Digest username="alice", realm="pbx.test", nonce="${many('n', 500)}",  opaque="", nc=00000001`],
]

test('what a reader after the engine takes long for is refused before it sees it', async (t) => {
  let seen = 0
  const { port, faults } = await startStack(t, {
    routes: (srf) =>
      srf.options((_req, res) => {
        seen++
        res.send(200)
      }),
  })
  const peer = await udpPeer(t, port)
  for (const [name, value] of COSTLY) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test', { [name]: value }))
    await peer.next('400')
  }
  for (const name of ['Record-Route', 'Contact', 'Subject']) {
    const line = `${name}: <sip:${many('a', 1_900)}@pbx.test>\r\n`
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test').replace('\r\n\r\n', `\r\n${line.repeat(9)}\r\n`))
    await peer.next('400')
  }
  peer.send(request(peer, 'OPTIONS', `sip:${many('a', 1_500)}@pbx.test`))
  await peer.next('414')
  peer.send(request(peer, 'OPTIONS', `sip:a;x=${many('[', 900)}`))
  await peer.next('400')
  t.is(seen, 0)
  for (const [name, value] of CHEAP) {
    peer.send(request(peer, 'OPTIONS', 'sip:pbx.test', { [name]: value }))
    await peer.next('200')
  }
  peer.send(request(peer, 'OPTIONS', `sip:bob@pbx.test;gr=urn:uuid:f81d4fae;token=${many('a/b+c=', 900)};ob`))
  await peer.next('200')
  t.is(seen, CHEAP.length + 1)
  t.deepEqual(faults, [])
})

test('a body of many parts that are none is refused, one of real parts is not', async (t) => {
  const { port } = await startStack(t, { routes: (srf) => srf.message((_req, res) => res.send(202)) })
  const peer = await udpPeer(t, port)
  const type = { 'Content-Type': 'multipart/mixed;boundary=x' }
  for (const body of [many('Content-Type:', 20_000), `Content-Type:${many(' ', 20_000)}x`]) {
    peer.send(request(peer, 'MESSAGE', 'sip:pbx.test', type, `--x\r\n${body}\n\r\n\r\nx`))
    t.regex(await peer.next('400'), /Bad Multipart Body/)
  }
  const part = `--x\r\nContent-Type: text/plain\r\n\r\n${many('text\n', 2_000)}\r\n`
  peer.send(request(peer, 'MESSAGE', 'sip:pbx.test', type, `${part.repeat(10)}--x--\r\n`))
  await peer.next('202')
})

test('names are only names, and an escape in one is no other name', async (t) => {
  const asked: Message[] = []
  const { port, faults } = await startStack(t, {
    routes: (srf) =>
      srf.options((req, res) => {
        asked.push(req)
        res.send(200)
      }),
  })
  const peer = await udpPeer(t, port)
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '%63onstructor', 'C%6Fntact']) {
    const more = { [name]: '<sip:mallory@pbx.test>', 'X-Kept': name }
    const plain = request(peer, 'OPTIONS', 'sip:pbx.test', {
      From: `<sip:alice@pbx.test>;tag=1;${name.replace('%', '')}=1`,
    })
    peer.send(
      plain.replace(
        '\r\n\r\n',
        `\r\n${Object.entries(more)
          .map((one) => one.join(': '))
          .join('\r\n')}\r\n\r\n`,
      ),
    )
    await peer.next('200')
    const req = asked.pop()!
    t.is(req.get('X-Kept'), name)
    t.is(req.get('Contact'), `<sip:alice@127.0.0.1:${peer.port}>`)
    t.is(Object.getPrototypeOf({}), Object.prototype)
  }
  for (const method of ['__proto__', 'constructor', 'toString', 'OPT%49ONS']) {
    peer.send(request(peer, method, 'sip:pbx.test'))
    await peer.next('501')
  }
  t.deepEqual(asked, [])
  t.deepEqual(faults, [])
})

test('a method that nobody knows is refused within a dialog too, and ends nothing', async (t) => {
  const { port, srf, engine } = await startStack(t, {
    routes: (app) => app.invite((req, res) => void app.createUAS(req, res, { localSdp: sdp(4000) })),
  })
  t.truthy(srf)
  const peer = await udpPeer(t, port)
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp' }, sdp(4002))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  for (const [seq, method] of ['B%59E', 'DANCE', '__proto__'].entries()) {
    peer.send(later(peer, method, invite, answer, seq + 2))
    await peer.next('501')
  }
  t.is(engine.stats().dialogs, 1)
  peer.send(later(peer, 'BYE', invite, answer, 9))
  await peer.next('200')
})

test('a body without a Content-Length reaches the app whole, empty lines and all', async (t) => {
  const { port } = await startStack(t, {
    routes: (srf) => srf.message((req, res) => res.send(200, { body: req.body })),
  })
  const peer = await udpPeer(t, port)
  const body = 'one\r\n\r\ntwo\r\n\r\n'
  peer.send(request(peer, 'MESSAGE', 'sip:pbx.test', {}, body).replace(/Content-Length.*\r\n/, ''))
  t.true((await peer.next('200')).endsWith(`\r\n\r\n${body}`))
})

test('an answer that fits into no datagram becomes one that does, and comes whole over TCP', async (t) => {
  const body = many('x', 70_000)
  const { port, faults } = await startStack(t, { routes: (srf) => srf.message((_req, res) => res.send(200, { body })) })
  const overUdp = await udpPeer(t, port)
  overUdp.send(request(overUdp, 'MESSAGE', 'sip:pbx.test'))
  await overUdp.next('500')
  const overTcp = await tcpPeer(t, port)
  overTcp.send(request(overTcp, 'MESSAGE', 'sip:pbx.test'))
  t.true((await overTcp.next('200')).endsWith(body))
  t.deepEqual(faults, [])
})

test('an answer with a reason that srf does not read reaches the app all the same', async (t) => {
  const { port, srf } = await startStack(t)
  const peer: Peer = await udpPeer(t, port)
  const sending = srf.request(`sip:bob@127.0.0.1:${peer.port}`, { method: 'OPTIONS' })
  const asked = await peer.next('OPTIONS')
  peer.send(reply(asked, '486 Busy\u2028Here', {}))
  const answer = await sending
  t.is(await new Promise<number>((resolve) => answer.on('response', ({ status }) => resolve(status))), 486)
})

const PLAIN =
  'OPTIONS sip:a@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@pbx.test>;tag=1\r\n' +
  'To: <sip:b@pbx.test>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n'

test('what is let through is read by srf as it is', (t) => {
  for (const more of [
    'X-A: b\r\n',
    'C%6Fntact: <sip:c>\r\nContact: <sip:a>\r\n',
    '__proto__: x\r\n',
    'l: 0\r\n',
    's:\r\n',
    'X-B:   \r\n',
  ]) {
    const message = parseMessage(`${PLAIN}${more}\r\n`) as SipRequest
    t.is(checkMessage(message, defaultLimits).kind, 'sound', more)
    const read = new SipMessage(textOf(message))
    t.is(read.method, 'OPTIONS')
    t.is(read.headers['call-id'], '1')
    t.true([undefined, '<sip:a>'].includes(read.headers.contact), more)
  }
})

for (const [what, line, answered] of [
  ['negative', 'Content-Length: -1', '400'],
  ['signed', 'Content-Length: +0', '400'],
  ['hexadecimal', 'Content-Length: 0x10', '400'],
  ['in words', 'Content-Length: five', '400'],
  ['in a list', 'Content-Length: 0, 0', '400'],
  ['above all numbers', `Content-Length: ${many('9', 400)}`, '400'],
  ['above the limit', 'Content-Length: 999999999', '413'],
  ['given twice', 'Content-Length: 0\r\nl: 0', '400'],
  ['given twice, one folded', 'Content-Length:\r\n 0\r\nl: 5', '400'],
  ['absent', 'X-Length: 0', '400'],
] as const) {
  test(`a Content-Length ${what} ends a stream, and what follows is no message`, async (t) => {
    const asked: string[] = []
    const { port, faults } = await startStack(t, {
      routes: (srf) =>
        srf.options((req, res) => {
          asked.push(req.get('Call-ID'))
          res.send(200)
        }),
    })
    const peer = await tcpPeer(t, port)
    const before = request(peer, 'OPTIONS', 'sip:pbx.test')
    const broken = request(peer, 'OPTIONS', 'sip:pbx.test').replace(/Content-Length.*/, () => line)
    peer.send(before)
    await peer.next('200')
    peer.send(broken + request(peer, 'OPTIONS', 'sip:pbx.test'))
    await peer.next(answered)
    await t.throwsAsync(peer.next('nothing'), { message: /ended/ })
    t.deepEqual(asked, [header(before, 'Call-ID')])
    t.deepEqual(faults, [])
  })
}

test('an answer to a call without a Contact, of which srf makes no dialog, is acknowledged and hung up', async (t) => {
  const { port, srf, engine } = await startStack(t, { times: { t1: 5, t2: 10, t4: 10 } })
  const peer = await udpPeer(t, port)
  const calling = srf.createUAC(`sip:bob@127.0.0.1:${peer.port}`, { localSdp: sdp(4000) })
  const refused = t.throwsAsync(calling, { message: /502/ })
  const asked = await peer.next('INVITE')
  peer.send(reply(asked, '200 OK', { body: sdp(4002) }))
  await peer.next('ACK')
  peer.send(reply(await peer.next('BYE'), '200 OK'))
  await refused
  t.is(engine.stats().dialogs, 0)
})

test('a call with a peer that names a place where nothing can be sent ends when the app ends it', async (t) => {
  const { port, srf, engine } = await startStack(t)
  const peer = await udpPeer(t, port)
  const calling = srf.createUAC(`sip:bob@127.0.0.1:${peer.port}`, { localSdp: sdp(4000) })
  const asked = await peer.next('INVITE')
  peer.send(reply(asked, '200 OK', { contact: 'sip:bob@nowhere.invalid', body: sdp(4002) }))
  const call = await calling
  t.is(engine.stats().dialogs, 1)
  await call.destroy().catch(() => undefined)
  t.is(engine.stats().dialogs, 0)
})

test('an app hears that a call is over although its peer cannot be reached any more', async (t) => {
  const over = Promise.withResolvers<string>()
  const { port, engine } = await startStack(t, {
    times: { t1: 5, t2: 10, t4: 10 },
    routes: (srf) =>
      srf.invite((req, res) => {
        srf
          .createUAS(req, res, { localSdp: sdp(4000) })
          .then((call) => call.on('destroy', (_req, reason) => over.resolve(reason)))
          .catch((error) => over.reject(error))
      }),
  })
  const peer = await udpPeer(t, port)
  const lost = { 'Record-Route': '<sip:nowhere.invalid;lr>', 'Content-Type': 'application/sdp' }
  peer.send(request(peer, 'INVITE', 'sip:bob@pbx.test', lost, sdp(4002)))
  await peer.next('200')
  t.is(await over.promise, 'ACK timeout')
  t.is(engine.stats().dialogs, 0)
})
