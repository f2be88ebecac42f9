import net from 'node:net'
import tls from 'node:tls'
import type { EngineLimits, Logger } from '../limits.ts'
import { parseVia, splitOutside } from '../parser/headers.ts'
import { type Framed, StreamFramer } from '../parser/stream.ts'
import type { Certificates } from './certificates.ts'
import { type Carrier, Connection } from './connection.ts'
import type { Connections, Guest } from './connections.ts'
import {
  defaultPort,
  type Endpoint,
  type Gate,
  type Hearing,
  isSecure,
  isWeb,
  type ListenPoint,
  type Receiver,
  type TransportName,
} from './flow.ts'
import { identitiesOf, speaksFor } from './identity.ts'
import { sparse } from './sparse.ts'
import { tlsDoor } from './tls.ts'
import { webDoor } from './web.ts'

/** One listen point of a transport with connections: TCP, TLS, WS or WSS. */
export interface Streams {
  readonly port: number
  /** Connects; null: nobody can be connected to by this transport, or too many are. */
  dial(remote: Endpoint, name: string): Connection | null
  close(): Promise<void>
}

export interface StreamNeeds {
  readonly transport: Exclude<TransportName, 'udp'>
  readonly host: string
  readonly port: number
  /** Of `::`: not IPv4 as well. */
  readonly ipv6Only: boolean
  readonly limits: EngineLimits
  readonly log: Logger
  readonly receiver: Receiver
  readonly gate?: Gate | undefined
  readonly point: ListenPoint
  readonly connections: Connections
  /** Of TLS and WSS. */
  readonly certificates: Certificates | null
  localFor(remote: string, port: number): Endpoint
}

/** What happens next to a socket that came in: TCP, then TLS, then HTTP, as the transport wants. */
export type Enter = (socket: net.Socket, guest: Guest) => void

