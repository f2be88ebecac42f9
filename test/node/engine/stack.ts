import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import DrachtioSrf from 'drachtio-srf'
import {
  type Engine,
  type EngineLimits,
  type EngineOptions,
  type ListenPoint,
  type Logger,
  type SipTimes,
  startEngine,
} from '../../../node/engine/engine.ts'

/** drachtio-srf as it is; its own declarations leave out half of it. */
export interface Message {
  readonly status: number
  readonly uri: string
  readonly body: string
  get(name: string): string
  on(event: 'response', run: (response: Message) => void): void
  on(event: 'cancel', run: () => void): void
  cancel(done: () => void): void
}
export interface Response {
  send(status: number, more?: { headers?: Record<string, string>; body?: string }): void
}
export interface Dialog {
  readonly id: string
  readonly connected: boolean
  readonly sip: { readonly remoteTag: string }
  on(event: 'modify', run: (req: Message, res: Response) => void): void
  on(event: 'destroy', run: (req: Message, reason: string) => void): void
  on(event: 'ack', run: () => void): void
  modify(sdp: string): Promise<string>
  destroy(): Promise<unknown>
  request(options: { method: string; body?: string; headers?: Record<string, string> }): Promise<Message>
}
export interface ProxyResult {
  readonly connected: boolean
  readonly finalStatus?: number
  readonly responses: readonly {
    readonly address: string
    readonly port: number
    readonly msgs: readonly { readonly status: number; readonly msg: Message }[]
  }[]
}
export interface ProxyOptions {
  readonly recordRoute?: boolean
  readonly forking?: 'simultaneous' | 'sequential'
  readonly followRedirects?: boolean
  readonly provisionalTimeout?: string
  readonly finalTimeout?: string
  readonly headers?: Readonly<Record<string, string>>
}
type Handler = (req: Message, res: Response) => void
interface Progress {
  readonly cbRequest?: (error: unknown, req: Message) => void
  readonly cbProvisional?: (res: Message) => void
}
export interface Srf {
  /** Its connections. */
  readonly app: { readonly client: { readonly mapServer: ReadonlyMap<net.Socket, unknown> } }
  register(run: Handler): void
  options(run: Handler): void
  invite(run: Handler): void
  message(run: Handler): void
  info(run: Handler): void
  refer(run: Handler): void
  subscribe(run: Handler): void
  proxyRequest(req: Message, destination: string | string[], options?: ProxyOptions): Promise<ProxyResult>
  connect(options: {
    host: string
    port: number
    secret: string
    tags?: readonly string[]
    tls?: { ca: string; servername?: string }
  }): void
  listen(options: { host: string; port: number; secret: string; tags?: readonly string[] }): net.Server
  endSession(req: Message): void
  disconnect(): void
  on(event: 'error' | 'connect' | 'close', run: () => void): void
  on(event: 'cdr:attempt', run: (source: string, time: string, msg: Message) => void): void
  on(event: 'cdr:start' | 'cdr:stop', run: (source: string, time: string, what: string, msg: Message) => void): void
  request(uri: string, options: { method: string; proxy?: string; body?: string }): Promise<Message>
  createUAS(req: Message, res: Response, options: { localSdp: string }): Promise<Dialog>
  createUAC(
    uri: string,
    options: { localSdp: string; callingNumber?: string; proxy?: string; headers?: Record<string, string> },
    progress?: Progress,
  ): Promise<Dialog>
  createB2BUA(
    req: Message,
    res: Response,
    uri: string,
    options: { localSdpB: string },
  ): Promise<{ uas: Dialog; uac: Dialog }>
}

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A logger that fails the test when the engine reports a fault of its own. */
export function strict(faults: string[]): Logger {
  return { ...quiet, error: (fields, message) => faults.push(`${message} ${JSON.stringify(fields)}`) }
}

export interface Stack {
  readonly engine: Engine
  readonly srf: Srf
  readonly port: number
  readonly faults: string[]
}

/** What a test gives its helpers: a place to say what must be closed. */
export interface Test {
  teardown(run: () => unknown): void
}

