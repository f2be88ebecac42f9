/**
 * The tables that are plain maps of rows by key: for some ten thousand rows, not for as many as there are phones (packed.ts). A table that
 * stands here is in the state, in the hash, in snapshots, in differences and in what is told of changes; its own file has its rules.
 */
import type {
  AlertRow,
  CreditRow,
  DeckRow,
  LeaseRow,
  LedgerRow,
  LimitRow,
  PieceRow,
  ReservationRow,
  UsageRow,
} from './admission-rows.ts'
import type { BanRow, CallRow, CommitRow, NodeRow, PlanRow, TextRow } from './rows.ts'

export interface SmallTables {
  calls: CallRow
  nodes: NodeRow
  /** By source; also bans that are over, see bans.ts. */
  bans: BanRow
  /** By document; see plan.ts. */
  plans: PlanRow
  /** By version, in decimal. */
  commits: CommitRow
  /** By hash of what they hold. */
  texts: TextRow
  // See reservations.ts.
  limits: LimitRow
  usages: UsageRow
  /** By call. */
  reservations: ReservationRow
  /** By node. */
  leases: LeaseRow
  /** By account, as `ledgers`. */
  credit: CreditRow
  ledgers: LedgerRow
  decks: DeckRow
  pieces: PieceRow
  /** By number. */
  alerts: AlertRow
}

export type SmallTable = keyof SmallTables

/** In the order of snapshots. */
export const SMALL = Object.keys({
  calls: 0,
  nodes: 0,
  bans: 0,
  plans: 0,
  commits: 0,
  texts: 0,
  limits: 0,
  usages: 0,
  reservations: 0,
  leases: 0,
  credit: 0,
  ledgers: 0,
  decks: 0,
  pieces: 0,
  alerts: 0,
} satisfies Record<SmallTable, 0>) as readonly SmallTable[]

export type SmallMaps = { readonly [T in SmallTable]: Map<string, SmallTables[T]> }

export type SmallViews = { readonly [T in SmallTable]: ReadonlyMap<string, SmallTables[T]> }

export function newSmallMaps(): SmallMaps {
  return Object.fromEntries(SMALL.map((table) => [table, new Map()])) as unknown as SmallMaps
}

export function isSmall(table: string): table is SmallTable {
  return SMALL.includes(table as SmallTable)
}