export async function listenStream(needs: StreamNeeds): Promise<Streams> {
  const { transport, host, port, ipv6Only, limits, log, connections, certificates } = needs
  const connect = (guest: Guest, carrier: Carrier, identities: readonly string[]): Connection => {
    const connection = make(needs, bound, { ...guest, carrier, identities })
    connections.add(connection, guest.remote, '')
    return connection
  }
  const fromPage = (from: string, origin: string | undefined): boolean => needs.gate?.origin?.(from, origin) ?? true
  const web = isWeb(transport) ? webDoor({ limits, log, fromPage, connect }) : null
  const inner: Enter =
    web?.enter ??
    ((socket, guest) => {
      const identities = verified(socket)
      const connection = connect(guest, socketCarrier(socket), identities)
      overStream(connection, socket, limits, aliasing(connections, connection))
    })
  const secure = isSecure(transport)
    ? tlsDoor({ certificates: certificates!, client: web ? 'none' : certificates!.client, limits, log, enter: inner })
    : null
  const enter = secure?.enter ?? inner

  const fails = sparse((fields, message) => log.warn(fields, message))
  const server = net.createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
  server.on('connection', (socket) => {
    const guest = connections.admit(
      socket,
      transport,
      (from) => needs.gate?.admit(from, needs.point) ?? 'yes',
      (from, what) => needs.gate?.looks?.(from, needs.point, what) ?? false,
    )
    if (guest) enter(socket, guest)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = (server.address() as net.AddressInfo).port
  server.on('error', (error) => log.warn({ transport, error: error.message }, 'listener error'))

  return {
    port: bound,
    dial: (remote, name) => (web ? null : dial({ ...needs, fails }, bound, remote, name)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

interface Made {
  readonly remote: Endpoint
  readonly carrier: Carrier
  readonly deadline: NodeJS.Timeout | null
  readonly identities: readonly string[]
  admit?(): Hearing
  looks?(): boolean
  release(): void
}

function make(needs: StreamNeeds, port: number, { release, ...made }: Made): Connection {
  const { transport, limits, log, receiver, connections, localFor } = needs
  const gone = (connection: Connection): void => {
    connections.remove(connection)
    release()
  }
  const slow = ({ remote }: Connection): void => {
    connections.slow++
    log.info({ transport, remote }, 'connection closed: it does not read what it is sent')
  }
  return new Connection({ ...made, transport, local: localFor(made.remote.host, port), limits, receiver, gone, slow })
}

/** `fails`: says that no connection came of it. */
type Dialling = StreamNeeds & { readonly fails: Logger['warn'] }

function dial(needs: Dialling, bound: number, remote: Endpoint, name: string): Connection | null {
  const { transport, limits, fails, connections, certificates } = needs
  const letGo = connections.dialling(transport, remote)
  if (!letGo) return null
  const secure = isSecure(transport)
  const to = { host: remote.host, port: remote.port, noDelay: true, keepAlive: true }
  const asked = name === '' ? remote.host : name
  const socket = secure
    ? tls.connect({
        ...to,
        secureContext: certificates!.own,
        servername: net.isIP(asked) ? '' : asked,
        minVersion: 'TLSv1.2',
        checkServerIdentity: (_host, certificate) => wrongIdentity(asked, certificate),
      })
    : net.connect(to)
  const counted = connections.watch(socket)
  const release = (): void => {
    counted()
    letGo()
  }
  socket.once('close', letGo)
  const carrier = socketCarrier(socket)
  const admit = (): Hearing => needs.gate?.admit(remote.host, needs.point) ?? 'yes'
  const looks = (): boolean => needs.gate?.looks?.(remote.host, needs.point, String(remote.port)) ?? false
  const connection = make(needs, bound, { remote, carrier, deadline: null, identities: [], admit, looks, release })
  connections.add(connection, remote, secure ? asked : '')
  socket.once(secure ? 'secureConnect' : 'connect', () => connection.opened())
  socket.on('error', (error) => {
    if (secure) fails({ remote, name: asked }, `no TLS connection to ${asked}: ${error.message}`)
  })
  overStream(connection, socket, limits, null)
  return connection
}

function wrongIdentity(asked: string, certificate: tls.PeerCertificate): Error | undefined {
  if (speaksFor(certificate, asked)) return undefined
  const names = identitiesOf(certificate).join(', ')
  return new Error(`its certificate is for ${names === '' ? 'no SIP domain' : names} (RFC 5922)`)
}

/** The domains that the verified certificate of a client speaks for. */
function verified(socket: net.Socket): readonly string[] {
  if (!(socket instanceof tls.TLSSocket) || !socket.authorized) return []
  const certificate = socket.getPeerCertificate()
  return Object.keys(certificate).length === 0 ? [] : identitiesOf(certificate)
}

/**
 * A peer with a verified certificate may say `alias` in its Via: requests for its domains at its sent-by port then go over its
 * own connection (RFC 5923 §8). From anyone else it would draw the calls of another.
 */
function aliasing(connections: Connections, connection: Connection): ((text: string) => void) | null {
  if (connection.identities.length === 0) return null
  let done = false
  return (text) => {
    if (done) return
    const value = /\r\n(?:via|v)[ \t]*:([^\r]*)/i.exec(text)?.[1] ?? ''
    const via = parseVia(splitOutside(value, ',')[0] ?? '')
    if (!via || !/;[ \t]*alias[ \t]*(?:[;=]|$)/i.test(via.parameters)) return
    done = true
    const sentBy = { host: connection.remote.host, port: via.port ?? defaultPort('tls') }
    for (const name of connection.identities) connections.add(connection, sentBy, name)
  }
}

function socketCarrier(socket: net.Socket): Carrier {
  return {
    write: (text) => void socket.write(text),
    get waiting() {
      return socket.writableLength
    },
    get taken() {
      return socket.bytesWritten - socket.writableLength
    },
    rest: (ms) => {
      socket.pause()
      setTimeout(() => socket.resume(), ms).unref()
    },
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}

/** Reads SIP from a byte stream (RFC 3261 §18.3). */
function overStream(
  connection: Connection,
  socket: net.Socket,
  limits: EngineLimits,
  first: ((text: string) => void) | null,
): void {
  const framer = new StreamFramer(limits.head, limits.body)
  const take = (framed: Framed): boolean => {
    if (first && framed.kind === 'message') first(framed.text)
    return connection.take(framed, false)
  }
  socket.setTimeout(limits.idleMs, () => connection.drop())
  socket.on('error', () => connection.drop())
  socket.on('end', () => connection.drop())
  socket.on('close', () => connection.lost())
  socket.on('data', (chunk) => {
    if (framer.push(chunk).every(take) && framer.partial) connection.partial()
  })
}
