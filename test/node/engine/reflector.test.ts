import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import test from 'ava'
import { request, type Srf, sdp, startStack, type Test, udpPeer } from './stack.ts'
import { answered, FAST, forgotten, type Told, tellUdp } from './torture/tell.ts'

const CHALLENGE = Array.from(
  { length: 2 },
  (_, i) => `Digest realm="pbx.test", nonce="${'n'.repeat(60)}${i}", qop="auth"`,
)

/** An app that turns strangers away with all that such answers have in them. */
function strict(srf: Srf): void {
  const headers = { 'WWW-Authenticate': CHALLENGE.join(','), Server: 'x'.repeat(200) }
  srf.register((_req, res) => res.send(401, { headers }))
  srf.invite((_req, res) => res.send(407, { headers: { 'Proxy-Authenticate': CHALLENGE.join(',') } }))
  srf.message((_req, res) => res.send(403, { headers: { Warning: 'y'.repeat(2_000) } }))
  srf.info((_req, res) => res.send(200, { body: 'z'.repeat(4_000) }))
  srf.options((_req, res) => res.send(200, { headers: { Allow: 'INVITE, '.repeat(20) } }))
}

/** As little as is a request at all. */
const tiny = (method: string): string =>
  `${method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK${method}\r\nf:<sip:a>;tag=1\r\nt:<sip:b>\r\ni:${method}\r\n` +
  `CSeq:1 ${method}\r\n\r\n`

test('all answers to one datagram of a stranger are less than three times its size', async (t) => {
  const stack = await startStack(t, { routes: strict, times: FAST })
  const peer = await udpPeer(t, stack.port)
  const told: { asked: string; by: Told }[] = []
  for (const method of [
    'REGISTER',
    'INVITE',
    'MESSAGE',
    'INFO',
    'OPTIONS',
    'PUBLISH',
    'BYE',
    'CANCEL',
    'UPDATE',
    'DANCE',
  ]) {
    const plain = (): string => request(peer, method, 'sip:bob@pbx.test', {}, method === 'INVITE' ? sdp(4000) : '')
    for (const asked of [
      plain(),
      tiny(method),
      plain().replace('CSeq: 1', 'CSeq: x'),
      plain().replace('SIP/2.0\r\n', 'SIP/9.0\r\n'),
      plain().replace(/\r\n\r\n[\s\S]*/, '\r\nn'),
      plain().replace('Max-Forwards: 70', 'Max-Forwards: 0'),
      // What comes back of it has more bytes than characters.
      `${plain()
        .replace(/From: /, `From: "${'€'.repeat(600)}" `)
        .replace(/Content-Length: .*\r\n/, '')}${'x'.repeat(3_000)}`,
    ]) {
      told.push({ asked, by: await tellUdp(stack, Buffer.from(asked)) })
    }
    t.true(told.at(-7)!.by.heard.length > 0, `${method} is answered`)
  }
  // Whatever is repeated has been by then.
  await forgotten(stack)
  for (const { asked, by } of told) {
    by.close()
    const size = by.heard.reduce((sum, answer) => sum + answer.length, 0)
    t.true(
      size < 3 * Buffer.byteLength(asked),
      `${asked.length} bytes were answered with ${size}: ${asked} ${by.heard[0]}`,
    )
  }
  t.deepEqual(stack.faults, [])
})

test('a small INVITE of a stranger hears its challenge as often as it asks, and a 100 only when the app is slow', async (t) => {
  const clock = { at: 0, now: () => clock.at }
  const slow = Promise.withResolvers<void>()
  const stack = await startStack(t, {
    clock,
    routes: (srf) =>
      srf.invite((req, res) => {
        if (req.uri.includes('slow')) return slow.resolve()
        res.send(407, { headers: { 'Proxy-Authenticate': CHALLENGE.join(',') } })
      }),
  })
  const peer = await udpPeer(t, stack.port)
  const first = (): Promise<string> => peer.next((text) => text.startsWith('SIP/2.0'))
  const asked = request(peer, 'INVITE', 'sip:bob@pbx.test')
  let heard = 0
  for (let sent = 1; sent <= 5; sent++) {
    peer.send(asked)
    const answer = await first()
    t.regex(answer, /^SIP\/2\.0 407 .*Proxy-Authenticate: Digest/is)
    heard += answer.length
    t.true(heard < 3 * sent * asked.length)
  }

  peer.send(request(peer, 'INVITE', 'sip:slow@pbx.test'))
  await slow.promise
  clock.at = 250
  t.regex(await first(), /^SIP\/2\.0 100 /)

  peer.send(request(peer, 'INVITE', 'sip:bob@pbx.test', { 'User-Agent': 'a phone like any other' }, sdp(4000)))
  t.regex(await first(), /^SIP\/2\.0 100 /, 'there is room for a refusal and its repeat besides')
})

