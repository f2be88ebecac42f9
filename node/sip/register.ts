/**
 * REGISTER (RFC 3261 §10.3): whose domain, who is it, what do they want, let the cluster agree unless nothing but the phone's own time
 * changes (refresh.ts), say what is bound.
 */
import { randomBytes } from 'node:crypto'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { Bind, BindChange } from '../../cluster/tables/commands.ts'
import { bindingKey } from '../../cluster/tables/contact-key.ts'
import type { Aor, BindingRow } from '../../cluster/tables/rows.ts'
import { aorOf, parseUri } from './address.ts'
import { readRegister } from './asked.ts'
import { boundHeaders } from './bound.ts'
import type { Domains } from './domains.ts'
import type { Extensions } from './extensions.ts'
import { GRUU_RANDOM, type GruuKey } from './gruu.ts'
import type { Identity } from './identity.ts'
import { Kept } from './kept.ts'
import { watchLapses } from './lapses.ts'
import { Lines } from './line.ts'
import {
  hasRoom,
  leaseFor,
  POLICY,
  RETRY_AFTER,
  RETRY_NEW_AFTER,
  type RegistrationPolicy,
  ROOM,
  type Room,
  retryAfter,
} from './policy.ts'
import type { Early, Heard, ReplyOptions, SipRequest, Source } from './port.ts'
import { decide, type Seen, supersedes, type Verdict } from './refresh.ts'

export interface RegistrarNeeds {
  readonly cluster: Cluster
  readonly domains: Domains
  readonly identity: Identity
  readonly log: Logger
  readonly policy?: RegistrationPolicy
  /** From gruuKeyOf; null: none are given. */
  readonly gruuKey?: GruuKey | null
  readonly room?: Room
  /** Between 0 and 1: spreads those who were sent away. */
  readonly chance: () => number
  /** Monotonic, ms; by default the process's. */
  readonly now?: () => number
  /** Whether no older program is among the nodes: what it would not understand is said to the cluster only then. By default yes. */
  readonly allKnow?: () => boolean
  /** Whether a Path is taken from this source; by default from nobody. */
  readonly takesPath?: (source: Source) => boolean
}

export interface Registrar {
  /** Challenges who does not say who it is. */
  readonly early: Early
  handle(request: SipRequest): Promise<void>
  /** Seconds that a phone of this node has left by its own time; null: its time is not kept here. */
  secondsLeft(binding: BindingRow): number | null
  /** There is no connection any more to the phone that this node has this flow of: its binding goes (RFC 5626 §7). */
  flowLost(binding: BindingRow): void
  /** Whose time is over is told to the cluster now; it is every second by itself. */
  lookForLapsed(): Promise<void>
  close(): void
}

/** A phone sends its REGISTER again after 0.5, 1.5 and 3.5 s (timer E); by then it should know that it asks in vain. */
const AGREE_WITHIN = 2_000
/** A new leader is found sooner than this, unless there is no majority for one. */
const ELECTION_MS = 2_000

interface Asking {
  readonly request: SipRequest
  /** What the phone asked for; `expires` is what it is granted. */
  readonly wish: Bind
  readonly extensions: Extensions
  readonly deadline: number
}

