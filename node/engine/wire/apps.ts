import net from 'node:net'
import tls from 'node:tls'
import { type CertificateFiles, Certificates } from '../transport/certificates.ts'
import { ListenError } from '../transport/transports.ts'
import type { AppAddress } from './decision.ts'
import { type App, HELLO_MS, Link, type LinkNeeds } from './link.ts'

export type { App, AppProxyMessage, AppSipMessage } from './link.ts'

const APPS_MAX = 64
/** Connections that have not said who they are; the oldest goes when one more comes, so that nobody is kept out for long. */
const STRANGERS_MAX = 64
/** Bytes that wait for an app which does not keep up. */
const BEHIND = 1024 * 1024
/** Apps that we connected to, each for one request. */
const DIALLED_MAX = 4096

interface Needs extends LinkNeeds {
  readonly host: string
  readonly port: number
  readonly tls: CertificateFiles | null
  gone(app: App): void
}

/** The drachtio server: takes apps in, knows who wants which verb. */
export class Apps {
  readonly #needs: Needs
  readonly #server: net.Server
  readonly #certificates: Certificates | null
  readonly #links = new Set<Link>()
  /** Sockets of those who have not said who they are, TLS handshakes too. */
  readonly #strangers = new Map<string, net.Socket>()
  #turn = 0
  #dialled = 0

  constructor(needs: Needs, server: net.Server, certificates: Certificates | null) {
    this.#needs = needs
    this.#server = server
    this.#certificates = certificates
    server.on('connection', (socket: net.Socket) => this.#meet(socket))
    server.on(certificates ? 'secureConnection' : 'connection', (socket: net.Socket) => this.#link(socket, false))
    server.on('tlsClientError', (error) => needs.log.warn({ error: error.message }, 'app refused: no TLS with it'))
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

  /** Whether all apps leave lying what they are given. */
  get behind(): boolean {
    let some = false
    for (const link of this.#links) {
      if (!serves(link)) continue
      if (link.waiting <= BEHIND) return false
      some = true
    }
    return some
  }

  /** Whether any app has said what it wants. */
  get serving(): boolean {
    for (const link of this.#links) if (serves(link)) return true
    return false
  }

  /** The next app that wants this verb (lower case), in turn; one that does not keep up only where there is no other. Null if none does. */
  wanting(verb: string): App | null {
    const fitting: Link[] = []
    let behind: Link | null = null
    for (const link of this.#links) {
      if (!link.authenticated || !link.verbs.has(verb)) continue
      if (link.waiting <= BEHIND) fitting.push(link)
      else behind = link
    }
    return fitting.length === 0 ? behind : fitting[this.#turn++ % fitting.length]!
  }

  /** The next app that said it has this tag and wants this verb (lower case), in turn; null if none does. */
  tagged(tag: string, verb: string): App | null {
    const fitting = [...this.#links].filter((link) => link.authenticated && link.tags.has(tag) && link.verbs.has(verb))
    return fitting[this.#turn++ % Math.max(1, fitting.length)] ?? null
  }

  /** Connects to an app that listens for us; what is sent to it waits until it has said who it is. Null: too many. */
  dial(to: AppAddress): App | null {
    if (this.#dialled >= DIALLED_MAX) return null
    const { host, port } = to
    const socket = to.tls
      ? tls.connect({ host, port, servername: net.isIP(host) ? '' : host })
      : net.connect({ host, port })
    return this.#link(socket, true)
  }

  /** What is said to the app that holds this end of its connection, in this process, goes past the kernel. False: there is none, or it speaks TLS. */
  bringNear(theirs: net.Socket): boolean {
    if (this.#certificates) return false
    for (const link of this.#links) {
      if (!link.authenticated || !link.isOf(theirs)) continue
      link.bringNear(theirs)
      return true
    }
    return false
  }

  /** Any app, for a dialog whose own is gone. */
  any(): App | null {
    for (const link of this.#links) if (link.authenticated && !link.dialled) return link
    return null
  }

  /** The methods that any app wants, for an Allow header. */
  allowed(): string {
    const verbs = new Set(['ACK', 'CANCEL', 'BYE'])
    for (const link of this.#links)
      for (const verb of link.verbs) if (!verb.includes(':')) verbs.add(verb.toUpperCase())
    return [...verbs].join(', ')
  }

  /** Reads the certificate again, if there is one. False: it cannot be used. */
  reload(): boolean {
    return this.#certificates?.reload() ?? true
  }

  close(): Promise<void> {
    this.#certificates?.close()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      for (const link of [...this.#links]) link.drop()
    })
  }

  #meet(socket: net.Socket): void {
    const key = nameOf(socket)
    this.#strangers.set(key, socket)
    socket.once('close', () => this.#strangers.get(key) === socket && this.#strangers.delete(key))
    // Without a TLS server in between nobody listens yet.
    socket.on('error', () => socket.destroy())
    for (const [first, oldest] of this.#strangers) {
      if (this.#strangers.size <= STRANGERS_MAX) break
      this.#strangers.delete(first)
      oldest.destroy()
    }
  }

  /** Those that connected and said who they are. */
  #known(): number {
    let count = 0
    for (const link of this.#links) if (link.authenticated && !link.dialled) count++
    return count
  }

  #link(socket: net.Socket, dialled: boolean): Link {
    if (dialled) this.#dialled++
    const link = new Link(socket, this.#needs, dialled, {
      known: () => {
        if (!dialled && this.#known() >= APPS_MAX) return false
        this.#strangers.delete(nameOf(socket))
        return true
      },
      gone: () => {
        if (this.#links.delete(link) && dialled) this.#dialled--
        // One that was dialled may never have come up, and a request waits for it.
        if (link.authenticated || dialled) this.#needs.gone(link)
      },
    })
    this.#links.add(link)
    return link
  }
}

/** Whether an app takes requests; who only wants records serves nobody. */
function serves(link: Link): boolean {
  if (!link.authenticated) return false
  for (const verb of link.verbs) if (!verb.includes(':')) return true
  return false
}

function nameOf({ remoteAddress, remotePort }: net.Socket): string {
  return `${remoteAddress}|${remotePort}`
}

/** Opens the app side on a host and port. */
export async function openApps(needs: Needs): Promise<Apps> {
  const certificates = needs.tls
    ? new Certificates(needs.tls, needs.limits.certificatesMs, needs.log, 'application')
    : null
  const server = certificates
    ? tls.createServer({ ...certificates.options, handshakeTimeout: HELLO_MS })
    : net.createServer()
  if (server instanceof tls.Server) certificates?.serve(server)
  // Those that go make room only in the next turn.
  server.maxConnections = 1024
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(needs.port, needs.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    certificates?.close()
    throw new ListenError('drachtio', needs.host, needs.port, error as NodeJS.ErrnoException)
  }
  return new Apps(needs, server, certificates)
}
