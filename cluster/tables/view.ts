/** The tables as they are read, and what is told of a change. */
import type { CallRow, ClusterRow, NodeRow, PlanRow, RegistrationRow, UserRow } from './rows.ts'

export type RowChange =
  | { readonly table: 'users'; readonly key: string; readonly row: UserRow | null }
  | { readonly table: 'registrations'; readonly key: string; readonly row: RegistrationRow | null }
  | { readonly table: 'calls'; readonly key: string; readonly row: CallRow | null }
  | { readonly table: 'nodes'; readonly key: string; readonly row: NodeRow | null }
  | { readonly table: 'plan'; readonly key: string; readonly row: PlanRow | null }
  | { readonly table: 'cluster'; readonly key: string; readonly row: ClusterRow | null }

/** The tables as they are read. Iteration order is that of insertion and may differ between nodes; sort before showing. */
export interface Tables {
  readonly users: ReadonlyMap<string, UserRow>
  readonly registrations: ReadonlyMap<string, RegistrationRow>
  readonly calls: ReadonlyMap<string, CallRow>
  readonly nodes: ReadonlyMap<string, NodeRow>
  /** The plan in force; null before the first commit. */
  readonly plan: PlanRow | null
  readonly cluster: ClusterRow | null
  /** Number of contacts bound, over all AoRs. */
  readonly bindings: number
}
