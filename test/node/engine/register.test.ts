import net from 'node:net'
import test from 'ava'
import { FrameReader, framed } from '../../../node/engine/wire/frames.ts'
import { header, request, type Srf, startStack, tcpPeer, udpPeer } from './stack.ts'

const registrar = (srf: Srf): void => {
  srf.register((req, res) => res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60` } }))
  srf.options((_req, res) => res.send(200))
}

test('a phone registers over UDP and is answered at the port it sent from', async (t) => {
  const { engine, port, faults } = await startStack(t, { routes: registrar })
  const phone = await udpPeer(t, port)
  const asked = request(phone, 'REGISTER', 'sip:pbx.test', { Via: 'SIP/2.0/UDP 10.1.1.1:9;branch=z9hG4bKnat' })
  phone.send(asked)
  const answer = await phone.next('200')
  t.is(header(answer, 'Via'), `SIP/2.0/UDP 10.1.1.1:9;branch=z9hG4bKnat;received=127.0.0.1;rport=${phone.port}`)
  t.regex(header(answer, 'To'), /;tag=\S{8,}$/)
  t.is(header(answer, 'Contact'), `${header(asked, 'Contact')};expires=60`)
  t.is(engine.stats().unanswered, 0)
  t.deepEqual(faults, [])
})

test('a registration that is repeated over UDP reaches the app once and gets the same bytes', async (t) => {
  let seen = 0
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.register((_req, res) => {
        seen++
        res.send(200)
      }),
  })
  const phone = await udpPeer(t, port)
  const asked = request(phone, 'REGISTER', 'sip:pbx.test')
  phone.send(asked)
  const first = await phone.next('200')
  phone.send(asked)
  t.is(await phone.next('200'), first)
  t.is(seen, 1)
})

test('two registrations in one TCP segment, and one in many, are three registrations', async (t) => {
  const { port } = await startStack(t, { routes: registrar })
  const phone = await tcpPeer(t, port)
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test') + request(phone, 'REGISTER', 'sip:pbx.test'))
  await phone.next('200')
  await phone.next('200')
  for (const character of request(phone, 'REGISTER', 'sip:pbx.test')) phone.send(character)
  await phone.next('200')
  phone.send('\r\n\r\n')
  t.is(await phone.next((text) => text === '\r\n'), '\r\n')
})

test('a challenge with two algorithms becomes two header fields', async (t) => {
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.register((_req, res) =>
        res.send(401, {
          headers: {
            'WWW-Authenticate':
              'Digest realm="pbx.test", algorithm=SHA-256, nonce="a, Digest b", Digest realm="pbx.test", nonce="c"',
          },
        }),
      ),
  })
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test'))
  const answer = await phone.next('401')
  t.deepEqual(
    answer.split('\r\n').filter((line) => line.startsWith('WWW-Authenticate')),
    [
      'WWW-Authenticate: Digest realm="pbx.test", algorithm=SHA-256, nonce="a, Digest b"',
      'WWW-Authenticate: Digest realm="pbx.test", nonce="c"',
    ],
  )
})

test('a request to a phone behind TCP goes over the connection the phone opened', async (t) => {
  const { srf, port, engine } = await startStack(t, { routes: registrar })
  const phone = await tcpPeer(t, port)
  phone.send(request(phone, 'REGISTER', 'sip:pbx.test'))
  await phone.next('200')
  const answered = new Promise<number>((resolve, reject) => {
    srf
      .request('sip:alice@phone.test', { method: 'OPTIONS', proxy: `sip:127.0.0.1:${phone.port};transport=tcp` })
      .then((req) => req.on('response', (res) => resolve(res.status)), reject)
  })
  const asked = await phone.next('OPTIONS')
  t.true(asked.startsWith('OPTIONS sip:alice@phone.test SIP/2.0\r\n'))
  t.is(header(asked, 'Route'), '')
  phone.send(
    `SIP/2.0 200 OK\r\nVia: ${header(asked, 'Via')}\r\nFrom: ${header(asked, 'From')}\r\nTo: ${header(asked, 'To')};tag=1\r\n` +
      `Call-ID: ${header(asked, 'Call-ID')}\r\nCSeq: ${header(asked, 'CSeq')}\r\nContent-Length: 0\r\n\r\n`,
  )
  t.is(await answered, 200)
  t.is(engine.stats().connections, 1)
})

test('a request nobody answers is repeated and then reported as 408', async (t) => {
  const { srf, port } = await startStack(t, { times: { t1: 20, t2: 80, t4: 100 } })
  const phone = await udpPeer(t, port)
  const answered = new Promise<number>((resolve, reject) => {
    srf
      .request(`sip:alice@127.0.0.1:${phone.port}`, { method: 'OPTIONS' })
      .then((req) => req.on('response', (res) => resolve(res.status)), reject)
  })
  const first = await phone.next('OPTIONS')
  t.is(await phone.next('OPTIONS'), first)
  t.is(await answered, 408)
})

test('a body is counted in bytes, whatever the app counted', async (t) => {
  const { port } = await startStack(t, {
    routes: (srf) =>
      srf.message((_req, res) => res.send(200, { body: 'grüße', headers: { 'Content-Type': 'text/plain' } })),
  })
  const phone = await udpPeer(t, port)
  phone.send(request(phone, 'MESSAGE', 'sip:bob@pbx.test', { 'Content-Type': 'text/plain' }, 'schöne Größe'))
  const answer = await phone.next('200')
  t.is(header(answer, 'Content-Length'), '7')
  t.true(answer.endsWith('\r\n\r\ngrüße'))
})

test('an answer without an id reaches the phone and is not echoed to the app, one with an id is', async (t) => {
  const { engine, port } = await startStack(t, { routes: () => {} })
  const socket = net.connect(engine.drachtio.port, engine.drachtio.host)
  t.teardown(() => socket.destroy())
  const reader = new FrameReader(65_536)
  const heard: string[] = []
  let wake = (): void => {}
  socket.on('data', (chunk: Buffer) => {
    heard.push(...(reader.push(chunk) as string[]))
    wake()
  })
  const hear = async (wanted: string): Promise<string> => {
    const late = AbortSignal.timeout(30_000)
    for (;;) {
      const payload = heard.find((one) => one.includes(wanted))
      if (payload) return payload
      late.throwIfAborted()
      await new Promise<void>((resolve) => {
        wake = resolve
        late.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
  socket.write(framed('1|authenticate|open sesame|') + framed('2|route|options'))
  await hear('|response|2|OK')

  const phone = await udpPeer(t, port)
  for (const id of ['', 'told']) {
    const sent = request(phone, 'OPTIONS', 'sip:pbx.test')
    phone.send(sent)
    const asked = await hear(header(sent, 'Call-ID'))
    const transaction = asked.split('|')[8]
    const copied = ['Call-ID', 'CSeq', 'From', 'To'].map((name) => `${name}: ${header(asked, name)}\r\n`).join('')
    socket.write(framed(`${id}|sip|${transaction}|\r\nSIP/2.0 200 OK\r\n${copied}Content-Length: 0\r\n\r\n`))
    await phone.next('200')
  }
  await hear('|response|told|OK|application|')
  t.deepEqual(
    heard.filter((payload) => payload.includes('|response||')),
    [],
  )
})
