import net from 'node:net'
import type { EngineLimits, Logger } from '../limits.ts'
import { StreamFramer } from '../parser/stream.ts'
import type { Endpoint, Flow, Receiver } from './flow.ts'

/** One TCP listen point and all connections, accepted and opened. */
export interface Tcp {
  readonly port: number
  readonly connections: number
  /** The connection to this peer that is there, or a new one unless it must be known. */
  flowTo(remote: Endpoint, onlyKnown?: boolean): Flow | null
  close(): Promise<void>
}

interface TcpNeeds {
  readonly host: string
  readonly port: number
  readonly limits: EngineLimits
  readonly log: Logger
  readonly receiver: Receiver
  localFor(remote: string, port: number): Endpoint
}

export async function listenTcp({ host, port, limits, log, receiver, localFor }: TcpNeeds): Promise<Tcp> {
  const flows = new Map<string, Connection>()
  const server = net.createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = (server.address() as net.AddressInfo).port
  server.on('error', (error) => log.warn({ error: error.message }, 'TCP listener error'))

  const add = (socket: net.Socket, remote: Endpoint): Connection => {
    const key = keyOf(remote)
    const connection = new Connection(socket, remote, localFor(remote.host, bound), limits, receiver, () => {
      if (flows.get(key) === connection) flows.delete(key)
    })
    flows.set(key, connection)
    return connection
  }

  server.on('connection', (socket) => {
    const remote = { host: plain(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    if (remote.host === '' || flows.size >= limits.connections) {
      log.warn({ remote, connections: flows.size }, 'TCP connection refused: limits.connections is reached')
      return socket.destroy()
    }
    add(socket, remote)
  })

  return {
    port: bound,
    get connections() {
      return flows.size
    },
    flowTo(remote, onlyKnown = false) {
      const known = flows.get(keyOf(remote))
      if (known?.open) return known
      if (onlyKnown) return null
      const socket = net.connect({ host: remote.host, port: remote.port, noDelay: true, keepAlive: true })
      return add(socket, remote)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of [...flows.values()]) connection.drop()
      }),
  }
}

function keyOf({ host, port }: Endpoint): string {
  return `${host}|${port}`
}

/** A dual-stack socket reports IPv4 peers as IPv6; the plain form is what Via and Contact need. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && net.isIPv4(address.slice(7)) ? address.slice(7) : address
}

class Connection implements Flow {
  readonly transport = 'tcp'
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #socket: net.Socket
  readonly #framer: StreamFramer
  readonly #limits: EngineLimits
  readonly #receiver: Receiver
  readonly #lost = new Set<() => void>()
  readonly #gone: () => void
  #deadline: NodeJS.Timeout | null = null
  #ended = false

  constructor(
    socket: net.Socket,
    remote: Endpoint,
    local: Endpoint,
    limits: EngineLimits,
    receiver: Receiver,
    gone: () => void,
  ) {
    this.#socket = socket
    this.remote = remote
    this.local = local
    this.#limits = limits
    this.#receiver = receiver
    this.#gone = gone
    this.#framer = new StreamFramer(limits.head, limits.body)
    if (socket.connecting) {
      this.#arm(limits.connectMs)
      socket.once('connect', () => this.#disarm())
    } else this.#arm(limits.slowMs)
    socket.setTimeout(limits.idleMs, () => this.drop())
    socket.on('error', () => this.drop())
    socket.on('end', () => this.drop())
    socket.on('close', () => this.#finish())
    socket.on('data', (chunk) => this.#data(chunk))
  }

  get open(): boolean {
    return !this.#ended
  }

  send(text: string): boolean {
    if (this.#ended) return false
    this.#socket.write(text)
    // A peer that does not read must not make us remember for it.
    if (this.#socket.writableLength > this.#limits.backlog) this.drop()
    return !this.#ended
  }

  onLost(tell: () => void): { cancel(): void } {
    this.#lost.add(tell)
    return { cancel: () => this.#lost.delete(tell) }
  }

  drop(): void {
    this.#socket.destroy()
    this.#finish()
  }

  #data(chunk: Buffer): void {
    for (const framed of this.#framer.push(chunk)) {
      switch (framed.kind) {
        case 'ping':
          this.send('\r\n')
          this.#disarm()
          break
        case 'message':
          this.#receiver.message(framed.text, this)
          this.#disarm()
          break
        case 'broken':
          // Where the next message begins is unknown, so the stream is over (RFC 3261 §18.3).
          this.#receiver.broken(framed.text, framed.status, framed.why, this)
          this.#ended = true
          this.#socket.end()
          this.#arm(this.#limits.slowMs)
          return
      }
    }
    if (this.#framer.partial) this.#arm(this.#limits.slowMs)
  }

  #arm(ms: number): void {
    this.#deadline ??= setTimeout(() => this.drop(), ms)
  }

  #disarm(): void {
    if (this.#deadline) clearTimeout(this.#deadline)
    this.#deadline = null
  }

  #finish(): void {
    this.#ended = true
    this.#disarm()
    this.#gone()
    const lost = [...this.#lost]
    this.#lost.clear()
    for (const tell of lost) tell()
  }
}
