/**
 * Admission: a call that limits or an account concern has a row from before it rings until it is over, and what is in use is these rows. Nothing is
 * counted up and down, so nothing drifts: a row is written twice or removed twice with the same effect as once.
 */
import type { AlertKind, LimitKey, LimitRow, Paid, ReservationRow } from './admission-rows.ts'
import { filled, spent } from './bucket.ts'
import type { Cost } from './cdr-rows.ts'
import type { Ended, Refused, Release, Renew, Reserve, Result } from './commands.ts'
import { bucketOf, paceOf, putUsage, usageOf } from './limits.ts'
import { costOf, SECONDS_MAX, secondsFor } from './rating.ts'
import { put, remove, type State } from './state.ts'
import { callsMax } from './trunks.ts'

export const HOUR_MS = 3_600_000
/** Alerts that are kept. */
export const ALERTS_MAX = 1000
const COUNTRIES_MAX = 300

/**
 * All that a call needs, or nothing of it. Said again with other keys it then has those: what it has already is not asked for twice. `running`:
 * it talks already, and its row was lost with its node's lease; it counts, and limits do not refuse it. One that has a bound on its time is not
 * taken back: what it used was charged when it was lost, and its node ends it.
 */
export function reserve(state: State, wish: Reserve): Result {
  const { id, node, incarnation } = wish
  if (state.nodes.get(node)?.incarnation !== incarnation) return { kind: 'not up' }
  const before = state.reservations.get(id) ?? null
  if (before && (before.node !== node || before.incarnation !== incarnation)) return { kind: 'not up' }
  const keys = [...new Set(wish.keys)].sort()

  const fresh = keys.filter((key) => !before?.keys.includes(key))
  const refused = wish.running ? null : (refusedBy(state, fresh, wish.paced) ?? guarded(state, wish, before?.paid))
  if (refused) return tellRefused(state, wish, refused)

  const timed = wish.running ? [] : keys.filter((key) => state.limits.get(key)?.minutes !== undefined)
  const pay = wish.running ? undefined : wish.pay
  const sought = Math.max(before?.seconds ?? 0, Math.min(wish.ahead, SECONDS_MAX))
  startPeriods(state, timed, wish.periods ?? {})
  const time = timeFor(state, { before, timed, pay, sought })
  if (time.kind === 'limited') return tellRefused(state, wish, time)

  for (const key of wish.running ? [] : fresh) if (!wish.paced?.includes(key)) takeToken(state, key)
  const { seconds, paid } = time
  hold(state, before, {
    id,
    node,
    incarnation,
    at: before?.at ?? state.time,
    keys,
    ...(timed.length > 0 && { timed }),
    ...(seconds !== null && { seconds }),
    ...(before?.talked !== undefined && { talked: before.talked }),
    ...(paid && { paid }),
    ...(before?.as && { as: before.as }),
    ...(before?.before && { before: before.before }),
  })
  extendLease(state, node, incarnation, wish.lease, 0.5)
  for (const { key, kind, text } of wish.flags ?? []) alert(state, { key, kind, text, call: id, blocked: false })
  if (wish.country) seen(state, wish.country)
  return { kind: 'reserved', seconds }
}

function refusedBy(state: State, keys: readonly LimitKey[], paced: readonly LimitKey[] = []): Refused | null {
  for (const key of keys) {
    const limit = state.limits.get(key)
    const max = Math.min(limit?.calls ?? Number.POSITIVE_INFINITY, callsMax(state.trunks, key))
    const used = state.held.calls(key)
    if (used >= max) return { kind: 'limited', key, limit: 'calls', used, max }
    if (!limit) continue
    const pace = paced.includes(key) ? null : paceOf(limit)
    if (pace && !spent(bucketOf(state, key, pace))) {
      return { kind: 'limited', key, limit: 'perSecond', used: pace.burst, max: pace.perSecond }
    }
  }
  return null
}

/** What its node found unusual, where that is refused; and what an account spends an hour, which only the tables know. */
function guarded(state: State, { flags = [], keys }: Reserve, own: Paid | undefined): Refused | null {
  for (const { key, kind } of flags) {
    if (state.limits.get(key)?.guard?.action === 'block') {
      return { kind: 'limited', key, limit: kind, used: 0, max: 0 }
    }
  }
  for (const key of keys) {
    const over = overspent(state, key, own?.account === key ? own.amount : 0)
    if (over && state.limits.get(key)?.guard?.action === 'block') return over
  }
  return null
}

