/** Digest authentication, the phone's side (RFC 7616, RFC 8760 §2.4). Pure. */
import { hash } from 'node:crypto'

export type DigestAlgorithm = 'MD5' | 'SHA-256'

export interface Challenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  readonly algorithm: DigestAlgorithm
  /** False: the server only knows RFC 2069. */
  readonly qop: boolean
}

const textMax = 8192
const challengesMax = 8

/** The strongest Digest challenge that we can answer in a (Proxy- or WWW-) Authenticate value, or null. */
export function strongestChallenge(value: string): Challenge | null {
  const challenges = readChallenges(value)
  return challenges.find(({ algorithm }) => algorithm === 'SHA-256') ?? challenges[0] ?? null
}

/** Repeated headers come joined by a comma; a quoted string may hold anything, also what looks like a challenge. */
function readChallenges(value: string): readonly Challenge[] {
  const text = value.slice(0, textMax)
  const starts = [...text.matchAll(/"(?:[^"\\]|\\.)*"|\bDigest\s+(?=[\w-]+\s*=)/gi)]
    .filter(([found]) => !found.startsWith('"'))
    .slice(0, challengesMax)
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
  const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  if (realm === undefined || !nonce || (algorithm !== 'MD5' && algorithm !== 'SHA-256')) return null
  const qop = fields.get('qop')?.split(/\s*,\s*/)
  // Only auth-int on offer: that is not spoken here.
  if (qop && !qop.includes('auth')) return null
  return { realm, nonce, opaque: fields.get('opaque') ?? null, algorithm, qop: qop !== undefined }
}

export interface Proof {
  readonly method: string
  readonly uri: string
  readonly user: string
  readonly password: string
  /** Fresh for each proof. */
  readonly cnonce: string
}

/** The value of the Authorization or Proxy-Authorization header that answers the challenge. */
export function authorization(challenge: Challenge, { method, uri, user, password, cnonce }: Proof): string {
  const name = challenge.algorithm === 'MD5' ? 'md5' : 'sha256'
  const h = (text: string) => hash(name, text)
  const ha1 = h(`${user}:${challenge.realm}:${password}`)
  const ha2 = h(`${method}:${uri}`)
  const nc = '00000001'
  const response = challenge.qop
    ? h(`${ha1}:${challenge.nonce}:${nc}:${cnonce}:auth:${ha2}`)
    : h(`${ha1}:${challenge.nonce}:${ha2}`)
  const fields = [
    `username="${escaped(user)}"`,
    `realm="${escaped(challenge.realm)}"`,
    `nonce="${escaped(challenge.nonce)}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    `algorithm=${challenge.algorithm}`,
    ...(challenge.qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ...(challenge.opaque === null ? [] : [`opaque="${escaped(challenge.opaque)}"`]),
  ]
  return `Digest ${fields.join(', ')}`
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
