import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import tls from 'node:tls'
import test from 'ava'
import type { EngineOptions } from '../../../../node/engine/engine.ts'
import type { CertificateFiles } from '../../../../node/engine/transport/certificates.ts'
import { header, type Peer, reply, request, type Srf, startStack, streamPeer, type Test, udpPeer } from '../stack.ts'
import { certificates, type Files, soon, tlsPeer } from './secure.ts'

const listen = [
  { transport: 'udp', host: '127.0.0.1', port: 0 },
  { transport: 'tls', host: '127.0.0.1', port: 0 },
] as const
const routes = (srf: Srf): void => srf.options((_req, res) => res.send(200))

async function secureStack(t: Test, more: Partial<NonNullable<EngineOptions['tls']>> = {}, log = {}, limits = {}) {
  const files = certificates(t)
  const own = files.pair('own', 'DNS:pbx.test,IP:127.0.0.1')
  const stack = await startStack(t, { listen, tls: { ...own, ca: files.ca, ...more }, routes, log, limits })
  return { ...stack, files, own, tlsPort: stack.engine.listening[1]!.port }
}

const read = ({ cert, key }: CertificateFiles) => ({ cert: readFileSync(cert), key: readFileSync(key) })
const trust = ({ ca }: Files) => ({ ca: readFileSync(ca), servername: 'pbx.test' })
const options = (peer: Peer, extra = {}) => request(peer, 'OPTIONS', 'sip:pbx.test', extra)

test('a phone speaks TLS, and gets calls over its own connection', async (t) => {
  const { srf, files, tlsPort, faults } = await secureStack(t)
  const [peer] = await tlsPeer(t, tlsPort, trust(files))
  peer.send(options(peer))
  t.regex(header(await peer.next('200'), 'Via'), /^SIP\/2\.0\/TLS .*;received=127\.0\.0\.1;rport=\d+/)

  const sending = srf.request(`sip:alice@127.0.0.1:${peer.port};transport=tls`, { method: 'SUBSCRIBE' })
  const asked = await peer.next('SUBSCRIBE')
  t.regex(header(asked, 'Via'), new RegExp(`^SIP/2\\.0/TLS 127\\.0\\.0\\.1:${tlsPort};branch=z9hG4bK[^;]+;rport$`))
  t.is(header(asked, 'Contact'), `<sip:127.0.0.1:${tlsPort};transport=tls>`)
  peer.send(reply(asked, '200 OK'))
  await sending
  t.deepEqual(faults, [])
})

test('TLS below 1.2 is not spoken', async (t) => {
  const { tlsPort, files } = await secureStack(t)
  const socket = tls.connect({
    host: '127.0.0.1',
    port: tlsPort,
    ...trust(files),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:@SECLEVEL=0',
  })
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  t.regex(String(error.code), /VERSION|SSL/)
})

test('a client without a certificate is refused where one is required, let in where it is only asked for', async (t) => {
  for (const client of ['require', 'ask'] as const) {
    const { tlsPort, files } = await secureStack(t, { client })
    const mine = files.pair('phone', 'DNS:phone.test')
    const [known] = await tlsPeer(t, tlsPort, { ...trust(files), ...read(mine) })
    known.send(options(known))
    await known.next('200')

    const [stranger, socket] = await tlsPeer(t, tlsPort, trust(files)).catch(() => [null, null])
    socket?.on('error', () => {})
    stranger?.send(options(stranger))
    if (client === 'ask') await stranger!.next('200')
    else
      await t.throwsAsync(async () => stranger?.next('200') ?? Promise.reject(new Error('ended')), { message: /ended/ })
  }
})

test('the name that a client asks for chooses the certificate', async (t) => {
  const files = certificates(t)
  const own = files.pair('own', 'DNS:pbx.test')
  const names = [
    { name: 'other.test', ...files.pair('other', 'DNS:other.test') },
    { name: '*.many.test', ...files.pair('many', 'DNS:*.many.test') },
  ]
  const { engine } = await startStack(t, { listen, tls: { ...own, names } })
  const shown = async (servername: string): Promise<string | undefined> => {
    const { port } = engine.listening[1]!
    const [, socket] = await tlsPeer(t, port, { servername, rejectUnauthorized: false })
    return socket.getPeerCertificate().subjectaltname
  }
  t.is(await shown('other.test'), 'DNS:other.test')
  t.is(await shown('OTHER.test'), 'DNS:other.test')
  t.is(await shown('a.many.test'), 'DNS:*.many.test')
  t.is(await shown('a.b.many.test'), 'DNS:pbx.test')
  t.is(await shown(''), 'DNS:pbx.test')
})

test('new certificates are taken without a restart, open connections stay, and a bad file changes nothing', async (t) => {
  const said: string[] = []
  const wait = Promise.withResolvers<void>()
  const note = (_fields: object, message: string): void => {
    said.push(message)
    if (message.includes('read again')) wait.resolve()
  }
  const { engine, tlsPort, files, own } = await secureStack(t, {}, { info: note, warn: note }, { certificatesMs: 20 })
  const shown = async (servername = ''): Promise<string> => {
    const [, socket] = await tlsPeer(t, tlsPort, { ...trust(files), servername, checkServerIdentity: () => undefined })
    return socket.getPeerCertificate().fingerprint256
  }
  const [stays] = await tlsPeer(t, tlsPort, trust(files))
  const first = await shown()

  const { cert, key } = files.authority.leaf('renewed', { names: 'DNS:pbx.test' })
  writeFileSync(own.cert, cert)
  t.false(engine.reload(), 'the new certificate does not go with the old key')
  t.regex(said.at(-1)!, /^the new SIP certificates are not used, the ones before stay: .*own\.crt/)
  t.is(await shown(), first)

  writeFileSync(own.key, key)
  await wait.promise
  t.not(await shown(), first)
  t.is(await shown(), await shown('pbx.test'))
  stays.send(options(stays))
  await stays.next('200')
})

