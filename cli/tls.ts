/** How a client shows who it is, and, when a node does not answer, whether certificates are the reason. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import { certificatesIn, whyRefused } from '../proto/tls.ts'
import { Failure } from './failure.ts'
import type { TlsFiles } from './globals.ts'

interface Pem {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** Null: plain, for a node on loopback. Throws a Failure that names the file. */
export function secretOf(files: TlsFiles | null): ChannelCredentials {
  if (files === null) return credentials.createInsecure()
  const { ca, cert, key } = load(files)
  try {
    return credentials.createSsl(ca, key, cert)
  } catch (error) {
    throw new Failure('failed', `${files.cert} and ${files.key} cannot be used: ${(error as Error).message}`)
  }
}

/** Why an endpoint lets this client not in, as a sentence; null when certificates are not the reason. */
export async function whyRefusedAt(endpoint: string, files: TlsFiles | null): Promise<string | null> {
  const at = endpoint.lastIndexOf(':')
  const [host, port] = [endpoint.slice(0, at).replace(/^\[|\]$/g, ''), Number(endpoint.slice(at + 1))]
  return files === null ? knockPlain(host, port) : knock(host, port, files)
}

const KNOCK_MS = 1500
/** What an HTTP/2 client says first (RFC 9113 §3.4), with no settings. */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
])
const TLS_ALERT = 0x15

const GIVE_TLS = 'it speaks TLS: give --tls-ca, --tls-cert and --tls-key (or --dir of a lab)'
const NO_TLS = 'it does not speak TLS: leave out --tls-ca, --tls-cert and --tls-key, or give it control.tls'

function knock(host: string, port: number, files: TlsFiles): Promise<string | null> {
  const pem = load(files)
  const name = isIP(host) ? {} : { servername: host }
  const socket = connectTls({ ...pem, ...name, host, port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  return knocking(socket, {
    event: 'secureConnect',
    met: () => (socket.authorized ? null : whyRefused(codeOf(socket), socket.getPeerX509Certificate())),
    // Nothing listens, or what listens has no TLS.
    lost: (error) => (error?.code === 'ECONNREFUSED' ? null : NO_TLS),
    closed: () => whyNotTaken(files, pem),
    heard: () => null,
  })
}

function knockPlain(host: string, port: number): Promise<string | null> {
  return knocking(connect(port, host), {
    event: 'connect',
    met: () => null,
    lost: () => null,
    closed: () => GIVE_TLS,
    heard: (first) => (first[0] === TLS_ALERT ? GIVE_TLS : null),
  })
}

interface Story {
  /** After which the two know each other. */
  readonly event: 'connect' | 'secureConnect'
  readonly met: () => string | null
  /** It ended before that, or after it without a word, or it said something. */
  readonly lost: (error: NodeJS.ErrnoException | undefined) => string | null
  readonly closed: () => string | null
  readonly heard: (first: Buffer) => string | null
}

/** In TLS 1.3 a client is through before its own certificate is judged: only what comes next tells. */
function knocking(socket: Socket, story: Story): Promise<string | null> {
  return new Promise((resolve) => {
    let met = false
    let failed: NodeJS.ErrnoException | undefined
    const done = (why: string | null): void => {
      resolve(why)
      socket.destroy()
    }
    socket.setTimeout(KNOCK_MS, () => done(null))
    socket.once(story.event, () => {
      met = true
      const why = story.met()
      if (why !== null) done(why)
      else socket.write(PREFACE)
    })
    socket.once('data', (first: Buffer) => done(story.heard(first)))
    socket.on('error', (error) => (failed = error))
    socket.once('close', () => done(met ? story.closed() : story.lost(failed)))
  })
}

function codeOf(socket: TLSSocket): string {
  const error = socket.authorizationError as unknown as string | NodeJS.ErrnoException
  return typeof error === 'string' ? error : (error.code ?? error.message)
}

/** The node says it in its log alone; what can be seen from here is said here. */
function whyNotTaken({ cert, ca }: TlsFiles, pem: Pem): string {
  const own = new X509Certificate(pem.cert)
  const [from, to] = [own.validFromDate.getTime(), own.validToDate.getTime()]
  const now = Date.now()
  if (to <= now) return `${cert} has expired: issue it again (raftel certs client … --force)`
  if (from > now) return `${cert} is not valid yet: look at the clock of this machine`
  const [shown, authorities] = [readable(pem.cert), readable(pem.ca)]
  if (shown.length === 0 || authorities.length === 0) return `it does not take ${cert}: its log says why`
  const chain = chainOf(shown, authorities)
  if (chain === null) return `${cert} is not of the authority ${ca}: take one of that (raftel certs client)`
  if (chain.some((one) => one.validToDate.getTime() <= now))
    return `${cert} is of an authority that has expired: take one of an authority that has not`
  return `it does not take ${cert}: its log says why`
}

/** None, if one of them cannot be read: OpenSSL takes what comes before it. */
function readable(pem: Buffer): X509Certificate[] {
  try {
    return certificatesIn(pem)
  } catch {
    return []
  }
}

/** What was shown, from the client's own up to what one of the authorities signed; null: it leads to none of them. */
function chainOf(
  [own, ...intermediates]: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[] | null {
  const chain: X509Certificate[] = []
  let above = own
  while (above !== undefined && !chain.includes(above)) {
    const one = above
    chain.push(one)
    if (authorities.some((issuer) => hasSigned(issuer, one))) return chain
    above = intermediates.find((issuer) => hasSigned(issuer, one))
  }
  return null
}

function hasSigned(issuer: X509Certificate, one: X509Certificate): boolean {
  return one.checkIssued(issuer) && one.verify(issuer.publicKey)
}

function load(files: TlsFiles): Pem {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (error) {
      throw new Failure('failed', `a TLS file cannot be used: ${(error as Error).message}`)
    }
  }
  return { ca: read(files.ca), cert: read(files.cert), key: read(files.key) }
}
