import { isIP, isIPv6 } from 'node:net'
import type { EngineLimits, Logger } from '../limits.ts'
import type { SipUri } from '../parser/uri.ts'
import { Certificates, type TlsOptions } from './certificates.ts'
import { Connection } from './connection.ts'
import { Connections } from './connections.ts'
import { openDns } from './dns.ts'
import {
  defaultPort,
  type Endpoint,
  type Flow,
  type Gate,
  isSecure,
  type ListenPoint,
  type Receiver,
  type TransportName,
} from './flow.ts'
import { isLoopback, localAddress, namesHere } from './local.ts'
import { bySize, locate, type Questions, type Target, usualTransport } from './locate.ts'
import { listenStream, type Streams } from './stream.ts'
import { listenUdp, type Udp } from './udp.ts'
import { isNowhere, type Wish, wishOf } from './wish.ts'

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
  readonly tls: TlsOptions | undefined
  readonly advertise: string | undefined
  /** Name servers instead of the system's. */
  readonly dns: readonly string[] | undefined
  readonly limits: EngineLimits
  readonly log: Logger
  readonly receiver: Receiver
  readonly gate?: Gate | undefined
}

/** Hears of a way, and how to find the next one. */
export type Told = (flow: Flow | null, next: Next) => void
export type Next = ((tell: Told) => void) | null

interface Listener {
  readonly point: ListenPoint
  readonly of: Udp | Streams
  readonly names: (host: string) => boolean
}

/** All listen points together: where a message may leave by and how it gets there. */
export class Transports {
  readonly #listeners: readonly Listener[]
  readonly #udp: readonly Udp[]
  readonly #connections: Connections
  readonly #certificates: Certificates | null
  readonly #dns: Questions
  readonly #resolveMs: number
  readonly #lookups: number
  readonly #log: Logger
  #looking = 0
  #closed = false

  constructor(listeners: readonly Listener[], shared: Shared, { limits, log, dns }: Needs) {
    this.#listeners = listeners
    this.#udp = listeners.flatMap(({ of }) => ('look' in of ? [of] : []))
    this.#connections = shared.connections
    this.#certificates = shared.certificates
    this.#dns = openDns({ ms: limits.resolveMs, servers: dns, now: () => performance.now() })
    this.#resolveMs = limits.resolveMs
    this.#lookups = limits.lookups
    this.#log = log
  }

  get listening(): readonly ListenPoint[] {
    return this.#listeners.map((l) => l.point)
  }

  get connections(): Pick<Connections, 'count' | 'refused' | 'undialled' | 'silent' | 'slow'> {
    return this.#connections
  }

  /** Whether datagrams are what can tell how long packets wait. */
  get hasUdp(): boolean {
    return this.#udp.length > 0
  }

