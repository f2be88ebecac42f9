/**
 * Asks the cluster before a call rings, whether limits and credit let it; keeps what was reserved as long as the call is there, ends a conversation
 * whose time is used up, and says once that it is over. Only calls that a limit or an account concerns are told of at all.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { NODE_DOWN_MS } from '../../cluster/options.ts'
import type { LimitRow } from '../../cluster/tables/admission-rows.ts'
import type { Refused } from '../../cluster/tables/commands.ts'
import type { Admission, Admitted, TalkTime } from '../calls/admission.ts'
import type { CallRequest, Ring } from '../routing/decision.ts'
import { type About, concernOf, type Known, periodsOf, type Wanted } from './concerns.ts'
import { countryOf } from './countries.ts'
import { type Decks, readDecks } from './decks.ts'
import { startReleases } from './releases.ts'
import { sayChecked } from './said.ts'
import { startSlices } from './slices.ts'

export interface AdmissionNeeds {
  readonly cluster: Cluster
  readonly log: Logger
  /** Wall clock, ms: by it days and hours of the night are judged. */
  now(): number
  /** Groups that a user is in. */
  groupsOf?(aor: string): readonly string[]
  /** For how long what is reserved stays without a word of this node, ms; it says one three times meanwhile. */
  readonly leaseMs?: number
  /** Seconds of conversation that are reserved at a time. */
  readonly ahead?: number
  /** So long after it lost the others a node ends calls that a strict limit counts, ms: before they may take these for over. */
  readonly cutMs?: number
}

export interface RunningAdmission extends Admission {
  readonly decks: Decks
  counters(): Readonly<Record<string, number>>
  /** Tells what is over; waits a second at most. */
  close(): Promise<void>
}

const LEASE_MS = 30_000
const AHEAD = 60
/** A phone hears within that time that there is no quorum. */
const TIMEOUT_MS = 2_000
/** A BYE that nobody answers has failed by then (RFC 3261 §17.1.2.2, timer F). */
const PARTED_MS = 33_000
/** Seconds before the end at which a caller is warned. */
const WARN_SECONDS = 10

interface Held {
  readonly id: string
  readonly wanted: Wanted
  /** Seconds that it may talk in all; null: as long as it likes. */
  seconds: number | null
  /** There is no more to be had. */
  isLast: boolean
  /** Monotonic, ms. */
  answeredAt: number | null
  talk: TalkTime | null
  timers: NodeJS.Timeout[]
  /** It is, with the seconds that it talked; only the called phone may not know of it yet. */
  over: { readonly seconds: number | null } | null
}

/** `isOfWay`: the trunk is why, and by another it may be. */
type Said = Admitted & { readonly isOfWay?: true }

interface AskedCall {
  readonly about: About
  /** Keys whose calls a second it is counted in already. */
  readonly tokens: Set<string>
  /** Nobody said whether it has what it asked for last: it may have, or get it yet. */
  isUnsure?: boolean
}

const OK: Admitted = { kind: 'ok' }
/** Of a call that held something and needs nothing any more. */
const NOTHING: Wanted = { kind: 'wanted', keys: [], price: null, isPaceOnly: false }

