/** Who sends this request? Decided from the request and the users alone (RFC 3261 §22, RFC 8760). */
import type { UserRow } from '../../cluster/tables/rows.ts'
import {
  type Algorithm,
  type Credentials,
  credentialsOf,
  formatChallenge,
  parseAuthorization,
  sameResource,
  verify,
} from './digest.ts'
import { checkNonce, makeNonce, type NonceCounts, type NonceKey } from './nonce.ts'

export type Identified =
  | { readonly kind: 'known'; readonly user: UserRow }
  | {
      readonly kind: 'challenge'
      readonly status: 401 | 407
      /** One header a challenge, so the name stands for several. */
      readonly headers: Readonly<Record<string, readonly string[]>>
      readonly stale: boolean
    }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

export interface Claim {
  readonly method: string
  readonly requestUri: string
  /** Authorization for a registrar and an endpoint, Proxy-Authorization for calls that go on (RFC 3261 §22.3). */
  readonly authorization: string | null
  readonly role: 'registrar' | 'proxy'
  /** The domain whose user it must be. */
  readonly realm: string
  readonly userAgent: string
}

export interface Knowledge {
  readonly users: ReadonlyMap<string, UserRow>
  credentials(user: UserRow): Credentials
  readonly nonceKey: NonceKey
  /** Replay memory of this node. */
  readonly counts: NonceCounts
  /** Whether a host is one of our domains or addresses. */
  ours(host: string): boolean
  /** Cluster time, ms. */
  readonly now: number
  /** 8 bytes for the next nonce, drawn when needed. */
  random(): Uint8Array
}

/** Stands for the credentials of a user that does not exist: as much work, and never right. */
const NOBODY = credentialsOf('', '', 'nobody knows this')

export function identify(claim: Claim, know: Knowledge): Identified {
  if (claim.authorization === null) return challenge(claim, know, false)
  const answers = parseAuthorization(claim.authorization).filter((answer) => answer.realm === claim.realm)
  const answer = answers.find((one) => one.algorithm === 'SHA-256') ?? answers[0]
  if (!answer) return challenge(claim, know, false)

  const nonce = checkNonce(know.nonceKey, claim.realm, answer.nonce, know.now)
  if (nonce === 'forged') return challenge(claim, know, false)
  if (!sameResource(answer.uri, claim.requestUri, know.ours)) {
    return { kind: 'refused', status: 400, reason: 'The digest is for another resource' }
  }

  const user = know.users.get(`${answer.username}@${claim.realm}`)
  const right = verify(answer, user ? know.credentials(user) : NOBODY, claim.method)
  if (!user || !right) return challenge(claim, know, false)
  // Only who knows the password learns that the nonce was the trouble (RFC 7616 §3.3).
  if (nonce === 'expired') return challenge(claim, know, true)
  const count = answer.qop === null ? 1 : Number.parseInt(answer.nc, 16)
  if (!know.counts.use(answer.nonce, count)) return challenge(claim, know, true)
  return { kind: 'known', user }
}

function challenge(claim: Claim, know: Knowledge, stale: boolean): Identified {
  const nonce = makeNonce(know.nonceKey, claim.realm, know.now, know.random())
  const values = offered(claim.userAgent).map((algorithm) => formatChallenge(claim.realm, nonce, algorithm, stale))
  return claim.role === 'proxy'
    ? { kind: 'challenge', status: 407, headers: { 'Proxy-Authenticate': values }, stale }
    : { kind: 'challenge', status: 401, headers: { 'WWW-Authenticate': values }, stale }
}

/**
 * Strongest first (RFC 8760 §2.4), so that a phone takes the best it has. Some give up at an algorithm they do not know
 * instead of going on to the next: those get MD5 alone, and who does not say what it is gets MD5 first.
 */
function offered(userAgent: string): readonly Algorithm[] {
  if (userAgent === '') return ['MD5', 'SHA-256']
  return GIVES_UP.test(userAgent) ? ['MD5'] : ['SHA-256', 'MD5']
}

const GIVES_UP = /^(?:baresip v[01]\.|sipp\b)/i
