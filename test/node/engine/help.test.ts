/** Peers that are not heard, as a banned one: their calls for help are all the same, and what belongs to a call. */
import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import type { Gate } from '../../../node/engine/engine.ts'
import { sameBranch, until } from './rules/support.ts'
import {
  type Dialog,
  header,
  later,
  type Peer,
  reply,
  request,
  type Srf,
  sdp,
  startStack,
  tcpPeer,
  udpPeer,
  wanted,
} from './stack.ts'
import { certificates, tlsPeer, webPeer } from './transport/secure.ts'

const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
const listen = TRANSPORTS.map((transport) => ({ transport, host: '127.0.0.1', port: 0 }))
const isUrgent = (uri: string): boolean => uri.startsWith('sip:112@')

/** A gate that a test opens and closes. */
function gated(looks = true) {
  const gate: Gate & { heard: ReturnType<Gate['admit']>; looked: string[] } = {
    heard: 'yes',
    looked: [],
    admit: () => gate.heard,
    malformed: () => false,
    looks(_host, _point, what) {
      gate.looked.push(what)
      return looks
    },
  }
  return gate
}

/** An app that answers calls and takes all else; it tells the requests that reached it, and the calls that ended. */
function answering() {
  const heard: string[] = []
  const dialogs: Dialog[] = []
  const routes = (srf: Srf): void => {
    for (const verb of ['options', 'register', 'message', 'refer', 'info', 'subscribe'] as const)
      srf[verb]((_req, res) => {
        heard.push(verb)
        res.send(200)
      })
    srf.invite((req, res) => {
      heard.push(`invite ${/:(\w+)@/.exec(req.uri)![1]}`)
      if (req.uri.startsWith('sip:112@') && req.get('To').includes('ring')) return res.send(180)
      srf.createUAS(req, res, { localSdp: sdp(40_000) }).then(
        (dialog) => {
          dialogs.push(dialog)
          dialog.on('modify', (_req, res) => res.send(200, { body: sdp(40_000, 2) }))
          dialog.on('destroy', () => heard.push('bye'))
        },
        () => {},
      )
    })
  }
  return { routes, heard, dialogs }
}

const inviting = (peer: Peer, user: string, more = {}): string =>
  request(peer, 'INVITE', `sip:${user}@pbx.test`, { To: `<sip:${user}@pbx.test>`, ...more }, sdp(30_000))

const answered = (peer: Peer, cseq: string): Promise<string> =>
  peer.next((text) => text.startsWith('SIP/2.0 200') && header(text, 'CSeq') === cseq)

/** An engine that listens to each transport, and how a peer of it comes. */
async function everywhere(t: ExecutionContext, options: Parameters<typeof startStack>[1]) {
  const files = certificates(t)
  const { engine } = await startStack(t, { ...options, listen, tls: files.pair('own', 'IP:127.0.0.1') })
  const ca = readFileSync(files.ca)
  const port = Object.fromEntries(engine.listening.map((point) => [point.transport, point.port]))
  const peers: Record<(typeof TRANSPORTS)[number], () => Promise<Peer>> = {
    udp: () => udpPeer(t, port.udp!),
    tcp: () => tcpPeer(t, port.tcp!),
    tls: async () => (await tlsPeer(t, port.tls!, { ca }))[0],
    ws: async () => (await webPeer(t, `ws://127.0.0.1:${port.ws}`))[0],
    wss: async () => (await webPeer(t, `wss://127.0.0.1:${port.wss}`, { ca }))[0],
  }
  return { engine, peers }
}

for (const transport of TRANSPORTS)
  for (const [heardNow, means] of [
    ['no', 'no more'],
    ['later', 'later'],
  ] as const)
    test(`${transport}: who is heard ${means} calls for help from the beginning to the end`, async (t) => {
      const gate = gated()
      const { routes, heard } = answering()
      const { engine, peers } = await everywhere(t, { routes, gate, isUrgent })
      await wanted(await peers.udp(), 'INVITE')
      gate.heard = heardNow
      const peer = await peers[transport]()
      const help = inviting(peer, '112')
      peer.send(help)
      const answer = await answered(peer, '1 INVITE')
      peer.send(later(peer, 'ACK', help, answer, 1))
      peer.send(later(peer, 'INVITE', help, answer, 2))
      const changed = await answered(peer, '2 INVITE')
      peer.send(later(peer, 'ACK', help, changed, 2))
      peer.send(later(peer, 'BYE', help, answer, 3))
      await answered(peer, '3 BYE')
      t.deepEqual(heard, ['invite 112', 'bye'])
      t.is(engine.stats().dialogs, 0)
    })

