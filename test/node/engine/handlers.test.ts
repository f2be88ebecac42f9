/** Outbound mode: an HTTP handler decides, and the engine connects to the app for each request. */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import test, { type ExecutionContext } from 'ava'
import DrachtioSrf from 'drachtio-srf'
import { readHandler } from '../../../node/engine/wire/handlers.ts'
import { type RawApp, rawApp, talking } from './raw-app.ts'
import { header, later, type Message, reply, request, type Srf, sdp, startStack, udpPeer } from './stack.ts'

const SECRET = 'open sesame'

interface Asked {
  readonly method: string
  readonly query: URLSearchParams
  readonly body: string
}

/** An HTTP server that says the same to everybody; a text goes out as it is. */
async function handler(
  t: ExecutionContext,
  say: object | string,
  status = 200,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = http.createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    asked.push({ method: req.method!, query: new URL(req.url!, 'http://x').searchParams, body })
    res.writeHead(status, { 'Content-Type': 'application/json' })
    res.end(typeof say === 'string' ? say : JSON.stringify(say))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/route?k=v`, asked }
}

const on = (url: string, method: 'GET' | 'POST' = 'GET', verb = '*') => ({ handlers: [{ verb, method, url }] })

/** drachtio-srf that listens for engines. */
async function listening(t: ExecutionContext, routes: (srf: Srf) => void): Promise<string> {
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  routes(srf)
  const server = srf.listen({ host: '127.0.0.1', port: 0, secret: SECRET })
  if (!server.listening) await once(server, 'listening')
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

test('a handler is told what a request is, in the query, and with POST the request itself', async (t) => {
  const { url, asked } = await handler(t, { action: 'reject', data: { status: 486, reason: 'Not Today' } })
  const { port } = await startStack(t, on(url, 'POST'))
  const phone = await udpPeer(t, port)
  const uri = 'sip:carol@pbx.test;color=red;source_address=1.2.3.4'
  phone.send(request(phone, 'INVITE', uri, { 'Content-Type': 'application/sdp' }, sdp(5000)))
  const refusal = await phone.next('486')
  t.true(refusal.startsWith('SIP/2.0 486 Not Today\r\n'))
  const [one] = asked
  t.is(one!.method, 'POST')
  t.deepEqual(Object.fromEntries(one!.query), {
    k: 'v',
    method: 'INVITE',
    domain: 'pbx.test',
    protocol: 'udp',
    source_address: '127.0.0.1',
    fromUser: 'alice',
    toUser: 'bob',
    uriUser: 'carol',
    contentType: 'application/sdp',
    uri,
    color: 'red',
  })
  t.true(one!.body.startsWith(`INVITE ${uri} SIP/2.0\r\n`) && one!.body.endsWith(sdp(5000)))
})

test('a handler may redirect and may proxy', async (t) => {
  const away = await handler(t, {
    action: 'redirect',
    data: { contacts: ['sip:a@192.0.2.1', '"B" <sip:b@192.0.2.2>'] },
  })
  const one = await startStack(t, on(away.url))
  const caller = await udpPeer(t, one.port)
  caller.send(request(caller, 'INVITE', 'sip:bob@pbx.test'))
  t.is(header(await caller.next('302'), 'Contact'), '<sip:a@192.0.2.1>, "B" <sip:b@192.0.2.2>')
  t.is(away.asked[0]!.method, 'GET')

  const data = { recordRoute: true, simultaneous: true, destination: [] as string[] }
  const there = await handler(t, {
    get action() {
      return 'proxy'
    },
    data,
  })
  const two = await startStack(t, on(there.url))
  const [other, callee] = [await udpPeer(t, two.port), await udpPeer(t, two.port)]
  data.destination.push(`127.0.0.1:${callee.port}`)
  other.send(request(other, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp' }, sdp(5000)))
  const onward = await callee.next('INVITE')
  t.regex(header(onward, 'Record-Route'), /^<sip:r\./)
  callee.send(reply(onward, '200 OK', { contact: `sip:bob@127.0.0.1:${callee.port}`, body: sdp(6000) }))
  await other.next('200')
})

test('a request is routed to an app that listens: one connection, a whole call on it, and the app ends it', async (t) => {
  let ready = (): void => {}
  const listens = new Promise<void>((resolve) => {
    ready = resolve
  })
  const address = await listening(t, (srf) => {
    srf.invite(async (req: Message, res) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
      dialog.on('destroy', () => srf.endSession(req))
      ready()
    })
  })
  const { url } = await handler(t, { action: 'route', data: { uri: `${address};transport=tcp` } })
  const { port, engine, faults } = await startStack(t, on(url))
  const apps = async (count: number): Promise<void> => {
    while (engine.stats().apps !== count) await new Promise((resolve) => setImmediate(resolve))
  }
  await apps(1)
  const caller = await udpPeer(t, port)
  const asked = request(caller, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp' }, sdp(5000))
  caller.send(asked)
  const answer = await caller.next('200')
  t.is(engine.stats().apps, 2)
  caller.send(later(caller, 'ACK', asked, answer, 1))
  await listens
  caller.send(later(caller, 'BYE', asked, answer, 2))
  await caller.next('200')
  await apps(1)
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('tcp:// needs no handler to ask, and a verb may have one of its own', async (t) => {
  const address = await listening(t, (srf) =>
    srf.options((_req, res) => res.send(200, { headers: { 'X-By': 'outbound' } })),
  )
  const { port } = await startStack(t, {
    ...on(`tcp://${address}`, 'GET', 'options'),
    routes: (srf) => srf.message((_req, res) => res.send(202)),
  })
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  t.is(header(await phone.next('200'), 'X-By'), 'outbound')
  phone.send(request(phone, 'MESSAGE', 'sip:pbx.test'))
  await phone.next('202')
})

