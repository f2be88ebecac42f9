/**
 * X.509 certificates (RFC 5280) as this project needs them: keys on P-256, ECDSA with SHA-256, which every TLS library takes.
 * Node reads certificates and does not write them; reading is left to it.
 */
import { createHash, type KeyObject, sign, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { bits, explicit, implicit, inside, integer, octets, oid, sequence, set, time, utf8, yes } from './der.ts'

export type Role = 'ca' | 'node' | 'operator'

export interface Wanted {
  readonly role: Role
  readonly subject: Subject
  /** DNS names and IP addresses that a node is reached by. */
  readonly hosts: readonly string[]
  readonly publicKey: KeyObject
  /** Unix ms. */
  readonly notBefore: number
  readonly notAfter: number
  /** Random, at most 20 bytes (§4.1.2.2). */
  readonly serial: Uint8Array
}

/** Organisation, unit, common name. */
export interface Subject {
  readonly o: string
  readonly ou: string
  readonly cn: string
}

export interface Issuer {
  readonly key: KeyObject
  /** Its own certificate; null: the new one signs itself. */
  readonly certificate: X509Certificate | null
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  cn: '2.5.4.3',
  o: '2.5.4.10',
  ou: '2.5.4.11',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  hosts: '2.5.29.17',
  basic: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** The certificate as PEM. */
export function certificate(wanted: Wanted, issuer: Issuer): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256))
  const subject = nameOf(wanted.subject)
  const tbs = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(wanted.serial),
    algorithm,
    issuer.certificate ? subjectOf(issuer.certificate) : subject,
    sequence(time(wanted.notBefore), time(wanted.notAfter)),
    subject,
    wanted.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(wanted, issuer.certificate?.publicKey ?? wanted.publicKey))),
  )
  const signature = sign('sha256', tbs, { key: issuer.key, dsaEncoding: 'der' })
  return pem(sequence(tbs, algorithm, bits(signature)))
}

/** What a certificate is for: ours carry it in their extended key usage, and the name tells people. */
export function roleOf(read: X509Certificate): Role | 'other' {
  if (read.ca) return 'ca'
  // Wrongly named in Node's types: these are the OIDs.
  const uses = read.keyUsage ?? []
  if (uses.includes(OID.serverAuth)) return 'node'
  return uses.includes(OID.clientAuth) ? 'operator' : 'other'
}

function extensions({ role, hosts, publicKey }: Wanted, authority: KeyObject): Buffer[] {
  const ca = role === 'ca'
  const made = [
    // No further authority below this one (§4.2.1.9).
    extension(OID.basic, ca ? sequence(yes(), integer(Buffer.from([0]))) : sequence(), 'critical'),
    // keyCertSign and cRLSign, or digitalSignature (§4.2.1.3).
    extension(OID.keyUsage, ca ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7), 'critical'),
    extension(OID.subjectKey, octets(keyIdentifier(publicKey))),
    extension(OID.authorityKey, sequence(implicit(0, keyIdentifier(authority)))),
  ]
  if (ca) return made
  const uses = role === 'node' ? [OID.serverAuth, OID.clientAuth] : [OID.clientAuth]
  made.push(extension(OID.extendedUsage, sequence(...uses.map(oid))))
  if (hosts.length > 0) made.push(extension(OID.hosts, sequence(...hosts.map(generalName))))
  return made
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(oid(id), ...(critical ? [yes()] : []), octets(value))
}

function nameOf({ o, ou, cn }: Subject): Buffer {
  const part = (id: string, text: string) => set(sequence(oid(id), utf8(text)))
  return sequence(part(OID.o, o), part(OID.ou, ou), part(OID.cn, cn))
}

/** §4.2.1.6 */
function generalName(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return implicit(7, Buffer.from(host.split('.').map(Number)))
    case 6:
      return implicit(7, ipv6(host))
    default:
      return implicit(2, Buffer.from(host, 'latin1'))
  }
}

function ipv6(host: string): Buffer {
  // The URL parser writes the last four bytes in hexadecimal too.
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string | undefined) => (text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const [before, after] = [groups(head), groups(tail)]
  const bytes = Buffer.alloc(16)
  before.forEach((group, i) => {
    bytes.writeUInt16BE(group, i * 2)
  })
  after.forEach((group, i) => {
    bytes.writeUInt16BE(group, 16 - (after.length - i) * 2)
  })
  return bytes
}

/** §4.2.1.2, method 1: SHA-1 of the key's bits, a name and no protection. */
function keyIdentifier(key: KeyObject): Buffer {
  const point = inside(key.export({ type: 'spki', format: 'der' }))[1]!.subarray(3)
  return createHash('sha1').update(point).digest()
}

/** Byte for byte: the issuer of one certificate is the subject of the other (§6.1.3 a 4). */
function subjectOf({ raw }: X509Certificate): Buffer {
  const tbs = inside(raw)[0]!
  return inside(tbs)[5]!
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
