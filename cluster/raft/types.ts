/** The words of the core. Numbers are safe integers (a term or an index below 2^53); 0 means "none". */

/** A replica's number; names and addresses live outside the core. 0 is nobody. */
export type Id = number

/** No replica: the leader nobody knows yet, the vote not given. */
export const NONE = 0
/** Where a storage-append message goes when storage is asynchronous: the local log, not a peer. */
export const LOCAL_APPEND = -1
/** Where a storage-apply message goes when storage is asynchronous: the local state machine, not a peer. */
export const LOCAL_APPLY = -2

export type EntryType = 'normal' | 'conf-change' | 'conf-change-v2'

export interface Entry {
  readonly term: number
  readonly index: number
  readonly type: EntryType
  /** Opaque to the core; empty for the entry a new leader begins its term with (§8, thesis §6.4). */
  readonly data: Uint8Array
}

/** What must survive a crash before any promise made with it leaves this replica (§5.1, figure 2). */
export interface HardState {
  readonly term: number
  readonly vote: Id
  readonly commit: number
}

/** What may be lost: who leads and what we are. */
export interface SoftState {
  readonly lead: Id
  readonly state: Role
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader'

export interface ConfState {
  readonly voters: readonly Id[]
  readonly learners: readonly Id[]
  readonly votersOutgoing: readonly Id[]
  readonly learnersNext: readonly Id[]
  readonly autoLeave: boolean
}

export interface SnapshotMeta {
  readonly index: number
  readonly term: number
  readonly conf: ConfState
}

export interface Snapshot {
  readonly meta: SnapshotMeta
  /** Opaque to the core: the state machine at meta.index, or a name under which it can be fetched. */
  readonly data: Uint8Array
  /** Passed on as it came: by what name storage has it already; `data` is empty then. */
  readonly received?: number
}

export type MessageType =
  | 'hup'
  | 'beat'
  | 'prop'
  | 'app'
  | 'app-resp'
  | 'vote'
  | 'vote-resp'
  | 'pre-vote'
  | 'pre-vote-resp'
  | 'snap'
  | 'heartbeat'
  | 'heartbeat-resp'
  | 'unreachable'
  | 'snap-status'
  | 'check-quorum'
  | 'transfer-leader'
  | 'timeout-now'
  | 'read-index'
  | 'read-index-resp'
  | 'forget-leader'
  | 'storage-append'
  | 'storage-append-resp'
  | 'storage-apply'
  | 'storage-apply-resp'

/** One message, to a peer or to local storage. Fields that a type does not use are 0, empty or absent. */
export interface Message {
  readonly type: MessageType
  readonly to: Id
  readonly from: Id
  readonly term: number
  readonly logTerm: number
  readonly index: number
  readonly entries: readonly Entry[]
  readonly commit: number
  readonly vote: Id
  readonly snapshot?: Snapshot
  readonly reject: boolean
  readonly rejectHint: number
  /** Opaque bytes: the unique context of a ReadIndex round, or 'force' of a transfer's campaign. */
  readonly context?: Uint8Array
  /** Only on storage messages: to be delivered, in this order, once the write is durable. */
  readonly responses?: readonly Message[]
}

/** A read that may be served once the applied index has reached `index` (thesis §6.4). */
export interface ReadState {
  readonly index: number
  readonly context: Uint8Array
}

/** What the shell must do before it calls advance(), or, with asynchronous storage, must pass on. */
export interface Ready {
  readonly softState?: SoftState
  /** Absent when nothing of it changed. */
  readonly hardState?: HardState
  readonly readStates: readonly ReadState[]
  /** To be written durably before `messages` are sent (synchronous storage). */
  readonly entries: readonly Entry[]
  readonly snapshot?: Snapshot
  /** To be applied, already committed and durable here. */
  readonly committedEntries: readonly Entry[]
  readonly messages: readonly Message[]
  /** Whether entries, term or vote must reach the disk before the messages leave. */
  readonly mustSync: boolean
}

/** What the core reads back: the durable log, as the shell keeps it. Indexes are inclusive-exclusive [lo, hi). */
export interface Storage {
  initialState(): { hardState: HardState; conf: ConfState }
  /** Entries of [lo, hi), at least one if there is any, at most about maxBytes; 'compacted' or 'unavailable' otherwise. */
  entries(lo: number, hi: number, maxBytes: number): readonly Entry[] | 'compacted' | 'unavailable'
  /** The term of entry i, from firstIndex()-1 on. */
  term(i: number): number | 'compacted' | 'unavailable'
  lastIndex(): number
  firstIndex(): number
  /** The newest snapshot, or 'temporarily-unavailable' while one is being made. */
  snapshot(): Snapshot | 'temporarily-unavailable'
}

export interface Config {
  readonly id: Id
  /** Ticks without a leader before an election; the real number is drawn from [electionTick, 2·electionTick). */
  readonly electionTick: number
  readonly heartbeatTick: number
  readonly storage: Storage
  /** The index that the state machine has already applied. */
  readonly applied?: number
  readonly asyncStorageWrites?: boolean
  /** Bytes of entries in one append message; 0 means at most one entry a message. */
  readonly maxSizePerMsg: number
  readonly maxCommittedSizePerReady?: number
  /** Bytes of proposals not yet committed, beyond which a leader drops new ones. 0: no limit. */
  readonly maxUncommittedEntriesSize?: number
  readonly maxInflightMsgs: number
  readonly maxInflightBytes?: number
  readonly checkQuorum?: boolean
  readonly preVote?: boolean
  readonly disableProposalForwarding?: boolean
  readonly disableConfChangeValidation?: boolean
  readonly stepDownOnRemoval?: boolean
  /** Uniform in [0, 1); injected, so that a run can be repeated. */
  readonly random: () => number
}

export interface Status {
  readonly id: Id
  readonly hardState: HardState
  readonly softState: SoftState
  readonly applied: number
  readonly leadTransferee: Id
  readonly conf: ConfState
  /** A leader's view of the others; empty elsewhere. */
  readonly progress: ReadonlyMap<Id, ProgressView>
}

export interface ProgressView {
  readonly match: number
  readonly next: number
  readonly state: 'probe' | 'replicate' | 'snapshot'
  readonly pendingSnapshot: number
  readonly recentActive: boolean
  readonly paused: boolean
  readonly learner: boolean
  /** Appends sent and not yet acknowledged. */
  readonly inflight: number
  readonly inflightFull: boolean
}

/** One change of membership. 'update' changes nothing here: it only carries a context through the log. */
export interface ConfChangeSingle {
  readonly type: 'add-voter' | 'add-learner' | 'remove' | 'update'
  readonly id: Id
}

/**
 * A change of membership, effective when it is applied (thesis §4.1, §4.3). With one change and 'auto' it is a simple change;
 * otherwise it goes through a joint configuration, which is left by itself ('auto', 'joint-implicit') or by a second change
 * without changes ('joint-explicit'). No changes at all: leave the joint configuration.
 */
export interface ConfChange {
  readonly transition: 'auto' | 'joint-implicit' | 'joint-explicit'
  readonly changes: readonly ConfChangeSingle[]
  /** Opaque to the core. */
  readonly context?: Uint8Array
}