/** The engine on free loopback ports, UDP and TCP, with the real drachtio-srf connected to it. */
export async function startStack(
  t: Test,
  options: {
    readonly times?: Partial<SipTimes>
    readonly limits?: Partial<EngineLimits>
    readonly advertise?: string
    readonly isUrgent?: (uri: string, from: string) => boolean
    readonly clock?: { now(): number }
    readonly cdrs?: boolean
    readonly handlers?: EngineOptions['handlers']
    readonly gate?: EngineOptions['gate']
    readonly early?: EngineOptions['early']
    readonly tap?: EngineOptions['tap']
    readonly routes?: (srf: Srf) => void
    readonly listen?: readonly ListenPoint[]
    readonly tls?: EngineOptions['tls']
    readonly dns?: readonly string[]
    readonly log?: Partial<Logger>
  } = {},
): Promise<Stack> {
  const faults: string[] = []
  const engine = await startEngine({
    listen: options.listen ?? [
      { transport: 'udp', host: '127.0.0.1', port: 0 },
      { transport: 'tcp', host: '127.0.0.1', port: 0 },
    ],
    ...(options.tls && { tls: options.tls }),
    ...(options.dns && { dns: options.dns }),
    drachtio: { host: '127.0.0.1', port: 0 },
    secret: 'open sesame',
    log: { ...strict(faults), ...options.log },
    times: options.times,
    limits: options.limits,
    advertise: options.advertise,
    isUrgent: options.isUrgent,
    ...(options.clock && { clock: options.clock }),
    cdrs: options.cdrs,
    handlers: options.handlers,
    gate: options.gate,
    early: options.early,
    tap: options.tap,
  })
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  options.routes?.(srf)
  srf.connect({ ...engine.drachtio, secret: 'open sesame' })
  t.teardown(async () => {
    // A test may have let it go already.
    try {
      leave(srf)
    } catch {}
    await engine.close()
  })
  await once(srf as unknown as NodeJS.EventEmitter, 'connect')
  await routed(engine)
  return {
    engine,
    srf,
    port: engine.listening[0]!.port,
    faults,
  }
}

/** The app leaves the engine. srf's own disconnect forgets how much of a frame it has, and throws at the rest when that comes: nobody hears it here. */
export function leave(srf: Srf): void {
  for (const socket of srf.app.client.mapServer.keys()) socket.removeAllListeners('data').resume()
  srf.disconnect()
}

// srf sends its routes right after it is authenticated and does not say when they are in effect; a later round trip does.
async function routed(engine: Engine): Promise<void> {
  const socket = net.connect(engine.drachtio.port, engine.drachtio.host)
  const text = '1|authenticate|open sesame|'
  socket.write(`${text.length}#${text}`)
  await once(socket, 'data')
  socket.destroy()
  await once(socket, 'close')
}

const WAIT_MS = 20_000

export type Transport = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'

/** A peer that speaks bytes: whatever comes is kept until somebody waits for it. */
export class Peer {
  readonly port: number
  readonly transport: Transport
  readonly #send: (bytes: string | Buffer) => void
  readonly #close: () => void
  readonly #kept: string[] = []
  #waiting: (() => void) | null = null
  ended = false

  constructor(transport: Transport, port: number, send: (bytes: string | Buffer) => void, close: () => void) {
    this.transport = transport
    this.port = port
    this.#send = send
    this.#close = close
  }

  receive(text: string): void {
    this.#kept.push(text)
    this.#waiting?.()
  }

  end(): void {
    this.ended = true
    this.#waiting?.()
  }

  send(text: string | Buffer): void {
    this.#send(text)
  }

  close(): void {
    this.#close()
  }

  /** What came and nobody waited for. */
  kept(): readonly string[] {
    return this.#kept
  }