test('nothing else of whom is not heard is, within a call neither, and it is not answered', async (t) => {
  const gate = gated()
  const { routes, heard } = answering()
  const { engine, port } = await startStack(t, { routes, gate, isUrgent })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const before = inviting(peer, 'bob')
  peer.send(before)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', before, answer, 1))
  gate.heard = 'no'
  for (const method of [
    'OPTIONS',
    'REGISTER',
    'MESSAGE',
    'REFER',
    'SUBSCRIBE',
    'BYE',
    'ACK',
    'CANCEL',
    'UPDATE',
    'PRACK',
  ])
    peer.send(request(peer, method, 'sip:pbx.test'))
  peer.send(inviting(peer, 'bob'))
  peer.send(inviting(peer, '112', { To: '<sip:112@pbx.test>;tag=made-up' }))
  peer.send(inviting(peer, '112', { CSeq: 'nonsense' }))
  peer.send('\r\n\r\n')
  peer.send('INVITE what is this')
  for (const method of ['REFER', 'MESSAGE', 'SUBSCRIBE']) peer.send(later(peer, method, before, answer, 2))
  const help = inviting(peer, '112')
  peer.send(help)
  const first = await peer.next((text) => header(text, 'Call-ID') !== header(before, 'Call-ID'))
  t.is(header(first, 'Call-ID'), header(help, 'Call-ID'), 'what came before it had no answer')
  if (first.startsWith('SIP/2.0 100')) await answered(peer, '1 INVITE')
  t.deepEqual(heard, ['invite bob', 'invite 112'])
  // A call that stood before may go on, and end, also when it is said twice.
  const bye = later(peer, 'BYE', before, answer, 4)
  for (const text of [later(peer, 'OPTIONS', before, answer, 3), bye, bye]) {
    peer.send(text)
    await answered(peer, header(text, 'CSeq'))
  }
  t.deepEqual(heard, ['invite bob', 'invite 112', 'bye'])
  t.is(engine.stats().dialogs, 1)
})

test('a call for help is called off, and hung up by who helps, as any other', async (t) => {
  const gate = gated()
  const { routes, heard, dialogs } = answering()
  const { engine, port } = await startStack(t, { routes, gate, isUrgent, times: { t4: 20 } })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  gate.heard = 'no'
  const ringing = inviting(peer, '112', { To: '"ring" <sip:112@pbx.test>' })
  peer.send(ringing)
  await peer.next('180')
  peer.send(sameBranch(ringing, 'CANCEL'))
  const ended = await peer.next('487')
  peer.send(sameBranch(ringing, 'ACK', ended))
  const help = inviting(peer, '112')
  peer.send(help)
  peer.send(
    later(
      peer,
      'ACK',
      help,
      await peer.next((text) => text.startsWith('SIP/2.0 200') && /INVITE/.test(header(text, 'CSeq'))),
      1,
    ),
  )
  await until('the call stands', () => dialogs.length === 1)
  const over = dialogs[0]!.destroy()
  peer.send(reply(await peer.next('BYE'), '200 OK'))
  await over
  await until('nothing is left of it', () => engine.stats().dialogs + engine.stats().clientTransactions === 0)
  t.deepEqual(heard, ['invite 112', 'invite 112'])
})

test('who is called and not heard answers nothing', async (t) => {
  const gate = gated()
  const { srf, port } = await startStack(t, { gate, isUrgent })
  const peer = await udpPeer(t, port)
  const outcome = srf.createUAC(`sip:bob@127.0.0.1:${peer.port}`, { localSdp: sdp(40_000) }).then(
    () => 'answered',
    ({ status }: { status: number }) => status,
  )
  const invite = await peer.next('INVITE')
  gate.heard = 'no'
  peer.send(reply(invite, '200 OK', { contact: `sip:bob@127.0.0.1:${peer.port}`, body: sdp(5000) }))
  // It was asked about that by now.
  await until('the answer was looked at', () => gate.looked.length > 0)
  gate.heard = 'yes'
  peer.send(reply(invite, '486 Busy Here'))
  t.is(await outcome, 486)
})