test('a phone that asks to be registered hears the whole challenge, as often as it asks', async (t) => {
  const stack = await startStack(t, { routes: strict })
  const peer = await udpPeer(t, stack.port)
  const asked = request(peer, 'REGISTER', 'sip:pbx.test', { 'User-Agent': 'a phone like any other', Expires: '3600' })
  for (let i = 0; i < 3; i++) {
    peer.send(asked)
    t.is((await peer.next('401')).match(/WWW-Authenticate: Digest/gi)?.length, 2)
  }
})

test('what is granted to credentials is as long as it is, and is said again when asked again', async (t) => {
  const bindings = Array.from({ length: 10 }, (_, i) => `<sip:alice@192.0.2.${i};x=${'y'.repeat(150)}>`).join(',')
  const stack = await startStack(t, {
    routes: (srf) => srf.register((_req, res) => res.send(200, { headers: { Contact: bindings } })),
  })
  const peer = await udpPeer(t, stack.port)
  const asked = request(peer, 'REGISTER', 'sip:pbx.test', { Authorization: 'Digest username="alice"' })
  for (let i = 0; i < 3; i++) {
    peer.send(asked)
    t.true((await peer.next('200')).length > 3 * asked.length)
  }
})

test('a call that an app lets ring hears how it ends, however much it heard before', async (t) => {
  const stack = await startStack(t, {
    routes: (srf) =>
      srf.invite((_req, res) => {
        for (let i = 0; i < 5; i++) res.send(183, { body: sdp(4000), headers: { 'X-Long': 'x'.repeat(300) } })
        res.send(486)
      }),
  })
  const peer = await udpPeer(t, stack.port)
  peer.send(request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000)))
  t.regex(await peer.next('486'), /^SIP\/2\.0 486 Busy Here\r\n/)
})

/** A UDP and a TCP port that nobody has any business with; what comes there is kept. */
async function bystander(t: Test): Promise<{ at: string; port: number; heard: string[] }> {
  const heard: string[] = []
  const server = net.createServer((socket) => {
    heard.push('a TCP connection')
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const socket = dgram.createSocket('udp4')
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  socket.on('message', (bytes) => heard.push(bytes.toString().slice(0, 60)))
  t.teardown(() => {
    socket.close()
    server.close()
  })
  return { at: `127.0.0.1:${port}`, port, heard }
}

test('nothing in a request of a stranger makes the engine send to a third address', async (t) => {
  const third = await bystander(t)
  const stack = await startStack(t, {
    times: FAST,
    routes: (srf) => {
      strict(srf)
      srf.refer((_req, res) => res.send(403))
    },
  })
  const peer = await udpPeer(t, stack.port)
  const place = `<sip:x@${third.at};lr>`
  const via = (more: string): string => `SIP/2.0/UDP ${more};branch=z9hG4bK${Math.random().toString(36).slice(2)}`
  for (const method of ['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'INFO', 'REFER', 'BYE', 'CANCEL', 'ACK', 'DANCE']) {
    const extras: Readonly<Record<string, string>>[] = [
      { Via: via(`127.0.0.1:${peer.port};maddr=127.0.0.1;received=127.0.0.1;rport=${third.port}`) },
      { Via: via(`${third.at};maddr=${third.at}`) },
      { Via: `${via(`127.0.0.1:${peer.port}`)}, ${via(third.at)}` },
      { Route: place },
      { Route: place, To: '<sip:bob@pbx.test>;tag=invented' },
      { Route: `<sip:127.0.0.1:${stack.port};lr>, ${place}`, To: '<sip:bob@pbx.test>;tag=invented' },
      { 'Record-Route': place, Contact: place },
      { Contact: place, To: '<sip:bob@pbx.test>;tag=invented' },
      { 'Refer-To': `<sip:x@${third.at}>`, Path: place, Supported: 'path' },
    ]
    for (const extra of extras) {
      peer.send(request(peer, method, `sip:x@${third.at}`, extra))
      peer.send(request(peer, method, `sip:x@${third.at}`, extra).replace('Call-ID: ', 'Call-ID: a|b'))
    }
  }
  await answered(stack)
  await forgotten(stack)
  t.deepEqual(third.heard, [])
  t.deepEqual(stack.faults, [])
})
