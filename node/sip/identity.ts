/** identify.ts with a cluster behind it: whose users, which key, what time it is. */
import { randomFillSync } from 'node:crypto'
import type { Cluster } from '../../cluster/cluster.ts'
import type { ClusterRow, UserRow } from '../../cluster/tables/rows.ts'
import { isDisabled } from '../../cluster/tables/tenants.ts'
import { watchAlgorithms } from './algorithms.ts'
import type { Algorithm, Credentials } from './digest.ts'
import type { Domains } from './domains.ts'
import type { Guard } from './guard.ts'
import { type Identified, identify } from './identify.ts'
import { tagOf } from './nonce.ts'
import { nonceCounts } from './nonce-counts.ts'
import type { Heard } from './port.ts'

export interface IdentityNeeds {
  readonly cluster: Cluster
  readonly domains: Domains
  /** Opens what is sealed in the row; of nobody, something that is as much work and fits no answer. */
  credentials(user: UserRow | undefined): Credentials
  nonceKey(row: ClusterRow): Uint8Array
  readonly digest?: DigestPolicy
  readonly guard?: Pick<Guard, 'failed' | 'proved' | 'isGuessed' | 'isTrusted'>
}

export interface DigestPolicy {
  /** What is taken at all; by default every one. */
  readonly algorithms: readonly Algorithm[]
  /** Whether auth-int is offered besides auth: some phones do not read the list. It is taken in any case. */
  readonly authInt: boolean
}

/** One of whom only the head is known has no body. */
type Asking = Heard & { readonly body?: string }

export interface Identity {
  /** Who registers, or asks something of this node itself: 401. */
  registrar(request: Asking, realm: string): Identified
  /**
   * Who calls (RFC 3261 §22.3): 407. The realm is the caller's domain when it is ours, else that of the called, else our
   * first. One who names himself as another user of ours is refused.
   */
  caller(request: Asking): Identified
  close(): void
}

const DISABLED = { kind: 'refused', status: 403, reason: 'The tenant is disabled' } as const

export function createIdentity({ cluster, domains, credentials, nonceKey, digest, guard }: IdentityNeeds): Identity {
  const keys = new WeakMap<ClusterRow, Uint8Array>()
  const counts = nonceCounts()
  const random = randomOctets()
  const algorithms = watchAlgorithms(cluster, digest?.algorithms)
  // What was used is remembered by this process alone, so its nonces are good here alone.
  const self = tagOf(`${cluster.node} ${cluster.incarnation}`)

  function keyOf(row: ClusterRow): Uint8Array {
    let key = keys.get(row)
    if (!key) keys.set(row, (key = nonceKey(row)))
    return key
  }

  function check(request: Asking, realm: string, role: 'registrar' | 'proxy'): Identified {
    const row = cluster.tables.cluster
    // Before the cluster has had its first leader there is no key to make nonces with, and nobody to ask.
    if (!row) return { kind: 'refused', status: 503, reason: 'The cluster has not begun' }
    const { source } = request
    const who = identify(
      {
        method: request.method,
        requestUri: request.uri,
        authorization: request.header(role === 'proxy' ? 'proxy-authorization' : 'authorization'),
        role,
        realm,
        userAgent: request.userAgent,
        body: request.body ?? '',
        source: source.address,
        transport: source.transport,
        room: source.transport === 'udp' ? roomOf(request) : Number.POSITIVE_INFINITY,
      },
      {
        users: cluster.tables.users,
        credentials,
        nonceKey: keyOf(row),
        self,
        counts,
        algorithms: algorithms.of(realm),
        integrity: digest?.authInt ?? false,
        ours: domains.ours,
        now: cluster.now(),
        random,
        isGuessed: (aor) => guard?.isGuessed(source, aor) ?? false,
        isTrusted: () => guard?.isTrusted(source.address) ?? false,
      },
    )
    if (who.kind === 'challenge' && who.failed) guard?.failed(source, who.failed)
    if (who.kind !== 'known') return who
    if (isDisabled(cluster.tables, who.user.domain)) return DISABLED
    if (guard?.proved(source, who.user.aor) ?? true) return who
    return { kind: 'refused', status: 503, reason: 'Too Many Requests' }
  }

  return {
    registrar: (request, realm) => check(request, realm, 'registrar'),
    caller(request) {
      const { host, user } = request.from
      const called = request.to.host
      const realm = domains.has(host) ? host : domains.has(called) ? called : domains.first()
      if (realm === null) return { kind: 'refused', status: 404, reason: 'No such domain' }
      const who = check(request, realm, 'proxy')
      if (who.kind !== 'known' || host !== realm || user === who.user.user) return who
      return { kind: 'refused', status: 403, reason: 'From is another user' }
    },
    close: algorithms.close,
  }
}

/**
 * An answer is to be less than three times what it answers. It repeats at most that, with `received`, a tag and a status line.
 */
const ANSWER = 140

/** What challenges may take. */
function roomOf({ size, answered }: Heard): number {
  return 2 * size - ANSWER - answered
}

/** Eight random bytes at a time, drawn from the system for many at once: every challenge needs some. */
function randomOctets(): () => Uint8Array {
  const pool = new Uint8Array(4096)
  let at = pool.length
  return () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    return pool.subarray(at, (at += 8))
  }
}
