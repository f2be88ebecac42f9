/** What changed between two states that no log connects, as when a snapshot came: for those who watch rows. */

import { PackedRows } from './packed.ts'
import { SMALL } from './small.ts'
import type { MapTable, State } from './state.ts'
import type { RowChange } from './view.ts'

/** A step a row, so that it can be gone through in slices: what changed there, or null. The states must stay as they are meanwhile. */
export function* difference(from: State, to: State): Generator<RowChange | null> {
  for (const table of ['users', 'registrations', 'cdrs', ...SMALL] as const) {
    const same = sameIn(from, to, table)
    const change = (key: string): RowChange => {
      const [row, before] = [to[table].get(key) ?? null, from[table].get(key) ?? null]
      return { table, key, row, before } as RowChange
    }
    for (const key of from[table].keys()) yield to[table].has(key) ? null : change(key)
    for (const key of to[table].keys()) yield same(key) ? null : change(key)
  }
  if (!equal(from.cluster, to.cluster)) yield { table: 'cluster', key: 'cluster', row: to.cluster }
  if (!equal(from.members, to.members)) yield { table: 'members', key: 'members', row: to.members }
}

function sameIn(from: State, to: State, table: MapTable): (key: string) => boolean {
  const [old, now] = [from[table], to[table]]
  if (old instanceof PackedRows && now instanceof PackedRows) return (key) => old.digest(key) === now.digest(key)
  return (key) => equal(old.get(key), now.get(key))
}

function equal(a: object | null | undefined, b: object | null | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
