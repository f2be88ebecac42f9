/** Rows of plan documents: what is in force, and what was. Shapes only; node/routing says what they mean. */
import type { Aor } from './rows.ts'

export interface PlanRow {
  /** 1, 2, 3 …: one more with each commit. */
  readonly version: number
  /** The YAML as it was committed. */
  readonly text: string
  /** The same, checked and normalised: what routing reads. */
  readonly plan: Plan
  readonly author: string
  readonly committedAt: number
  /** Absent: `main`, committed when there was no other; its row is then as programs of before write it. */
  readonly document?: string
  readonly reason?: string
}

/** One change of the plan documents: kept for ever, that of which version was in force when has an answer. */
export interface CommitRow {
  readonly version: number
  readonly document: string
  readonly kind: 'commit' | 'rollback' | 'remove'
  readonly author: string
  /** Address that it was asked from. */
  readonly from: string
  readonly reason: string
  /** Wall clock of the node that was asked, Unix ms. */
  readonly committedAt: number
  readonly rules: number
  /** Of its text. */
  readonly bytes: number
  /** Version of the document that it replaced; 0: none. */
  readonly previous: number
  /** Key in the table `texts`, where it may be gone; empty: a removal has none. */
  readonly text: string
  /** Whose text it is, of a rollback. */
  readonly restored?: number
  readonly tests: TestCounts
  /** It was committed although tests failed, or a reference did not hold. */
  readonly breakGlass?: true
}

export interface TestCounts {
  readonly passed: number
  readonly failed: number
}

/** Text and plan of commits, once for all that have the same. */
export interface TextRow {
  /** See plan-text.ts. */
  readonly packed: string
}

/** A group that rings in turns. */
export interface TurnRow {
  /** That have taken theirs. */
  readonly calls: number
}

/** One document of the routing plan after validation. Shapes only; node/routing says what they mean. What is optional is there only where the document has it. */
export interface Plan {
  readonly domains: readonly string[]
  /** Directory: who answers to which numbers. Credentials live in the users table. */
  readonly users: readonly PlanUser[]
  /** Tried in order; the first that matches decides. */
  readonly rules: readonly PlanRule[]
  readonly emergency: PlanEmergency | null
  /** Whose document this is; of `tenant` and `shared` at most one. */
  readonly tenant?: string
  /** The name that other documents borrow it by. */
  readonly shared?: string
  /** Shared documents that this one borrows from, the first before the others. */
  readonly use?: readonly string[]
  /** ISO 3166 region that numbers are dialled in. */
  readonly country?: string
  /** IANA name; absent: UTC. */
  readonly zone?: string
  /** The calling class of who has none of his own. */
  readonly class?: string
  /** Numbers that carriers send here. */
  readonly numbers?: readonly PlanNumber[]
  readonly groups?: readonly PlanGroup[]
  readonly trunkGroups?: readonly PlanTrunkGroup[]
  readonly times?: readonly PlanTimes[]
  readonly holidays?: readonly PlanHolidays[]
  readonly classes?: readonly PlanClass[]
  readonly services?: readonly PlanService[]
  readonly tests?: readonly PlanTest[]
}

export interface PlanUser {
  readonly aor: Aor
  readonly name: string
  readonly numbers: readonly string[]
  readonly class?: string
  readonly callerId?: string
}

export interface PlanRule {
  readonly name: string
  /** `1XXX`, `9NX.`, `alice`: literals, X 0-9, Z 1-9, N 2-9, `.` one or more of anything at the end, `!` zero or more. A prefix is written with `!`; empty: see `regex`. */
  readonly match: string
  /** Empty: callers of every domain. */
  readonly from: readonly Aor[]
  readonly domain: string | null
  readonly action: PlanAction
  /** In place of `match`, over the whole of what was dialled (proto/regex.ts). */
  readonly regex?: string
  /** A pattern of the calling number. */
  readonly caller?: string
  /** Only for calls that came in by one of these. */
  readonly byTrunk?: readonly string[]
  /** Names of times and holidays: one of them must be now, none of them may be. */
  readonly when?: readonly string[]
  readonly unless?: readonly string[]
  /** `own`, `withheld` or a number. */
  readonly callerId?: string
  /** What the calling number becomes; `$1` is of `caller`. */
  readonly rewriteCaller?: string
  readonly privacy?: true
  readonly next?: PlanThen
}

