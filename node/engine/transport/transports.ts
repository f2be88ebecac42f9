import { isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { EngineLimits, Logger } from '../limits.ts'
import type { SipUri } from '../parser/uri.ts'
import { transportOf } from '../parser/uri.ts'
import type { Endpoint, Flow, ListenPoint, Receiver, TransportName } from './flow.ts'
import { nameResolver } from './resolve.ts'
import { listenTcp, type Tcp } from './tcp.ts'
import { listenUdp, type Udp } from './udp.ts'

/** Thrown when a listen point cannot be opened. */
export class ListenError extends Error {
  readonly kind: 'port in use' | 'address not available' | 'not permitted' | 'listen failed'
  readonly transport: TransportName | 'drachtio'
  readonly host: string
  readonly port: number

  constructor(transport: TransportName | 'drachtio', host: string, port: number, cause: NodeJS.ErrnoException) {
    const kind = KINDS.get(cause.code ?? '') ?? 'listen failed'
    super(`${transport} ${host}:${port}: ${kind} (${cause.code ?? cause.message}); ${REMEDIES[kind]}`, { cause })
    this.kind = kind
    this.transport = transport
    this.host = host
    this.port = port
  }
}

const KINDS = new Map<string, ListenError['kind']>([
  ['EADDRINUSE', 'port in use'],
  ['EADDRNOTAVAIL', 'address not available'],
  ['EACCES', 'not permitted'],
])

const REMEDIES: Readonly<Record<ListenError['kind'], string>> = {
  'port in use': 'choose another port or stop the program that holds it',
  'address not available': 'listen on an address of this machine',
  'not permitted': 'choose a port above 1023 or grant the right to bind low ports',
  'listen failed': 'check the listen points',
}

interface Needs {
  readonly listen: readonly ListenPoint[]
  readonly advertise: string | undefined
  readonly limits: EngineLimits
  readonly log: Logger
  readonly receiver: Receiver
}

interface Listener {
  readonly point: ListenPoint
  readonly of: Udp | Tcp
}

/** All listen points together: where a message may leave by and how it gets there. */
export class Transports {
  readonly #listeners: readonly Listener[]
  readonly #resolve: (host: string) => Promise<string | null>
  readonly #log: Logger
  #closed = false

  constructor(listeners: readonly Listener[], resolveMs: number, log: Logger) {
    this.#listeners = listeners
    this.#resolve = nameResolver(resolveMs)
    this.#log = log
  }

  get listening(): readonly ListenPoint[] {
    return this.#listeners.map((l) => l.point)
  }

  get connections(): number {
    return this.#listeners.reduce((sum, l) => sum + ('connections' in l.of ? l.of.connections : 0), 0)
  }

  /** The flow to an address, from the listen point that fits; null if no listen point speaks this transport, or if it may not be opened. */
  flowTo(transport: TransportName, remote: Endpoint, onlyKnown = false): Flow | null {
    if (this.#closed) return null
    const six = isIPv6(remote.host)
    const fitting = this.#listeners.filter((l) => l.point.transport === transport && isIPv6(l.point.host) === six)
    // A loopback listen point cannot reach the world, and the world's cannot always be reached from loopback.
    const best = fitting.find((l) => isLoopback(l.point.host) === isLoopback(remote.host)) ?? fitting[0]
    return best?.of.flowTo(remote, onlyKnown) ?? null
  }

  /**
   * Finds the way to a URI (RFC 3263 without NAPTR and SRV); at once for IP literals. Null: there is none. `onlyKnown`: no connection is opened
   * to an address.
   */
  reach(uri: SipUri, tell: (flow: Flow | null) => void, onlyKnown = false): void {
    const wanted = transportOf(uri)
    const transport = wanted === '' ? 'udp' : wanted
    if ((transport !== 'udp' && transport !== 'tcp') || uri.scheme === 'sips') {
      tell(null)
      return
    }
    const port = uri.port ?? 5060
    const host = uri.host.toLowerCase() === 'localhost' ? '127.0.0.1' : uri.host
    if (isIP(host)) {
      tell(this.flowTo(transport, { host, port }, onlyKnown))
      return
    }
    this.#resolve(host)
      .then((address) => tell(address === null ? null : this.flowTo(transport, { host: address, port })))
      .catch((error: unknown) => this.#log.error({ error: String(error) }, 'the engine failed on one message'))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#listeners.map((l) => l.of.close()))
  }
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1'
}

/** Opens all listen points or none. UDP and TCP with port 0 on one host get the same number. */
export async function openTransports(needs: Needs): Promise<Transports> {
  for (let attempt = 0; ; attempt++) {
    const open: Listener[] = []
    try {
      for (const point of needs.listen) open.push(await openOne(needs, twinOf(point, needs.listen, open)))
      return new Transports(open, needs.limits.resolveMs, needs.log)
    } catch (error) {
      await Promise.all(open.map((l) => l.of.close()))
      // The number the system chose for one transport may be taken for the other; then it chooses again.
      const chosen = error instanceof ListenError && error.kind === 'port in use' && !asked(needs.listen, error)
      if (!chosen || attempt >= 20) throw error
    }
  }
}

function asked(listen: readonly ListenPoint[], error: ListenError): boolean {
  return listen.some((p) => p.transport === error.transport && p.host === error.host && p.port === error.port)
}

function twinOf(point: ListenPoint, all: readonly ListenPoint[], open: readonly Listener[]): ListenPoint {
  if (point.port !== 0) return point
  const index = all.filter((p) => p.transport === point.transport && p.host === point.host).indexOf(point)
  const twins = open.filter((l, i) => {
    return all[i]!.port === 0 && l.point.host === point.host && l.point.transport !== point.transport
  })
  return { ...point, port: twins[index]?.point.port ?? 0 }
}

async function openOne({ advertise, limits, log, receiver }: Needs, point: ListenPoint): Promise<Listener> {
  const localFor = localAddress(point.host, advertise)
  const needs = { host: point.host, port: point.port, limits, log, receiver, localFor }
  try {
    const of = point.transport === 'udp' ? await listenUdp(needs) : await listenTcp(needs)
    return { point: { ...point, port: of.port }, of }
  } catch (error) {
    throw new ListenError(point.transport, point.host, point.port, error as NodeJS.ErrnoException)
  }
}

/** How a listen point names itself to a peer: as advertised, else as bound, else by a guess from the interfaces. */
function localAddress(host: string, advertise: string | undefined): (remote: string, port: number) => Endpoint {
  const wildcard = host === '0.0.0.0' || host === '::'
  if (advertise || !wildcard) {
    const name = advertise ?? host
    let last: Endpoint = { host: name, port: 0 }
    return (_remote, port) => (last.port === port ? last : (last = { host: name, port }))
  }
  const family = host === '::' ? 'IPv6' : 'IPv4'
  const loopback = host === '::' ? '::1' : '127.0.0.1'
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((address) => !address.internal && address.family === family)?.address
  return (remote, port) => ({ host: isLoopback(remote) ? loopback : (outside ?? loopback), port })
}
