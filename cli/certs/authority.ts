/** A small authority in a directory: `ca.pem` and `ca.key`, and `NAME.pem` with `NAME.key` for each certificate it gave. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import path from 'node:path'
import { Failure } from '../failure.ts'
import { certificate, type Issuer, type Role, roleOf } from './x509.ts'

export interface Given {
  readonly name: string
  readonly role: Role | 'other'
  readonly subject: string
  readonly issuer: string
  readonly hosts: readonly string[]
  readonly serial: string
  /** ISO 8601. */
  readonly from: string
  readonly expires: string
  readonly state: 'valid' | 'expires soon' | 'expired' | 'not yet valid'
  /** SHA-256 of the certificate. */
  readonly fingerprint: string
  readonly cert: string
  /** Null when the key is kept elsewhere. */
  readonly key: string | null
}

export interface Order {
  readonly name: string
  readonly role: 'node' | 'operator'
  readonly hosts: readonly string[]
  readonly days: number
  readonly force: boolean
}

export const CA_DAYS = 3650
export const DAYS = 365
export const DAYS_MAX = 36_500
const DAY_MS = 86_400_000
/** Clocks of machines differ: a certificate that was made a moment ago is valid on all of them. */
const BACK_MS = 3_600_000
const SOON_MS = 30 * DAY_MS
const UNIT = { node: 'node', operator: 'operator' } as const

export const certOf = (dir: string, name: string): string => path.join(dir, `${name}.pem`)
export const keyOf = (dir: string, name: string): string => path.join(dir, `${name}.key`)

/** Makes the authority. */
export function initCa(dir: string, cluster: string, days: number, force: boolean, now: number): Given {
  if (!existsSync(dir)) mkdirSync(dir, { recursive: true, mode: 0o700 })
  const { publicKey, privateKey } = newKey()
  const subject = { o: cluster, ou: 'authority', cn: `${cluster} CA` }
  const span = { notBefore: now - BACK_MS, notAfter: now + days * DAY_MS }
  const made = certificate(
    { role: 'ca', subject, hosts: [], publicKey, serial: newSerial(), ...span },
    { key: privateKey, certificate: null },
  )
  save(dir, 'ca', made, privateKey, force)
  return read(dir, 'ca', now)
}

/** Gives a certificate; it never outlives its authority. */
export function give(dir: string, order: Order, now: number): Given {
  const { name, role, hosts, force } = order
  const issuer = loadCa(dir, now)
  const end = issuer.certificate.validToDate.getTime()
  const { publicKey, privateKey } = newKey()
  const made = certificate(
    {
      role,
      subject: { o: organisation(issuer.certificate), ou: UNIT[role], cn: name },
      hosts,
      publicKey,
      serial: newSerial(),
      notBefore: now - BACK_MS,
      notAfter: Math.min(end, now + order.days * DAY_MS),
    },
    issuer,
  )
  save(dir, name, made, privateKey, force)
  return read(dir, name, now)
}

/** Every certificate of the directory, the authority first. */
export function listGiven(dir: string, now: number): Given[] {
  if (!existsSync(dir)) throw new Failure('not found', `there is no directory ${dir}; make it with raftel certs init`)
  const names = readdirSync(dir)
    .filter((file) => file.endsWith('.pem') && !keyAlone(path.join(dir, file)))
    .map((file) => file.slice(0, -'.pem'.length))
  const order = (name: string) => (name === 'ca' ? '' : name)
  return names.sort((a, b) => (order(a) < order(b) ? -1 : 1)).map((name) => read(dir, name, now))
}

export function read(dir: string, name: string, now: number): Given {
  const cert = certOf(dir, name)
  if (!existsSync(cert)) throw new Failure('not found', `there is no ${cert}; raftel certs ls --dir ${dir} has all`)
  const one = load(cert)
  return {
    name,
    role: roleOf(one),
    subject: oneLine(one.subject),
    issuer: oneLine(one.issuer),
    hosts: hostsOf(one),
    serial: one.serialNumber.toLowerCase(),
    from: one.validFromDate.toISOString(),
    expires: one.validToDate.toISOString(),
    state: stateOf(one, now),
    fingerprint: one.fingerprint256,
    cert,
    key: existsSync(keyOf(dir, name)) ? keyOf(dir, name) : null,
  }
}

