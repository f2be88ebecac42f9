/** Who sends this request? Decided from the request and the users alone (RFC 3261 §22, RFC 8760). */
import type { Transport, UserRow } from '../../cluster/tables/rows.ts'
import {
  ALGORITHMS,
  type Algorithm,
  type Credentials,
  type DigestAnswer,
  formatChallenge,
  type Hash,
  parseAuthorization,
  sameResource,
  verify,
} from './digest.ts'
import { addressTag, isFresh, makeNonce, type NonceKey, readNonce } from './nonce.ts'
import type { NonceCounts } from './nonce-counts.ts'

export type Identified =
  | { readonly kind: 'known'; readonly user: UserRow }
  | {
      readonly kind: 'challenge'
      readonly status: 401 | 407
      /** One header a challenge, so the name stands for several. */
      readonly headers: Readonly<Record<string, readonly string[]>>
      readonly stale: boolean
      /** The credentials were wrong; never said to the peer. Null: there were none, or they could not be looked at. */
      readonly failed: Failed | null
    }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

export interface Failed {
  /** Whom it said it was, whether there is such a user or not. */
  readonly aor: string
  /** The nonce had been sent to the address that this came from: it is not somebody else who writes that address on his packets. */
  readonly isThere: boolean
}

export interface Claim {
  readonly method: string
  readonly requestUri: string
  /** Authorization for a registrar and an endpoint, Proxy-Authorization for calls that go on (RFC 3261 §22.3). */
  readonly authorization: string | null
  readonly role: 'registrar' | 'proxy'
  /** The domain whose user it must be. */
  readonly realm: string
  readonly userAgent: string
  /** Read for auth-int alone. */
  readonly body: string
  /** The address that it came from, and how. */
  readonly source: string
  readonly transport: Transport
  /** Characters that the challenges may take: whoever writes another's address on a datagram must not have him sent much more than that. */
  readonly room: number
}

export interface Knowledge {
  readonly users: ReadonlyMap<string, UserRow>
  /** Of nobody (undefined) those that no answer fits: as much work as those of a user. */
  credentials(user: UserRow | undefined): Credentials
  readonly nonceKey: NonceKey
  /** Tag of this process: what nonces of its own say. */
  readonly self: number
  /** Replay memory of this process. */
  readonly counts: NonceCounts
  /** What may be answered with in this realm, strongest first. */
  readonly algorithms: readonly Algorithm[]
  /** Whether `auth-int` is offered besides `auth`. */
  readonly integrity: boolean
  /** Whether a host is one of our domains or addresses. */
  ours(host: string): boolean
  /** Cluster time, ms. */
  readonly now: number
  /** 8 bytes for the next nonce, drawn when needed. */
  random(): Uint8Array
  readonly hash?: Hash
  /** Whether so many wrong passwords came for a user that this one is not looked at. */
  isGuessed?(aor: string): boolean
  /** Whether nobody else writes this address on datagrams. */
  isTrusted?(): boolean
}

export function identify(claim: Claim, know: Knowledge): Identified {
  const answer = claim.authorization === null ? undefined : strongest(claim.authorization, claim.realm, know.algorithms)
  if (!answer) return challenge(claim, know)

  const nonce = readNonce(know.nonceKey, claim.realm, answer.nonce)
  if (nonce === null) return challenge(claim, know)
  if (!sameResource(answer.uri, claim.requestUri, know.ours)) {
    return { kind: 'refused', status: 400, reason: 'The digest is for another resource' }
  }

  const aor = `${answer.username}@${claim.realm}`
  if (know.isGuessed?.(aor)) return { kind: 'refused', status: 503, reason: 'Too Many Wrong Passwords' }
  // One that another node gave out may have been used there.
  const isGood = nonce.by === know.self && isFresh(nonce, know.now)
  const isThere = isGood && nonce.to === addressTag(know.nonceKey, nonce.at, claim.source)
  // On a datagram that may come from anywhere no password is looked at. Who has one could write another's address on it, and have his calls go
  // there; who guesses would hear what is right, and nobody could be held to account for it.
  const isProved = isThere || claim.transport !== 'udp' || know.isTrusted?.() === true
  if (!isProved) return challenge(claim, know, { stale: true })
  const user = know.users.get(aor)
  const right = verify(answer, know.credentials(user), claim.method, claim.body, know.hash)
  if (!user || !right) return challenge(claim, know, { failed: { aor, isThere } })
  // Only who knows the password learns that the nonce was the trouble (RFC 7616 §3.3).
  const count = answer.qop === null ? 1 : Number.parseInt(answer.nc, 16)
  if (!isGood || !know.counts.use(nonce, count)) return challenge(claim, know, { stale: true })
  return { kind: 'known', user }
}

