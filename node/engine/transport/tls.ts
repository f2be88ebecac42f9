import tls from 'node:tls'
import type { EngineLimits, Logger } from '../limits.ts'
import type { Certificates } from './certificates.ts'
import type { Guest } from './connections.ts'
import { keyOf } from './flow.ts'
import type { Enter } from './stream.ts'

interface TlsNeeds {
  readonly certificates: Certificates
  readonly limits: EngineLimits
  readonly log: Logger
  /** Where a socket goes when its handshake is done. */
  readonly enter: Enter
}

/** The TLS server behind a listener: handshake, the right certificate, the client's certificate. */
export function tlsDoor({ certificates, limits, log, enter }: TlsNeeds): { readonly enter: Enter } {
  const guests = new Map<string, Guest>()
  const server = tls.createServer({
    ...certificates.options,
    requestCert: certificates.client !== 'none',
    rejectUnauthorized: certificates.client === 'require',
    handshakeTimeout: limits.slowMs,
    SNICallback: (name, done) => done(null, certificates.for(name)),
  })
  certificates.serve(server)
  server.on('secureConnection', (socket) => {
    const guest = guests.get(keyOf(rawAddress(socket)))
    if (guest) enter(socket, guest)
    else socket.destroy()
  })
  server.on('tlsClientError', (error, socket) => {
    const { host, port } = rawAddress(socket)
    log.info({ host, port }, `no TLS connection: ${error.message.trim()}`)
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
