/** SetLimit, RemoveLimit, GetLimit, ListLimits: how many calls, how many a second, how many minutes, over the whole cluster. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Guard, LimitRow } from '../../cluster/tables/admission-rows.ts'
import { tokensLeft } from '../../cluster/tables/reservations.ts'
import { clean } from '../../proto/text.ts'
import type { Limit, Limit__Output } from '../../proto/types/raftel/v1/Limit.ts'
import type { LimitPage } from '../../proto/types/raftel/v1/LimitPage.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import { isZone } from '../admission/period.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, invalid, notFound } from './refusal.ts'

type LimitNeeds = Pick<Needs, 'cluster'>

const COUNT_MAX = 1_000_000
const MINUTES_MAX = 100_000_000
const PREFIXES_MAX = 1_000
const KINDS = ['user', 'group', 'tenant', 'trunk', 'class']

/** `within`: milliseconds that agreeing may take. */
export async function setLimit({ cluster }: LimitNeeds, request: Limit__Output, within: number): Promise<Limit> {
  const limit = limitIn(request)
  mustKnow(cluster)
  const result = agreed(await cluster.propose({ type: 'limit-set', limit }, within))
  if (result.kind === 'too many limits') throw cannot(`there are ${result.max} limits already; remove some`)
  return limitView(cluster, cluster.tables.limits.get(limit.key) ?? { ...limit, setAt: 0 })
}

/** What was removed is told once more. */
export async function removeLimit({ cluster }: LimitNeeds, given: string, within: number): Promise<Limit> {
  const key = keyIn(given)
  mustKnow(cluster)
  const row = cluster.tables.limits.get(key)
  const result = agreed(await cluster.propose({ type: 'limit-remove', key }, within))
  if (result.kind === 'no such limit') throw none(key)
  return row ? limitView(cluster, row) : { key }
}

export function getLimit({ cluster }: LimitNeeds, given: string): Limit {
  const key = keyIn(given)
  const row = cluster.tables.limits.get(key)
  if (!row) throw none(key)
  return limitView(cluster, row)
}

export function listLimits({ cluster }: LimitNeeds, request: ListRequest__Output): LimitPage {
  const { held, limits } = cluster.tables
  const fields = {
    key: (row: LimitRow) => row.key,
    calls: (row: LimitRow) => row.calls ?? -1,
    used: (row: LimitRow) => held.calls(row.key),
    minutes: (row: LimitRow) => row.minutes ?? -1,
  }
  const { rows, next, total } = page<LimitRow>(limits.values(), request, fields.key, fields, (row) => [row.key])
  return { rows: rows.map((row) => limitView(cluster, row)), next, total, applied: cluster.status().applied }
}

function limitView(cluster: Pick<Cluster, 'tables' | 'now'>, row: LimitRow): Limit & { key: string } {
  const { held, usages } = cluster.tables
  const { key, calls, perSecond, burst, minutes, period = '', zone = '', prefixes = [], guard, strict = false } = row
  const usage = usages.get(key)
  const tokens = tokensLeft(row, usage?.bucket, cluster.now())
  return {
    key: clean(key),
    ...(calls !== undefined && { calls }),
    ...(perSecond !== undefined && { perSecond }),
    ...(burst !== undefined && { burst }),
    ...(minutes !== undefined && { minutes }),
    period,
    zone: clean(zone),
    prefixes: [...prefixes],
    strict,
    ...(guard && { guard: guardView(guard) }),
    callsUsed: held.calls(key),
    ...(tokens !== null && { tokensLeft: tokens }),
    secondsUsed: minutes === undefined ? 0 : (usage?.period?.seconds ?? 0) + held.seconds(key),
  }
}

function guardView({ action, newCountry = false, night, spendPerHour }: Guard): Limit['guard'] {
  return {
    action,
    newCountry,
    ...(night && { nightFrom: night[0], nightTo: night[1] }),
    ...(spendPerHour !== undefined && { spendPerHour }),
  }
}

