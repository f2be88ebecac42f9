import tls from 'node:tls'
import type { EngineLimits, Logger } from '../limits.ts'
import type { Certificates } from './certificates.ts'
import type { Guest } from './connections.ts'
import { keyOf } from './flow.ts'
import { sparse } from './sparse.ts'
import type { Enter } from './stream.ts'

interface TlsNeeds {
  readonly certificates: Certificates
  /** Whether clients are asked for a certificate. */
  readonly client: Certificates['client']
  readonly limits: EngineLimits
  readonly log: Logger
  /** Where a socket goes when its handshake is done. */
  readonly enter: Enter
}

/** The TLS server behind a listener: handshake, the right certificate, the client's certificate. */
export function tlsDoor({ certificates, client, limits, log, enter }: TlsNeeds): { readonly enter: Enter } {
  const guests = new Map<string, Guest>()
  const fails = sparse((fields, message) => log.info(fields, message))
  const server = tls.createServer({
    ...certificates.options,
    requestCert: client !== 'none',
    rejectUnauthorized: client === 'require',
    // The guest's deadline, which counts what comes after the handshake too, is always sooner.
    handshakeTimeout: 2 * limits.slowMs,
    SNICallback: (name, done) => done(null, certificates.for(name)),
  })
  certificates.serve(server)
  server.on('secureConnection', (socket) => {
    // Between HTTP and what comes after it nobody else would listen.
    socket.on('error', () => socket.destroy())
    const guest = guests.get(keyOf(rawAddress(socket)))
    if (guest) enter(socket, guest)
    else socket.destroy()
  })
  server.on('tlsClientError', (error, socket) => {
    const { host, port } = rawAddress(socket)
    fails({ host, port }, `no TLS connection: ${error.message.trim()}`)
    socket.destroy()
  })
  return {
    enter(raw, guest) {
      const key = keyOf(rawAddress(raw))
      guests.set(key, guest)
      raw.once('close', () => guests.get(key) === guest && guests.delete(key))
      // Node documents this as the way to put a socket behind a TLS server.
      server.emit('connection', raw)
    },
  }
}

function rawAddress(socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }) {
  return { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
}
