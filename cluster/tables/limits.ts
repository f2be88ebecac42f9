/** Limits: how many calls, how many a second, how many minutes; who sets them, and what is left of each. */
import type { LimitKey, LimitRow, UsageRow } from './admission-rows.ts'
import { filled, type Pace, type Slice, sliced, unsliced } from './bucket.ts'
import type { Result } from './commands.ts'
import { put, remove, type State } from './state.ts'

/** More are refused: each is in every snapshot. */
export const LIMITS_MAX = 50_000

export function setLimit(state: State, row: Omit<LimitRow, 'setAt'>): Result {
  if (!state.limits.has(row.key) && state.limits.size >= LIMITS_MAX) return { kind: 'too many limits', max: LIMITS_MAX }
  put(state, 'limits', row.key, { ...row, setAt: state.time })
  const usage = state.usages.get(row.key)
  // Minutes of days are no minutes of months.
  if (usage?.period && row.minutes === undefined) putUsage(state, { ...usage, period: undefined })
  return { kind: 'done' }
}

export function removeLimit(state: State, key: LimitKey): Result {
  if (!state.limits.has(key)) return { kind: 'no such limit', key }
  remove(state, 'limits', key)
  remove(state, 'usages', key)
  return { kind: 'done' }
}

export function paceOf({ perSecond, burst }: LimitRow): Pace | null {
  return perSecond === undefined ? null : { perSecond, burst: burst ?? perSecond }
}

/** Of a key with a pace, as of now. */
export function bucketOf(state: State, key: LimitKey, pace: Pace) {
  return filled(state.usages.get(key)?.bucket, pace, state.time)
}

/** A usage with other values; what is undefined goes. */
export function putUsage(state: State, usage: { readonly [K in keyof UsageRow]: UsageRow[K] | undefined }): void {
  const { key, bucket, period, countries, hour } = usage
  if (key === undefined) return
  put(state, 'usages', key, {
    key,
    ...(bucket && { bucket }),
    ...(period && { period }),
    ...(countries && { countries }),
    ...(hour && { hour }),
  })
}

export function usageOf(state: Pick<State, 'usages'>, key: LimitKey): UsageRow {
  return state.usages.get(key) ?? { key }
}

/** Some tokens of a key into the hands of a node, for `hold` ms. */
export function slice(state: State, key: LimitKey, wish: Omit<Slice, 'until'>, hold: number): Result {
  const limit = state.limits.get(key)
  const pace = limit && paceOf(limit)
  if (!pace || state.nodes.get(wish.node)?.incarnation !== wish.incarnation)
    return { kind: 'sliced', tokens: 0, until: 0 }
  const until = state.time + hold
  const { node, incarnation, tokens: wanted } = wish
  const made = sliced(bucketOf(state, key, pace), { node, incarnation, tokens: wanted, until })
  putUsage(state, { ...usageOf(state, key), bucket: made.bucket })
  return { kind: 'sliced', tokens: made.tokens, until }
}

/** What is left of a slice comes back. */
export function unslice(state: State, key: LimitKey, rest: Slice): Result {
  const limit = state.limits.get(key)
  const pace = limit && paceOf(limit)
  if (pace) putUsage(state, { ...usageOf(state, key), bucket: unsliced(bucketOf(state, key, pace), rest) })
  return { kind: 'done' }
}
