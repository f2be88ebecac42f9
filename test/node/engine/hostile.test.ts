import { readdirSync, readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'ava'
import { withVectors } from '../../vectors.ts'
import {
  header,
  type Peer,
  type Response,
  request,
  type Srf,
  startStack,
  type Test,
  tcpPeer,
  udpPeer,
  wanted,
} from './stack.ts'

const open = (srf: Srf): void => {
  srf.options((_req, res) => res.send(200))
  srf.register((_req, res) => res.send(200))
  srf.invite((_req, res) => res.send(486))
}

async function alive(t: Test, port: number): Promise<void> {
  const peer = await udpPeer(t, port)
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test'))
  await peer.next('200')
}

type Spoil = (text: string) => string
const without =
  (name: string): Spoil =>
  (text) =>
    text.replace(new RegExp(`${name}:.*\r\n`), '')
const set =
  (name: string, value: string): Spoil =>
  (text) =>
    text.replace(new RegExp(`${name}:.*\r\n`), () => `${name}: ${value}\r\n`)
const also =
  (line: string): Spoil =>
  (text) =>
    text.replace('\r\n', `\r\n${line}\r\n`)

const table: readonly (readonly [string, string, Spoil])[] = [
  ['a CSeq of another method', '400', set('CSeq', '1 INVITE')],
  ['a CSeq that is no number', '400', set('CSeq', 'one OPTIONS')],
  ['a CSeq of ten thousand digits', '400', set('CSeq', `${'9'.repeat(10_000)} OPTIONS`)],
  ['a CSeq above 2^31', '400', set('CSeq', '4294967296 OPTIONS')],
  ['two Call-IDs', '400', also('i: another')],
  ['a bar in the Call-ID', '400', set('Call-ID', 'a|b')],
  ['a bar in the From tag', '400', set('From', '<sip:alice@pbx.test>;tag=a|b')],
  ['an open quote in From', '400', set('From', '"alice <sip:alice@pbx.test>;tag=1')],
  ['a To without an end', '400', set('To', '<sip:bob@pbx.test')],
  ['a negative Content-Length', '400', set('Content-Length', '-1')],
  ['a signed Content-Length', '400', set('Content-Length', '+0')],
  ['a hexadecimal Content-Length', '400', set('Content-Length', '0x0')],
  ['a Content-Length above the body', '400', set('Content-Length', '99')],
  ['two Content-Lengths', '400', also('l: 0')],
  ['Max-Forwards 0', '483', set('Max-Forwards', '0')],
  ['Max-Forwards that is no number', '400', set('Max-Forwards', 'many')],
  ['another version', '505', (text) => text.replace('SIP/2.0\r\n', 'SIP/7.0\r\n')],
  ['an unknown scheme', '416', (text) => text.replace('sip:pbx.test', 'soap:pbx.test')],
  ['a space in the Request-URI', '400', (text) => text.replace('sip:pbx.test', 'sip:pbx.test; lr')],
  ['a header field without a colon', '400', also('nothing here')],
  ['a lone line feed', '400', also('X-A: b\nX-C: d')],
  ['a NUL', '400', also('X-A: b\0')],
  ['a header field of 9 KiB', '400', also(`X-Long: ${'x'.repeat(9_000)}`)],
  ['a Contact of 3 KiB', '400', set('Contact', `<sip:${'x'.repeat(3_000)}@pbx.test>`)],
  ['three hundred header fields', '400', (text) => text.replace('\r\n\r\n', `\r\n${'X-A: b\r\n'.repeat(300)}\r\n`)],
  ['bytes that are not UTF-8', '400', (text) => text],
]

test('what is malformed is refused with what is wrong with it, and the engine lives on', async (t) => {
  const { port, faults } = await startStack(t, { routes: open })
  const peer = await udpPeer(t, port)
  for (const [what, status, spoil] of table) {
    const asked = spoil(request(peer, 'OPTIONS', 'sip:pbx.test'))
    if (what.includes('UTF-8')) peer.send(Buffer.from(asked.replace('alice', 'ali\xffce'), 'latin1'))
    else peer.send(asked)
    const answer = await peer.next((text) => text.startsWith('SIP/2.0'))
    t.true(answer.startsWith(`SIP/2.0 ${status}`), `${what}: ${answer.split('\r\n')[0]}`)
  }
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    peer.send(without(name)(request(peer, 'OPTIONS', 'sip:pbx.test')))
  }
  await alive(t, port)
  t.deepEqual(faults, [])
})

