import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext, type SecureContextOptions, type Server } from 'node:tls'
import type { Logger } from '../limits.ts'

/** Paths of PEM files: a certificate with its intermediates below it, and its key. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

export interface TlsOptions extends CertificateFiles {
  /** Authorities of clients and of servers that we connect to; without it those that Node knows. */
  readonly ca?: string
  /** Whether clients at `tls` are asked for a certificate of `ca`; browsers, at `wss`, have none. */
  readonly client?: 'none' | 'ask' | 'require'
  /** Other certificates by the name that a client asks for (SNI); `*.example.com` is any one label. */
  readonly names?: readonly (CertificateFiles & { readonly name: string })[]
}

/** A file that is no certificate, or no key of it; the message is a sentence. */
export class CertificateError extends Error {}

interface Loaded {
  readonly options: SecureContextOptions
  readonly own: SecureContext
  readonly named: ReadonlyMap<string, SecureContext>
}

/** The certificates of all TLS and WSS listen points, or of the one for apps, read again when their files change. */
export class Certificates {
  readonly client: 'none' | 'ask' | 'require'
  readonly #options: TlsOptions
  readonly #whose: 'SIP' | 'application'
  readonly #log: Logger
  readonly #servers = new Set<Server>()
  readonly #looking: NodeJS.Timeout
  #loaded: Loaded
  #seen: string | null = null

  /** Throws, in one sentence, when a file cannot be used. */
  constructor(options: TlsOptions, everyMs: number, log: Logger, whose: 'SIP' | 'application' = 'SIP') {
    this.client = options.client ?? 'none'
    this.#options = options
    this.#whose = whose
    this.#log = log
    this.#loaded = load(options)
    void this.#look()
    this.#looking = setInterval(() => void this.#look(), everyMs).unref()
  }

  /** Of connections that we open. */
  get own(): SecureContext {
    return this.#loaded.own
  }

  /** What a new TLS server begins with. */
  get options(): SecureContextOptions {
    return this.#loaded.options
  }

  /** Keeps the server's certificate up to date. */
  serve(server: Server): void {
    this.#servers.add(server)
  }

  for(name: string): SecureContext {
    const lower = name.toLowerCase()
    const { named, own } = this.#loaded
    return named.get(lower) ?? named.get(`*${lower.slice(lower.indexOf('.'))}`) ?? own
  }

  /** Reads the files now. False: they cannot be used, and what was read before stays. */
  reload(): boolean {
    try {
      this.#loaded = load(this.#options)
      for (const server of this.#servers) server.setSecureContext(this.#loaded.options)
      this.#log.info(
        { cert: this.#options.cert },
        `the ${this.#whose} certificates are read again; new connections get them`,
      )
      return true
    } catch (error) {
      const { message } = error as Error
      this.#log.warn({}, `the new ${this.#whose} certificates are not used, the ones before stay: ${message}`)
      return false
    }
  }

  close(): void {
    clearInterval(this.#looking)
  }

  async #look(): Promise<void> {
    const files = [...pairsOf(this.#options).flatMap(({ cert, key }) => [cert, key]), this.#options.ca ?? []].flat()
    const stats = await Promise.all(files.map((file) => stat(file).catch(() => null)))
    const now = stats.map((one) => (one ? `${one.ino} ${one.size} ${one.mtimeMs}` : 'absent')).join()
    if (this.#seen !== null && this.#seen !== now) this.reload()
    this.#seen = now
  }
}

function pairsOf(options: TlsOptions): readonly CertificateFiles[] {
  return [options, ...(options.names ?? [])]
}

function load(options: TlsOptions): Loaded {
  const ca = options.ca === undefined ? {} : { ca: pem(options.ca) }
  const of = ({ cert, key }: CertificateFiles): SecureContextOptions => {
    const read = { cert: pem(cert), key: pem(key), ...ca, minVersion: 'TLSv1.2' as const }
    try {
      createSecureContext(read)
      return read
    } catch (error) {
      throw new CertificateError(`${cert} and ${key} are not a certificate and its key: ${(error as Error).message}`)
    }
  }
  const own = of(options)
  const named = (options.names ?? []).map((one) => [one.name.toLowerCase(), createSecureContext(of(one))] as const)
  return { options: own, own: createSecureContext(own), named: new Map(named) }
}

function pem(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new CertificateError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
