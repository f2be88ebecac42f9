/** A SIP port on the real engine, and a peer that is a bare UDP socket: what it sends is what the test says. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import type { Logger } from '../../../cluster/logger.ts'
import type { SipTimes } from '../../../node/engine/limits.ts'
import { openSip } from '../../../node/sip/drachtio.ts'
import type { Guard } from '../../../node/sip/guard.ts'
import type { SipPort } from '../../../node/sip/port.ts'

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export const SDP_A =
  'v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
export const SDP_B = SDP_A.replace('o=a 1', 'o=b 2').replace('4000', '5000')

export async function port(
  t: ExecutionContext,
  log: Logger = quiet,
  times: Partial<SipTimes> = {},
  guard?: Guard,
): Promise<SipPort> {
  const listen = [
    { transport: 'udp', host: '127.0.0.1', port: 0 },
    { transport: 'tcp', host: '127.0.0.1', port: 0 },
  ] as const
  const sip = await openSip({ engine: { kind: 'embedded', listen, times }, log, ...(guard ? { guard } : {}) })
  t.teardown(() => sip.close())
  return sip
}

export function addressOf(sip: SipPort, transport: 'udp' | 'tcp' | 'tls'): string {
  const point = sip.listening.find((one) => one.transport === transport)!
  return `${point.host}:${point.port}`
}

/** Waits for a promise, but not for ever. */
export async function soon<T>(what: string, promise: Promise<T>, ms = 8000): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`waited in vain for ${what}`)), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

export interface Peer {
  readonly port: number
  /** `start` is the request line or status line; To and so on come from `headers`, a Via is made up where they have none. */
  send(start: string, headers: readonly string[], body?: string): void
  /** The next message that begins so; others before it are dropped. */
  next(start: string | RegExp): Promise<string>
}

let branches = 0

/** `from`: the address that it sends from. */
export async function udpPeer(t: ExecutionContext, sip: SipPort, from = '127.0.0.1'): Promise<Peer> {
  // What has handlers by now reaches them.
  await sip.settled()
  const socket: Socket = createSocket('udp4')
  socket.bind(0, from)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const [host, target] = addressOf(sip, 'udp').split(':')
  const inbox: string[] = []
  let wake = () => {}
  socket.on('message', (data) => {
    inbox.push(data.toString())
    wake()
  })
  const own = socket.address().port

  async function take(start: string | RegExp): Promise<string> {
    for (;;) {
      const message = inbox.shift()
      if (message === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (typeof start === 'string' ? message.startsWith(start) : start.test(message)) return message
    }
  }

  return {
    port: own,
    send(start, headers, body = '') {
      const given = start.startsWith('SIP/2.0') || headers.some((line) => line.startsWith('Via:'))
      const via = given ? [] : [`Via: SIP/2.0/UDP ${from}:${own};branch=z9hG4bK-t${branches++};rport`]
      const lines = [start, ...via, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body]
      socket.send(lines.join('\r\n'), Number(target), host)
    },
    next: (start) => soon(`a message like ${start}`, take(start)),
  }
}

/** All values of one header of a message. */
export function headersOf(message: string, name: string): string[] {
  const head = message.slice(0, message.indexOf('\r\n\r\n'))
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(name.toLowerCase() + ':'))
    .map((line) => line.slice(name.length + 1).trim())
}

/** Headers of a response to a request that came. */
export function answering(request: string, tag = 'peer'): string[] {
  return [
    ...headersOf(request, 'Via').map((via) => `Via: ${via}`),
    `From: ${headersOf(request, 'From')[0]}`,
    `To: ${headersOf(request, 'To')[0]}${/tag=/.test(headersOf(request, 'To')[0] ?? '') ? '' : `;tag=${tag}`}`,
    `Call-ID: ${headersOf(request, 'Call-ID')[0]}`,
    `CSeq: ${headersOf(request, 'CSeq')[0]}`,
  ]
}
