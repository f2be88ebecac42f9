/** `raftel engine` as a process of its own, with the real drachtio-srf and phones of bytes. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import DrachtioSrf from 'drachtio-srf'
import { certOf, give, initCa, keyOf } from '../../cli/certs/authority.ts'
import { FREE, listening, spawnEngine } from '../engine-process.ts'
import { talking } from '../node/engine/raw-app.ts'
import { header, later, leave, reply, request, type Srf, type Test, udpPeer, wanted } from '../node/engine/stack.ts'
import { tlsPeer } from '../node/engine/transport/secure.ts'
import { freePorts } from '../ports.ts'

/** What a start that cannot be says, and with which exit code. */
async function refused(t: Test, args: readonly string[], env = {}): Promise<{ said: string; code: number }> {
  const child = spawnEngine(t, args, env)
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
  return { said, code: code as number }
}

test('an application on drachtio-srf runs on the engine alone, which ends cleanly on SIGTERM', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'engine-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'secret')
  writeFileSync(file, 'open sesame\n')
  const child = spawnEngine(t, [...FREE, '--secret-file', file, '-o', 'json'])
  const { sip, apps } = await listening(child)
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  srf.options((_req, res) => res.send(200, { headers: { 'X-App': 'here' } }))
  srf.connect({ host: '127.0.0.1', port: apps, secret: 'open sesame' })
  const phone = await udpPeer(t, sip)
  await wanted(phone, 'OPTIONS')
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  t.is(header(await phone.next('200'), 'X-App'), 'here')
  leave(srf)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  t.is(code, 0)
})

test('a call that was proxied before a restart goes on after it, when the key is kept', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'engine-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const key = path.join(folder, 'route.key')
  const [port, apps] = (await freePorts(2)) as [number, number]
  const points = ['--listen', `udp:127.0.0.1:${port}`, '--drachtio', `127.0.0.1:${apps}`, '--log-level', 'error']
  const start = async () => {
    const child = spawnEngine(t, [...points, '--route-key-file', key, '-o', 'json'], { RAFTEL_ENGINE_SECRET: 'sesame' })
    await listening(child)
    return child
  }
  const first = await start()
  t.is(statSync(key).mode & 0o777, 0o600)
  const [caller, callee] = [await udpPeer(t, port), await udpPeer(t, port)]
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  srf.invite((req) => void srf.proxyRequest(req, `sip:bob@127.0.0.1:${callee.port}`, { recordRoute: true }))
  srf.connect({ host: '127.0.0.1', port: apps, secret: 'sesame' })
  await wanted(caller, 'INVITE')
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test')
  caller.send(invite)
  const onward = await callee.next('INVITE')
  callee.send(reply(onward, '200 OK', { contact: `sip:bob@127.0.0.1:${callee.port}` }))
  const answer = await caller.next('200')
  leave(srf)
  first.kill('SIGKILL')
  await once(first, 'exit')
  await start()
  const route = `\r\nRoute: ${header(onward, 'Record-Route')}\r\nFrom:`
  caller.send(later(caller, 'BYE', invite, answer, 2).replace('\r\nFrom:', route))
  t.true((await callee.next('BYE')).startsWith(`BYE sip:bob@127.0.0.1:${callee.port} `))
})