  /** The next message that fits (`INVITE`, `180`, or a test); earlier ones that do not fit are dropped. */
  async next(wanted: string | ((text: string) => boolean)): Promise<string> {
    const fits = typeof wanted === 'string' ? (text: string) => starts(text, wanted) : wanted
    for (;;) {
      for (let text = this.#kept.shift(); text !== undefined; text = this.#kept.shift()) if (fits(text)) return text
      if (this.ended) throw new Error(`the connection ended before ${wanted} came`)
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${wanted} within ${WAIT_MS} ms`)), WAIT_MS)
        this.#waiting = () => {
          clearTimeout(timer)
          this.#waiting = null
          resolve()
        }
      })
    }
  }
}

function starts(text: string, wanted: string): boolean {
  return /^\d/.test(wanted) ? text.startsWith(`SIP/2.0 ${wanted}`) : text.startsWith(`${wanted} `)
}

export async function udpPeer(t: Test, port: number, host = '127.0.0.1'): Promise<Peer> {
  const socket = dgram.createSocket('udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  const peer: Peer = new Peer(
    'UDP',
    socket.address().port,
    (text) => socket.send(text, port, '127.0.0.1'),
    () => socket.close(),
  )
  socket.on('message', (bytes) => peer.receive(bytes.toString()))
  t.teardown(() => peer.close())
  return peer
}

export async function tcpPeer(t: Test, port: number): Promise<Peer> {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return streamPeer(t, socket, 'TCP')
}

/** The same over a socket that is open. */
export function streamPeer(t: Test, socket: net.Socket, transport: 'TCP' | 'TLS'): Peer {
  const peer: Peer = new Peer(
    transport,
    socket.localPort!,
    (text) => socket.write(text),
    () => socket.destroy(),
  )
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString()
    for (;;) {
      if (text.startsWith('\r\n')) {
        peer.receive('\r\n')
        text = text.slice(2)
        continue
      }
      const blank = text.indexOf('\r\n\r\n')
      if (blank < 0) return
      const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, blank))?.[1] ?? 0)
      if (text.length < blank + 4 + length) return
      peer.receive(text.slice(0, blank + 4 + length))
      text = text.slice(blank + 4 + length)
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => peer.end())
  t.teardown(() => peer.close())
  return peer
}

let count = 0

/** A request as a phone writes it; `extra` are whole lines, a line of a name already there replaces it. */
export function request(
  peer: Pick<Peer, 'transport' | 'port'>,
  method: string,
  uri: string,
  extra: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const n = ++count
  const headers: Record<string, string> = {
    Via: `SIP/2.0/${peer.transport} 127.0.0.1:${peer.port};branch=z9hG4bKtest${n};rport`,
    'Max-Forwards': '70',
    From: `<sip:alice@pbx.test>;tag=from${n}`,
    To: `<sip:bob@pbx.test>`,
    'Call-ID': `call${n}@pbx.test`,
    CSeq: `1 ${method}`,
    Contact: `<sip:alice@127.0.0.1:${peer.port}${peer.transport === 'UDP' ? '' : `;transport=${peer.transport.toLowerCase()}`}>`,
    ...extra,
    ...(extra['Content-Length'] === undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${uri} SIP/2.0\r\n${lines.join('')}\r\n${body}`
}

export function header(text: string, name: string): string {
  const line = text.split('\r\n').find((l) => l.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line === undefined ? '' : line.slice(name.length + 1).trim()
}

/** An answer to a request that came to us. */
export function reply(
  asked: string,
  status: string,
  { tag = 'peer', contact, body = '' }: { tag?: string; contact?: string; body?: string } = {},
): string {
  const to = header(asked, 'To')
  const lines = [
    `SIP/2.0 ${status}`,
    ...asked.split('\r\n').filter((l) => l.startsWith('Via:')),
    `From: ${header(asked, 'From')}`,
    `To: ${to.includes(';tag=') || status.startsWith('100') ? to : `${to};tag=${tag}`}`,
    `Call-ID: ${header(asked, 'Call-ID')}`,
    `CSeq: ${header(asked, 'CSeq')}`,
    ...(contact ? [`Contact: <${contact}>`] : []),
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** The ACK or a later request of the one who sent `invite` and got `answer`. */
export function later(peer: Peer, method: string, invite: string, answer: string, seq: number): string {
  const target = /<([^>]+)>/.exec(header(answer, 'Contact'))?.[1] ?? 'sip:nowhere.test'
  return request(peer, method, target, {
    From: header(invite, 'From'),
    To: header(answer, 'To'),
    'Call-ID': header(invite, 'Call-ID'),
    CSeq: `${seq} ${method}`,
  })
}

export const sdp = (port: number, session = 1): string =>
  `v=0\r\no=- 1 ${session} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=sendrecv\r\n`

/** Comes back when the app's wish for this method is in effect at the engine: refusals list what is wanted. */
export async function wanted(peer: Peer, method: string): Promise<void> {
  for (;;) {
    peer.send(request(peer, 'PUBLISH', 'sip:pbx.test'))
    const answer = await peer.next((text) => text.startsWith('SIP/2.0'))
    if (header(answer, 'Allow').includes(method)) return
  }
}