/** `own`: what the call itself has set aside for the way that it leaves. */
function overspent(state: State, key: LimitKey, own: number): Refused | null {
  const max = state.limits.get(key)?.guard?.spendPerHour
  if (max === undefined) return null
  const hour = state.usages.get(key)?.hour
  const settled = hour?.since === hourOf(state.time) ? hour.spent : 0
  const used = settled + state.held.amount(key) - own
  return used < max ? null : { kind: 'limited', key, limit: 'spend', used, max }
}

function tellRefused(state: State, { id }: Reserve, refused: Refused): Refused {
  const { key, limit } = refused
  if (limit === 'country' || limit === 'night' || limit === 'spend') {
    alert(state, { key, kind: limit, text: '', call: id, blocked: true })
  }
  return refused
}

function takeToken(state: State, key: LimitKey): void {
  const limit = state.limits.get(key)
  const pace = limit && paceOf(limit)
  if (!pace) return
  const bucket = spent(bucketOf(state, key, pace))
  if (bucket) putUsage(state, { ...usageOf(state, key), bucket })
}

/** A period that begins ends the one before; one that is over already changes nothing. */
function startPeriods(state: State, timed: readonly LimitKey[], periods: Readonly<Record<LimitKey, number>>): void {
  for (const key of timed) {
    const since = periods[key]
    const usage = usageOf(state, key)
    if (since === undefined || since <= (usage.period?.since ?? -1)) continue
    putUsage(state, { ...usage, period: { since, seconds: 0 } })
  }
}

interface Sought {
  readonly before: ReservationRow | null
  readonly timed: readonly LimitKey[]
  readonly pay: Reserve['pay']
  readonly sought: number
}

/** How long it may talk by minutes and credit, and what that costs; null: as long as it likes. Not even a second is a refusal. */
function timeFor(
  state: State,
  { before, timed, pay, sought }: Sought,
): { readonly kind: 'time'; readonly seconds: number | null; readonly paid: Paid | null } | Refused {
  if (timed.length === 0 && !pay) return { kind: 'time', seconds: null, paid: null }
  let seconds = sought
  for (const key of timed) {
    const { left, max } = minutesLeft(state, key, before)
    if (left < 1) return { kind: 'limited', key, limit: 'minutes', used: max - left, max }
    seconds = Math.min(seconds, left)
  }
  if (!pay) return { kind: 'time', seconds, paid: null }

  const kept = before?.paid?.account === pay.account ? before.paid.amount : 0
  const there = (state.credit.get(pay.account)?.balance ?? 0) + kept
  const lasting = secondsFor(pay.rate, there)
  if (lasting < 1) {
    return { kind: 'limited', key: pay.account, limit: 'credit', used: there, max: costOf(pay.rate, 1) }
  }
  seconds = Math.min(seconds, lasting)
  return { kind: 'time', seconds, paid: { ...pay, amount: costOf(pay.rate, seconds) } }
}

/** Seconds of a key that are neither used nor reserved by others. */
function minutesLeft(state: State, key: LimitKey, before: ReservationRow | null): { left: number; max: number } {
  const max = (state.limits.get(key)?.minutes ?? 0) * 60
  const own = before?.timed?.includes(key) ? (before.seconds ?? 0) : 0
  const used = (state.usages.get(key)?.period?.seconds ?? 0) + state.held.seconds(key) - own
  return { left: max - used, max }
}

/** The one place where a reservation is written: what it sets aside comes from the balance, what it no longer does goes back there. */
function hold(state: State, before: ReservationRow | null, row: ReservationRow): void {
  const [old, now] = [before?.paid, row.paid]
  if (old && old.account !== now?.account) credit(state, old.account, old.amount, 0)
  if (now) credit(state, now.account, (old?.account === now.account ? old.amount : 0) - now.amount, 0)
  put(state, 'reservations', row.id, row, before)
}

function credit(state: State, account: string, back: number, cost: number): void {
  const row = state.credit.get(account)
  if (!row || (back === 0 && cost === 0)) return
  put(state, 'credit', account, { ...row, spent: row.spent + cost, balance: row.balance + back - cost })
}