test('a tag leads to the apps that gave it when they connected, in turn; tags that are none are left out', async (t) => {
  const data = { tag: 'conf@eu' }
  const { url } = await handler(t, { action: 'route', data })
  const { port, engine } = await startStack(t, on(url))
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  t.is(header(await phone.next('503'), 'Retry-After'), '5', 'nobody has it yet')
  const long = 'x'.repeat(33)
  const tags = [
    `no tag,${long},conf@eu`,
    Array.from({ length: 20 }, (_, n) => `t${n}`).join() + ',conf@eu',
    'blue,conf@eu',
  ]
  const [one, full, two] = await Promise.all(tags.map((list) => rawApp(t, engine.drachtio, SECRET, list)))
  for (const app of [one!, full!, two!]) {
    app.say('2|route|message')
    await app.hear('|response|2|')
  }
  const other = await rawApp(t, engine.drachtio, SECRET, 'conf@eu')
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
  await Promise.all([one!.hear('MESSAGE sip:bob'), two!.hear('MESSAGE sip:bob')])
  t.deepEqual(full!.heard, [], 'its twenty-first tag is one too many')
  t.deepEqual(other.heard, [], 'it does not want messages')
  for (const none of ['no tag', long]) {
    data.tag = none
    phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test'))
    await phone.next('503')
  }
})

test('a handler that fails, or says what cannot be done, costs the caller a 503 or a 500, never an answer without end', async (t) => {
  const nobody = net.createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const closed = (nobody.address() as net.AddressInfo).port
  await new Promise((resolve) => nobody.close(resolve))
  const cases: readonly (readonly [string, object | string, number, string])[] = [
    ['an HTTP error', {}, 500, '503'],
    ['no JSON', 'hello', 200, '500'],
    ['too much', 'x'.repeat(70_000), 200, '503'],
    ['no action', { data: {} }, 200, '500'],
    ['a 200 as refusal', { action: 'reject', data: { status: 200 } }, 200, '500'],
    ['a contact of two lines', { action: 'redirect', data: { contacts: ['sip:a@b\r\nX: y'] } }, 200, '500'],
    ['a destination that is none', { action: 'proxy', data: { destination: 'mailto:x' } }, 200, '500'],
    ['an app that does not listen', { action: 'route', data: { uri: `127.0.0.1:${closed}` } }, 200, '503'],
    ['a proto', '{"action":"route","data":{"__proto__":{"tag":"x"}}}', 200, '500'],
  ]
  for (const [name, say, status, heard] of cases) {
    const { url } = await handler(t, say, status)
    const { port, engine } = await startStack(t, on(url))
    const phone = await udpPeer(t, port)
    phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
    t.true((await phone.next((text) => text.startsWith('SIP/2.0'))).startsWith(`SIP/2.0 ${heard}`), name)
    t.is(engine.stats().unanswered, 0, name)
  }
  const { port } = await startStack(t, on(`http://127.0.0.1:${closed}/`))
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  await phone.next('503')
})

test('an app that listens but does not know the secret gets no request', async (t) => {
  let app: RawApp | null = null
  const server = net.createServer((socket) => {
    app = talking(socket)
    app.say('1|authenticate|guess|')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = await startStack(t, on(`tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`))
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'OPTIONS', 'sip:pbx.test'))
  t.is(header(await phone.next('503'), 'Retry-After'), '5')
  await app!.closed
  t.is(app!.heard.length, 1)
  t.regex(app!.heard[0]!, /\|response\|1\|NO\|incorrect secret$/)
})

test('a caller who gives up before the handler has decided is answered, and the decision comes to nothing', async (t) => {
  let decide: (() => void) | null = null
  const asked = new Promise<void>((resolve) => {
    const server = http.createServer((_req, res) => {
      decide = () => res.end(JSON.stringify({ action: 'reject', data: { status: 404 } }))
      resolve()
    })
    server.listen(0, '127.0.0.1', () => start(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`))
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
  })
  let start: (url: string) => void = () => {}
  const url = await new Promise<string>((resolve) => {
    start = resolve
  })
  const { port, engine, faults } = await startStack(t, on(url))
  const caller = await udpPeer(t, port)
  const invite = request(caller, 'INVITE', 'sip:bob@pbx.test')
  caller.send(invite)
  await asked
  caller.send(invite.replace(/^INVITE/, 'CANCEL').replace('1 INVITE', '1 CANCEL'))
  await caller.next('487')
  decide!()
  caller.send(request(caller, 'PUBLISH', 'sip:pbx.test'))
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('a handler is written as a URL, for one verb or for all', (t) => {
  t.deepEqual(readHandler('INVITE=http://127.0.0.1:8080/a=b', 'GET'), {
    verb: 'invite',
    method: 'GET',
    url: 'http://127.0.0.1:8080/a=b',
  })
  t.is(readHandler('tls://app.example.com:9021', 'GET')?.verb, '*')
  for (const wrong of ['ftp://x', 'invite=', 'http://', 'tcp://a:99999', 'tcp://a/b', 'in vite=http://x'])
    t.is(readHandler(wrong, 'GET'), null, wrong)
})