  /** Whether a URI names one of the listen points. */
  isOurs({ host, port }: SipUri): boolean {
    return this.#listeners.some(
      ({ point, names }) => (port ?? defaultPort(point.transport)) === point.port && names(host),
    )
  }

  /** What a datagram waited since the last look, ms: the longest of all listen points; null when none came. */
  look(): number | null {
    let longest: number | null = null
    for (const udp of this.#udp) {
      const wait = udp.look()
      if (wait !== null && (longest === null || wait > longest)) longest = wait
    }
    return longest
  }

  /** Reads the certificates again, if there are any. False: they cannot be used. */
  reload(): boolean {
    return this.#certificates?.reload() ?? true
  }

  /**
   * The flow to an address, from the listen point that fits; null if no listen point speaks this transport, or if it takes a
   * WebSocket that is not there. `name` is the domain that was asked for, which the peer's certificate must be for; without
   * it a connection that came from this address will do. `onlyKnown`: no connection is opened.
   */
  flowTo(transport: TransportName, remote: Endpoint, name = '', onlyKnown = false): Flow | null {
    if (this.#closed) return null
    const domain = isIP(name) ? '' : name
    if (transport !== 'udp') {
      const known = this.#connections.find(transport, remote, domain)
      if (known) return known
      // Browsers say `ws` for both (RFC 7118 §5.2), and whoever came over TLS is at this address only there.
      if (transport === 'ws') return this.#connections.find('wss', remote, '')
      if (onlyKnown) return null
    }
    const six = isIPv6(remote.host)
    const speaking = this.#listeners.filter((l) => l.point.transport === transport)
    const family = speaking.filter((l) => isIPv6(l.point.host) === six)
    // A socket on `::` takes IPv4 too.
    const fitting = family.length > 0 || six ? family : speaking.filter((l) => l.point.host === '::')
    // A loopback listen point cannot reach the world, and the world's cannot always be reached from loopback.
    const best = fitting.find((l) => isLoopback(l.point.host) === isLoopback(remote.host)) ?? fitting[0]
    if (!best) return null
    return 'dial' in best.of ? best.of.dial(remote, domain) : best.of.flowTo(remote)
  }

  /**
   * Finds the way to a URI (RFC 3263) for a request of about `size` bytes; at once for IP literals. Null: there is none.
   * `next` goes on with the places that are left, for when this one turns out to be no good; null: none is left. `onlyKnown`: to
   * an address no connection is opened.
   */
  reach(uri: SipUri, tell: Told, size = 0, onlyKnown = false): void {
    const wish = wishOf(uri)
    if (!wish || isNowhere(wish.host)) {
      tell(null, null)
      return
    }
    const { host } = wish
    const has = (transport: TransportName): boolean => this.#listeners.some((l) => l.point.transport === transport)
    if (isIP(host)) {
      const transport = usualTransport(wish, has)
      const port = wish.port ?? defaultPort(transport)
      if (onlyKnown) tell(this.flowTo(transport, { host, port }, '', true), null)
      else this.#first(bySize([{ transport, host, port, name: '' }], size, wish), tell)
      return
    }
    this.#locate(wish, has)
      .then((targets) => this.#first(bySize(targets, size, wish), tell))
      .catch((error: unknown) => this.#fault(error))
  }

  #fault(error: unknown): void {
    this.#log.error({ error: error instanceof Error ? error.stack : String(error) }, 'the engine failed on one message')
  }

  /** Where a name leads; nowhere if that is not known in time, or too many names are looked for already. */
  #locate(wish: Wish, has: (transport: TransportName) => boolean): Promise<readonly Target[]> {
    if (this.#looking >= this.#lookups) return Promise.resolve([])
    this.#looking++
    const late = Promise.withResolvers<readonly Target[]>()
    const timer = setTimeout(() => late.resolve([]), this.#resolveMs)
    return Promise.race([locate(wish, has, this.#dns, Math.random), late.promise]).finally(() => {
      this.#looking--
      clearTimeout(timer)
    })
  }

  /** The first place with a listen point that fits and, where there are others, that a connection can be made to. */
  #first(targets: readonly Target[], tell: Told): void {
    const [target, ...rest] = targets
    if (!target) {
      tell(null, null)
      return
    }
    const flow = this.flowTo(target.transport, target, target.name)
    if (!flow) {
      this.#first(rest, tell)
      return
    }
    const next = rest.length === 0 ? null : (again: Told): void => this.#first(rest, again)
    if (next === null || !(flow instanceof Connection)) {
      tell(flow, next)
      return
    }
    flow.whenOpen((open) => {
      try {
        if (open) tell(flow, next)
        else next(tell)
      } catch (error) {
        this.#fault(error)
      }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#certificates?.close()
    const closing = this.#listeners.map((l) => l.of.close())
    this.#connections.close()
    await Promise.all(closing)
  }
}

/** What all listen points have together. */
interface Shared {
  readonly connections: Connections
  readonly certificates: Certificates | null
}

/** Opens all listen points or none. UDP and TCP with port 0 on one host get the same number. */
export async function openTransports(needs: Needs): Promise<Transports> {
  for (let attempt = 0; ; attempt++) {
    const open: Listener[] = []
    const shared = { connections: new Connections(needs.limits, needs.log), certificates: certificatesOf(needs) }
    try {
      for (const point of needs.listen)
        open.push(await openOne(needs, shared, twinOf(point, needs.listen, open), point))
      return new Transports(open, shared, needs)
    } catch (error) {
      shared.certificates?.close()
      await Promise.all(open.map((l) => l.of.close()))
      // The number the system chose for one transport may be taken for the other; then it chooses again.
      const chosen = error instanceof ListenError && error.kind === 'port in use' && !asked(needs.listen, error)
      if (!chosen || attempt >= 20) throw error
    }
  }
}

function certificatesOf({ listen, tls, limits, log }: Needs): Certificates | null {
  if (tls) return new Certificates(tls, limits.certificatesMs, log)
  const point = listen.find(({ transport }) => isSecure(transport))
  if (point)
    throw new RangeError(`${point.transport} ${point.host}:${point.port} needs a certificate: give tls {cert, key}`)
  return null
}

function asked(listen: readonly ListenPoint[], error: ListenError): boolean {
  return listen.some((p) => p.transport === error.transport && p.host === error.host && p.port === error.port)
}

function twinOf(point: ListenPoint, all: readonly ListenPoint[], open: readonly Listener[]): ListenPoint {
  if (point.port !== 0) return point
  const other = point.transport === 'udp' ? 'tcp' : point.transport === 'tcp' ? 'udp' : null
  const index = all.filter((p) => p.transport === point.transport && p.host === point.host).indexOf(point)
  const twins = open.filter((l, i) => {
    return all[i]!.port === 0 && l.point.host === point.host && l.point.transport === other
  })
  return { ...point, port: twins[index]?.point.port ?? 0 }
}

/** `asked` is the point as it was asked for. */
async function openOne(needs: Needs, shared: Shared, point: ListenPoint, asked: ListenPoint): Promise<Listener> {
  const { advertise, limits, log, receiver, gate } = needs
  const { transport, host, port } = point
  // Where both wildcards are listened on, `::` leaves IPv4 to the other.
  const twin = (p: ListenPoint): boolean => p.transport === transport && p.host === '0.0.0.0' && p.port === port
  const ipv6Only = host === '::' && needs.listen.some(twin)
  const localFor = localAddress(host, advertise)
  const common = { host, port, ipv6Only, limits, log, receiver, gate, point: asked, localFor }
  try {
    const of = transport === 'udp' ? await listenUdp(common) : await listenStream({ ...common, ...shared, transport })
    return { point: { ...point, port: of.port }, of, names: namesHere(host, advertise) }
  } catch (error) {
    throw new ListenError(transport, host, port, error as NodeJS.ErrnoException)
  }
}