export function startAdmission(needs: AdmissionNeeds): RunningAdmission {
  const { cluster, log, leaseMs = LEASE_MS, ahead = AHEAD, cutMs = NODE_DOWN_MS / 2 } = needs
  const { node, incarnation, tables } = cluster
  /** Every call that was asked for, until it is over: nobody sweeps away what it may have. */
  const asked = new Map<string, AskedCall>()
  const held = new Map<string, Held>()
  const count = { asked: 0, refused: 0, unasked: 0, cut: 0 }
  const decks = readDecks(cluster)
  const releases = startReleases((command) => cluster.propose(command))
  const slices = startSlices(cluster, TIMEOUT_MS)
  let classes = classesOf(tables.limits.values())
  const stopWatching = cluster.watch((changes) => {
    if (changes.some(({ table }) => table === 'limits')) classes = classesOf(tables.limits.values())
  })
  let alone: NodeJS.Timeout | null = null
  let isCutOff = false
  const stopLooking = cluster.onStatus(look)
  const clock = (): number => performance.now()

  /** Whether the others hear of this node; a moment without them is no reason to end a call. */
  function look(): void {
    if (cluster.status().quorum) {
      if (alone) clearTimeout(alone)
      alone = null
      isCutOff = false
      return
    }
    alone ??= setTimeout(() => {
      isCutOff = true
      for (const one of [...held.values()]) endIfStrict(one)
    }, cutMs).unref()
  }

  function endIfStrict({ id, wanted, talk, over }: Held): void {
    const strict = wanted.keys.find((key) => tables.limits.get(key)?.strict)
    if (over || !talk || strict === undefined) return
    log.warn({ call: id, limit: strict }, 'a call is ended: this node is cut off, and the limit is strict')
    talk.stop('this node is cut off, and a limit is strict')
  }

  const known = (): Known => ({
    tables,
    decks,
    classes,
    groupsOf: needs.groupsOf ?? (() => []),
    countryOf,
  })

  async function reserve(request: CallRequest, { steps }: Ring): Promise<Admitted> {
    const about = aboutOf(request)
    const [step] = steps
    const out = step?.kind === 'trunk' ? { trunk: step.trunk, number: step.number } : null
    const tokens = new Set<string>()
    asked.set(request.id, { about: { ...about, out }, tokens })
    const admitted = await admit(request.id, { ...about, out })
    if (admitted.kind === 'ok' || admitted.isOfWay !== true || out === null || steps.length === 1) return admitted
    // The trunk may be what has no room: the call begins without it, and when its turn comes goes on to the next step.
    asked.set(request.id, { about, tokens })
    return admit(request.id, about)
  }

  async function moved(id: string, out: About['out']): Promise<Admitted> {
    const call = asked.get(id)
    if (!call) return OK
    const before = call.about.out
    if (!call.isUnsure && before?.trunk === out?.trunk && before?.number === out?.number) return OK
    const about = { ...call.about, out }
    const admitted = await admit(id, about)
    if (admitted.kind === 'ok') asked.set(id, { about, tokens: call.tokens })
    return admitted
  }

  async function admit(id: string, about: About): Promise<Said> {
    const concern = concernOf(known(), about, needs.now())
    if (concern.kind === 'none' && !held.has(id)) return OK
    count.asked++
    if (concern.kind === 'no price') return { ...refuse(403, 'No price for this number'), isOfWay: true }
    const wanted = concern.kind === 'none' ? NOTHING : concern
    if (wanted.isPaceOnly && !held.has(id)) return paced(id, wanted)
    const { keys, periods, flags, country, pay } = wanted
    const tokens = asked.get(id)?.tokens
    const counted = keys.filter((key) => tokens?.has(key))
    const more = {
      ...(counted.length > 0 && { paced: counted }),
      ...(periods && { periods }),
      ...(flags && { flags }),
      ...(country && { country }),
      ...(pay && { pay }),
    }
    const command = { type: 'reserve', id, node, incarnation, keys, ahead, lease: leaseMs, ...more } as const
    const said = await cluster.propose(command, TIMEOUT_MS)
    if (said.kind !== 'agreed') {
      // It may still take effect: whatever it takes then is given back when the call is over.
      const call = asked.get(id)
      if (call) call.isUnsure = true
      count.unasked++
      return refuse(503, 'Limits cannot be asked now', 5)
    }
    const { result } = said
    if (result.kind === 'limited') return refuseFor(result)
    if (result.kind !== 'reserved') return refuse(503, 'This node is not up yet', 5)
    for (const key of keys) tokens?.add(key)
    const before = held.get(id)
    const rest = {
      answeredAt: before?.answeredAt ?? null,
      talk: before?.talk ?? null,
      timers: before?.timers ?? [],
      over: null,
    }
    const { seconds } = result
    held.set(id, { id, wanted, seconds, isLast: seconds !== null && seconds < ahead, ...rest })
    return { kind: 'ok', checked: sayChecked(tables, wanted, seconds) }
  }

  /** Only calls a second are limited: nothing is held. */
  async function paced(id: string, { keys }: Wanted): Promise<Said> {
    const tokens = asked.get(id)?.tokens ?? new Set()
    for (const key of keys) {
      if (tokens.has(key)) continue
      const { perSecond = 0, burst = perSecond } = tables.limits.get(key) ?? {}
      const token = await slices.take(key, Math.min(perSecond, burst))
      if (token === 'here') {
        tokens.add(key)
        continue
      }
      if (token === 'none') return refuseFor({ kind: 'limited', key, limit: 'perSecond', used: burst, max: perSecond })
      count.unasked++
      return refuse(503, 'Limits cannot be asked now', 5)
    }
    return OK
  }

  function refuse(status: number, reason: string, retryAfter?: number): Said {
    count.refused++
    return { kind: 'refused', status, reason, ...(retryAfter !== undefined && { retryAfter }) }
  }

  function refuseFor(refused: Refused): Said {
    const { status, reason, retryAfter } = REFUSALS[refused.limit]
    log.debug({ ...refused }, 'a call is refused: a limit is reached')
    const isOfWay = /^(trunk|class):/.test(refused.key) || refused.limit === 'credit'
    return { ...refuse(status, reason, retryAfter), ...(isOfWay && { isOfWay }) }
  }

  function answered(id: string, talk: TalkTime): void {
    const one = held.get(id)
    if (!one || one.over) return
    one.answeredAt ??= clock()
    one.talk = talk
    schedule(one)
    if (isCutOff) endIfStrict(one)
  }

  /** Warned and ended by what is reserved as of now. */
  function schedule(one: Held): void {
    for (const timer of one.timers.splice(0)) clearTimeout(timer)
    const { seconds, answeredAt, talk } = one
    if (seconds === null || answeredAt === null) return
    const left = seconds - talked(one)
    const at = (after: number, act: () => void): void => {
      one.timers.push(setTimeout(act, Math.max(0, after * 1000)).unref())
    }
    if (one.isLast) at(left - WARN_SECONDS, () => talk?.warn?.(Math.round(seconds - talked(one))))
    at(left, () => {
      count.cut++
      talk?.stop(one.wanted.pay ? 'the credit is used up' : 'the minutes are used up')
    })
  }

  function release(id: string, seconds: number | null, told?: Promise<void>): () => boolean {
    const isUnsure = asked.get(id)?.isUnsure === true
    asked.delete(id)
    const one = held.get(id)
    if (!one && isUnsure) releases.add(id, null)
    if (!one || one.over) return () => false
    one.over = { seconds: one.answeredAt === null ? null : Math.ceil(seconds ?? talked(one)) }
    for (const timer of one.timers.splice(0)) clearTimeout(timer)
    let isWaited = one.talk?.parted !== undefined
    // What is settled before there is a record is in none.
    let isOwed = told !== undefined && one.answeredAt !== null && one.wanted.pay !== undefined
    const when = (): void => {
      if (!isWaited && !isOwed) letGo(one)
    }
    const settled = (): void => {
      isOwed = false
      when()
    }
    const parted = (): void => {
      isWaited = false
      when()
    }
    if (isOwed) void told?.then(settled, settled)
    // The next may not ring before the one that was called knows that this one is over: it would have both.
    if (isWaited) {
      one.timers.push(setTimeout(parted, PARTED_MS).unref())
      void one.talk?.parted?.then(parted)
    }
    when()
    return () => isWaited
  }

  function letGo(one: Held): void {
    if (!one.over || held.get(one.id) !== one) return
    for (const timer of one.timers.splice(0)) clearTimeout(timer)
    held.delete(one.id)
    releases.add(one.id, one.over.seconds)
  }

  function talked({ answeredAt, seconds }: Held): number {
    if (answeredAt === null) return 0
    return Math.min((clock() - answeredAt) / 1000, seconds ?? Number.POSITIVE_INFINITY)
  }

  /** That this node is there; and more time for those who have used most of theirs. */
  async function renew(): Promise<void> {
    if (held.size === 0) return
    const calls = [...held.values()].flatMap((one) => {
      const { id, seconds, answeredAt, wanted } = one
      if (one.over || seconds === null || answeredAt === null || seconds - talked(one) > (ahead * 2) / 3) return []
      const limits = wanted.keys.flatMap((key) => tables.limits.get(key) ?? [])
      const at = Math.ceil(talked(one))
      return [{ id, talked: at, want: at + ahead, ...periodsOf(limits, needs.now()) }]
    })
    const said = await cluster.propose({ type: 'renew', node, incarnation, lease: leaseMs, calls }, TIMEOUT_MS)
    if (said.kind !== 'agreed' || said.result.kind !== 'renewed') return
    for (const [id, seconds] of said.result.seconds) {
      const one = held.get(id)
      const want = calls.find((call) => call.id === id)?.want ?? 0
      if (!one || one.over) continue
      one.seconds = seconds
      one.isLast = seconds < want
      schedule(one)
    }
  }

  /** Rows of ours without a call, and calls of ours without a row: what got lost on the way is put right. */
  function sweep(): void {
    if (tables.nodes.get(node)?.incarnation !== incarnation) return
    for (const row of tables.reservations.values()) {
      const isOurs = row.node === node && row.incarnation === incarnation
      if (isOurs && !held.has(row.id) && !asked.has(row.id)) releases.add(row.id, null)
    }
    for (const { id, seconds, wanted, talk, over } of [...held.values()]) {
      if (over || tables.reservations.has(id)) continue
      if (seconds !== null) {
        log.info({ call: id }, 'what a call had reserved is lost, as this node was taken for gone: it is ended')
        talk?.stop('what it had reserved is lost')
        continue
      }
      const { keys } = wanted
      void propose({ type: 'reserve', id, node, incarnation, keys, ahead, lease: leaseMs, running: true })
    }
  }

  const propose = (command: Parameters<Cluster['propose']>[0]) => cluster.propose(command, TIMEOUT_MS).catch(() => null)

  const timer = setInterval(() => {
    sweep()
    renew().catch((error) => log.error({ err: error }, 'reservations were not renewed'))
  }, leaseMs / 3)
  timer.unref()

  return {
    decks,
    reserve,
    moved,
    holds: (id) => held.get(id)?.over === null,
    answered,
    release,
    counters: () => ({ ...count, held: held.size, unreleased: releases.pending }),
    async close() {
      clearInterval(timer)
      stopWatching()
      stopLooking()
      if (alone) clearTimeout(alone)
      for (const one of [...held.values()]) {
        release(one.id, null)
        letGo(one)
      }
      slices.close()
      await releases.close(1_000)
    },
  }
}

/** What a caller hears. 480 and not 503: another node would say the same (RFC 3261 §21.5.4 has him try one). */
const REFUSALS: Readonly<Record<Refused['limit'], { status: number; reason: string; retryAfter?: number }>> = {
  calls: { status: 480, reason: 'Too many calls', retryAfter: 10 },
  perSecond: { status: 480, reason: 'Too many calls a second', retryAfter: 1 },
  minutes: { status: 403, reason: 'No minutes left' },
  credit: { status: 402, reason: 'No credit left' },
  country: { status: 403, reason: 'Unusual destination' },
  night: { status: 403, reason: 'Not at this hour' },
  spend: { status: 403, reason: 'Too much spent this hour' },
}

function classesOf(limits: Iterable<LimitRow>): readonly LimitRow[] {
  return [...limits].filter(({ prefixes }) => prefixes !== undefined && prefixes.length > 0)
}

/** A caller's tenant is that of his domain; a stranger's, of whom he calls. */
function aboutOf({ caller, domain, trunk, dialled }: CallRequest): About {
  const tenant = caller === null ? domain : caller.slice(caller.lastIndexOf('@') + 1)
  return { caller, domain: tenant, trunk, dialled, out: null }
}