/** A server of somebody else, over TLS. */
async function elsewhere(t: Test, pair: CertificateFiles) {
  const peers: Peer[] = []
  const came = Promise.withResolvers<Peer>()
  const server = tls.createServer(read(pair), (socket) => {
    const peer = streamPeer(t, socket, 'TLS')
    peers.push(peer)
    came.resolve(peer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as { port: number }).port, came: () => soon(came.promise, 'a connection'), peers }
}

test('sips goes over TLS to a server whose certificate is for what was asked', async (t) => {
  const { srf, files } = await secureStack(t)
  const { port, came, peers } = await elsewhere(t, files.pair('trunk', 'IP:127.0.0.1'))
  const sending = srf.request(`sips:127.0.0.1:${port}`, { method: 'OPTIONS' })
  const peer = await came()
  const asked = await peer.next('OPTIONS')
  t.regex(header(asked, 'Via'), /^SIP\/2\.0\/TLS .*;alias$/)
  peer.send(reply(asked, '200 OK'))
  const answered = Promise.withResolvers<number>()
  ;(await sending).on('response', (res) => answered.resolve(res.status))
  t.is(await answered.promise, 200)

  await srf.request(`sip:127.0.0.1:${port};transport=tls`, { method: 'OPTIONS' })
  await peer.next('OPTIONS')
  t.is(peers.length, 1, 'the connection is used again')
})

test('T03: a server with a certificate for another name, or of nobody known, is refused in a sentence, and the app hears 503', async (t) => {
  const said: string[] = []
  const { srf, files } = await secureStack(t, {}, { warn: (_: object, message: string) => said.push(message) })
  const refused = [
    [files.pair('wrong', 'DNS:other.test'), /^no TLS connection to 127\.0\.0\.1: its certificate is for other\.test/],
    [files.pair('uri', 'IP:127.0.0.1,URI:sip:other.test'), /127\.0\.0\.1: its certificate is for other\.test/],
    [
      certificates(t).pair('forged', 'IP:127.0.0.1'),
      /^no TLS connection to 127\.0\.0\.1: unable to get local issuer certificate$/,
    ],
  ] as const
  for (const [pair, why] of refused) {
    const { port, peers } = await elsewhere(t, pair)
    const req = await srf.request(`sip:127.0.0.1:${port};transport=tls`, { method: 'OPTIONS' })
    t.is(await new Promise((done) => req.on('response', (res) => done(res.status))), 503)
    t.regex(said.at(-1)!, why)
    t.deepEqual(
      peers.map((peer) => peer.kept()),
      peers.map(() => []),
      'nothing of the request was sent',
    )
  }
})

test('an alias is believed of whoever has a certificate for that name, and of nobody else', async (t) => {
  const { srf, files, tlsPort } = await secureStack(t, { client: 'ask' })
  const mine = files.pair('carrier', 'IP:127.0.0.1')
  const via = { Via: 'SIP/2.0/TLS 127.0.0.1:5999;branch=z9hG4bKalias;alias' }
  const forged = certificates(t).pair('carrier', 'IP:127.0.0.1')
  const [stranger] = await tlsPeer(t, tlsPort, { ...trust(files), ...read(forged) })
  stranger.send(options(stranger, via))
  await stranger.next('200')
  const failed = await srf.request('sip:127.0.0.1:5999;transport=tls', { method: 'SUBSCRIBE' })
  t.is(await new Promise((done) => failed.on('response', (res) => done(res.status))), 503)

  const [known] = await tlsPeer(t, tlsPort, { ...trust(files), ...read(mine) })
  known.send(options(known, { ...via, 'Call-ID': 'another' }))
  await known.next('200')
  const sending = srf.request('sip:127.0.0.1:5999;transport=tls', { method: 'SUBSCRIBE' })
  known.send(reply(await known.next('SUBSCRIBE'), '200 OK'))
  await sending
})

test('an engine without certificates does not listen on TLS', async (t) => {
  await t.throwsAsync(startStack(t, { listen }), { message: /needs a certificate/ })
  await t.throwsAsync(startStack(t, { listen, tls: { cert: '/nowhere/a.pem', key: '/nowhere/a.key' } }), {
    message: /\/nowhere\/a\.pem cannot be read/,
  })
})

test('sips never leaves over UDP', async (t) => {
  const { srf, port } = await startStack(t)
  const peer = await udpPeer(t, port)
  await t.throwsAsync(srf.request(`sips:alice@127.0.0.1:${peer.port}`, { method: 'OPTIONS' }))
  await t.throwsAsync(srf.request(`sips:alice@127.0.0.1:${peer.port};transport=udp`, { method: 'OPTIONS' }))
  t.deepEqual(peer.kept(), [])
})
