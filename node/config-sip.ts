/** The part of the configuration that is about SIP: what one key means for another, and the files that it names. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FileConfig, ListenText } from './config-schema.ts'
import type { TlsOptions } from './engine/transport/certificates.ts'
import type { ListenPoint } from './engine/transport/flow.ts'
import { readListenPoint } from './engine/transport/listen.ts'
import type { AbusePolicy } from './sip/offences.ts'
import { readOrigin } from './sip/origin.ts'
import type { AclRule } from './sip/source.ts'
import type { Path } from './yaml.ts'

/** Tells a fault where it is. */
export type Wrong = (at: Path, message: string) => void

export type EngineConfig =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'external'; readonly host: string; readonly port: number; readonly secret: string }

/** Seconds; docs/configuration.md says what each is for. */
export interface RegistrationConfig {
  readonly minExpires: number
  readonly defaultExpires: number
  readonly maxExpires: number
  readonly jitterPercent: number
  readonly leaseSeconds: number
}

export interface DigestConfig {
  readonly algorithms: readonly ('SHA-512-256' | 'SHA-256' | 'MD5')[]
  readonly authInt: boolean
}

export interface SipConfig {
  readonly listen: readonly ListenPoint[]
  readonly tls: TlsOptions | null
  readonly advertise: string | null
  readonly engine: EngineConfig
  readonly registration: RegistrationConfig
  readonly digest: DigestConfig
  readonly acl: readonly AclRule[]
  readonly abuse: AbusePolicy
  /** Networks of proxies that may name a Path. */
  readonly pathFrom: readonly string[]
  /** Which web pages may connect; null: any. */
  readonly origins: readonly string[] | null
}

/** Null only after a fault was told. */
export function readSip(sip: FileConfig['sip'], folder: string, wrong: Wrong): SipConfig | null {
  const engine = engineOf(sip.engine, folder, wrong)
  const tls = sipTlsOf(sip, folder, wrong)
  const registration = registrationOf(sip.registration, wrong)
  if (engine === null) return null
  return {
    listen: sip.listen.map(listenPoint),
    tls,
    advertise: sip.advertise ?? null,
    engine,
    registration,
    digest: { algorithms: sip.digest.algorithms, authInt: sip.digest.auth_int },
    acl: aclOf(sip, wrong),
    abuse: abuseOf(sip.abuse),
    pathFrom: sip.path_from,
    origins: originsOf(sip, wrong),
  }
}

function engineOf(given: FileConfig['sip']['engine'], folder: string, wrong: Wrong): EngineConfig | null {
  if (given === 'embedded') return { kind: 'embedded' }
  const { host, port, secret, secret_file } = given
  if ((secret === undefined) === (secret_file === undefined)) {
    wrong(['sip', 'engine'], 'give exactly one of secret and secret_file, as the drachtio-server has it')
    return null
  }
  if (secret !== undefined) return { kind: 'external', host, port, secret }
  const file = path.resolve(folder, secret_file ?? '')
  try {
    return { kind: 'external', host, port, secret: readFileSync(file, 'utf8').trim() }
  } catch (error) {
    wrong(['sip', 'engine', 'secret_file'], `cannot be read: ${(error as Error).message}`)
    return null
  }
}

function sipTlsOf({ listen, tls }: FileConfig['sip'], folder: string, wrong: Wrong): TlsOptions | null {
  if (tls === undefined) {
    const i = listen.findIndex((text) => /^(tls|wss):/.test(text))
    if (i >= 0) wrong(['sip', 'listen', i], `${listen[i]} needs a certificate; add sip.tls {cert, key}`)
    return null
  }
  const at = ['sip', 'tls']
  if (tls.client !== 'none' && tls.ca === undefined) {
    wrong([...at, 'client'], `${tls.client} needs sip.tls.ca, the authority of the clients' certificates`)
  }
  const read = (name: string, where: Path): string => {
    const whole = path.resolve(folder, name)
    try {
      readFileSync(whole)
    } catch (error) {
      wrong(where, `cannot be read: ${(error as Error).message}`)
    }
    return whole
  }
  const pair = (one: { cert: string; key: string }, where: Path) => ({
    cert: read(one.cert, [...where, 'cert']),
    key: read(one.key, [...where, 'key']),
  })
  return {
    ...pair(tls, at),
    ...(tls.ca !== undefined && { ca: read(tls.ca, [...at, 'ca']) }),
    client: tls.client,
    names: tls.names.map((one, i) => ({ name: one.name, ...pair(one, [...at, 'names', i]) })),
  }
}

function aclOf({ acl, listen, engine }: FileConfig['sip'], wrong: Wrong): AclRule[] {
  if (acl.length > 0 && engine !== 'embedded') {
    wrong(
      ['sip', 'acl'],
      'it is the drachtio-server of sip.engine that listens; keep strangers away there, or use embedded',
    )
  }
  return acl.map((rule, i) => {
    const at = rule.listen
    if (at !== undefined && !listen.includes(at)) {
      wrong(
        ['sip', 'acl', i, 'listen'],
        `${at} is not in sip.listen (${listen.join(', ')}); name one of these, or none`,
      )
    }
    return { listen: at ?? null, allow: rule.allow, deny: rule.deny }
  })
}

function originsOf({ origins, listen, engine }: FileConfig['sip'], wrong: Wrong): string[] | null {
  if (origins === undefined) return null
  if (engine !== 'embedded') {
    wrong(['sip', 'origins'], 'it is the drachtio-server of sip.engine that browsers connect to; use embedded')
  } else if (!listen.some((text) => /^wss?:/.test(text))) {
    wrong(['sip', 'origins'], 'no browser can connect: sip.listen has neither ws nor wss')
  }
  return origins.flatMap((text) => readOrigin(text) ?? [])
}

function abuseOf(given: FileConfig['sip']['abuse']): AbusePolicy {
  return {
    trusted: given.trusted,
    sourceRate: given.source_rate,
    accountRate: given.account_rate,
    failures: given.failures,
    accountFailures: given.account_failures,
    badRequests: given.bad_requests,
    windowSeconds: given.window_seconds,
    banSeconds: given.ban_seconds,
    shunSeconds: given.shun_seconds,
    scanners: given.scanners.map((part) => part.toLowerCase()),
  }
}

function registrationOf(given: FileConfig['sip']['registration'], wrong: Wrong): RegistrationConfig {
  const { min_expires: min, default_expires: usual, max_expires: max } = given
  const at = (key: string) => ['sip', 'registration', key]
  if (max < min) wrong(at('max_expires'), `${max} is below min_expires (${min}); raise it or lower min_expires`)
  else if (usual < min || usual > max) {
    wrong(
      at('default_expires'),
      `${usual} is not from min_expires (${min}) to max_expires (${max}); choose one between`,
    )
  }
  const { jitter_percent: jitterPercent, lease_seconds: leaseSeconds } = given
  return { minExpires: min, defaultExpires: usual, maxExpires: max, jitterPercent, leaseSeconds }
}

/** The schema has checked its form. */
function listenPoint(text: ListenText): ListenPoint {
  return readListenPoint(text)!
}