/** The authority with its key, as it may sign now; otherwise a Failure that says what to do. */
function loadCa(dir: string, now: number): Issuer & { certificate: X509Certificate } {
  const [cert, file] = [certOf(dir, 'ca'), keyOf(dir, 'ca')]
  for (const needed of [cert, file]) {
    if (existsSync(needed)) continue
    throw new Failure('not found', `there is no ${needed}; make an authority with raftel certs init --dir ${dir}`)
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure('forbidden', `the key ${file} can be read by others: run chmod 600 ${file}`)
  }
  const authority = load(cert)
  let key: KeyObject
  try {
    key = createPrivateKey(readFileSync(file))
  } catch (error) {
    throw new Failure('failed', `${file} holds no key that can be read: ${(error as Error).message}`)
  }
  if (!authority.ca || !authority.checkPrivateKey(key)) {
    throw new Failure('failed', `${cert} is no authority with the key ${file}; restore both from one copy`)
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Failure('failed', `${file} is no P-256 key: sign with the tool that made it, or use another --dir`)
  }
  if (authority.validToDate.getTime() <= now) {
    throw new Failure('failed', `${cert} has expired; make a new authority with raftel certs init --dir ${dir} --force`)
  }
  return { key, certificate: authority }
}

function save(dir: string, name: string, cert: string, key: KeyObject, force: boolean): void {
  const files = [
    { file: keyOf(dir, name), text: key.export({ type: 'pkcs8', format: 'pem' }) as string },
    { file: certOf(dir, name), text: cert },
  ]
  const there = files.find(({ file }) => existsSync(file))
  if (there && !force) {
    throw new Failure('conflict', `${there.file} is there already; replace it with --force`)
  }
  // Both are written before either takes its place.
  const fresh = files.map(({ file, text }) => ({ file, fresh: `${file}.${process.pid}`, text }))
  try {
    for (const one of fresh) writeFileSync(one.fresh, one.text, { mode: 0o600, flag: 'wx' })
    for (const one of fresh) renameSync(one.fresh, one.file)
  } catch (error) {
    for (const one of fresh) rmSync(one.fresh, { force: true })
    throw new Failure('failed', `${dir} cannot be written: ${(error as Error).message}`)
  }
}

/** Other tools name their keys .pem too. */
function keyAlone(file: string): boolean {
  const text = readFileSync(file, 'utf8')
  return text.includes('PRIVATE KEY-----') && !text.includes('BEGIN CERTIFICATE-----')
}

function load(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (error) {
    throw new Failure('failed', `${file} holds no certificate that can be read: ${(error as Error).message}`)
  }
}

function stateOf(one: X509Certificate, now: number): Given['state'] {
  const [from, to] = [one.validFromDate.getTime(), one.validToDate.getTime()]
  if (to <= now) return 'expired'
  if (from > now) return 'not yet valid'
  // One that was made for a week is not late on its first day.
  return to - now < Math.min(SOON_MS, (to - from) / 3) ? 'expires soon' : 'valid'
}

function hostsOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .filter((one) => one !== '')
    .map((one) => one.replace(/^(DNS|IP Address):/, ''))
    .map((host) => (isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host))
}

function organisation({ subject }: X509Certificate): string {
  return /^O=(.*)$/m.exec(subject)?.[1] ?? 'raftel'
}

const oneLine = (name: string): string => name.trim().split('\n').join(', ')

function newKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

/** 127 bits of chance, positive as §4.1.2.2 wants it. */
function newSerial(): Buffer {
  const serial = randomBytes(16)
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)
  return serial
}