export function startRegistrar(needs: RegistrarNeeds): Registrar {
  const { cluster, domains, identity, chance, log, policy = POLICY, room = ROOM, gruuKey = null } = needs
  const { now: clock = () => performance.now(), allKnow = () => true, takesPath = () => false } = needs
  const now = (): number => Math.floor(clock())
  const kept = new Kept(cluster.node)
  const lines = new Lines<Asking>((later, earlier) => supersedes(later.wish, earlier.wish), serve)
  /** Of those in the lines, who wait for an agreement. */
  let agreeing = 0
  let took = 0
  let leaderless = cluster.status().quorum ? null : now()
  /** For how long there was no quorum, up to the last time that it came back. */
  let stood = 0
  /** What phones' times are counted in. As cluster time, it stands while there is no quorum: nobody can refresh then. */
  const phoneTime = (): number => (leaderless ?? now()) - stood
  const lapses = watchLapses({ cluster, kept, now: phoneTime, known: allKnow, log })
  const unwatch = [
    cluster.onStatus(({ quorum }) => {
      if (quorum && leaderless !== null) stood += now() - leaderless
      leaderless = quorum ? null : (leaderless ?? now())
    }),
    cluster.watch((changes) => {
      for (const change of changes) {
        if (change.table === 'registrations') kept.changed(change.key, change.before, change.row)
      }
    }),
    lapses.stop,
  ]

  function isOurs(uri: string): boolean {
    const target = parseUri(uri)
    return target !== null && domains.ours(target.host)
  }

  /** Who it says it is decides only for how many there is room. */
  function isKept({ to }: Heard): boolean {
    return kept.of(aorOf(to.uri) ?? '').length > 0
  }

  function isFull(isKnown: boolean): boolean {
    return !hasRoom(isKnown, { waiting: lines.size, agreeing, took }, room)
  }

  function early(request: Heard): ReturnType<Early> {
    const { to, uri } = request
    if (request.header('authorization') !== null || !domains.has(to.host) || !isOurs(uri)) return null
    if (isFull(isKept(request))) return null
    const who = identity.registrar(request, to.host)
    return who.kind === 'challenge' ? who : null
  }

  async function handle(request: SipRequest): Promise<void> {
    const realm = request.to.host
    if (!domains.has(realm)) return request.reply(404, { reason: 'No such domain' })
    if (!isOurs(request.uri)) return request.reply(404, { reason: 'Not a registrar for this' })
    // Before a digest is worked out for nothing.
    const isKnown = isKept(request)
    if (isFull(isKnown)) return request.reply(503, busy(isKnown))

    const who = identity.registrar(request, realm)
    if (who.kind === 'challenge') return request.reply(who.status, { headers: who.headers })
    if (who.kind === 'refused') return request.reply(who.status, { reason: who.reason, ...later(who.status) })
    const { aor } = who.user
    if (aorOf(request.to.uri) !== aor) return request.reply(403, { reason: 'To is another user' })

    const asked = readRegister(request, {
      ...{ aor, node: cluster.node, policy, drawn: chance(), allKnow: allKnow(), ours: domains.ours },
      takesPath: () => takesPath(request.source),
    })
    if (asked.kind === 'refused') return request.reply(asked.status, asked.options)
    const { extensions } = asked
    if (asked.kind === 'query') {
      const bindings = cluster.tables.registrations.get(aor)?.bindings ?? []
      return request.reply(200, bound(null, bindings, cluster.now(), extensions))
    }
    // Without a leader for longer than an election takes there is no majority: nobody is kept waiting for it.
    if (leaderless !== null && now() - leaderless > ELECTION_MS) return request.reply(503, noQuorum())

    const joined = lines.join(aor, { request, wish: asked.wish, extensions, deadline: now() + AGREE_WITHIN })
    return joined ?? request.reply(503, busy(isKnown))
  }

  /** REGISTERs that come to the same as the last of them; nobody else is served for this AoR meanwhile. */
  async function serve(aor: Aor, together: readonly Asking[]): Promise<void> {
    let open = together
    const answer = (status: number, options: ReplyOptions): void => {
      for (const { request } of open) request.reply(status, options)
    }
    try {
      const known = seen(aor)
      let verdict: Verdict = { kind: 'keep' }
      open = together.filter(({ request, wish }) => {
        verdict = decide(wish, known)
        if (verdict.kind === 'out of order') request.reply(...outOfOrder(verdict.cseq, wish.cseq))
        return verdict.kind !== 'out of order'
      })
      const last = open.at(-1)
      if (!last) return
      const { wish, deadline, extensions } = last
      if (now() >= deadline) return answer(503, busy(true))
      if (mayKeep(verdict)) {
        // What another node was promised before this request came must be in the tables before one may rely on them.
        if ((await cluster.catchUp(deadline - now())) !== 'caught up') return answer(503, noQuorum())
        const caught = seen(aor)
        verdict = decide(wish, caught)
        if (mayKeep(verdict)) return answer(200, keep(wish, caught, extensions))
        if (verdict.kind === 'out of order') return answer(...outOfOrder(verdict.cseq, wish.cseq))
      }
      await agree(last, answer)
    } catch (error) {
      log.error({ err: error }, 'a REGISTER failed')
      answer(500, {})
    } finally {
      took = now() - (together.at(-1)!.deadline - AGREE_WITHIN)
    }
  }

  /** A lease that is only to be renewed can wait while there is much to agree on. */
  function mayKeep(verdict: Verdict): boolean {
    return verdict.kind === 'keep' || (verdict.kind === 'agree' && verdict.canWait && agreeing >= room.fresh)
  }

  function seen(aor: Aor): Seen {
    const { registrations, nodes } = cluster.tables
    return {
      row: registrations.get(aor) ?? null,
      kept: kept.of(aor),
      time: cluster.now(),
      now: phoneTime(),
      leaseSeconds: policy.leaseSeconds,
      isUp: nodes.get(cluster.node)?.incarnation === cluster.incarnation,
    }
  }

  /** Only this node knows of it from now on. */
  function keep(wish: Bind, { row, time }: Seen, extensions: Extensions): ReplyOptions {
    const bindings = row?.bindings ?? []
    remember(wish, bindings)
    return bound(wish, bindings, time, extensions)
  }

  async function agree({ wish, deadline, extensions }: Asking, answer: Answer): Promise<void> {
    const drawn = chance()
    const lease = (change: BindChange) => ({ ...change, expires: leaseFor(change.expires, policy, drawn) })
    const changes = wish.changes === 'all' ? wish.changes : wish.changes.map(lease)
    agreeing++
    const agreed = await cluster.propose({ ...wish, changes }, deadline - now()).finally(() => agreeing--)
    if (agreed.kind === 'no quorum') return answer(503, noQuorum())
    if (agreed.kind === 'overloaded') return answer(503, busy(false))
    const { result } = agreed
    switch (result.kind) {
      case 'bound':
        remember(wish, cluster.tables.registrations.get(wish.aor)?.bindings ?? [])
        return answer(200, bound(wish, result.registration.bindings, result.at, extensions))
      case 'out of order':
        return answer(...outOfOrder(result.cseq, wish.cseq))
      case 'too many contacts':
        return answer(403, { reason: `More than ${result.max} contacts` })
      case 'no such user':
        return answer(403, { reason: 'The user was removed' })
      default:
        throw new Error(`a bind came to ${result.kind}`)
    }
  }

  /** Until when each phone was told, for the contacts that are still as this REGISTER left them. */
  function remember({ aor, callId, cseq, changes }: Bind, bindings: readonly BindingRow[]): void {
    if (changes === 'all') return
    const at = phoneTime()
    const fresh = changes.flatMap((change) => {
      const { expires } = change
      const key = bindingKey(change)
      const binding = bindings.find((one) => bindingKey(one) === key)
      const isOurs = binding?.node === cluster.node && binding.callId === callId && binding.cseq <= cseq
      return isOurs && expires > 0 ? [{ key, until: at + expires * 1000, cseq }] : []
    })
    if (fresh.length > 0) kept.keep(aor, fresh)
  }

  function secondsLeft(binding: BindingRow): number | null {
    if (binding.node !== cluster.node) return null
    const key = bindingKey(binding)
    const known = kept.of(binding.aor).find((one) => one.key === key)
    return known ? Math.max(0, Math.ceil((known.until - phoneTime()) / 1000)) : null
  }

  /**
   * Every binding with the seconds it has left. Of one that another node keeps this one knows the lease alone; the phone is told no
   * more than the shortest time there is, since what it was told before may be over long before the lease. `at` in cluster time, ms.
   */
  function bound(wish: Bind | null, bindings: readonly BindingRow[], at: number, extensions: Extensions): ReplyOptions {
    const left = (binding: BindingRow): number => {
      return secondsLeft(binding) ?? Math.min(Math.ceil((binding.expiresAt - at) / 1000), policy.minExpires)
    }
    const live = bindings.filter((binding) => binding.expiresAt > at)
    const date = new Date().toUTCString()
    const random = (): Uint8Array => randomBytes(GRUU_RANDOM)
    return { headers: boundHeaders({ bindings: live, left, extensions, wish, date, at, gruuKey, random }) }
  }

  function later(status: number, range = RETRY_AFTER): ReplyOptions {
    return status === 503 ? { headers: { 'Retry-After': String(retryAfter(range, chance())) } } : {}
  }

  function noQuorum(): ReplyOptions {
    return { reason: 'No Quorum', ...later(503) }
  }

  function busy(isKnown: boolean): ReplyOptions {
    return { reason: 'Overloaded', ...later(503, isKnown ? RETRY_AFTER : RETRY_NEW_AFTER) }
  }

  function flowLost({ aor, contact, callId, cseq, expiresAt, node }: BindingRow): void {
    if (node !== cluster.node || !allKnow()) return
    // Bound anew meanwhile, it stays; and if this is lost the next call finds out again.
    const lapse = { type: 'lapse', node, bindings: [{ aor, contact, callId, cseq, expiresAt }] } as const
    cluster.propose(lapse).catch((error: Error) => log.error({ err: error }, 'telling that a flow is lost failed'))
  }

  return {
    early,
    handle,
    secondsLeft,
    flowLost,
    lookForLapsed: lapses.look,
    close() {
      for (const stop of unwatch) stop()
    },
  }
}

type Answer = (status: number, options: ReplyOptions) => void

/** The same CSeq under another request is the phone's mistake; an older one only came late (§10.3 step 7). */
function outOfOrder(known: number, cseq: number): [number, ReplyOptions] {
  return known === cseq ? [400, { reason: 'CSeq was used' }] : [500, { reason: 'Out of order' }]
}
