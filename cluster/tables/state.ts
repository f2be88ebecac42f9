/**
 * All replicated rows of one node, and the only two ways to change one: put and remove. Both keep the state hash and
 * the list of changes, so that no table can forget them. Rows are never changed in place: a row once read stays as it was.
 */

import type { ReservationRow } from './admission-rows.ts'
import { Expiries } from './expiries.ts'
import { digestOf, Fold } from './hash.ts'
import { Held } from './held.ts'
import type { MembersRow } from './members.ts'
import { PackedRows } from './packed.ts'
import { registrationCodec, userCodec } from './row-codecs.ts'
import type { ClusterRow, PlanRow, RegistrationRow, UserRow } from './rows.ts'
import type { Session } from './sessions.ts'
import { newSmallMaps, SMALL, type SmallMaps, type SmallTables } from './small.ts'
import type { RowChange } from './view.ts'

export interface State extends SmallMaps {
  readonly users: PackedRows<UserRow>
  readonly registrations: PackedRows<RegistrationRow>
  /** By node name. */
  readonly sessions: Map<string, Session>
  plan: PlanRow | null
  cluster: ClusterRow | null
  members: MembersRow | null
  bindings: number
  /** Cluster time of the last command, ms. */
  time: number
  /** When which AoR has something to expire: an index over registrations, not a row. */
  readonly expiries: Expiries
  /** Who uses what of limits and credit: an index over reservations. */
  readonly held: Held
  readonly fold: Fold
  /** What changed since the shell last took it. */
  changes: RowChange[]
}

/** Tables before the first command. */
export function newState(): State {
  const registrations = new PackedRows(registrationCodec)
  return {
    ...newSmallMaps(),
    users: new PackedRows(userCodec),
    registrations,
    sessions: new Map(),
    plan: null,
    cluster: null,
    members: null,
    bindings: 0,
    time: 0,
    expiries: new Expiries(registrations),
    held: new Held(),
    fold: new Fold(),
    changes: [],
  }
}

/** The tables that are maps of rows by key; plan and cluster are single rows. */
export interface MapTables extends SmallTables {
  users: UserRow
  registrations: RegistrationRow
}

export type MapTable = keyof MapTables

/** Writes one row of a map table. `before` is the row that is there, if the caller has it. */
export function put<T extends MapTable>(
  state: State,
  table: T,
  key: string,
  row: MapTables[T],
  before = (state[table].get(key) as MapTables[T] | undefined) ?? null,
): void {
  const rows = state[table] as PackedRows<MapTables[T]> | Map<string, MapTables[T]>
  if (rows instanceof PackedRows) {
    const digest = digestOf(table, key, row)
    state.fold.replace(rows.put(key, row, digest), digest)
  } else {
    state.fold.put(table, key, row)
    rows.set(key, row)
    if (table === 'reservations') state.held.replace(before as ReservationRow | null, row as ReservationRow)
  }
  state.changes.push({ table, key, row, before } as unknown as RowChange)
}

/** Writes one row that a snapshot has, with its digest: nobody is told, and there must be none yet. */
export function putLoaded<T extends 'users' | 'registrations'>(
  state: State,
  table: T,
  key: string,
  row: MapTables[T],
  digest: string,
): void {
  const rows = state[table] as PackedRows<MapTables[T]>
  if (rows.put(key, row, digest) !== undefined) throw new Error(`${key} is twice in ${table}`)
  state.fold.replace(undefined, digest)
}

/** Removes one row of a map table; nothing happens when there is none. */
export function remove(state: State, table: MapTable, key: string): void {
  const rows = state[table]
  const before = rows.get(key)
  if (before === undefined) return
  if (rows instanceof PackedRows) {
    state.fold.replace(rows.remove(key), undefined)
  } else {
    state.fold.remove(table, key)
    rows.delete(key)
    if (table === 'reservations') state.held.replace(before as ReservationRow, null)
  }
  state.changes.push({ table, key, row: null, before } as RowChange)
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

export function putMembers(state: State, row: MembersRow): void {
  state.fold.put('members', 'members', row)
  state.members = row
  state.changes.push({ table: 'members', key: 'members', row })
}

/** How many rows there are, table by table; of registrations also their contacts. */
export function stateCounts(state: State): Record<string, number> {
  const { users, registrations, bindings, sessions, plan } = state
  const small = Object.fromEntries(SMALL.map((table) => [table, state[table].size]))
  return {
    users: users.size,
    registrations: registrations.size,
    bindings,
    ...small,
    sessions: sessions.size,
    plan: plan ? 1 : 0,
  }
}

/** The changes since the last call, in order. */
export function takeChanges(state: State): readonly RowChange[] {
  const changes = state.changes
  state.changes = []
  return changes
}
