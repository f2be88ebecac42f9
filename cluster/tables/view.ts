/** The tables as they are read, and what is told of a change. */

import type { CdrRow } from './cdr-rows.ts'
import type { HeldView } from './held.ts'
import type { MembersRow } from './members.ts'
import type { ClusterRow, RegistrationRow, UserRow } from './rows.ts'
import type { SmallTable, SmallTables, SmallViews } from './small.ts'

export type RowChange =
  | RowOf<'users', UserRow>
  | RowOf<'registrations', RegistrationRow>
  | RowOf<'cdrs', CdrRow>
  | { [T in SmallTable]: RowOf<T, SmallTables[T]> }[SmallTable]
  | { readonly table: 'cluster'; readonly key: string; readonly row: ClusterRow | null }
  | { readonly table: 'members'; readonly key: string; readonly row: MembersRow | null }

/** A row of a table that came, changed or went (`row` null), with what was there before it, so that nobody needs a copy of the table. */
interface RowOf<Table, Row> {
  readonly table: Table
  readonly key: string
  readonly row: Row | null
  readonly before: Row | null
}

/**
 * The tables as they are read. Iteration order may differ between nodes; sort before showing. A row of users or registrations is made
 * anew at each reading.
 */
export interface Tables extends SmallViews {
  readonly users: ReadonlyMap<string, UserRow>
  readonly registrations: ReadonlyMap<string, RegistrationRow>
  /** Records of calls that are over, by call id; made anew at each reading. */
  readonly cdrs: ReadonlyMap<string, CdrRow>
  /** The same by number: see `cdrQueue` for which there are. */
  readonly cdrOrder: { at(seq: number): CdrRow | null }
  /** That of the last change of any plan document: one more with each; 0 before the first. */
  readonly planVersion: number
  readonly cluster: ClusterRow | null
  /** Null before the cluster is founded: see members.ts. */
  readonly members: MembersRow | null
  /** Number of contacts bound, over all AoRs. */
  readonly bindings: number
  /** What is in use of limits and accounts. */
  readonly held: HeldView
}