test('a method is refused as what it is: unknown, not wanted, or in no dialog', async (t) => {
  const { port } = await startStack(t, { routes: open })
  const peer = await udpPeer(t, port)
  peer.send(request(peer, 'DANCE', 'sip:pbx.test'))
  await peer.next('501')
  peer.send(request(peer, 'MESSAGE', 'sip:pbx.test'))
  t.is(header(await peer.next('405'), 'Allow'), 'ACK, CANCEL, BYE, OPTIONS, REGISTER, INVITE')
  peer.send(request(peer, 'BYE', 'sip:pbx.test', { To: '<sip:bob@pbx.test>;tag=gone' }))
  await peer.next('481')
  peer.send(request(peer, 'CANCEL', 'sip:pbx.test'))
  await peer.next('481')
  peer.send(request(peer, 'OPTIONS', 'sip:pbx.test', { To: '<sip:bob@pbx.test>;tag=gone' }))
  await peer.next('200')
})

test('an app that has not said yet what it wants is none: the phone is asked to come back, not turned away', async (t) => {
  const { port } = await startStack(t)
  const peer = await udpPeer(t, port)
  peer.send(request(peer, 'REGISTER', 'sip:pbx.test'))
  t.truthy(header(await peer.next('503'), 'Retry-After'))
})

test('one request that comes by two ways is answered on one of them only', async (t) => {
  const { srf, port } = await startStack(t)
  const asking = new Promise<Response>((resolve) => srf.register((_req, res) => resolve(res)))
  const peer = await udpPeer(t, port)
  await wanted(peer, 'REGISTER')
  const asked = request(peer, 'REGISTER', 'sip:pbx.test')
  peer.send(asked)
  peer.send(asked.replace(/branch=\w+/, 'branch=z9hG4bKother'))
  t.regex(await peer.next('482'), /Loop Detected/)
  const app = await asking
  app.send(200)
  await peer.next('200')
})

test('above its limit the engine sheds new requests and keeps those it has', async (t) => {
  const { srf, port, engine } = await startStack(t, { limits: { pending: 1 } })
  const asking = new Promise<Response>((resolve) => srf.register((_req, res) => resolve(res)))
  const peer = await udpPeer(t, port)
  await wanted(peer, 'REGISTER')
  peer.send(request(peer, 'REGISTER', 'sip:pbx.test'))
  peer.send(request(peer, 'REGISTER', 'sip:pbx.test'))
  const shed = await peer.next('503')
  t.regex(header(shed, 'Retry-After'), /^([3-9]|10)$/)
  t.is(engine.stats().unanswered, 1)
  const app = await asking
  app.send(200)
  await peer.next('200')
})

for (const [what, spoil, answered] of [
  ['no Content-Length', without('Content-Length'), '400'],
  ['two Content-Lengths', also('Content-Length: 5'), '400'],
  ['a Content-Length of 2 MiB', set('Content-Length', '2097152'), '413'],
] as const) {
  test(`over TCP ${what} is answered ${answered} and ends the connection`, async (t) => {
    const { port } = await startStack(t, { routes: open })
    const peer = await tcpPeer(t, port)
    peer.send(spoil(request(peer, 'OPTIONS', 'sip:pbx.test')))
    await peer.next(answered)
    await t.throwsAsync(peer.next('nothing'), { message: /ended/ })
    await alive(t, port)
  })
}

test('a TCP peer that begins a message and does not end it is cut off', async (t) => {
  const { port, engine } = await startStack(t, { routes: open, limits: { slowMs: 60 } })
  const peer = await tcpPeer(t, port)
  peer.send('OPTIONS sip:pbx.test SIP/2.0\r\nVia: ')
  await t.throwsAsync(peer.next('nothing'), { message: /ended/ })
  t.is(engine.stats().connections, 0)
})

test('an app without the secret is turned away, whatever else it says first', async (t) => {
  const { engine } = await startStack(t, { routes: open })
  for (const [said, heard] of [
    ['1|authenticate|guess|', /NO\|incorrect secret/],
    ['1|route|options', /NO\|authenticate first/],
    ['1|sip||\r\nOPTIONS sip:pbx.test SIP/2.0\r\n\r\n', /NO\|authenticate first/],
  ] as const) {
    const answer = await said1(engine.drachtio.port, `${said.length}#${said}`)
    t.regex(answer, heard)
  }
  for (const broken of ['x#y', '99999999#', '-1#', '0#', '123456789012'])
    t.is(await said1(engine.drachtio.port, broken), '')
  t.is(engine.stats().apps, 1)
})

function said1(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let heard = ''
    socket.on('data', (bytes) => (heard += bytes.toString()))
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
    socket.write(text)
  })
}

withVectors(
  test,
  'sip/rfc4475',
  'after every torture message of RFC 4475 the engine answers the next OPTIONS',
  async (t, folder) => {
    const { port, faults } = await startStack(t, { routes: open })
    const names = readdirSync(folder).filter((file) => file.endsWith('.dat'))
    t.true(names.length >= 49, `only ${names.length} messages in ${folder}`)
    for (const name of names) {
      const bytes = readFileSync(path.join(folder, name))
      const overUdp = await udpPeer(t, port)
      overUdp.send(bytes)
      const overTcp: Peer = await tcpPeer(t, port)
      overTcp.send(bytes)
      await alive(t, port)
      t.deepEqual(faults, [], name)
    }
  },
)
