/**
 * A listener of gRPC that says whom it sends away, and why. grpc-js drops a stranger without a word, so the door is ours: what is behind
 * it sees only connections that have shown a certificate of the authority, or, without TLS, at least the first line of HTTP/2.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { type Server, ServerCredentials } from '@grpc/grpc-js'
import { NO_CERTIFICATE, NO_TLS, NOT_OURS, TLS, whyRefused } from '../proto/tls.ts'
import type { Logger } from './logger.ts'
import { Seldom } from './seldom.ts'

export interface Tls {
  /** PEM: who signs the certificates of the others, and this node's own. */
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

export interface DoorOptions {
  readonly server: Server
  readonly listen: { readonly host: string; readonly port: number }
  readonly tls: Tls | null
  /** Who may come in: nodes alone, or operators too. */
  readonly who: 'nodes' | 'everyone'
  readonly log: Logger
  /** For how long one may take to show who it is. */
  readonly handshakeMs?: number
  /** Connections at once, those included that have not shown yet who they are. */
  readonly connectionsMax?: number
}

export interface Door {
  readonly port: number
  /** Lets nobody in any more. Who is in already is the gRPC server's to end. */
  close(): void
}

const CONNECTIONS_MAX = 512
const HANDSHAKE_MS = 5000
/** What an HTTP/2 connection begins with (RFC 9113 §3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const SILENT = 'it did not say who it is in time: nothing but raftel should connect here'
const TLS_HANDSHAKE = 0x16
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** Listens. Rejects with the system's error when it cannot, or when the certificate and the key are not a pair. */
export function openDoor(options: DoorOptions): Promise<Door> {
  const { server, listen, tls, who, log, handshakeMs = HANDSHAKE_MS, connectionsMax = CONNECTIONS_MAX } = options
  const inside = server.createConnectionInjector(ServerCredentials.createInsecure())
  const seldom = new Seldom(log)
  const waiting = new Set<Socket>()
  const where = who === 'nodes' ? 'the listener for nodes' : 'the control listener'

  const refuse = (socket: Socket, why: string): void => {
    const address = socket.remoteAddress ?? 'an unknown address'
    // Not its port: a client that tries again has another one.
    seldom.warn({ address }, `refused ${address} at ${where}: ${why}`)
    socket.destroy()
  }
  const letIn = (socket: Socket): void => {
    waiting.delete(socket)
    inside.injectConnection(socket)
  }
  const door = tls === null ? plainDoor(handshakeMs, letIn, refuse) : tlsDoor(tls, who, handshakeMs, letIn, refuse)
  door.maxConnections = connectionsMax
  door.on('drop', () => seldom.warn({}, `${where} has ${connectionsMax} connections; further ones are refused`))
  door.on('connection', (socket: Socket) => {
    waiting.add(socket)
    // It may break at any time; who is inside hears of it by its session.
    socket.on('error', () => {})
    socket.on('close', () => waiting.delete(socket))
  })
  return new Promise((resolve, reject) => {
    door.once('error', reject)
    door.listen(listen.port, listen.host, () => {
      door.off('error', reject)
      door.on('error', (error) => seldom.warn({ err: error }, `${where} could not accept a connection`))
      resolve({
        port: (door.address() as { port: number }).port,
        close() {
          door.close()
          for (const socket of waiting) socket.destroy()
        },
      })
    })
  })
}

/** The three PEM files of a listener. Throws the system's error, which names the file. */
export function readTls({ ca, cert, key }: Readonly<Record<keyof Tls, string>>): Tls {
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
}

type LetIn = (socket: Socket) => void
type Refuse = (socket: Socket, why: string) => void

function tlsDoor(tls: Tls, who: DoorOptions['who'], handshakeMs: number, letIn: LetIn, refuse: Refuse): NetServer {
  // Whoever is not authorized is refused below: left to itself, Node does so without a word.
  const asked = { requestCert: true, rejectUnauthorized: false }
  const limits = { handshakeTimeout: handshakeMs, minVersion: 'TLSv1.2', ALPNProtocols: ['h2'] } as const
  const door = createTlsServer({ ...tls, ...asked, ...limits })
  door.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    // Whoever looks whether the port is open goes away without a byte.
    if (error.code !== 'ECONNRESET') refuse(socket, handshakeTrouble(error))
  })
  door.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {})
    const why = strangerWhy(socket, who)
    if (why === null) letIn(socket)
    else refuse(socket, why)
  })
  return door
}

function strangerWhy(socket: TLSSocket, who: DoorOptions['who']): string | null {
  const shown = socket.getPeerCertificate()
  if (Object.keys(shown).length === 0) return NO_CERTIFICATE
  if (!socket.authorized) return whyRefused(String(socket.authorizationError), socket.getPeerX509Certificate())
  // An operator's is for a client only. The hello asks for the cluster key besides; this spares it the question.
  const uses = shown.ext_key_usage
  if (who === 'nodes' && uses !== undefined && !uses.includes(SERVER_AUTH)) return whyRefused('INVALID_PURPOSE')
  return socket.alpnProtocol === 'h2' ? null : NOT_OURS
}

function handshakeTrouble({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_SSL_HTTP_REQUEST' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') return NO_TLS
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return SILENT
  if (/alert unknown ca|alert certificate|alert bad certificate/.test(message)) {
    return "it does not accept this node's certificate: give both sides certificates of one authority and the same tls.ca"
  }
  return `the TLS handshake failed (${code || 'no reason'}): nothing but raftel should connect here`
}

function plainDoor(handshakeMs: number, letIn: LetIn, refuse: Refuse): NetServer {
  return createServer((socket) => {
    const late = setTimeout(() => refuse(socket, SILENT), handshakeMs)
    socket.once('close', () => clearTimeout(late))
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null
      if (first === null) return
      clearTimeout(late)
      const count = Math.min(first.length, PREFACE.length)
      if (first.subarray(0, count).equals(PREFACE.subarray(0, count))) {
        socket.unshift(first)
        letIn(socket)
      } else refuse(socket, first[0] === TLS_HANDSHAKE ? TLS : NOT_OURS)
    })
  })
}
