import { createHash, timingSafeEqual } from 'node:crypto'
import net from 'node:net'
import { nextId } from '../ids.ts'
import type { EngineLimits, Logger } from '../limits.ts'
import { ListenError } from '../transport/transports.ts'
import { type AppMessage, FrameReader, framed, readPayload } from './frames.ts'

/** A version that srf takes as able to ping. */
const VERSION = 'v0.9.10'
const APPS_MAX = 64
const VERBS_MAX = 64
/** An app says who it is within this, or it is none. */
const HELLO_MS = 10_000
const BACKLOG_MAX = 64 * 1024 * 1024

/** One connected, authenticated app. */
export interface App {
  readonly id: string
  readonly open: boolean
  /** Queues a payload; all that is queued in one turn leaves in one write, in order. */
  send(payload: string): void
}

export type AppSipMessage = Extract<AppMessage, { kind: 'sip' }>
export type AppProxyMessage = Extract<AppMessage, { kind: 'proxy' }>

interface Needs {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly limits: EngineLimits
  readonly log: Logger
  /** What `authenticate` answers about the SIP side: `udp/127.0.0.1:5060,tcp/…`. */
  hostports(): string
  sip(message: AppSipMessage, app: App): void
  proxy(message: AppProxyMessage, app: App): void
  gone(app: App): void
}

/** The drachtio server: takes apps in, knows who wants which verb. */
export class Apps {
  readonly #needs: Needs
  readonly #server: net.Server
  readonly #links = new Set<Link>()
  #turn = 0

  constructor(needs: Needs, server: net.Server) {
    this.#needs = needs
    this.#server = server
    server.on('connection', (socket) => this.#accept(socket))
    server.on('error', (error) => needs.log.warn({ error: error.message }, 'drachtio listener error'))
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  get connected(): number {
    let count = 0
    for (const link of this.#links) if (link.authenticated) count++
    return count
  }

  /** Whether any app has said what it wants. */
  get serving(): boolean {
    for (const link of this.#links) {
      if (!link.authenticated) continue
      // Who only wants records serves nobody.
      for (const verb of link.verbs) if (!verb.includes(':')) return true
    }
    return false
  }

  /** The next app that wants this verb (lower case), in turn; null if none does. */
  wanting(verb: string): App | null {
    const fitting: Link[] = []
    for (const link of this.#links) if (link.authenticated && link.verbs.has(verb)) fitting.push(link)
    return fitting.length === 0 ? null : fitting[this.#turn++ % fitting.length]!
  }

  /** Any app, for a dialog whose own is gone. */
  any(): App | null {
    for (const link of this.#links) if (link.authenticated) return link
    return null
  }

  /** The methods that any app wants, for an Allow header. */
  allowed(): string {
    const verbs = new Set(['ACK', 'CANCEL', 'BYE'])
    for (const link of this.#links)
      for (const verb of link.verbs) if (!verb.includes(':')) verbs.add(verb.toUpperCase())
    return [...verbs].join(', ')
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      for (const link of [...this.#links]) link.drop()
    })
  }

  #accept(socket: net.Socket): void {
    if (this.#links.size >= APPS_MAX) return void socket.destroy()
    const link = new Link(socket, this.#needs, () => {
      this.#links.delete(link)
      if (link.authenticated) this.#needs.gone(link)
    })
    this.#links.add(link)
  }
}

class Link implements App {
  readonly id = nextId()
  readonly verbs = new Set<string>()
  authenticated = false
  readonly #socket: net.Socket
  readonly #needs: Needs
  readonly #reader: FrameReader
  readonly #hello: NodeJS.Timeout
  #queue = ''
  #ended = false

  constructor(socket: net.Socket, needs: Needs, gone: () => void) {
    this.#socket = socket
    this.#needs = needs
    this.#reader = new FrameReader(needs.limits.frame)
    this.#hello = setTimeout(() => this.drop(), HELLO_MS)
    socket.setNoDelay(true)
    socket.on('error', () => this.drop())
    socket.on('end', () => this.drop())
    socket.on('close', () => {
      clearTimeout(this.#hello)
      this.#ended = true
      gone()
    })
    socket.on('data', (chunk) => this.#data(chunk))
  }

  get open(): boolean {
    return !this.#ended
  }

  send(payload: string): void {
    if (this.#ended) return
    if (this.#queue === '') setImmediate(() => this.#flush())
    this.#queue += framed(payload)
  }

  drop(): void {
    this.#ended = true
    this.#socket.destroy()
  }

  #flush(): void {
    const text = this.#queue
    this.#queue = ''
    if (this.#ended || text === '') return
    this.#socket.write(text)
    if (this.#socket.writableLength <= BACKLOG_MAX) return
    this.#needs.log.error({ bytes: this.#socket.writableLength }, 'app reads too slowly, its connection is closed')
    this.drop()
  }

  #data(chunk: Buffer): void {
    const payloads = this.#reader.push(chunk)
    if ('error' in payloads) {
      this.#needs.log.warn({ error: payloads.error }, 'app connection closed')
      this.drop()
      return
    }
    for (const payload of payloads) {
      if (this.#ended) return
      this.#message(readPayload(payload))
    }
  }

  #message(message: AppMessage): void {
    if (message.kind === 'authenticate') {
      this.#authenticate(message.id, message.secret)
      return
    }
    if (!this.authenticated) {
      this.#refuse(message.id, 'authenticate first')
      return
    }
    switch (message.kind) {
      case 'route':
        if (this.verbs.size >= VERBS_MAX) {
          this.#reply(message.id, 'NO|too many routes')
          return
        }
        this.verbs.add(message.verb)
        this.#reply(message.id, 'OK')
        return
      case 'remove route':
        this.verbs.delete(message.verb)
        this.#reply(message.id, 'OK')
        return
      case 'ping':
        this.#reply(message.id, 'OK|pong')
        return
      case 'proxy':
        this.#needs.proxy(message, this)
        return
      case 'sip':
        this.#needs.sip(message, this)
        return
      case 'unknown':
        this.#refuse(message.id, 'Unknown message type')
        return
    }
  }

  #authenticate(id: string, secret: string): void {
    // Digests have one length, so the comparison tells nothing about the secret's.
    if (!timingSafeEqual(digest(secret), digest(this.#needs.secret))) {
      this.#refuse(id, 'incorrect secret')
      return
    }
    clearTimeout(this.#hello)
    this.authenticated = true
    const hostports = this.#needs.hostports()
    this.#reply(id, `OK|${hostports}|${VERSION}|${hostports}`)
  }

  #reply(id: string, text: string): void {
    this.send(`${nextId()}|response|${id}|${text}`)
  }

  #refuse(id: string, why: string): void {
    this.#reply(id, `NO|${why}`)
    this.#flush()
    this.#ended = true
    this.#socket.end()
    this.#socket.destroySoon()
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Opens the app side on a host and port. */
export async function openApps(needs: Needs): Promise<Apps> {
  const server = net.createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(needs.port, needs.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw new ListenError('drachtio', needs.host, needs.port, error as NodeJS.ErrnoException)
  }
  return new Apps(needs, server)
}
