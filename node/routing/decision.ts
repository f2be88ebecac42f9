/** What routing says of one call: pure data, kept with the call so that "why did it go there?" has an answer. */
import type { ServiceName } from '../../cluster/tables/plan-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import type { TraceOp } from './trace.ts'

export interface CallRequest {
  /** The call's id: what is drawn by weight or in turns is drawn from it, so that every node draws the same. */
  readonly id: string
  /** Authenticated caller; null for one who did not authenticate (only emergency calls and calls from trunks get this far). */
  readonly caller: Aor | null
  /** The trunk that it came in by; null: from a phone. */
  readonly trunk: string | null
  /** The number or name that the caller shows, cleaned; empty: none. */
  readonly number: string
  /** User part of the Request-URI, unescaped: a number or a name. */
  readonly dialled: string
  /** Domain of the Request-URI, lower case. */
  readonly domain: string
  /** Wall clock, ms: what times of day and holidays are judged by. */
  readonly at: number
}

interface Decided {
  readonly rule: string
  readonly emergency: boolean
  readonly planVersion: number
  /** Why, as it is kept: see trace.ts. */
  readonly ops: readonly TraceOp[]
  /** Why, in sentences: made when they are read. */
  readonly trace: readonly string[]
}

export type Decision = Ring | Rejection | Service

export interface Ring extends Decided {
  readonly kind: 'ring'
  /** Begun with the first; which comes after which says `next`. */
  readonly steps: readonly Step[]
  /** How the caller is shown to whom he calls; absent: as who he is. */
  readonly shown?: Shown
}

export interface Rejection extends Decided {
  readonly kind: 'reject'
  readonly status: number
  readonly reason: string
  /** ITU-T Q.850, for a Reason header (RFC 3326). */
  readonly cause?: number
}

/** A star code: nobody is rung, the caller sets something of his own. */
export interface Service extends Decided {
  readonly kind: 'service'
  readonly service: ServiceName
  /** What was dialled after the code; empty: nothing. */
  readonly argument: string
}

export type Step = PhonesStep | TrunkStep | MediaStep

/** How a step can end without an answer: `failed` is every refusal that is none of the others, or a trunk that cannot be reached. */
export type Ending = 'busy' | 'no answer' | 'unregistered' | 'declined' | 'failed'

interface StepBase {
  /** How long it may ring. */
  readonly seconds: number
  /** By how it ended, the number of the step that is next; null: the call is over. What does not stand here goes on to the step after this one, `declined` to none. */
  readonly next?: Readonly<Partial<Record<Ending, number | null>>>
}

/** Phones of these users, rung together. */
export interface PhonesStep extends StepBase {
  readonly kind: 'phones'
  readonly aors: readonly Aor[]
}

/** Out by a trunk. */
export interface TrunkStep extends StepBase {
  readonly kind: 'trunk'
  readonly trunk: string
  /** As it is to be dialled there, before the trunk's own prefix and strip. */
  readonly number: string
  /** Final statuses after which the next step is tried; any other is the call's end. Absent: 408, 430, 480 to 503 but 486, 487, and who is not reached. */
  readonly causes?: readonly number[]
  /** How the caller is shown by this trunk, where that is not as the whole decision says. */
  readonly shown?: Shown
}

/** Something that is played or recorded, or a place to wait. */
export interface MediaStep extends StepBase {
  readonly kind: 'announcement' | 'voicemail' | 'park'
  readonly name: string
}

export interface Shown {
  /** A number or name in place of the caller's own; null: his own. */
  readonly number: string | null
  readonly display: string | null
  /** Withheld (RFC 3323, RFC 3325): the called phone hears of nobody; a trunk hears who it is only if it is trusted. */
  readonly private: boolean
}

/** Steps that ring phones, as they were before there were others. */
export function phonesIn(steps: readonly Step[]): readonly PhonesStep[] {
  return steps.filter((step) => step.kind === 'phones')
}
