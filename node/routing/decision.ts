/** What routing says of one call: pure data, kept with the call so that "why did it go there?" has an answer. */
import type { Aor } from '../../cluster/tables/rows.ts'

export interface CallRequest {
  /** Authenticated caller; null for one who did not authenticate (only emergency calls get this far). */
  readonly caller: Aor | null
  /** User part of the Request-URI, unescaped: a number or a name. */
  readonly dialled: string
  /** Domain of the Request-URI, lower case. */
  readonly domain: string
}

export type Decision =
  | {
      readonly kind: 'ring'
      /** Rung one after the other; the AoRs of a step together. */
      readonly steps: readonly RingStep[]
      readonly rule: string
      readonly emergency: boolean
      readonly planVersion: number
      readonly trace: readonly string[]
    }
  | {
      readonly kind: 'reject'
      readonly status: number
      readonly reason: string
      readonly rule: string
      readonly emergency: boolean
      readonly planVersion: number
      readonly trace: readonly string[]
    }

export interface RingStep {
  readonly aors: readonly Aor[]
  readonly seconds: number
}
