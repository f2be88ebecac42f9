/** What is replicated of limits, reservations, credit and prices. Times are cluster time, ms, where nothing else is said. */
import type { Bucket } from './bucket.ts'
import type { Rate } from './rating.ts'

/** What a limit counts: `user:AOR` and `group:NAME` of the caller, `tenant:DOMAIN`, `trunk:NAME`, `class:NAME` of what is dialled. */
export type LimitKey = string

export interface LimitRow {
  readonly key: LimitKey
  /** Calls at once; 0: none at all. */
  readonly calls?: number
  /** Also when a node is cut off: it ends its calls before the others may take them for over. */
  readonly strict?: true
  /** Calls begun a second, and most of them at once (as many, when absent). */
  readonly perSecond?: number
  readonly burst?: number
  /** Minutes of conversation a period, a started second counts. */
  readonly minutes?: number
  readonly period?: 'day' | 'month'
  /** IANA name: where days and months begin; UTC when absent. */
  readonly zone?: string
  /** Of a class: what E.164 numbers of it begin with, digits. */
  readonly prefixes?: readonly string[]
  readonly guard?: Guard
  readonly setAt: number
}

/** Against fraud: what is unusual is told, or refused as well. */
export interface Guard {
  readonly action: 'alert' | 'block'
  /** Country codes that he never called before. */
  readonly newCountry?: boolean
  /** Hours of the night, `22-6`, in the zone of the limit. */
  readonly night?: readonly [from: number, to: number]
  /** Micro-units an hour of the clock, of an account. */
  readonly spendPerHour?: number
}

/** What was used of a limit so far; a row is there only where something was. */
export interface UsageRow {
  readonly key: LimitKey
  readonly bucket?: Bucket
  /** Of the period that began at `since` (wall clock, ms, as the zone of the limit has it): seconds of calls that are over. */
  readonly period?: { readonly since: number; readonly seconds: number }
  /** Country codes called, in order. */
  readonly countries?: readonly string[]
  /** Spent in the hour that began at `since`, micro-units. */
  readonly hour?: { readonly since: number; readonly spent: number }
}

/** A call that counts against limits or an account, as long as it is there. What is in use of a limit is these rows, and nothing else. */
export interface ReservationRow {
  /** Of the call. */
  readonly id: string
  readonly node: string
  readonly incarnation: string
  readonly at: number
  /** In order. */
  readonly keys: readonly LimitKey[]
  /** Those of them whose minutes it uses. */
  readonly timed?: readonly LimitKey[]
  /** Seconds of conversation that are reserved so far; absent: it may go on. */
  readonly seconds?: number
  /** Seconds that it had talked when its node said so last. */
  readonly talked?: number
  readonly paid?: Paid
  /** The call that it is for now: who it lets talk talks on in that one. Absent: its own. */
  readonly as?: string
  /** Seconds that were talked in calls before that one, and what of its cost these have in their records. */
  readonly before?: { readonly seconds: number; readonly cost: number }
}

export interface Paid {
  readonly account: string
  readonly rate: Rate
  /** What `seconds` cost, set aside. */
  readonly amount: number
}

/** For how long what a node has reserved stays without a word of it. */
export interface LeaseRow {
  readonly node: string
  readonly incarnation: string
  readonly until: number
}

/**
 * Prepaid credit of `user:AOR` or `tenant:DOMAIN`, in micro-units. At every moment `granted` is `spent`, `balance` and what reservations
 * have set aside, together.
 */
export interface CreditRow {
  readonly account: string
  /** ISO 4217. */
  readonly currency: string
  readonly granted: number
  readonly spent: number
  readonly balance: number
}

/** What was granted to an account, the last of it: newest last. */
export interface LedgerRow {
  readonly account: string
  readonly grants: readonly Grant[]
}

export interface Grant {
  /** Given by who asks, so that asking twice grants once. */
  readonly id: string
  readonly amount: number
  readonly reason: string
  readonly by: string
  /** Wall clock of the node that was asked, ms. */
  readonly at: number
}

/** A deck of prices, in force as a whole: its rates are the pieces of that load. */
export interface DeckRow {
  readonly name: string
  /** 1, 2, 3 …: one more with each import. */
  readonly version: number
  readonly load: string
  readonly currency: string
  /** Who is charged by it: `tenant:DOMAIN`, `user:AOR`; or `trunk:NAME`, what that costs us. */
  readonly uses: readonly string[]
  readonly pieces: number
  readonly rates: number
  readonly importedAt: number
}

/** Rates of a load, by `deck load number`: a deck is larger than a command may be. */
export interface PieceRow {
  readonly deck: string
  readonly load: string
  readonly piece: number
  readonly rates: readonly DeckRate[]
}

/** prefix, price, connect, first, increment, free, from and to (Unix ms; 0: for ever), name. An array, since there are tens of thousands. */
export type DeckRate = readonly [
  prefix: string,
  price: number,
  connect: number,
  first: number,
  increment: number,
  free: number,
  from: number,
  to: number,
  name: string,
]

/** Something that a guard found, by its number in text; the last of them are kept. */
export interface AlertRow {
  readonly number: number
  readonly key: LimitKey
  readonly call: string
  readonly kind: AlertKind
  readonly text: string
  readonly blocked: boolean
  readonly at: number
}

export type AlertKind = 'country' | 'night' | 'spend'