test('a connection of whom is not heard is closed for what is no call for help, and stays for the time of one', async (t) => {
  const gate = gated()
  const { routes, heard } = answering()
  const { engine } = await startStack(t, { listen: [listen[1]!], routes, gate, isUrgent })
  const { port } = engine.listening[0]!
  await wanted(await tcpPeer(t, port), 'INVITE')
  gate.heard = 'no'
  for (const first of [
    (peer: Peer) => request(peer, 'OPTIONS', 'sip:pbx.test'),
    (peer: Peer) => reply(inviting(peer, 'bob'), '200 OK'),
    (peer: Peer) => reply(request(peer, 'BYE', 'sip:pbx.test'), '200 OK'),
  ]) {
    const other = await tcpPeer(t, port)
    other.send(first(other) + inviting(other, '112'))
    await t.throwsAsync(other.next('200'), { message: /ended/ })
  }
  const peer = await tcpPeer(t, port)
  const help = inviting(peer, '112')
  // Some phones begin so (RFC 3261 §7.5), and try a new connection by it.
  peer.send(`\r\n\r\n${help}`)
  const answer = await answered(peer, '1 INVITE')
  const other = request(peer, 'OPTIONS', 'sip:pbx.test')
  peer.send(
    later(peer, 'ACK', help, answer, 1) + other + '\r\n\r\n'.repeat(1_000) + later(peer, 'BYE', help, answer, 2),
  )
  let pongs = 0
  await peer.next((text) => {
    if (text === '\r\n') pongs++
    return text.startsWith('SIP/2.0 200') && header(text, 'CSeq') === '2 BYE'
  })
  t.true(pongs <= 20, `${pongs} keep-alives were answered`)
  t.deepEqual(heard, ['invite 112', 'bye'])
})

test('a connection is kept over which somebody calls who is heard no more, with its keep-alives, and whatever comes in parts', async (t) => {
  const gate = gated()
  const { routes, heard } = answering()
  const { engine } = await startStack(t, { listen: [listen[1]!], routes, gate, isUrgent, limits: { slowMs: 1_000 } })
  const { port } = engine.listening[0]!
  const peer = await tcpPeer(t, port)
  await wanted(peer, 'INVITE')
  const behindNat = { Contact: '<sip:alice@10.0.0.9:5060;transport=tcp>' }
  const invite = inviting(peer, 'bob', behindNat)
  peer.send(invite)
  const answer = await answered(peer, '1 INVITE')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  gate.heard = 'no'
  peer.send('\r\n\r\n')
  await peer.next((text) => text === '\r\n')
  const other = request(peer, 'REGISTER', 'sip:pbx.test')
  peer.send(other.slice(0, 100))
  await new Promise((resolve) => setImmediate(resolve))
  peer.send(other.slice(100))
  // Longer than a part of a message may wait for the rest.
  let pongs = 0
  const pinging = setInterval(() => peer.send('\r\n\r\n'), 200)
  t.teardown(() => clearInterval(pinging))
  while (pongs < 8) {
    await peer.next((text) => text === '\r\n')
    pongs++
  }
  peer.send(later(peer, 'BYE', invite, answer, 2))
  await answered(peer, '2 BYE')
  t.deepEqual(heard, ['invite bob', 'bye'])
})

test('a connection over which it rings is kept, and the one that a call moves to; when the call is over it is none', async (t) => {
  const gate = gated()
  const { routes } = answering()
  const { engine } = await startStack(t, { listen: [listen[1]!], routes, gate, isUrgent })
  const { port } = engine.listening[0]!
  const peer = await tcpPeer(t, port)
  await wanted(peer, 'INVITE')
  const behindNat = { Contact: '<sip:alice@10.0.0.9:5060;transport=tcp>' }
  const ringing = inviting(peer, '112', { To: '"ring" <sip:112@pbx.test>' })
  peer.send(ringing)
  await peer.next('180')
  gate.heard = 'no'
  const isKept = async (over: Peer): Promise<void> => {
    over.send('\r\n\r\n')
    await over.next((text) => text === '\r\n')
  }
  await isKept(peer)
  peer.send(sameBranch(ringing, 'CANCEL'))
  peer.send(sameBranch(ringing, 'ACK', await peer.next('487')))

  gate.heard = 'yes'
  const first = await tcpPeer(t, port)
  const help = inviting(first, '112', behindNat)
  first.send(help)
  const answer = await answered(first, '1 INVITE')
  first.send(later(first, 'ACK', help, answer, 1))
  gate.heard = 'no'
  first.close()
  const second = await tcpPeer(t, port)
  second.send(later(second, 'UPDATE', help, answer, 2).replace(/Contact: [^\r]*/, `Contact: ${behindNat.Contact}`))
  await answered(second, '2 UPDATE')
  await isKept(second)
  second.send(later(second, 'BYE', help, answer, 3))
  await answered(second, '3 BYE')
  await until('it is closed for what comes then', () => {
    if (!second.ended) second.send(request(second, 'OPTIONS', 'sip:pbx.test'))
    return second.ended
  })
  t.false(second.kept().some((text) => text.startsWith('SIP/2.0')))
})

