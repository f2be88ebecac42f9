/** What changed between two states that no log connects, as when a snapshot came: for those who watch rows. */

import type { State } from './state.ts'
import type { RowChange } from './view.ts'

export function difference(from: State, to: State): RowChange[] {
  const changes: RowChange[] = []
  for (const table of ['users', 'registrations', 'calls', 'nodes'] as const) {
    for (const key of from[table].keys()) if (!to[table].has(key)) changes.push({ table, key, row: null })
    for (const [key, row] of to[table]) {
      if (!same(from[table].get(key), row)) changes.push({ table, key, row } as unknown as RowChange)
    }
  }
  if (!same(from.plan, to.plan)) changes.push({ table: 'plan', key: 'plan', row: to.plan })
  if (!same(from.cluster, to.cluster)) changes.push({ table: 'cluster', key: 'cluster', row: to.cluster })
  return changes
}

function same(a: object | null | undefined, b: object | null | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
