import { createHash, timingSafeEqual } from 'node:crypto'
import type net from 'node:net'
import { nextId } from '../ids.ts'
import type { EngineLimits, Logger } from '../limits.ts'
import { plainAddress } from '../transport/flow.ts'
import { Reading } from '../transport/reading.ts'
import { type AppMessage, FrameReader, framed, readPayload } from './frames.ts'
import { Near } from './near.ts'

/** A version that srf takes as able to ping. */
const VERSION = 'v0.9.10'
const VERBS_MAX = 64
const TAGS_MAX = 20
const VERB = /^[\w.!%*+`'~:-]{1,64}$/
const TAG = /^[A-Za-z0-9_+@:-]{1,32}$/
const HELD_MAX = 16
/** An app says who it is within this, or it is none. */
export const HELLO_MS = 10_000
/** The first frame holds a secret and some tags. */
const HELLO_MAX = 4096
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

export interface LinkNeeds {
  readonly secret: string
  readonly limits: EngineLimits
  readonly log: Logger
  /** What `authenticate` answers about the SIP side: `udp/127.0.0.1:5060,tcp/…`. */
  hostports(): string
  sip(message: AppSipMessage, app: App): void
  proxy(message: AppProxyMessage, app: App): void
}

interface Owner {
  /** It knows the secret. False: there are enough. */
  known(link: Link): boolean
  gone(): void
}

/** The connection of one app, which says who it is before anything else. */
export class Link implements App {
  readonly id = nextId()
  readonly verbs = new Set<string>()
  tags: ReadonlySet<string> = new Set()
  authenticated = false
  /** We connected to it, for one request. */
  readonly dialled: boolean
  readonly #socket: net.Socket
  readonly #needs: LinkNeeds
  readonly #reader: FrameReader
  readonly #owner: Owner
  readonly #hello: NodeJS.Timeout
  readonly #reading: Reading
  #near: Near | null = null
  #queue = ''
  /** For one that was dialled: what it gets when it has said who it is. */
  #held: string[] = []
  #ended = false

  constructor(socket: net.Socket, needs: LinkNeeds, dialled: boolean, owner: Owner) {
    this.#socket = socket
    this.#owner = owner
    this.dialled = dialled
    this.#needs = needs
    this.#reader = new FrameReader(needs.limits.frame, HELLO_MAX)
    this.#hello = setTimeout(() => this.drop(), HELLO_MS)
    this.#reading = new Reading(this, needs.limits.slowMs, () => this.#tooSlow())
    socket.setNoDelay(true)
    socket.on('error', () => this.drop())
    socket.on('end', () => this.drop())
    socket.on('close', () => {
      clearTimeout(this.#hello)
      this.#reading.stop()
      this.#ended = true
      owner.gone()
    })
    socket.on('data', (chunk) => this.#data(chunk))
  }

  /** Bytes that it has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength
  }

  /** Bytes that it has. */
  get taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  get open(): boolean {
    return !this.#ended
  }

  /** Whether this is the other end of that socket. */
  isOf(theirs: net.Socket): boolean {
    const { remoteAddress, remotePort } = this.#socket
    const { localAddress, localPort } = theirs
    const isThere = remotePort !== undefined && remoteAddress !== undefined && localAddress !== undefined
    return isThere && remotePort === localPort && plainAddress(remoteAddress) === plainAddress(localAddress)
  }

  /** The app is in this process, and this is its socket: see Near. */
  bringNear(theirs: net.Socket): void {
    this.#near ??= new Near(theirs, this.#socket, (bytes) => this.#data(bytes))
  }

  send(payload: string): void {
    if (this.authenticated) this.#push(payload)
    else if (this.#held.length < HELD_MAX) this.#held.push(payload)
  }

  #push(payload: string): void {
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
    if (this.#near) {
      if (!this.#near.give(text, () => this.#flush())) this.#queue = text
      return
    }
    this.#socket.write(text)
    const { waiting } = this
    if (waiting > BACKLOG_MAX) this.#tooSlow()
    else if (waiting > 0) this.#reading.watch()
  }

  #tooSlow(): void {
    this.#needs.log.error({ bytes: this.waiting }, 'app reads too slowly, its connection is closed')
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
      this.#authenticate(message.id, message.secret, message.tags)
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
        if (!VERB.test(message.verb)) {
          this.#reply(message.id, 'NO|not a method')
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

  #authenticate(id: string, secret: string, tags: readonly string[]): void {
    // Digests have one length, so the comparison tells nothing about the secret's.
    if (!timingSafeEqual(digest(secret), digest(this.#needs.secret))) {
      this.#refuse(id, 'incorrect secret')
      return
    }
    if (!this.authenticated && !this.#owner.known(this)) {
      this.#needs.log.warn({}, 'app refused: there are too many')
      this.#refuse(id, 'too many applications')
      return
    }
    clearTimeout(this.#hello)
    this.authenticated = true
    const good = tags.filter((tag) => TAG.test(tag)).slice(0, TAGS_MAX)
    if (good.length < tags.length)
      this.#needs.log.warn(
        { given: tags.length, taken: good.length },
        'tags of an app that are none, or too many, are left out',
      )
    this.tags = new Set(good)
    const hostports = this.#needs.hostports()
    this.#reply(id, `OK|${hostports}|${VERSION}|${hostports}`)
    for (const payload of this.#held) this.#push(payload)
    this.#held = []
  }

  #reply(id: string, text: string): void {
    this.#push(`${nextId()}|response|${id}|${text}`)
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
