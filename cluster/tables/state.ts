/**
 * All replicated rows of one node, and the only two ways to change one: put and remove. Both keep the state hash and
 * the list of changes, so that no table can forget them. Rows are never changed in place: a row once read stays as it was.
 */

import type { ReservationRow } from './admission-rows.ts'
import { cdrCodec } from './cdr-codec.ts'
import { CdrOrder } from './cdr-order.ts'
import type { CdrRow } from './cdr-rows.ts'
import { Expiries } from './expiries.ts'
import { digestOf, Fold } from './hash.ts'
import { Held } from './held.ts'
import type { MembersRow } from './members.ts'
import { PackedRows } from './packed.ts'
import { placeOf } from './plan-place.ts'
import type { CommitRow, PlanRow } from './plan-rows.ts'
import { registrationCodec, userCodec } from './row-codecs.ts'
import type { ClusterRow, RegistrationRow, UserRow } from './rows.ts'
import type { Session } from './sessions.ts'
import { newSmallMaps, SMALL, type SmallMaps, type SmallTables } from './small.ts'
import type { RowChange } from './view.ts'

export interface State extends SmallMaps {
  readonly users: PackedRows<UserRow>
  readonly registrations: PackedRows<RegistrationRow>
  /** By call id. */
  readonly cdrs: PackedRows<CdrRow>
  /** Which of these has which number: an index, not a row. */
  readonly cdrOrder: CdrOrder
  /** By node name. */
  readonly sessions: Map<string, Session>
  /** An index over plans and commits, not a row: see plan.ts. */
  planVersion: number
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
  const cdrs = new PackedRows(cdrCodec)
  return {
    ...newSmallMaps(),
    users: new PackedRows(userCodec),
    registrations,
    cdrs,
    cdrOrder: new CdrOrder(cdrs),
    sessions: new Map(),
    planVersion: 0,
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

/** The tables that are maps of rows by key; cluster and members are single rows. */
export interface MapTables extends SmallTables {
  users: UserRow
  registrations: RegistrationRow
  cdrs: CdrRow
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
  } else if (table === 'plans') {
    putPlan(state, key, row as PlanRow)
  } else {
    state.fold.put(table, key, row)
    rows.set(key, row)
    if (table === 'reservations') state.held.replace(before as ReservationRow | null, row as ReservationRow)
    if (table === 'commits') state.planVersion = Math.max(state.planVersion, (row as CommitRow).version)
  }
  state.changes.push({ table, key, row, before } as unknown as RowChange)
}

/** What stood under the older name goes with it. */
function putPlan(state: State, key: string, row: PlanRow): void {
  const old = state.plans.get(key)
  if (old) state.fold.remove(...placeOf('plans', key, old))
  state.fold.put(...placeOf('plans', key, row), row)
  state.plans.set(key, row)
  state.planVersion = Math.max(state.planVersion, row.version)
}

/** Writes one row that a snapshot has, with its digest: nobody is told, and there must be none yet. */
export function putLoaded<T extends 'users' | 'registrations' | 'cdrs'>(
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
    const [place, name] = placeOf(table, key, before)
    state.fold.remove(place, name)
    rows.delete(key)
    if (table === 'reservations') state.held.replace(before as ReservationRow, null)
  }
  state.changes.push({ table, key, row: null, before } as RowChange)
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
  const { users, registrations, cdrs, bindings, sessions } = state
  const small = Object.fromEntries(SMALL.map((table) => [table, state[table].size]))
  return {
    users: users.size,
    registrations: registrations.size,
    bindings,
    cdrs: cdrs.size,
    ...small,
    sessions: sessions.size,
  }
}

/** The changes since the last call, in order. */
export function takeChanges(state: State): readonly RowChange[] {
  const changes = state.changes
  state.changes = []
  return changes
}
