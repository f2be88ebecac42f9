/**
 * Digest authentication, the client's side (RFC 7616, RFC 8760 §2.4): the phone of ours does it, and whoever places calls through another
 * server. drachtio-srf has a client too, of MD5 alone, which takes a list of qop for one. Pure.
 */
import { ALGORITHMS, type Algorithm, H, type Qop, responseTo } from './digest.ts'

export interface Challenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  readonly algorithm: Algorithm
  /** `MD5-sess` and its kin: HA1 is made anew with each nonce (RFC 7616 §3.4.2). */
  readonly session: boolean
  /** What may be chosen from, as far as we know it; null: the server only knows RFC 2069. */
  readonly qop: readonly Qop[] | null
  /** The name is to be sent as a hash (RFC 7616 §3.4.4). */
  readonly userhash: boolean
  readonly stale: boolean
}

const TEXT_MAX = 8192
const CHALLENGES_MAX = 8

/** The strongest Digest challenge that we can answer in a (Proxy- or WWW-) Authenticate value, or null; the first of equals. */
export function strongestChallenge(value: string): Challenge | null {
  const challenges = readChallenges(value)
  for (const algorithm of ALGORITHMS) {
    const challenge = challenges.find((one) => one.algorithm === algorithm)
    if (challenge) return challenge
  }
  return null
}

/** Repeated headers come joined by a comma; a quoted string may hold anything, also what looks like a challenge. */
function readChallenges(value: string): readonly Challenge[] {
  const text = value.slice(0, TEXT_MAX)
  const starts = [...text.matchAll(/"(?:[^"\\]|\\.)*"|\bDigest\s+(?=[\w-]+\s*=)/gi)]
    .filter(([found]) => !found.startsWith('"'))
    .slice(0, CHALLENGES_MAX)
  return starts.flatMap((start, i) => {
    const challenge = readChallenge(text.slice(start.index + start[0].length, starts[i + 1]?.index))
    return challenge ? [challenge] : []
  })
}

function readChallenge(text: string): Challenge | null {
  const fields = new Map<string, string>()
  for (const [, name, quoted, bare] of text.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    fields.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')
  const realm = fields.get('realm')
  const nonce = fields.get('nonce')
  const named = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  const algorithm = ALGORITHMS.find((one) => one === named.replace(/-SESS$/, ''))
  if (realm === undefined || !nonce || !algorithm) return null
  const offered = fields
    .get('qop')
    ?.toLowerCase()
    .split(/\s*,\s*/)
  const qop = offered === undefined ? null : QOPS.filter((one) => offered.includes(one))
  if (qop?.length === 0) return null
  const [userhash, stale] = ['userhash', 'stale'].map((name) => fields.get(name)?.toLowerCase() === 'true')
  const opaque = fields.get('opaque') ?? null
  const session = named.endsWith('-SESS')
  return { realm, nonce, opaque, algorithm, session, qop, userhash: userhash!, stale: stale! }
}

const QOPS: readonly Qop[] = ['auth', 'auth-int']

export interface Proof {
  readonly method: string
  readonly uri: string
  readonly user: string
  readonly password: string
  /** Fresh for each proof. */
  readonly cnonce: string
  /** How often this nonce was answered, this time included; by default 1. */
  readonly count?: number
  /** As it is sent. With one the body is proved too, where the server offers that; without, as far as it insists on it. */
  readonly body?: string
}

/** The value of the Authorization or Proxy-Authorization header that answers the challenge. */
export function authorization(challenge: Challenge, proof: Proof): string {
  const { realm, nonce, opaque, algorithm, session, userhash } = challenge
  const { method, uri, user, password, cnonce, body = '', count = 1 } = proof
  const own = H(algorithm, `${user}:${realm}:${password}`)
  const ha1 = session ? H(algorithm, `${own}:${nonce}:${cnonce}`) : own
  const qop = qopFor(challenge, body)
  const nc = count.toString(16).padStart(8, '0')
  const response = responseTo({ algorithm, nonce, uri, qop, nc, cnonce }, ha1, method, body)
  const fields = [
    `username="${escaped(userhash ? userHash(algorithm, user, realm) : user)}"`,
    `realm="${escaped(realm)}"`,
    `nonce="${escaped(nonce)}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    `algorithm=${algorithm}${session ? '-sess' : ''}`,
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(qop === null && !session ? [] : [`cnonce="${cnonce}"`]),
    ...(userhash ? ['userhash=true'] : []),
    ...(opaque === null ? [] : [`opaque="${escaped(opaque)}"`]),
  ]
  return `Digest ${fields.join(', ')}`
}

/** What stands for the name where a server wants it hidden. */
export function userHash(algorithm: Algorithm, user: string, realm: string): string {
  return H(algorithm, `${user}:${realm}`)
}

/** The body is proved where there is one: it says where the media goes. */
function qopFor({ qop }: Challenge, body: string): Qop | null {
  if (qop === null) return null
  return qop.includes('auth-int') && (body !== '' || !qop.includes('auth')) ? 'auth-int' : 'auth'
}

const escaped = (text: string): string => text.replace(/["\\]/g, '\\$&')

/** The header that answers a 401 or 407 with these headers, ready to send; null when it cannot be answered. */
export function answerTo(
  status: number,
  headers: ReadonlyMap<string, string>,
  proof: Proof,
): Readonly<Record<string, string>> | null {
  if (status !== 401 && status !== 407) return null
  const challenge = strongestChallenge(headers.get(status === 401 ? 'www-authenticate' : 'proxy-authenticate') ?? '')
  if (!challenge) return null
  return { [status === 401 ? 'Authorization' : 'Proxy-Authorization']: authorization(challenge, proof) }
}