/** A node is there, and so are its calls; those that are about to use up what they have get more of it. */
export function renew(state: State, { node, incarnation, lease, calls }: Renew): Result {
  if (state.nodes.get(node)?.incarnation !== incarnation) return { kind: 'not up' }
  extendLease(state, node, incarnation, lease, 1)
  const seconds: (readonly [string, number])[] = []
  const gone: string[] = []
  for (const { id, talked, want, periods = {} } of calls) {
    const before = state.reservations.get(id)
    if (before?.node !== node || before.incarnation !== incarnation) {
      gone.push(id)
      continue
    }
    const { timed = [], paid } = before
    startPeriods(state, timed, periods)
    const pay = paid && { account: paid.account, rate: paid.rate }
    const sought = Math.max(before.seconds ?? 0, Math.min(want, SECONDS_MAX))
    const time = timeFor(state, { before, timed, pay, sought })
    // What was reserved stays reserved, also when there is less for it now.
    const more = time.kind === 'time' && time.seconds !== null && time.seconds > (before.seconds ?? 0)
    const row = more ? { ...before, seconds: time.seconds ?? 0, ...(time.paid && { paid: time.paid }) } : before
    hold(state, before, { ...row, talked: Math.min(talked, row.seconds ?? SECONDS_MAX) })
    if (row.seconds !== undefined) seconds.push([id, row.seconds])
  }
  return { kind: 'renewed', seconds, gone }
}

/** Calls are over: what they had is free again, and what they used is charged. Those that are gone already are gone. */
export function release(state: State, { calls }: Release): Result {
  const costs: (readonly [string, number])[] = []
  for (const { id, seconds } of calls) {
    const row = state.reservations.get(id)
    if (row) costs.push([id, settle(state, row, seconds)])
  }
  return { kind: 'released', costs }
}

/**
 * The calls of a node's processes for which `over` holds are over, and nobody says how long they were: each is charged for what its node said
 * last, and one that is known to be answered at least for that.
 */
export function releaseOf(state: State, node: string, over: (incarnation: string) => boolean): void {
  for (const id of state.held.of(node)) {
    const row = state.reservations.get(id)
    if (!row || !over(row.incarnation)) continue
    const { talked, before } = row
    const answered = talked !== undefined || before !== undefined || state.calls.get(id)?.state === 'answered'
    settle(state, row, answered ? Math.max(talked ?? 0, before?.seconds ?? 0) : null)
  }
  const lease = state.nodeLeases.get(node)
  if (lease && over(lease.incarnation)) remove(state, 'nodeLeases', node)
}

/** Said by the leader: nodes that have not said for long that they are there have no calls any more. */
export function expireLeases(state: State, upTo: number): Result {
  const until = Math.min(upTo, state.time)
  const nodes = [...state.nodeLeases.values()].filter((lease) => lease.until <= until)
  for (const { node, incarnation } of nodes.sort((a, b) => (a.node < b.node ? -1 : 1))) {
    releaseOf(state, node, (of) => of === incarnation)
  }
  return { kind: 'done' }
}

/** `seconds`: of conversation; null: nobody answered. `counts`: it goes on to count among calls at once. Returns what it cost. */
function settle(state: State, row: ReservationRow, seconds: number | null, counts?: true): number {
  const { id, node, incarnation, at, keys, timed = [], paid, as = id } = row
  const talked = talkedOf(row, seconds)
  if (counts) put(state, 'reservations', id, { id, node, incarnation, at, keys }, row)
  else remove(state, 'reservations', id)
  for (const key of talked === 0 ? [] : timed) {
    const usage = usageOf(state, key)
    const { since, seconds: used } = usage.period ?? { since: 0, seconds: 0 }
    putUsage(state, { ...usage, period: { since, seconds: used + talked } })
  }
  if (!paid) return 0
  const cost = seconds === null ? 0 : costFor(paid, talked)
  credit(state, paid.account, paid.amount, cost)
  if (state.limits.get(paid.account)?.guard?.spendPerHour !== undefined && cost > 0) {
    spend(state, paid.account, cost, id)
  }
  const call = state.calls.get(as)
  // Its end comes later, and finds it there.
  if (call?.about && seconds !== null) {
    const price = priceOf(state, paid, cost - (row.before?.cost ?? 0))
    put(state, 'calls', as, { ...call, about: { ...call.about, cost: withMore(call.about.cost, price) } })
  }
  return cost
}