function limitIn(said: Limit__Output): Omit<LimitRow, 'setAt'> {
  const key = keyIn(said.key)
  const { calls, perSecond, burst, minutes, zone, period, prefixes, strict } = said
  for (const [what, n, most] of [
    ['calls', calls, COUNT_MAX],
    ['calls a second', perSecond, COUNT_MAX],
    ['burst', burst, COUNT_MAX],
    ['minutes', minutes, MINUTES_MAX],
  ] as const) {
    if (n !== undefined && n > most) throw invalid(`${what} are at most ${most}; leave them out for no limit`)
  }
  if (perSecond === 0 || burst === 0)
    throw invalid('calls a second and burst are at least 1; for no calls at all say calls 0')
  if (strict && calls === undefined) throw invalid('strict is a limit of calls at once: say how many')
  if (burst !== undefined && perSecond === undefined) throw invalid('a burst needs calls a second')
  if (!['', 'day', 'month'].includes(period)) throw invalid('minutes are counted by day or by month')
  if (period !== '' && minutes === undefined) throw invalid('a period needs minutes')
  if (zone !== '' && (zone.length > 64 || !isZone(zone)))
    throw invalid('that is no time zone; write it like Europe/Berlin')
  const isClass = key.startsWith('class:')
  if (isClass !== prefixes.length > 0) throw invalid('a class has prefixes, and nothing else has')
  if (prefixes.length > PREFIXES_MAX || prefixes.some((prefix) => !/^\+?\d{1,15}$/.test(prefix))) {
    throw invalid(`prefixes are 1 to 15 digits of an E.164 number, at most ${PREFIXES_MAX} of them`)
  }
  const guard = said.guard ? guardIn(key, said.guard) : null
  const limited = [calls, perSecond, minutes].some((n) => n !== undefined)
  if (!limited && !guard) throw invalid('say what is limited: calls, calls a second, minutes, or a guard')
  return {
    key,
    ...(calls !== undefined && { calls }),
    ...(strict && { strict }),
    ...(perSecond !== undefined && { perSecond }),
    ...(burst !== undefined && { burst }),
    ...(minutes !== undefined && { minutes, period: period === 'day' ? 'day' : 'month' }),
    ...(zone !== '' && { zone }),
    ...(isClass && { prefixes: prefixes.map((prefix) => prefix.replace('+', '')).sort() }),
    ...(guard && { guard }),
  }
}

function guardIn(key: string, said: NonNullable<Limit__Output['guard']>): Guard {
  const { action, newCountry, nightFrom, nightTo, spendPerHour } = said
  if (action !== 'alert' && action !== 'block') throw invalid('a guard alerts or blocks')
  const isHour = (n: number | undefined): n is number => n !== undefined && n < 24
  const hasNight = nightFrom !== undefined || nightTo !== undefined
  if (hasNight && !(isHour(nightFrom) && isHour(nightTo) && nightFrom !== nightTo))
    throw invalid('a night is two hours, like 22-6')
  if (spendPerHour !== undefined && !(spendPerHour > 0 && Number.isSafeInteger(spendPerHour))) {
    throw invalid('what may be spent an hour is more than nothing')
  }
  if (spendPerHour !== undefined && !/^(user|tenant):/.test(key)) throw invalid('only users and tenants spend')
  if (!newCountry && !hasNight && spendPerHour === undefined)
    throw invalid('say what is guarded: new countries, a night, or what is spent an hour')
  return {
    action,
    ...(newCountry && { newCountry }),
    ...(isHour(nightFrom) && isHour(nightTo) && { night: [nightFrom, nightTo] as const }),
    ...(spendPerHour !== undefined && { spendPerHour }),
  }
}

export function keyIn(said: string, kinds: readonly string[] = KINDS): string {
  const [, kind = '', name = ''] = /^([a-z]+):(\S+)$/.exec(said) ?? []
  if (!kinds.includes(kind) || name.length > 256 || clean(said) !== said) {
    throw invalid(
      `that is no key: write ${kinds.map((one) => `${one}:…`).join(', ')}, like ${kinds.includes('user') ? 'user:alice@pbx.test' : 'trunk:a'}`,
    )
  }
  if (kind === 'user' && !/^[^@]+@[^@]+$/.test(name)) throw invalid('a user is named like user:alice@pbx.test')
  return kind === 'user' || kind === 'tenant' ? `${kind}:${lowerDomain(name)}` : said
}

/** The domain of an AoR, or a domain, in lower case. */
function lowerDomain(name: string): string {
  const at = name.lastIndexOf('@') + 1
  return name.slice(0, at) + name.slice(at).toLowerCase()
}

function none(key: string): Error {
  return notFound(`${key} has no limit; raftel limit ls shows which have`)
}

/** Programs of before do not know these commands. */
export function mustKnow(cluster: Cluster): void {
  if (cluster.tables.members !== null) return
  throw cannot(
    'not all nodes are known to run a program that knows limits and credit yet: upgrade all nodes, or wait a moment',
  )
}
