/** Which records of a batch a sink refuses for what they are: halves of halves, until they stand alone. */
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import type { Delivered } from './sink.ts'

/** What one try came to; `refused`: for something in these rows. */
export type Tried = Delivered | { readonly kind: 'refused'; readonly why: string }

export async function deliverAll(
  rows: readonly CdrRow[],
  attempt: (rows: readonly CdrRow[]) => Promise<Tried>,
): Promise<Delivered> {
  const tried = await attempt(rows)
  if (tried.kind !== 'refused') return tried
  const [only] = rows
  if (only === undefined) return { kind: 'taken', refused: [] }
  if (rows.length === 1) return { kind: 'taken', refused: [{ seq: only.seq, why: tried.why }] }
  const half = rows.length >> 1
  const first = await deliverAll(rows.slice(0, half), attempt)
  if (first.kind !== 'taken') return first
  const second = await deliverAll(rows.slice(half), attempt)
  return second.kind === 'taken' ? { kind: 'taken', refused: [...first.refused, ...second.refused] } : second
}