/** Of the answers for this realm the one that proves most, if we would have asked for it. */
function strongest(authorization: string, realm: string, algorithms: readonly Algorithm[]): DigestAnswer | undefined {
  const answers = parseAuthorization(authorization).filter((answer) => answer.realm === realm)
  for (const algorithm of algorithms) {
    const answer = answers.find((one) => one.algorithm === algorithm)
    if (answer) return answer
  }
  return undefined
}

function challenge(
  claim: Claim,
  know: Knowledge,
  { stale = false, failed = null }: { stale?: boolean; failed?: Failed | null } = {},
): Identified {
  const { nonceKey, now: at, self: by } = know
  const nonce = makeNonce(nonceKey, claim.realm, { at, by, to: addressTag(nonceKey, at, claim.source) }, know.random())
  const qop = know.integrity ? 'auth,auth-int' : 'auth'
  const value = (algorithm: Algorithm) => formatChallenge(claim.realm, nonce, algorithm, { stale, qop })
  const values = fitting(offered(claim, know.algorithms), value, claim.room)
  return claim.role === 'proxy'
    ? { kind: 'challenge', status: 407, headers: { 'Proxy-Authenticate': values }, stale, failed }
    : { kind: 'challenge', status: 401, headers: { 'WWW-Authenticate': values }, stale, failed }
}

/** As many as there is room for, and one in any case. The weaker ones are those that most phones know, so the strongest go first. */
function fitting(
  algorithms: readonly Algorithm[],
  value: (algorithm: Algorithm) => string,
  room: number,
): readonly string[] {
  const values = new Map(algorithms.map((algorithm) => [algorithm, value(algorithm)]))
  const size = () => [...values.values()].reduce((sum, { length }) => sum + length + HEADER, 0)
  for (const strongest of ALGORITHMS) if (values.size > 1 && size() > room) values.delete(strongest)
  return [...values.values()]
}
/** `Proxy-Authenticate: `, the end of the line, and the blanks that drachtio-srf, if it is in between, puts between parameters. */
const HEADER = 28

/**
 * Strongest first (RFC 8760 §2.4), so that a phone takes the best it has. Some give up at an algorithm they do not know, or read the first
 * challenge alone, instead of going on to the next: those that say who they are get what they can do. Who does not say it gets MD5 first, and so
 * do browsers, whose libraries know nothing else whatever the application calls itself; where MD5 may be asked for at all.
 */
function offered({ userAgent, transport }: Claim, algorithms: readonly Algorithm[]): readonly Algorithm[] {
  const taken = LIMITED.find(([name]) => name.test(userAgent))?.[1].filter((one) => algorithms.includes(one))
  if (taken && taken.length > 0) return taken
  const isFirst = userAgent === '' || transport === 'ws' || transport === 'wss'
  if (!isFirst || !algorithms.includes('MD5')) return algorithms
  return ['MD5', ...algorithms.filter((one) => one !== 'MD5')]
}

const LIMITED: readonly (readonly [RegExp, readonly Algorithm[]])[] = [
  [/^(?:baresip v[01]\.|sipp\b|jssip\b|sip\.js\b|dart-sip-ua\b)/i, ['MD5']],
  [/^baresip\b/i, ['SHA-256', 'MD5']],
]
