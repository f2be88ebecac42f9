/** Rules G01 to G16 of the checklist: how a message is read and where its answer goes. */
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'ava'
import { withVectors } from '../../../vectors.ts'
import { header, type Message, type Response, request, sdp, startStack, tcpPeer, udpPeer, wanted } from '../stack.ts'
import { answerTo, lines, plain, until } from './support.ts'

test('G01: empty lines before the start line are skipped, and a double one alone is a keep-alive', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  for (const peer of [await udpPeer(t, port), await tcpPeer(t, port)]) {
    for (const count of [1, 2, 7, 50]) {
      const asked = request(peer, 'OPTIONS', 'sip:pbx.test')
      peer.send('\r\n'.repeat(count) + asked)
      t.true((await peer.next((text) => text.includes(header(asked, 'Call-ID')))).includes('SIP/2.0 200'))
    }
  }
  const stream = await tcpPeer(t, port)
  stream.send('\r\n\r\n')
  t.is(await stream.next(() => true), '\r\n')
})

test('G02: names have no case, folded lines are one, and the order of fields is free', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const via = `SIP/2.0/UDP\r\n\t127.0.0.1:${peer.port}\r\n  ;branch=z9hG4bKfold;rport`
  const head = [
    'OPTIONS sip:pbx.test SIP/2.0',
    'cSEQ: 7\r\n OPTIONS',
    'tO:\t<sip:bob@pbx.test>',
    'cALL-iD  : folded',
    'fROM: "a\r\n b" <sip:alice@pbx.test>;TAG=x',
    'mAX-fORWARDS: 70',
    'cONTENT-lENGTH: 0',
    `vIA: ${via}`,
  ]
  const answer = await answerTo(peer, `${head.join('\r\n')}\r\n\r\n`)
  t.regex(answer, /^SIP\/2\.0 200/)
  t.regex(header(answer, 'Via'), /^SIP\/2\.0\/UDP 127\.0\.0\.1:\d+ ?;branch=z9hG4bKfold;/)
  t.is(header(answer, 'CSeq'), '7 OPTIONS')
  t.is(header(answer, 'From'), '"a b" <sip:alice@pbx.test>;TAG=x')
})

test('G03: a list and repeated fields are the same, in their order; credentials are never joined', async (t) => {
  const { srf, port } = await startStack(t)
  const heard = new Promise<Message & { raw: string }>((resolve) =>
    srf.invite((req, res) => {
      res.send(486)
      resolve(req as Message & { raw: string })
    }),
  )
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const [b, c] = ['SIP/2.0/UDP b.test;branch=z9hG4bKb', 'SIP/2.0/UDP c.test;branch=z9hG4bKc']
  const credentials = ['one', 'two'].map(
    (realm) => `Digest username="alice", realm="${realm}", nonce="n", uri="sip:pbx.test", response="0"`,
  )
  const asked = request(peer, 'INVITE', 'sip:bob@pbx.test', {
    Via: `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKa;rport\r\nVia: ${b}, ${c}`,
    'Proxy-Authorization': credentials.join('\r\nProxy-Authorization: '),
  })
  const answer = await answerTo(peer, asked)
  const vias = [answer, await peer.next('486')].map((text) => lines(text, 'Via').join(', ').split(', ').slice(1))
  t.deepEqual(vias, [
    [b, c],
    [b, c],
  ])
  t.deepEqual(lines((await heard).raw, 'Proxy-Authorization'), credentials)
})

test('G04: every compact form is read', async (t) => {
  const { srf, port } = await startStack(t)
  const heard = new Promise<Message>((resolve) =>
    srf.options((req, res) => {
      res.send(200)
      resolve(req)
    }),
  )
  const peer = await udpPeer(t, port)
  await wanted(peer, 'OPTIONS')
  const compact: readonly (readonly [string, string, string])[] = [
    ['e', 'Content-Encoding', 'identity'],
    ['o', 'Event', 'presence'],
    ['u', 'Allow-Events', 'presence'],
    ['r', 'Refer-To', '<sip:carol@pbx.test>'],
    ['b', 'Referred-By', '<sip:alice@pbx.test>'],
    ['x', 'Session-Expires', '1800'],
    ['a', 'Accept-Contact', '*;audio'],
    ['d', 'Request-Disposition', 'no-fork'],
    ['j', 'Reject-Contact', '*;video'],
    ['y', 'Identity', 'none'],
    ['n', 'Identity-Info', '<https://pbx.test>'],
    ['k', 'Supported', 'path'],
    ['s', 'Subject', 'lunch'],
    ['c', 'Content-Type', 'text/plain'],
  ]
  const head = [
    'OPTIONS sip:pbx.test SIP/2.0',
    `v: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKcompact;rport`,
    'f: <sip:alice@pbx.test>;tag=x',
    't: <sip:bob@pbx.test>',
    'i: compact',
    'CSeq: 1 OPTIONS',
    'm: <sip:alice@pbx.test>',
    ...compact.map(([short, , value]) => `${short}: ${value}`),
    'l: 2',
  ]
  t.regex(await answerTo(peer, `${head.join('\r\n')}\r\n\r\nhi`), /^SIP\/2\.0 200/)
  const req = await heard
  for (const [, long, value] of compact) t.is(req.get(long), value, long)
})

