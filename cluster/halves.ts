/**
 * A replica is two halves. The consensus half (consensus.ts) has the core, the log and the streams to the other nodes, and no
 * table; the tables half (replica.ts) has the tables and all who wait for them. They share nothing and say what is below to each
 * other, in order, all of one turn at once: between two threads (thread.ts), or in one (here.ts). What waits in between is bounded:
 * entries by the core, which hands out 4 MiB at most before it hears that they are applied; proposals by UNDER_WAY_MAX; ticks
 * and pieces of a snapshot are asked for one at a time.
 */

import type { Tls } from './door.ts'
import type { Peer } from './hello.ts'
import type { Logger } from './logger.ts'
import type { MemberRequest, Plan } from './membership.ts'
import type { Limits } from './options.ts'
import type { Entry, Id, Role } from './raft/types.ts'
import type { Piece } from './snapshots.ts'
import type { MemberView } from './tables/members.ts'
import type { World } from './world.ts'

/** What the consensus half is started with: see ClusterOptions. */
export interface ConsensusOptions {
  readonly node: string
  readonly incarnation: string
  readonly nodes: readonly Peer[]
  readonly listen: string
  readonly address: string
  readonly dataDir: string
  readonly key: Uint8Array
  readonly tls: Tls | null
  readonly tickMs: number
  readonly snapshotEvery: number
  readonly keepEntries: number
  readonly nodeDownMs: number
  readonly limits: Limits
}

/** What the consensus half last said of itself. */
export interface Position {
  readonly role: Role
  readonly lead: Id
  readonly term: number
  readonly last: number
  readonly commit: number
  /** Names of the peers in reach, sorted. */
  readonly connected: readonly string[]
  /** Whether proposals can be put in the log, or be passed on to the leader, now. */
  readonly takes: boolean
  /** Why it does not vote but repairs its directory; null: it does not. */
  readonly repair: string | null
  /** See DurableLog.lineage; empty when it has none yet. */
  readonly lineage: string
}

export type ToTables =
  | { readonly kind: 'position'; readonly position: Position }
  /** A snapshot replaces all tables; its pieces, as log/pieces.ts cut them, are asked for with `load-next`. */
  | { readonly kind: 'load'; readonly index: number; readonly term: number }
  /** The piece that was asked for, and what its rows toggle, see digestsOf in tables/snapshot.ts; no bytes: that was all. */
  | { readonly kind: 'load-piece'; readonly bytes: Uint8Array | null; readonly digests: Uint8Array }
  /** Committed entries; to be answered with `applied`. */
  | { readonly kind: 'apply'; readonly entries: readonly Entry[] }
  /** A round of reads may be served once `index` is applied. */
  | { readonly kind: 'read'; readonly context: Uint8Array; readonly index: number }
  /** So many bytes of proposals have been taken in. */
  | { readonly kind: 'taken'; readonly bytes: number }
  /** Time passes; to be answered with `tock`, and not said again before. `time` is cluster time, ms; 0 if unknown. */
  | { readonly kind: 'tick'; readonly time: number; readonly leads: Leads | null }
  /** The next piece of a snapshot of the tables, or the first one of a new snapshot. */
  | { readonly kind: 'piece-wanted'; readonly first: boolean }
  /** The members are these now; `names` are those of all ids that may turn up. */
  | {
      readonly kind: 'members'
      readonly members: readonly MemberView[]
      readonly names: readonly (readonly [Id, string])[]
    }
  /** What becomes of a request of the tables half. */
  | { readonly kind: 'members-answer'; readonly number: number; readonly plan: Plan | 'not the leader' }
  /** This node goes on to lead, and `to` does not: a part of a sentence about that node. */
  | { readonly kind: 'transfer-ended'; readonly to: Id; readonly why: string }
  /** The consensus half has stopped: the disk failed, or the core no longer knows what it knows. */
  | { readonly kind: 'fatal'; readonly error: Error }

/** Only while this node leads: for how long each other node has not been heard, ms. */
export interface Leads {
  readonly term: number
  readonly silence: ReadonlyMap<string, number>
}

export type ToConsensus =
  | { readonly kind: 'propose'; readonly proposals: readonly Uint8Array[] }
  /** Asks for a round of reads (thesis §6.4); the context is unique. */
  | { readonly kind: 'read'; readonly context: Uint8Array }
  | { readonly kind: 'applied'; readonly index: number }
  /** The next piece of the snapshot that is being loaded is wanted. */
  | { readonly kind: 'load-next' }
  /** Another node is to lead; that it does shows in the position. */
  | { readonly kind: 'transfer'; readonly to: Id }
  /** The members are to change; to be answered. */
  | { readonly kind: 'members-request'; readonly number: number; readonly request: MemberRequest }
  /** What is due by the tables, if this node leads in `term`. */
  | { readonly kind: 'tock'; readonly term: number; readonly due: readonly Uint8Array[] }
  /** Of the snapshot at `index`; no bytes: that was all. */
  | ({ readonly kind: 'piece' } & Piece)
  /** The tables half has failed: nothing more is said to anybody. */
  | { readonly kind: 'stop' }

/** The consensus half as the tables half has it. */
export interface ConsensusHalf {
  tell(batch: readonly ToConsensus[]): void
  /** Nothing of it is left when this is done. Pieces of a snapshot may still be asked for until then. */
  close(): Promise<void>
}

/** The tables half as the consensus half has it, or whoever carries its words. */
export interface TablesHalf {
  hear(batch: readonly ToTables[]): void
  /** The other half is gone, with what it knew. */
  lost(error: Error): void
  readonly log: Logger
}

/** Rejects with one sentence when it cannot take part. What it says of its snapshot is heard before this resolves. */
export type StartHalf = (options: ConsensusOptions, tables: TablesHalf, world: World) => Promise<ConsensusHalf>

/** Bytes of proposals that the consensus half has not yet said it took in. */
export const UNDER_WAY_MAX = 4 * 1024 * 1024