test('in a dialog that is no call nothing is heard', async (t) => {
  const gate = gated()
  const { routes, heard } = answering()
  const { port } = await startStack(t, { routes, gate, isUrgent })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const subscribe = request(peer, 'SUBSCRIBE', 'sip:bob@pbx.test', { Event: 'presence', Expires: '60' })
  peer.send(subscribe)
  const answer = await peer.next('200')
  gate.heard = 'no'
  for (const method of ['INVITE', 'UPDATE', 'BYE', 'OPTIONS']) peer.send(later(peer, method, subscribe, answer, 2))
  const help = inviting(peer, '112')
  peer.send(help)
  const first = await peer.next(() => true)
  t.is(header(first, 'Call-ID'), header(help, 'Call-ID'), 'what came before it had no answer')
  if (first.startsWith('SIP/2.0 100')) await answered(peer, '1 INVITE')
  t.deepEqual(heard, ['subscribe', 'invite 112'])
})

test('a call for help begins with as many line breaks as phones put before it, in a datagram too', async (t) => {
  const gate = gated()
  const { routes } = answering()
  const { port } = await startStack(t, { routes, gate, isUrgent })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  gate.heard = 'no'
  for (const breaks of [1, 2, 4]) {
    const help = inviting(peer, '112')
    peer.send('\r\n'.repeat(breaks) + help)
    await peer.next((text) => text.startsWith('SIP/2.0 200') && header(text, 'Call-ID') === header(help, 'Call-ID'))
  }
  t.pass()
})

test('of who sends too much over a connection the call for help is heard that comes with the rest', async (t) => {
  const gate = gated()
  const { routes, heard } = answering()
  const { engine } = await startStack(t, { listen: [listen[1]!], routes, gate, isUrgent })
  const { port } = engine.listening[0]!
  const peer = await tcpPeer(t, port)
  await wanted(peer, 'INVITE')
  gate.heard = 'later'
  const asked = () => request(peer, 'OPTIONS', 'sip:pbx.test')
  peer.send(asked() + asked() + inviting(peer, '112') + asked())
  await answered(peer, '1 INVITE')
  t.deepEqual(heard, ['options', 'invite 112'])
})

test('only what may be a call for help, or of a call, is looked at, and as much of that as the gate says', async (t) => {
  const gate = gated(false)
  const { routes, heard } = answering()
  const { engine, port } = await startStack(t, { routes, gate, isUrgent })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  gate.heard = 'no'
  for (const method of ['REGISTER', 'MESSAGE', 'REFER', 'SUBSCRIBE']) peer.send(request(peer, method, 'sip:pbx.test'))
  for (const method of ['INFO', 'OPTIONS', 'BYE', 'ACK', 'CANCEL', 'PRACK', 'UPDATE', 'INVITE'])
    peer.send(request(peer, method, 'sip:112@pbx.test'))
  peer.send(reply(inviting(peer, '112'), '200 OK'))
  await until('they were asked for', () => gate.looked.length === 9)
  gate.heard = 'yes'
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  await peer.next('200')
  t.deepEqual(heard, ['options'])
  const belongs = ['belongs', 'belongs', 'belongs', 'belongs', 'belongs']
  t.deepEqual(gate.looked, ['asks', 'asks', ...belongs, 'invite', 'answers'], 'none takes from another')
  t.is(engine.stats().serverTransactions, 1)
})
