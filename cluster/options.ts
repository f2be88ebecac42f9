/** What a node's part in the cluster is started with, and what is assumed where nothing is said. */
import type { Tls } from './door.ts'
import type { Peer } from './hello.ts'
import { CUT, type Cut } from './log/pieces.ts'
import type { Logger } from './logger.ts'
import type { Config, Id, Storage } from './raft/types.ts'
import type { World } from './world.ts'

export interface ClusterOptions {
  /** This node's name. */
  readonly node: string
  /**
   * The founders of the cluster, this node included, as every one of them is configured. None: the directory says whose it is (the
   * file `member`). Once the cluster is founded its members are agreed on, and this only says where to look for them first.
   */
  readonly nodes: readonly Peer[]
  /** `host:port` to listen on for the other nodes. */
  readonly listen: string
  /** `host:port` that the others reach it at; `listen` when left out. */
  readonly address?: string
  readonly dataDir: string
  /** The cluster key, see loadClusterKey in cluster/seal.ts. */
  readonly key: Uint8Array
  /** Mutual TLS between nodes; null: plain, for one machine or a network of its own. */
  readonly tls?: Tls | null
  /** Length of a tick, ms. An election begins after 10 to 20 ticks without a leader. */
  readonly tickMs?: number
  /** Entries applied between two snapshots. */
  readonly snapshotEvery?: number
  /** Entries kept behind a snapshot. */
  readonly keepEntries?: number
  /** For how long a leader must not have heard a node before it says that it is down. */
  readonly nodeDownMs?: number
  readonly log: Logger
  /** The disk failed, or the log makes no sense: this node has stopped; say it and exit. */
  readonly onFatal: (error: Error) => void
  /** Limits other than the usual ones, as a simulation draws them. */
  readonly limits?: Partial<Limits>
  /** The machine it runs on, unless a simulation brings another. */
  readonly world?: World
}

/** What is sent, held and applied at once, in bytes and messages. */
export interface Limits {
  readonly maxSizePerMsg: number
  readonly maxCommittedSizePerReady: number
  readonly maxUncommittedEntriesSize: number
  readonly maxInflightMsgs: number
  readonly maxInflightBytes: number
  /** Of a piece of a snapshot. */
  readonly pieceBytes: number
}

export const LIMITS: Limits = {
  maxSizePerMsg: 128 * 1024,
  maxCommittedSizePerReady: 4 * 1024 * 1024,
  maxUncommittedEntriesSize: 64 * 1024 * 1024,
  maxInflightMsgs: 16,
  maxInflightBytes: 1024 * 1024,
  pieceBytes: CUT.bytes,
}

export const TICK_MS = 100
export const ELECTION_TICKS = 10
/** A timer that is later than this many ticks shows that the process stood still. */
export const STALL_TICKS = 5
export const SNAPSHOT_EVERY = 50_000
export const KEEP_ENTRIES = 10_000
export const NODE_DOWN_MS = 10_000
export const TIMEOUT_MS = 5000
/** What a leader asked for of its own accord is asked for again after this many ticks. */
export const DUTY_TICKS = 20

/** How snapshots are cut: a turn a piece. */
export function cutOf(world: Pick<World, 'soon'>, limits: Partial<Limits> = {}): Cut {
  return { bytes: limits.pieceBytes ?? LIMITS.pieceBytes, soon: (act) => world.soon(act) }
}

/** How the core runs here. */
export function coreConfig(
  id: Id,
  storage: Storage,
  applied: number,
  random: () => number,
  { pieceBytes: _, ...limits }: Limits,
): Config {
  return {
    ...limits,
    id,
    storage,
    applied,
    electionTick: ELECTION_TICKS,
    heartbeatTick: 1,
    asyncStorageWrites: true,
    checkQuorum: true,
    preVote: true,
    // Forwarding is ours: the leader stamps each command, and what is lost is sent again under the same number.
    disableProposalForwarding: true,
    random,
  }
}