test('G05: what every request must have is missed with 400; without a Via there is nobody to tell', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const without = (name: string): string =>
    request(peer, 'OPTIONS', 'sip:pbx.test').replace(new RegExp(`\r\n${name}:[^\r]*`), '')
  for (const name of ['To', 'From', 'CSeq', 'Call-ID'])
    t.regex(await answerTo(peer, without(name)), /^SIP\/2\.0 400/, name)
  t.regex(await answerTo(peer, without('Max-Forwards')), /^SIP\/2\.0 200/)
  peer.send(without('Via'))
  const next = request(peer, 'OPTIONS', 'sip:pbx.test')
  t.is(header(await answerTo(peer, next), 'Call-ID'), header(next, 'Call-ID'), 'the one without a Via was not answered')
})

test('G06: a sequence number is decimal and below 2^31', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  for (const [number, status] of [
    ['4294967296', 400],
    ['2147483648', 400],
    ['-1', 400],
    ['1e3', 400],
    ['0x1', 400],
    ['00001', 200],
    ['2147483647', 200],
  ] as const) {
    const answer = await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', { CSeq: `${number} OPTIONS` }))
    t.true(answer.startsWith(`SIP/2.0 ${status}`), `${number}: ${answer.split('\r\n')[0]}`)
  }
})

test('G07: a transaction is its branch, in any case, with its sent-by and method', async (t) => {
  let seen = 0
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.options((_req, res) => {
        seen++
        res.send(200)
      }),
  })
  const peer = await udpPeer(t, port)
  const at = (host: string, branch: string): string =>
    request(peer, 'OPTIONS', 'sip:pbx.test', { Via: `SIP/2.0/UDP ${host};branch=${branch};rport` })
  const asked = at('127.0.0.1:5071', 'z9hG4bKsame')
  const first = await answerTo(peer, asked)
  const other = await answerTo(peer, at('127.0.0.1:5072', 'z9hG4bKsame'))
  t.not(header(other, 'Call-ID'), header(first, 'Call-ID'))
  t.is(seen, 2)
  const again = asked.replace('z9hG4bKsame', 'Z9HG4BKSAME')
  t.is(await answerTo(peer, again), first)
  t.is(seen, 2)
})

withVectors(
  test,
  'sip/rfc4475',
  'G08: over UDP what follows the body is dropped, and a body that is cut off is refused',
  async (t, folder) => {
    const { port, engine } = await startStack(t, {
      routes: (srf) => {
        srf.register((_req, res) => res.send(200))
        srf.invite((_req, res) => res.send(486))
      },
    })
    const peer = await udpPeer(t, port)
    const two = readFileSync(path.join(folder, 'dblreq.dat'))
    t.true(two.includes('INVITE'))
    t.regex(await answerTo(peer, two), /^SIP\/2\.0 200[\s\S]*CSeq: \d+ REGISTER/)
    t.is(engine.stats().serverTransactions, 1)
    t.regex(await answerTo(peer, readFileSync(path.join(folder, 'clerr.dat'))), /^SIP\/2\.0 400/)
  },
)

test('G09: on a stream a message without a length is refused, the stream ends, and what follows is not run', async (t) => {
  let seen = 0
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.options((_req, res) => {
        seen++
        res.send(200)
      }),
  })
  const peer = await tcpPeer(t, port)
  const cut = request(peer, 'OPTIONS', 'sip:pbx.test').replace(/Content-Length: 0\r\n/, '')
  peer.send(cut + request(peer, 'OPTIONS', 'sip:pbx.test'))
  await peer.next('400')
  await t.throwsAsync(peer.next('200'), { message: /ended/ })
  t.is(seen, 0)
})

test('G10: another version of SIP is refused with 505', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const asked = request(peer, 'OPTIONS', 'sip:pbx.test').replace('SIP/2.0\r\n', 'SIP/3.0\r\n')
  t.regex(await answerTo(peer, asked), /^SIP\/2\.0 505/)
})

