/**
 * The tables that are plain maps of rows by key: for some ten thousand rows, not for as many as there are phones (packed.ts). A table that
 * stands here is in the state, in the hash, in snapshots, in differences and in what is told of changes; its own file has its rules.
 */
import type {
  AlertRow,
  CreditRow,
  DeckRow,
  LedgerRow,
  LimitRow,
  LeaseRow as NodeLeaseRow,
  PieceRow,
  ReservationRow,
  UsageRow,
} from './admission-rows.ts'
import type { CdrQueueRow, SinkRow } from './cdr-rows.ts'
import type { AuditRow, OperatorRow, ProfileRow, TenantRow } from './people-rows.ts'
import type { CommitRow, PlanRow, TextRow, TurnRow } from './plan-rows.ts'
import type { BanRow, CallRow, NodeRow } from './rows.ts'
import type { LeaseRow, TrunkRow, TrunkStateRow } from './trunk-rows.ts'

export interface SmallTables {
  calls: CallRow
  nodes: NodeRow
  /** By source; also bans that are over, see bans.ts. */
  bans: BanRow
  // See reservations.ts.
  limits: LimitRow
  usages: UsageRow
  /** By call. */
  reservations: ReservationRow
  /** Of what a node has reserved, by node. */
  nodeLeases: NodeLeaseRow
  /** By account, as `ledgers`. */
  credit: CreditRow
  ledgers: LedgerRow
  decks: DeckRow
  pieces: PieceRow
  /** By number. */
  alerts: AlertRow
  /** By document; see plan.ts. */
  plans: PlanRow
  /** By version, in decimal. */
  commits: CommitRow
  /** By hash of what they hold. */
  texts: TextRow
  /** By `turnKey`. */
  turns: TurnRow
  /** One row, `cdrs`. */
  cdrQueue: CdrQueueRow
  sinks: SinkRow
  /** By name. */
  trunks: TrunkRow
  /** By `trunkStateKey`. */
  trunkStates: TrunkStateRow
  /** By duty; also those that are free, see leases.ts. */
  leases: LeaseRow
  /** By AoR. */
  profiles: ProfileRow
  tenants: TenantRow
  operators: OperatorRow
  /** By number, in decimal; in its order. */
  audit: AuditRow
}

export type SmallTable = keyof SmallTables

/** In the order of snapshots. */
export const SMALL = Object.keys({
  calls: 0,
  nodes: 0,
  bans: 0,
  limits: 0,
  usages: 0,
  reservations: 0,
  nodeLeases: 0,
  credit: 0,
  ledgers: 0,
  decks: 0,
  pieces: 0,
  alerts: 0,
  plans: 0,
  commits: 0,
  texts: 0,
  turns: 0,
  cdrQueue: 0,
  sinks: 0,
  trunks: 0,
  trunkStates: 0,
  leases: 0,
  profiles: 0,
  tenants: 0,
  operators: 0,
  audit: 0,
} satisfies Record<SmallTable, 0>) as readonly SmallTable[]

export type SmallMaps = { readonly [T in SmallTable]: Map<string, SmallTables[T]> }

export type SmallViews = { readonly [T in SmallTable]: ReadonlyMap<string, SmallTables[T]> }

export function newSmallMaps(): SmallMaps {
  return Object.fromEntries(SMALL.map((table) => [table, new Map()])) as unknown as SmallMaps
}

export function isSmall(table: string): table is SmallTable {
  return SMALL.includes(table as SmallTable)
}
