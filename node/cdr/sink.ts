/** What every kind of sink can do. */
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'

export interface Sink {
  /** Rows in order of their numbers; some of them it may have. */
  deliver(rows: readonly CdrRow[]): Promise<Delivered>
  close(): Promise<void>
}

export interface Refused {
  readonly seq: number
  readonly why: string
}

export type Delivered =
  /** It has all of them, durably, but those that it will never take. */
  | { readonly kind: 'taken'; readonly refused: readonly Refused[] }
  /** It may have some of them; all are to be delivered again, after `afterMs` if it says so. */
  | { readonly kind: 'down'; readonly why: string; readonly afterMs?: number }

export function down(error: unknown): Delivered {
  const { message, code } = error as { message?: string; code?: string }
  // Several addresses failed, each in its own way.
  const inner = (error as { errors?: readonly { message: string }[] }).errors?.[0]?.message
  const cause = (error as { cause?: { message?: string; code?: string } }).cause
  return { kind: 'down', why: message || inner || code || cause?.message || String(error) }
}
