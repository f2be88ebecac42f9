/** Whether a user takes no second call (call waiting is off) and is in one, on whichever node. */
import type { Desk, Live } from './desk.ts'
import { profileOf } from './facts.ts'

export function isTalking(
  { cluster, all }: Pick<Desk, 'cluster' | 'all'>,
  { id }: Pick<Live, 'id'>,
  aor: string,
): boolean {
  if (profileOf(cluster, aor)?.waiting !== false) return false
  // Of the calls here the table may not know the latest yet.
  for (const live of all()) {
    if (live.id !== id && live.call !== null && isIn(aor, live.call)) return true
  }
  for (const row of cluster.tables.calls.values()) {
    if (row.node !== cluster.node && isIn(aor, row)) return true
  }
  return false
}

/** Who is only rung is in no call yet. */
function isIn(aor: string, call: { readonly state: string; readonly from: string; readonly target: string }): boolean {
  const { state, from, target } = call
  return state !== 'ended' && (from === aor || (state === 'answered' && target === aor))
}