test('G11: an answer repeats From, Call-ID, CSeq and all Vias byte for byte', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const below = [1, 2, 3, 4].map((n) => `SIP/2.0/TCP p${n}.test:506${n};branch=z9hG4bK%${n}~'\`;x="q;,${n}"`)
  const odd = {
    From: '"a \\"b\\" \\\\ <c>" <sip:%61lice;x=y@pbx.test;p?h=v>;tag=-.!%*_+`\'~;other="t;ag"',
    'Call-ID': '-.!%*_+`\'~()<>:\\"/[]?{}@host',
    CSeq: '0000017 OPTIONS',
    Via: `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKodd;rport\r\nVia: ${below.join('\r\nVia: ')}`,
  }
  const answer = await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', odd))
  t.regex(answer, /^SIP\/2\.0 200/)
  t.is(header(answer, 'From'), odd.From)
  t.is(header(answer, 'Call-ID'), odd['Call-ID'])
  t.is(header(answer, 'CSeq'), odd.CSeq)
  t.deepEqual(lines(answer, 'Via').slice(1), below)
})

test('G12: all answers to a request have one tag, but 100 has none', async (t) => {
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.invite((_req, res) => {
        res.send(180)
        res.send(486)
      }),
  })
  const peer = await udpPeer(t, port)
  const asked = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(4000))
  peer.send(asked)
  t.is(header(await peer.next('100'), 'To'), header(asked, 'To'))
  const tags = [header(await peer.next('180'), 'To'), header(await peer.next('486'), 'To')]
  peer.send(asked)
  tags.push(header(await peer.next('486'), 'To'))
  t.regex(tags[0]!, /;tag=\S+$/)
  t.is(new Set(tags).size, 1)
})

test('G13: a thousand tags are a thousand different ones without a pattern', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await tcpPeer(t, port)
  const tags: string[] = []
  for (let i = 0; i < 1000; i++) peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  while (tags.length < 1000) tags.push(header(await peer.next('200'), 'To').split(';tag=')[1]!)
  t.is(new Set(tags).size, 1000)
  for (const size of [2, 3, 4]) {
    // Of 64 characters each, chance alone keeps these apart; a counter, a prefix or a time does not.
    const [begins, ends] = [tags.map((tag) => tag.slice(0, size)), tags.map((tag) => tag.slice(-size))]
    t.true(new Set(begins).size > 800, `${size} characters at the beginning`)
    t.true(new Set(ends).size > 800, `${size} characters at the end`)
  }
  t.true(tags.every((tag) => tag.length >= 16))
})

test('G14: the true source is written into the top Via, both halves of it', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const peer = await udpPeer(t, port)
  const via = 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKnat'
  const answer = await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', { Via: `${via};rport` }))
  t.is(header(answer, 'Via'), `${via};received=127.0.0.1;rport=${peer.port}`)
})

// Forced symmetric routing, as drachtio-server has it: the phone behind a NAT that cannot ask for rport is reached, and no
// Via names a third party. A peer that listens on another port than it sends from is not served (RFC 3581 §4 allows that).
test('G15: an answer goes where the request came from, whatever sent-by and maddr say', async (t) => {
  const { port } = await startStack(t, { routes: plain })
  const [peer, third] = [await udpPeer(t, port), await udpPeer(t, port)]
  for (const more of ['', ';maddr=127.0.0.1', `;maddr=127.0.0.99;rport`]) {
    const via = `SIP/2.0/UDP 127.0.0.1:${third.port};branch=z9hG4bK${more.length}${more}`
    t.regex(await answerTo(peer, request(peer, 'OPTIONS', 'sip:pbx.test', { Via: via })), /^SIP\/2\.0 200/)
  }
  t.is(
    header(await answerTo(third, request(third, 'OPTIONS', 'sip:pbx.test', { 'Call-ID': 'mine' })), 'Call-ID'),
    'mine',
  )
})

test('G16: when the connection of a request is gone, its answer comes on a new one to the sent-by', async (t) => {
  const { srf, port, faults, engine } = await startStack(t)
  const asking = new Promise<Response>((resolve) => srf.register((_req, res) => resolve(res)))
  const waiting = await udpPeer(t, port)
  await wanted(waiting, 'REGISTER')
  const arrived = Promise.withResolvers<string>()
  const listener = net.createServer((socket) => socket.on('data', (bytes) => arrived.resolve(bytes.toString())))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listener.close())
  const { port: back } = listener.address() as net.AddressInfo
  const peer = await tcpPeer(t, port)
  peer.send(request(peer, 'REGISTER', 'sip:pbx.test', { Via: `SIP/2.0/TCP 127.0.0.1:${back};branch=z9hG4bKgone` }))
  const res = await asking
  peer.close()
  await until('the connection is gone', () => engine.stats().connections === 0)
  res.send(200)
  t.regex(await arrived.promise, /^SIP\/2\.0 200[\s\S]*branch=z9hG4bKgone/)
  t.deepEqual(faults, [])
})
