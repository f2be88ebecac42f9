/** What an app may say and what it hears: the drachtio protocol in bytes. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import test from 'ava'
import DrachtioSrf from 'drachtio-srf'
import { certOf, give, initCa, keyOf } from '../../../cli/certs/authority.ts'
import { startEngine } from '../../../node/engine/engine.ts'
import { framed } from '../../../node/engine/wire/frames.ts'
import { answerTo, rawApp, talking } from './raw-app.ts'
import { header, later, leave, quiet, reply, request, type Srf, startStack, udpPeer, wanted } from './stack.ts'
import { certificates } from './transport/secure.ts'

const SECRET = 'open sesame'

test('nothing but the secret opens the door: until then no route, no ping, no SIP', async (t) => {
  const { engine, port } = await startStack(t)
  const sip = '1|sip||\r\nOPTIONS sip:x@127.0.0.1:9 SIP/2.0\r\n\r\n'
  for (const said of [
    '1|route|options',
    '1|ping',
    sip,
    '1|proxy|x|||||||sip:x@127.0.0.1:9\r\nINVITE sip:x SIP/2.0\r\n\r\n',
  ]) {
    const app = await rawApp(t, engine.drachtio)
    app.say(said, `2|authenticate|${SECRET}|`)
    t.regex(await app.hear('|response|1|'), /\|NO\|/)
    await app.closed
    t.deepEqual(app.heard, [])
  }
  const wrong = await rawApp(t, engine.drachtio)
  wrong.say('1|authenticate|open sesam|', '2|route|options')
  t.regex(await wrong.hear('|response|1|'), /\|NO\|incorrect secret$/)
  await wrong.closed
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  await phone.next('503')
})

test('remove_route takes back one verb and no other', async (t) => {
  const { engine, port } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  app.say('1|route|options', '2|route|message', '3|remove_route|options')
  await app.hear('|response|3|OK')
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  t.is(header(await phone.next('405'), 'Allow'), 'ACK, CANCEL, BYE, MESSAGE')
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  app.say(answerTo(await app.hear('MESSAGE sip:bob'), '202 Accepted'))
  await phone.next('202')
})

test('a ping is answered, an unknown message is refused and ends the connection', async (t) => {
  const { engine } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  app.say('1|ping')
  t.regex(await app.hear('|response|1|'), /\|OK\|pong$/)
  app.say('2|sing|loudly', '3|ping')
  t.regex(await app.hear('|response|2|'), /\|NO\|Unknown message type$/)
  await app.closed
  t.deepEqual(app.heard, [])
})

test('what cannot be done is refused with NOK and a reason, and the connection stays', async (t) => {
  const { engine } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  const tries: readonly (readonly [string, RegExp])[] = [
    ['|sip|gone|\r\nSIP/2.0 200 OK\r\n\r\n', /unknown transaction/],
    ['|sip||nobody;from-tag=x\r\nBYE sip:placeholder SIP/2.0\r\n\r\n', /unable to find dialog/],
    ['|sip|gone|\r\nCANCEL sip:x SIP/2.0\r\n\r\n', /unable to find/],
    ['|sip||\r\nnot sip at all', /malformed/],
    ['|sip', /malformed/],
    ['|sip||\r\nOPTIONS tel:1 SIP/2.0\r\n\r\n', /not a SIP URI/],
    ['|proxy|gone|||||||sip:x@127.0.0.1\r\nINVITE sip:x SIP/2.0\r\n\r\n', /unknown transaction/],
  ]
  for (const [index, [said, reason]] of tries.entries()) {
    app.say(`${index}${said}`)
    const heard = await app.hear(`|response|${index}|`)
    t.regex(heard, /\|NOK\|/, said)
    t.regex(heard, reason, said)
  }
  app.say('end|ping')
  await app.hear('|response|end|OK')
})

test('a frame may come in any pieces and of any size up to the bound; above it, or without a length, the connection ends', async (t) => {
  const { engine, port } = await startStack(t, { limits: { frame: 300_000 } })
  const app = await rawApp(t, engine.drachtio, SECRET)
  const target = await udpPeer(t, port)
  const body = 'é'.repeat(20_000)
  const whole = framed(
    `big|sip||\r\nMESSAGE sip:bob@127.0.0.1:${target.port} SIP/2.0\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\n${body}`,
  )
  const bytes = Buffer.from(framed('1|route|message') + whole + framed('2|ping'))
  for (let at = 0; at < 60; at++) {
    app.socket.write(bytes.subarray(at, at + 1))
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let at = 60; at < bytes.length; at += 977) app.socket.write(bytes.subarray(at, at + 977))
  await app.hear('|response|1|OK')
  t.true((await app.hear('|response|big|OK')).endsWith(body))
  await app.hear('|response|2|OK')
  t.is(header(await target.next('MESSAGE'), 'Content-Length'), '40000')
  for (const bad of ['300001#x', '0#', '-1#x', '+3#abc', '0x10#x', '1e3#x', 'hello app!', '123456789#', '#x']) {
    const other = await rawApp(t, engine.drachtio, SECRET)
    other.socket.write(bad)
    await other.closed
  }
  t.is(engine.stats().apps, 2)
})

test('a bar in a Call-ID reaches no app', async (t) => {
  const { engine, port } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  app.say('1|route|options')
  await app.hear('|response|1|OK')
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test', { 'Call-ID': 'a|b|c' }))
  await phone.next('400')
  // A bar that an app gives is not taken either.
  app.say(`2|sip||\r\nOPTIONS sip:x@127.0.0.1:${phone.port} SIP/2.0\r\nCall-ID: x|y\r\n\r\n`)
  t.false(header(await phone.next('OPTIONS'), 'Call-ID').includes('|'))
  t.deepEqual(
    app.heard.filter((one) => one.includes('a|b|c')),
    [],
  )
})

test('a request in a dialog that nobody knows is given to the app that wants its verb, with the id its dialog would have', async (t) => {
  const { engine, port } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  app.say('1|route|info')
  await app.hear('|response|1|OK')
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'INFO', 'sip:pbx.test', { To: '<sip:bob@pbx.test>;tag=gone', 'Call-ID': 'lost@pbx.test' }))
  const asked = await app.hear('INFO sip:pbx.test')
  t.regex(asked.split('|')[9]!, /^lost@pbx\.test;from-tag=from\d+$/)
  app.say(answerTo(asked, '200 OK'))
  await phone.next('200')
  phone.send(request(phone, 'BYE', 'sip:pbx.test', { To: '<sip:bob@pbx.test>;tag=gone' }))
  await phone.next('481')
})

test('apps that want the same verb get its requests in turn, and one that vanishes leaves the others the rest', async (t) => {
  const { engine, port } = await startStack(t)
  const apps = [await rawApp(t, engine.drachtio, SECRET), await rawApp(t, engine.drachtio, SECRET)]
  for (const app of apps) {
    app.say('1|route|options')
    await app.hear('|response|1|OK')
  }
  const phone = await udpPeer(t, port)
  for (let count = 0; count < 4; count++) phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  for (const app of apps)
    for (let count = 0; count < 2; count++) app.say(answerTo(await app.hear('OPTIONS sip'), '200 OK'))
  for (let count = 0; count < 4; count++) await phone.next('200')
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  await Promise.all(apps.map((app) => app.hear('OPTIONS sip')))
  apps[0]!.socket.destroy()
  t.is(header(await phone.next('503'), 'Retry-After'), '5', 'its own request is answered for it')
  for (let count = 0; count < 2; count++) {
    phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
    apps[1]!.say(answerTo(await apps[1]!.hear('OPTIONS sip'), '200 OK'))
    await phone.next('200')
  }
  t.is(engine.stats().unanswered, 1, 'what the other has not answered is still its own')
})

test('the requests of a dialog go to the app that answered, and to another when that one is gone', async (t) => {
  const { engine, port } = await startStack(t)
  const one = await rawApp(t, engine.drachtio, SECRET)
  one.say('1|route|invite', '2|route|info')
  await one.hear('|response|2|OK')
  const caller = await udpPeer(t, port)
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test')
  caller.send(invite)
  one.say(answerTo(await one.hear('INVITE sip:bob'), '200 OK'))
  const answer = await caller.next('200')
  caller.send(later(caller, 'ACK', invite, answer, 1))
  await one.hear('ACK sip:')
  const two = await rawApp(t, engine.drachtio, SECRET)
  two.say('1|route|invite')
  await two.hear('|response|1|OK')
  caller.send(later(caller, 'INFO', invite, answer, 2))
  const asked = await one.hear('INFO sip:')
  one.say(answerTo(asked, '200 OK'))
  await caller.next('200')
  one.socket.destroy()
  while (engine.stats().apps > 2) await new Promise((resolve) => setImmediate(resolve))
  caller.send(later(caller, 'INFO', invite, answer, 3))
  const taken = await two.hear('INFO sip:')
  t.is(taken.split('|')[9], asked.split('|')[9])
  two.say(answerTo(taken, '200 OK'))
  await caller.next('200')
})

test('a proxied request is told of in frames: each final response with continue, then done; without fullResponse done alone', async (t) => {
  const { engine, port } = await startStack(t)
  const app = await rawApp(t, engine.drachtio, SECRET)
  app.say('1|route|message')
  await app.hear('|response|1|OK')
  const [phone, target] = [await udpPeer(t, port), await udpPeer(t, port)]
  for (const full of ['fullResponse', '']) {
    phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test', {}, 'hello'))
    const transaction = (await app.hear('MESSAGE sip:bob')).split('|')[8]
    const to = `sip:x@127.0.0.1:${target.port}`
    app.say(`p${full}|proxy|${transaction}||${full}||serial|||${to}\r\nMESSAGE ${to} SIP/2.0\r\nx-more: yes\r\n\r\n`)
    const asked = await target.next('MESSAGE')
    t.is(header(asked, 'X-More'), 'yes')
    target.send(reply(asked, '200 OK'))
    await phone.next('200')
    if (full !== '') {
      const told = await app.hear('|response|pfullResponse|OK|network|')
      const leader = told.slice(0, told.indexOf('\r\n')).split('|')
      t.deepEqual(leader.slice(4, 5).concat(leader.slice(6, 9), leader.slice(10)), [
        'network',
        'udp',
        '127.0.0.1',
        String(target.port),
        '',
        '',
        'continue',
      ])
      t.regex(leader[9]!, /^\d\d:\d\d:\d\d\.\d{6}$/)
      t.true(told.slice(told.indexOf('\r\n') + 2).startsWith('SIP/2.0 200 OK\r\n'))
    }
    t.regex(await app.hear(`|response|p${full}|`), /\|OK\|done$/)
  }
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  const transaction = (await app.hear('MESSAGE sip:bob')).split('|')[8]
  for (const bad of ['', 'http://x', 'sip:']) {
    app.say(`bad|proxy|${transaction}|||||||${bad}\r\nMESSAGE sip:x SIP/2.0\r\n\r\n`)
    t.regex(await app.hear('|response|bad|NOK|'), /not a SIP URI/)
  }
})

test('with a certificate apps connect by TLS, drachtio-srf too, and nobody without', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'apps-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  initCa(folder, 'pbx', 1, false, Date.now())
  give(folder, { name: 'engine', role: 'node', hosts: ['127.0.0.1'], days: 1, force: false }, Date.now())
  const text = (file: string): string => readFileSync(file, 'utf8')
  const engine = await startEngine({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
    drachtio: {
      host: '127.0.0.1',
      port: 0,
      tls: { cert: certOf(folder, 'engine'), key: keyOf(folder, 'engine') },
    },
    secret: SECRET,
    log: quiet,
  })
  t.teardown(() => engine.close())
  const plain = net.connect(engine.drachtio.port, engine.drachtio.host)
  plain.on('error', () => {})
  plain.write(framed(`1|authenticate|${SECRET}|`))
  const [heard] = await Promise.race([once(plain, 'data'), once(plain, 'close').then(() => [''])])
  t.false(String(heard).includes('OK|'))
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  srf.options((_req, res) => res.send(200))
  srf.connect({ ...engine.drachtio, secret: SECRET, tls: { ca: text(certOf(folder, 'ca')) } })
  const phone = await udpPeer(t, engine.listening[0]!.port)
  await wanted(phone, 'OPTIONS')
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  await phone.next('200')
  leave(srf)
})

test('the certificate for apps is read again when its files change: those that are connected stay, and a bad one changes nothing', async (t) => {
  const files = certificates(t)
  const own = files.pair('apps', 'IP:127.0.0.1')
  const said: string[] = []
  const again = Promise.withResolvers<void>()
  const note = (_fields: object, message: string): void => {
    said.push(message)
    if (message.includes('read again')) again.resolve()
  }
  const engine = await startEngine({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
    drachtio: { host: '127.0.0.1', port: 0, tls: own },
    secret: SECRET,
    log: { ...quiet, info: note, warn: note },
    limits: { certificatesMs: 20 },
  })
  t.teardown(() => engine.close())
  const connected = async (): Promise<tls.TLSSocket> => {
    const socket = tls.connect({ ...engine.drachtio, ca: readFileSync(files.ca) })
    t.teardown(() => socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
  const shown = async (): Promise<string> => (await connected()).getPeerCertificate().fingerprint256
  const stays = talking(await connected())
  stays.say(`1|authenticate|${SECRET}|`)
  await stays.hear('|response|1|OK|')
  const first = await shown()

  const { cert, key } = files.authority.leaf('renewed', { names: 'IP:127.0.0.1' })
  writeFileSync(own.cert, cert)
  t.false(engine.reload(), 'the new certificate does not go with the old key')
  t.regex(said.at(-1)!, /^the new application certificates are not used, the ones before stay: .*apps\.crt/)
  t.is(await shown(), first)

  writeFileSync(own.key, key)
  await again.promise
  t.not(await shown(), first)
  stays.say('2|ping')
  await stays.hear('|response|2|OK|pong')
})
