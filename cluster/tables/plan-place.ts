/**
 * Where a row stands in hashes and snapshots. A plan that was committed while there was one only stands where programs of that time have it, so that they
 * read the same snapshots and have the same hash as long as they are among the nodes.
 */
import type { PlanRow } from './plan-rows.ts'

/** The document that is meant where none is named. */
export const MAIN = 'main'

export function placeOf(table: string, key: string, row: object): readonly [table: string, key: string] {
  return table === 'plans' && (row as PlanRow).document === undefined ? ['plan', 'plan'] : [table, key]
}
