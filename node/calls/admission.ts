/** What calls ask of admission. Who counts them against limits and credit is given by node.ts. */
import type { CallRequest, Ring } from '../routing/decision.ts'

export interface Admission {
  /** Asked between decision and ringing, and never of a call for help. */
  reserve(request: CallRequest, decision: Ring): Promise<Admitted> | Admitted
  /** The call goes by that trunk now, or by none: it has that one's limits and price and no longer those before, or may not. */
  moved(id: string, out: { readonly trunk: string; readonly number: string } | null): Promise<Admitted> | Admitted
  /** Whether something is reserved under that id. */
  holds(id: string): boolean
  /** It is a conversation now, or goes on as another, with another to stop. Also said of calls that were never asked for, as the next. */
  answered(id: string, talk: TalkTime): void
  /**
   * The call is over; `seconds` of conversation, null: nobody answered. `told`: the cluster has its record, which says what it cost, or gets none.
   * What it returns says whether it counts still: until who was called knows that it is over.
   */
  release(id: string, seconds: number | null, told?: Promise<void>): () => boolean
}

export type Admitted =
  /** `checked`: what it was held against, in words. */
  | { readonly kind: 'ok'; readonly checked?: readonly string[] }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly retryAfter?: number }

export interface TalkTime {
  /** Its time is used up: it ends. */
  stop(why: string): void
  /** Resolves when the called side knows that it is over: until then it is in progress there. */
  readonly parted?: Promise<void>
  /** It will be in so many seconds. */
  warn?(seconds: number): void
}