/** Whole seconds, of those that are reserved. */
function talkedOf(row: ReservationRow, seconds: number | null): number {
  return seconds === null ? 0 : Math.max(0, Math.min(Math.ceil(seconds), row.seconds ?? SECONDS_MAX))
}

/** Never more than was set aside for `seconds`, of which `talked` is a part. */
function costFor({ rate, amount }: Paid, talked: number): number {
  return Math.min(costOf(rate, talked), amount)
}

/**
 * A call is recorded, perhaps before its node says how long it was: its record says it. What is for another call from now on is not settled, and what it has cost so far stands
 * in this record. Null: there is nothing (more) to pay.
 */
export function charge(state: State, call: string, seconds: number | null, { counts, on, cost }: Ended): Cost | null {
  let all = cost ?? null
  for (const id of [call, ...state.held.for(call)]) {
    const row = state.reservations.get(id)
    if (!row || (row.as ?? id) !== call) continue
    const { before = { seconds: 0, cost: 0 }, paid } = row
    const talked = seconds === null ? null : before.seconds + seconds
    const soFar = on?.ids.includes(id) ? goOn(state, row, on.call, talked) : settle(state, row, talked, counts)
    if (paid && seconds !== null) all = withMore(all, priceOf(state, paid, soFar - before.cost))
  }
  return all
}

/** Returns what it has cost so far. */
function goOn(state: State, row: ReservationRow, as: string, seconds: number | null): number {
  const talked = talkedOf(row, seconds)
  const cost = row.paid && seconds !== null ? costFor(row.paid, talked) : 0
  put(state, 'reservations', row.id, { ...row, as, before: { seconds: talked, cost } }, row)
  return cost
}

/** What is in another currency stands in the account alone. */
function withMore(cost: Cost | null | undefined, more: Cost): Cost {
  if (!cost) return more
  return cost.currency === more.currency ? { ...cost, amount: cost.amount + more.amount } : cost
}

function priceOf({ credit }: State, { account }: Paid, amount: number): Cost {
  return { amount, currency: credit.get(account)?.currency ?? '' }
}

function spend(state: State, key: LimitKey, cost: number, call: string): void {
  const usage = usageOf(state, key)
  const since = hourOf(state.time)
  const before = usage.hour?.since === since ? usage.hour.spent : 0
  putUsage(state, { ...usage, hour: { since, spent: before + cost } })
  const max = state.limits.get(key)?.guard?.spendPerHour ?? 0
  // Told once an hour: when it is crossed.
  if (before < max && before + cost >= max) alert(state, { key, kind: 'spend', text: '', call, blocked: false })
}

function hourOf(time: number): number {
  return time - (time % HOUR_MS)
}

function seen(state: State, { key, code }: { readonly key: LimitKey; readonly code: string }): void {
  const usage = usageOf(state, key)
  const countries = usage.countries ?? []
  if (countries.includes(code) || countries.length >= COUNTRIES_MAX) return
  putUsage(state, { ...usage, countries: [...countries, code].sort() })
}

interface Found {
  readonly key: LimitKey
  readonly kind: AlertKind
  readonly text: string
  readonly call: string
  readonly blocked: boolean
}

/** Numbers go on for ever, the oldest goes. */
function alert(state: State, { key, kind, text, call, blocked }: Found): void {
  let last = 0
  let first = Number.POSITIVE_INFINITY
  for (const { number } of state.alerts.values()) {
    last = Math.max(last, number)
    first = Math.min(first, number)
  }
  if (state.alerts.size >= ALERTS_MAX) remove(state, 'alerts', String(first))
  const number = last + 1
  put(state, 'alerts', String(number), { number, key, call, kind, text, blocked, at: state.time })
}

/** `share` of the lease must be over before it is written again: a row less for most calls. */
function extendLease(state: State, node: string, incarnation: string, lease: number, share: number): void {
  const before = state.nodeLeases.get(node)
  const isEnough = before?.incarnation === incarnation && before.until > state.time + lease * share
  if (!isEnough) put(state, 'nodeLeases', node, { node, incarnation, until: state.time + lease })
}

/** For who shows a limit: tokens that are there now, whole. */
export function tokensLeft(limit: LimitRow, usage: Parameters<typeof filled>[0], time: number): number | null {
  const pace = paceOf(limit)
  return pace && Math.floor(filled(usage, pace, time).level / 1000)
}
