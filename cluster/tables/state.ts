/**
 * All replicated rows of one node, and the only two ways to change one: put and remove. Both keep the state hash and
 * the list of changes, so that no table can forget them. Rows are never changed in place: a row once read stays as it was.
 */

import { Expiries } from './expiries.ts'
import { Fold } from './hash.ts'
import type { CallRow, ClusterRow, NodeRow, PlanRow, RegistrationRow, UserRow } from './rows.ts'
import type { Session } from './sessions.ts'
import type { RowChange } from './view.ts'

export interface State {
  readonly users: Map<string, UserRow>
  readonly registrations: Map<string, RegistrationRow>
  readonly calls: Map<string, CallRow>
  readonly nodes: Map<string, NodeRow>
  /** By node name. */
  readonly sessions: Map<string, Session>
  plan: PlanRow | null
  cluster: ClusterRow | null
  bindings: number
  /** Cluster time of the last command, ms. */
  time: number
  /** When which AoR has something to expire: an index over registrations, not a row. */
  readonly expiries: Expiries
  readonly fold: Fold
  /** What changed since the shell last took it. */
  changes: RowChange[]
}

/** Tables before the first command. */
export function newState(): State {
  return {
    users: new Map(),
    registrations: new Map(),
    calls: new Map(),
    nodes: new Map(),
    sessions: new Map(),
    plan: null,
    cluster: null,
    bindings: 0,
    time: 0,
    expiries: new Expiries(),
    fold: new Fold(),
    changes: [],
  }
}

/** The tables that are maps of rows by key; plan and cluster are single rows. */
export interface MapTables {
  users: UserRow
  registrations: RegistrationRow
  calls: CallRow
  nodes: NodeRow
}

export type MapTable = keyof MapTables

/** Writes one row of a map table. */
export function put<T extends MapTable>(state: State, table: T, key: string, row: MapTables[T]): void {
  const rows = state[table] as Map<string, MapTables[T]>
  state.fold.put(table, key, row)
  rows.set(key, row)
  state.changes.push({ table, key, row } as unknown as RowChange)
}

/** Removes one row of a map table; nothing happens when there is none. */
export function remove(state: State, table: MapTable, key: string): void {
  if (!state[table].delete(key)) return
  state.fold.remove(table, key)
  state.changes.push({ table, key, row: null })
}

export function putPlan(state: State, row: PlanRow): void {
  state.fold.put('plan', 'plan', row)
  state.plan = row
  state.changes.push({ table: 'plan', key: 'plan', row })
}

export function putCluster(state: State, row: ClusterRow): void {
  state.fold.put('cluster', 'cluster', row)
  state.cluster = row
  state.changes.push({ table: 'cluster', key: 'cluster', row })
}

/** How many rows there are, table by table; of registrations also their contacts. */
export function stateCounts(state: State): Record<string, number> {
  const { users, registrations, bindings, calls, nodes, sessions, plan } = state
  const sizes = { users: users.size, registrations: registrations.size, bindings, calls: calls.size, nodes: nodes.size }
  return { ...sizes, sessions: sessions.size, plan: plan ? 1 : 0 }
}

/** The changes since the last call, in order. */
export function takeChanges(state: State): readonly RowChange[] {
  const changes = state.changes
  state.changes = []
  return changes
}