test('applications connect with TLS, and a verb goes to the application that its handler names', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'engine-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  initCa(folder, 'pbx', 1, false, Date.now())
  give(folder, { name: 'engine', role: 'node', hosts: ['127.0.0.1'], days: 1, force: false }, Date.now())
  const app = net.createServer((socket) => talking(socket).say('1|authenticate|sesame|')).listen(0, '127.0.0.1')
  await once(app, 'listening')
  t.teardown(() => app.close())
  const asked = new Promise<string>((resolve) => {
    app.on('connection', (socket) => resolve(talking(socket).hear('MESSAGE sip:')))
  })
  const [cert, key] = [certOf(folder, 'engine'), keyOf(folder, 'engine')]
  const child = spawnEngine(
    t,
    [...FREE, '--drachtio-tls-cert', cert, '--drachtio-tls-key', key, '-o', 'json'].concat(
      '--http-handler',
      `message=tcp://127.0.0.1:${(app.address() as net.AddressInfo).port}`,
    ),
    { RAFTEL_ENGINE_SECRET: 'sesame' },
  )
  const { sip, apps } = await listening(child)
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  srf.options((_req, res) => res.send(200))
  const ca = readFileSync(certOf(folder, 'ca'), 'utf8')
  srf.connect({ host: '127.0.0.1', port: apps, secret: 'sesame', tls: { ca } })
  const phone = await udpPeer(t, sip)
  await wanted(phone, 'OPTIONS')
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  t.regex(await asked, /\|sip\|network\|/)
  leave(srf)
  child.kill('SIGTERM')
  const wrong = await refused(t, [...FREE, '--drachtio-tls-cert', key, '--drachtio-tls-key', cert], {
    RAFTEL_ENGINE_SECRET: 'sesame',
  })
  t.regex(wrong.said, / are not a certificate and its key/)
  t.is(wrong.code, 1)
})

test('phones speak TLS and WSS to the engine alone, with the certificate it was given', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'engine-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  initCa(folder, 'pbx', 1, false, Date.now())
  give(folder, { name: 'engine', role: 'node', hosts: ['127.0.0.1'], days: 1, force: false }, Date.now())
  const secret = { RAFTEL_ENGINE_SECRET: 'sesame' }
  const points = ['--listen', 'tls:127.0.0.1:0,wss:127.0.0.1:0', '--drachtio', '127.0.0.1:0', '--log-level', 'error']
  const files = ['--sip-tls-cert', certOf(folder, 'engine'), '--sip-tls-key', keyOf(folder, 'engine')]
  const child = spawnEngine(t, [...points, ...files, '-o', 'json'], secret)
  const { sip, apps } = await listening(child)
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  srf.options((_req, res) => res.send(200))
  srf.connect({ host: '127.0.0.1', port: apps, secret: 'sesame' })
  const [phone] = await tlsPeer(t, sip, { ca: readFileSync(certOf(folder, 'ca')) })
  await wanted(phone, 'OPTIONS')
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  t.regex(header(await phone.next('200'), 'Via'), /^SIP\/2\.0\/TLS /)
  leave(srf)
  const without = await refused(t, points, secret)
  t.regex(without.said, /tls needs a certificate: give --sip-tls-cert and --sip-tls-key/)
  t.is(without.code, 2)
  const wrong = await refused(
    t,
    [...points, '--sip-tls-cert', keyOf(folder, 'engine'), '--sip-tls-key', certOf(folder, 'engine')],
    secret,
  )
  t.is(wrong.code, 1)
  t.regex(wrong.said, /^raftel: .*\n$/)
  const mutual = await refused(t, [...points, ...files, '--sip-tls-client', 'require'], secret)
  t.regex(mutual.said, /--sip-tls-client require needs --sip-tls-ca/)
})

test('a port in use is one sentence with a remedy and exit 1', async (t) => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as net.AddressInfo
  const args = ['--listen', 'udp:127.0.0.1:0', '--drachtio', `127.0.0.1:${port}`, '--log-level', 'error']
  const { said, code } = await refused(t, args, { RAFTEL_ENGINE_SECRET: 'open sesame' })
  t.regex(said, new RegExp(`^raftel: drachtio 127\\.0\\.0\\.1:${port}: port in use .*choose another port.*\n$`))
  t.is(code, 1)
})

test('what is missing or malformed is a sentence of usage, exit 2', async (t) => {
  const none = await refused(t, FREE, { RAFTEL_ENGINE_SECRET: undefined })
  t.regex(none.said, /--secret-file, or RAFTEL_ENGINE_SECRET/)
  t.is(none.code, 2)
  const bar = await refused(t, [...FREE, '--secret', 'a|b'])
  t.regex(bar.said, /without bars/)
  t.is(bar.code, 2)
  const point = await refused(t, ['--listen', 'sctp:127.0.0.1:5060', '--secret', 'a'])
  t.regex(point.said, /--listen sctp:127\.0\.0\.1:5060: write udp/)
  t.is(point.code, 2)
})
