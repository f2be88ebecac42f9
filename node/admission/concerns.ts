/** What concerns a call: the limits that it counts against, who pays for it and how much, and what is unusual about it. */
import type { Tables } from '../../cluster/cluster.ts'
import type { Guard, LimitKey, LimitRow } from '../../cluster/tables/admission-rows.ts'
import type { Reserve } from '../../cluster/tables/commands.ts'
import { callsMax } from '../../cluster/tables/trunks.ts'
import { INTERNAL, type Price, priceOf } from './deck.ts'
import type { Decks } from './decks.ts'
import { beginOf, hourOf } from './period.ts'

export interface About {
  readonly caller: string | null
  readonly domain: string
  /** That it came in by. */
  readonly trunk: string | null
  readonly dialled: string
  readonly out: { readonly trunk: string; readonly number: string } | null
}

export interface Known {
  readonly tables: Pick<Tables, 'limits' | 'credit' | 'usages' | 'trunks'>
  readonly decks: Decks
  /** Limits of classes, whichever there are. */
  readonly classes: readonly LimitRow[]
  groupsOf(aor: string): readonly string[]
  /** Country calling code of an E.164 number; null: it is none. */
  countryOf(number: string): string | null
}

export type Concern =
  | { readonly kind: 'none' }
  /** There is an account to pay, and no price. */
  | { readonly kind: 'no price'; readonly account: string }
  | Wanted

export interface Wanted extends Pick<Reserve, 'keys' | 'periods' | 'flags' | 'country' | 'pay'> {
  readonly kind: 'wanted'
  readonly price: Price | null
  /** Nothing but calls a second: these can be had from a slice. */
  readonly isPaceOnly: boolean
}

/** `at`: wall clock, ms. */
export function concernOf(known: Known, about: About, at: number): Concern {
  const { tables } = known
  if (tables.limits.size === 0 && tables.credit.size === 0 && tables.trunks.size === 0) return { kind: 'none' }
  const all = keysOf(known, about)
  const limits = all.flatMap((key) => tables.limits.get(key) ?? [])
  const trunks = all.filter((key) => Number.isFinite(callsMax(tables.trunks, key)))
  const bill = billOf(known, about, at)
  if (bill?.price === null) return { kind: 'no price', account: bill.account }
  if (limits.length === 0 && trunks.length === 0 && !bill) return { kind: 'none' }
  const keys = [...new Set([...limits.map(({ key }) => key), ...trunks])]
  return {
    kind: 'wanted',
    keys,
    ...periodsOf(limits, at),
    ...unusual(known, about, limits, at),
    ...(bill && { pay: { account: bill.account, rate: rateOf(bill.price) } }),
    price: bill?.price ?? null,
    isPaceOnly:
      !bill &&
      trunks.length === 0 &&
      limits.every(({ calls, minutes, guard }) => calls === undefined && minutes === undefined && !guard),
  }
}

/** Every key that the call may count against, whether there is a limit or not. */
function keysOf({ classes, groupsOf }: Known, { caller, domain, trunk, dialled, out }: About): readonly LimitKey[] {
  const keys = [`tenant:${domain}`]
  if (caller !== null) keys.push(`user:${caller}`, ...groupsOf(caller).map((group) => `group:${group}`))
  if (trunk !== null) keys.push(`trunk:${trunk}`)
  if (out !== null && out.trunk !== trunk) keys.push(`trunk:${out.trunk}`)
  const number = digitsOf(out?.number ?? dialled)
  for (const { key, prefixes = [] } of classes) {
    if (prefixes.some((prefix) => number.startsWith(prefix))) keys.push(key)
  }
  return keys
}

/** Who pays, and what: null if nobody has to. A call that goes out by no trunk costs something only where a deck says so. */
function billOf(
  { tables, decks }: Known,
  { caller, domain, out }: About,
  at: number,
): { readonly account: string; readonly price: Price | null } | null {
  if (tables.credit.size === 0) return null
  const [user, tenant] = [`user:${caller ?? ''}`, `tenant:${domain}`]
  const account = [user, tenant].find((key) => tables.credit.has(key))
  if (account === undefined) return null
  const deck = decks.usedFor(user, tenant)
  const price = deck && priceOf(deck, out === null ? INTERNAL : digitsOf(out.number), at)
  if (price === null && out === null) return null
  return { account, price: price?.currency === tables.credit.get(account)?.currency ? price : null }
}

function rateOf({ price, connect, first, increment, free }: Price) {
  return { price, connect, first, increment, free }
}

export function periodsOf(limits: readonly LimitRow[], at: number): Pick<Reserve, 'periods'> {
  const periods: Record<LimitKey, number> = {}
  for (const { key, minutes, period = 'month', zone = 'UTC' } of limits) {
    if (minutes !== undefined) periods[key] = beginOf(period, zone, at)
  }
  return Object.keys(periods).length === 0 ? {} : { periods }
}

/** What guards look at that a node can know. */
function unusual(known: Known, { dialled, out }: About, limits: readonly LimitRow[], at: number) {
  const guarded = limits.filter(({ guard }) => guard?.newCountry || guard?.night)
  if (guarded.length === 0) return {}
  const code = known.countryOf(out?.number ?? dialled)
  const flags: { key: LimitKey; kind: 'country' | 'night'; text: string }[] = []
  let country: Reserve['country']
  for (const { key, guard, zone = 'UTC' } of guarded) {
    if (guard?.newCountry && code !== null && !known.tables.usages.get(key)?.countries?.includes(code)) {
      flags.push({ key, kind: 'country', text: `+${code}` })
      country ??= { key, code }
    }
    if (guard?.night && isNight(guard.night, hourOf(zone, at))) flags.push({ key, kind: 'night', text: '' })
  }
  return { ...(flags.length > 0 && { flags }), ...(country && { country }) }
}

function isNight([from, to]: NonNullable<Guard['night']>, hour: number): boolean {
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to
}

function digitsOf(number: string): string {
  return /^\+?\d+$/.test(number) ? number.replace(/^\+/, '') : ''
}