export type PlanAction =
  | { readonly kind: 'user'; readonly aor: string; readonly seconds: number }
  | {
      readonly kind: 'hunt'
      readonly order: 'serial' | 'parallel'
      readonly aors: readonly string[]
      readonly seconds: number
    }
  | { readonly kind: 'rewrite'; readonly to: string }
  /** `cause`: ITU-T Q.850, for a Reason header (RFC 3326). */
  | { readonly kind: 'reject'; readonly status: number; readonly reason: string; readonly cause?: number }
  | { readonly kind: 'group'; readonly group: string }
  /** A trunk group, or else a trunk, of that name. */
  | { readonly kind: 'trunk'; readonly trunk: string; readonly seconds: number }
  /** To a number as it would be dialled, or to an AoR. */
  | { readonly kind: 'forward'; readonly to: string }
  | { readonly kind: 'announcement' | 'voicemail' | 'park'; readonly name: string; readonly seconds: number }
  | { readonly kind: 'service'; readonly service: ServiceName }

/** What a user sets by a star code. */
export type ServiceName =
  | 'forward_always'
  | 'forward_busy'
  | 'forward_no_answer'
  | 'forward_unregistered'
  | 'forward_off'
  | 'dnd_on'
  | 'dnd_off'
  | 'waiting_on'
  | 'waiting_off'

/** What follows when nobody answers. */
export interface PlanThen {
  readonly action: PlanAction
  readonly next?: PlanThen
}

export interface PlanEmergency {
  readonly numbers: readonly string[]
  readonly action: PlanAction
}

export interface PlanNumber {
  readonly number: string
  readonly action: PlanAction
  readonly next?: PlanThen
}

export interface PlanGroup {
  readonly name: string
  readonly ring: 'parallel' | 'serial' | 'by_q' | 'round_robin'
  readonly aors: readonly string[]
  readonly seconds: number
  readonly next?: PlanThen
}

export interface PlanTrunkGroup {
  readonly name: string
  readonly order: 'listed' | 'weighted' | 'cheapest'
  readonly trunks: readonly { readonly trunk: string; readonly weight: number }[]
  /** Final statuses after which the next trunk is tried; absent: as TrunkStep says. */
  readonly on?: readonly number[]
  readonly seconds: number
  readonly callerId?: string
}

/** One of the spans must be now. */
export interface PlanTimes {
  readonly name: string
  readonly spans: readonly PlanSpan[]
}

/** All that is said must hold. */
export interface PlanSpan {
  /** 1 Monday … 7 Sunday. */
  readonly days?: readonly number[]
  /** Minutes of the day, `to` not included; a `to` that is not after `from` is on the day after. */
  readonly hours?: readonly { readonly from: number; readonly to: number }[]
  readonly dates?: readonly PlanDates[]
  readonly months?: readonly number[]
  readonly zone?: string
}

/** Both included: `2026-12-24`, or `12-24` of every year. */
export interface PlanDates {
  readonly from: string
  readonly to: string
}

export interface PlanHolidays {
  readonly name: string
  readonly dates: readonly PlanDates[]
}

/** Beginnings of numbers, as patterns without a tail. */
export interface PlanClass {
  readonly name: string
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

export interface PlanService {
  readonly code: string
  readonly service: ServiceName
}

/** A call that the document says of what becomes of it. */
export interface PlanTest {
  readonly name: string
  readonly call: string
  readonly from?: Aor
  readonly byTrunk?: string
  readonly domain?: string
  /** Number of the caller. */
  readonly number?: string
  /** ms; absent: a Wednesday at noon. */
  readonly at?: number
  readonly expect: PlanExpected
}

export interface PlanExpected {
  readonly rule?: string
  /** The first that is rung. */
  readonly user?: string
  /** All that may be rung, in their order. */
  readonly users?: readonly string[]
  readonly trunk?: string
  readonly number?: string
  readonly callerId?: string
  readonly reject?: number
}
