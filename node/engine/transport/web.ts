import { createServer, type IncomingMessage } from 'node:http'
import type net from 'node:net'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { EngineLimits, Logger } from '../limits.ts'
import type { Carrier, Connection } from './connection.ts'
import type { Guest } from './connections.ts'
import type { Enter } from './stream.ts'
import { framedWhole } from './whole.ts'

interface WebNeeds {
  readonly limits: EngineLimits
  readonly log: Logger
  /** Whether pages of this Origin may connect. */
  fromPage(host: string, origin: string | undefined): boolean
  connect(guest: Guest, carrier: Carrier, identities: readonly string[]): Connection
}

const HEADERS_MAX = 8 * 1024

/** HTTP as far as a WebSocket needs it (RFC 6455, RFC 7118): an upgrade with the subprotocol `sip`, and nothing else. */
export function webDoor({ limits, log, fromPage, connect }: WebNeeds): { readonly enter: Enter } {
  const guests = new Map<Duplex, Guest>()
  const http = createServer({ maxHeaderSize: HEADERS_MAX, keepAlive: false })
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
    maxPayload: limits.head + limits.body,
    maxFragments: 128,
    maxBufferedChunks: 4096,
  })
  http.on('request', (request, response) => {
    const upgrade = request.method === 'GET'
    response.writeHead(upgrade ? 426 : 404, {
      Connection: 'close',
      ...(upgrade && { Upgrade: 'websocket' }),
      'Content-Length': 0,
    })
    response.end(() => request.socket.destroySoon())
  })
  http.on('upgrade', (request, socket, head) => {
    const guest = guests.get(socket)
    guests.delete(socket)
    if (!guest) return void socket.destroy()
    if (!wantsSip(request)) {
      log.debug({ remote: guest.remote }, 'a WebSocket without the subprotocol sip is refused')
      return refuse(socket, '400 Bad Request')
    }
    if (!fromPage(guest.remote.host, request.headers.origin)) return refuse(socket, '403 Forbidden')
    sockets.handleUpgrade(request, socket, head, (web) => {
      serve(web, socket as net.Socket, limits, (carrier) => connect(guest, carrier, []))
    })
  })
  return {
    enter(socket, guest) {
      guests.set(socket, guest)
      socket.once('close', () => guests.delete(socket))
      http.emit('connection', socket)
    },
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function wantsSip(request: IncomingMessage): boolean {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').some((one) => one.trim() === 'sip')
}

function serve(
  web: WebSocket,
  socket: net.Socket,
  limits: EngineLimits,
  connect: (carrier: Carrier) => Connection,
): void {
  const connection = connect({
    write: (bytes) => web.send(bytes),
    get waiting() {
      return web.bufferedAmount
    },
    get taken() {
      return socket.bytesWritten - socket.writableLength
    },
    rest: (ms) => {
      web.pause()
      setTimeout(() => web.resume(), ms).unref()
    },
    end: () => web.close(),
    destroy: () => web.terminate(),
  })
  // Whether this chunk of bytes ended something; one that did not is a part of a message.
  let whole = false
  let alive = true
  web.on('message', (data: RawData) => {
    whole = true
    const framed = framedWhole(data as Buffer, limits.head)
    if (framed) connection.take(framed, true)
  })
  const seen = (): void => {
    whole = true
  }
  web.on('ping', seen)
  web.on('pong', seen)
  web.on('error', () => connection.drop())
  web.on('close', () => {
    clearInterval(pinging)
    connection.lost()
  })
  socket.setTimeout(limits.idleMs, () => connection.drop())
  socket.on('data', () => {
    alive = true
    if (!whole) connection.partial()
    whole = false
  })
  // A browser cannot send pings of its own, and what lies between closes what is silent.
  const pinging = setInterval(() => {
    if (!alive) return connection.drop()
    alive = false
    web.ping()
  }, limits.pingMs)
}
