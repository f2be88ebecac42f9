/** A phone that registers with a password and says of everything else exactly what the test says, over UDP or a TCP connection of its own. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { ExecutionContext } from 'ava'
import { credentialsOf, parseAuthorization, responseTo } from '../../../node/sip/digest.ts'
import type { SipPort } from '../../../node/sip/port.ts'
import { addressOf, headersOf, SDP_A, soon } from './support.ts'

interface Registering {
  readonly callId?: string
  readonly user?: string
  /** It comes through a proxy, which this is. */
  readonly behind?: boolean
  readonly domain?: string
  readonly password?: string
}

export interface Device {
  /** Where it sends from, `127.0.0.1:port`. */
  readonly address: string
  send(start: string, headers: readonly string[], body?: string): void
  /** The next message that starts like this, whichever came first; others before it are dropped. */
  next(start: string | RegExp): Promise<string>
  /** How many messages have come that start so. */
  count(start: string): number
  /** REGISTER, and again with the answer to the challenge: what came then. */
  register(headers: readonly string[], more?: Registering): Promise<string>
  /** INVITE with an answer to the challenge; what comes then is to be waited for. */
  invite(uri: string, user: string): Promise<void>
  /** Ends its connection, and resolves when that is done. */
  drop(): Promise<void>
}

let serial = 0

type Carried = 'udp' | 'tcp' | 'tls'

/** `at`: a port, or `host:port`; `secure`: what TLS trusts, and by which name. */
export async function device(
  t: ExecutionContext,
  at: SipPort | string,
  transport: Carried = 'udp',
  secure: tls.ConnectionOptions = {},
): Promise<Device> {
  const target = typeof at === 'string' ? at : addressOf(at, transport)
  const bare = transport === 'udp' ? await overUdp(t, target) : await overStream(t, target, transport, secure)
  const { address, send, next } = bare
  const own = `device-${serial++}`
  let cseq = 0

  async function register(headers: readonly string[], more: Registering = {}): Promise<string> {
    const { callId = own, user = 'alice', behind = false, domain = 'pbx.test' } = more
    const { password = `${user}-secret` } = more
    const ask = (authorization: readonly string[]): Promise<string> => {
      const number = ++cseq
      send(`REGISTER sip:${domain} SIP/2.0`, [
        `From: <sip:${user}@${domain}>;tag=${serial++}`,
        `To: <sip:${user}@${domain}>`,
        `Call-ID: ${callId}`,
        `CSeq: ${number} REGISTER`,
        'Max-Forwards: 70',
        ...(behind ? [`Via: ${nextVia(transport, address)}`, 'Via: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK-phone'] : []),
        ...authorization,
        ...headers,
      ])
      return next(new RegExp(`^SIP/2.0 [2-6][^]*\r\nCSeq: ${number} REGISTER`))
    }
    const first = await ask([])
    const challenge = headersOf(first, 'WWW-Authenticate').find((one) => one.includes('SHA-256'))
    if (challenge === undefined) return first
    return ask([`Authorization: ${proof(challenge, 'REGISTER', `sip:${domain}`, user, domain, password)}`])
  }

  async function invite(uri: string, user: string): Promise<void> {
    const callId = `${own}-calls-${serial++}`
    const ask = (number: number, more: readonly string[]): void => {
      const head = [
        `From: <sip:${user}@pbx.test>;tag=${own}`,
        `To: <${uri}>`,
        `Call-ID: ${callId}`,
        `CSeq: ${number} INVITE`,
        'Max-Forwards: 70',
        `Contact: <sip:${user}@${address}>`,
        'Content-Type: application/sdp',
      ]
      send(`INVITE ${uri} SIP/2.0`, [...head, ...more], SDP_A)
    }
    ask(1, [])
    const first = await next(/^SIP\/2.0 407/)
    const challenge = headersOf(first, 'Proxy-Authenticate').find((one) => one.includes('SHA-256'))!
    ask(2, [`Proxy-Authorization: ${proof(challenge, 'INVITE', uri, user)}`])
  }

  return { ...bare, register, invite }
}

function nextVia(transport: Carried, address: string): string {
  return `SIP/2.0/${transport.toUpperCase()} ${address};branch=z9hG4bK-d${serial++};rport`
}

function proof(
  challenge: string,
  method: string,
  uri: string,
  user: string,
  realm = 'pbx.test',
  password = `${user}-secret`,
): string {
  const nonce = /nonce="([^"]*)"/.exec(challenge)![1]!
  const draft = `Digest username="${user}",realm="${realm}",nonce="${nonce}",uri="${uri}",algorithm=SHA-256,qop=auth,nc=00000001,cnonce="c"`
  const { sha256 } = credentialsOf(user, realm, password)
  return `${draft},response="${responseTo(parseAuthorization(`${draft},response="0"`)[0]!, sha256, method)}"`
}

type Bare = Omit<Device, 'register' | 'invite'>

/** What came, and who waits for it. */
function newInbox() {
  const inbox: string[] = []
  const all: string[] = []
  let wake = (): void => {}

  async function take(start: string | RegExp): Promise<string> {
    for (;;) {
      const message = inbox.shift()
      if (message === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (typeof start === 'string' ? message.startsWith(start) : start.test(message)) return message
    }
  }

  return {
    came(message: string): void {
      inbox.push(message)
      all.push(message)
      wake()
    },
    next: (start: string | RegExp) => soon(`a message like ${start}`, take(start)),
    count: (start: string) => all.filter((message) => message.startsWith(start)).length,
  }
}

function textOf(transport: Carried, address: string, start: string, headers: readonly string[], body: string) {
  const given = start.startsWith('SIP/2.0') || headers.some((line) => line.startsWith('Via:'))
  const via = given ? [] : [`Via: ${nextVia(transport, address)}`]
  return [start, ...via, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

async function overUdp(t: ExecutionContext, target: string): Promise<Bare> {
  const [host, port] = target.split(':')
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const address = `127.0.0.1:${socket.address().port}`
  const { came, next, count } = newInbox()
  socket.on('message', (data) => came(data.toString()))
  return {
    ...{ address, next, count },
    send: (start, headers, body = '') => socket.send(textOf('udp', address, start, headers, body), Number(port), host),
    drop: async () => {},
  }
}

async function overStream(
  t: ExecutionContext,
  target: string,
  transport: 'tcp' | 'tls',
  secure: tls.ConnectionOptions,
): Promise<Bare> {
  const [host, port] = target.split(':')
  const to = { host, port: Number(port) }
  const socket = transport === 'tls' ? tls.connect({ ...to, ...secure }) : net.connect(to)
  await once(socket, transport === 'tls' ? 'secureConnect' : 'connect')
  t.teardown(() => socket.destroy())
  const address = `127.0.0.1:${socket.localPort}`
  const { came, next, count } = newInbox()
  let rest = ''
  socket.on('error', () => {})
  socket.setEncoding('utf8').on('data', (text: string) => {
    rest += text
    for (;;) {
      const head = rest.indexOf('\r\n\r\n')
      const length = Number(/\r\nContent-Length: (\d+)/i.exec(rest.slice(0, head))?.[1] ?? 0)
      if (head < 0 || rest.length < head + 4 + length) break
      came(rest.slice(0, head + 4 + length))
      rest = rest.slice(head + 4 + length)
    }
  })
  return {
    ...{ address, next, count },
    send: (start, headers, body = '') => void socket.write(textOf(transport, address, start, headers, body)),
    async drop() {
      socket.end()
      await once(socket, 'close')
    },
  }
}
