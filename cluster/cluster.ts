/** What a node sees of the cluster: tables to read without waiting, and one way to change them. */
import type { StateHash } from './marks.ts'
import type { MemberRequest } from './membership.ts'
import type { Saving } from './saved.ts'
import type { Command, Result } from './tables/commands.ts'
import type { MembersRow, MemberView } from './tables/members.ts'
import type { RowChange, Tables } from './tables/view.ts'

export type { MemberRequest } from './membership.ts'
export type { MembersRow, MemberView } from './tables/members.ts'
export type { RowChange, Tables } from './tables/view.ts'

export interface Cluster {
  /** This node's name. */
  readonly node: string
  readonly incarnation: string
  /** The local tables, as of the local applied index. Reading never waits. */
  readonly tables: Tables
  /**
   * Agrees on a command with a majority and applies it here before it answers. Retried across leader changes until
   * `timeoutMs`, and applied once even when retried.
   */
  propose(command: Command, timeoutMs?: number): Promise<Agreed>
  /** Waits until the local tables hold everything that was committed when it was asked (ReadIndex, thesis §6.4). */
  catchUp(timeoutMs?: number): Promise<'caught up' | 'no quorum'>
  status(): ReplicaStatus
  /** Has another node lead; only a node that leads can. What is proposed meanwhile, anywhere, is agreed a little later. */
  transferLeader(node: string, timeoutMs?: number): Promise<HandedOver>
  /** Has the members changed; only a node that leads can. May be asked again, also of another leader: what is done is done. */
  changeMembers(request: MemberRequest, timeoutMs?: number): Promise<MembersChanged>
  /** Every member as it is known here, by id, this node among them; also before the cluster is founded. */
  members(): readonly MemberView[]
  /** Hashes of all tables at some indexes, the one applied last among them: equal on every node that has the index. */
  hashes(): readonly StateHash[]
  /**
   * The tables as they are now, as a file for a cluster that begins anew (saved.ts). `current`: nothing committed before is
   * missing, see catchUp.
   */
  save(more: { readonly program: string; readonly current: boolean }): Saving
  /** Cluster time now, in ms: what the leader last stamped plus what has passed here since. An estimate, for reading only. */
  now(): number
  /** Called after each batch of applied entries, with the rows that changed. Returns how to stop it. */
  watch(listener: (changes: readonly RowChange[]) => void): () => void
  /** Role, leader or reachability changed. Returns how to stop it. */
  onStatus(listener: (status: ReplicaStatus) => void): () => void
  close(): Promise<void>
}

export type Agreed =
  | { readonly kind: 'agreed'; readonly index: number; readonly result: Result }
  /** No majority was reachable in time: nothing was changed that anybody was told of; it may still take effect later. */
  | { readonly kind: 'no quorum' }
  /** Too much is waiting to be agreed already; come back later. */
  | { readonly kind: 'overloaded' }

export type HandedOver =
  /** `moved`: it did not lead before. */
  | { readonly kind: 'leads'; readonly term: number; readonly moved: boolean }
  | { readonly kind: 'unknown node' }
  /** Ask the node that leads. */
  | { readonly kind: 'not the leader' }
  /** Nothing has changed; `why` is a part of a sentence about that node. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Nobody was seen to lead in time. */
  | { readonly kind: 'no quorum' }

export type MembersChanged =
  | { readonly kind: 'done'; readonly members: MembersRow }
  | { readonly kind: 'unknown node' }
  /** Ask the node that leads. */
  | { readonly kind: 'not the leader' }
  /** The member that is to go is this node, which leads: have another lead, then ask that one. */
  | { readonly kind: 'leads' }
  /** Nothing has changed; `why` is a sentence with a remedy. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It took longer than that, because of `why`; it may still come about. */
  | { readonly kind: 'late'; readonly why: string }
  | { readonly kind: 'no quorum' }

export interface ReplicaStatus {
  readonly node: string
  readonly role: 'leader' | 'follower' | 'candidate'
  /** The leader's name, null when none is known. */
  readonly leader: string | null
  readonly term: number
  /** Last index of the local log, the index known committed, the index applied here. */
  readonly last: number
  readonly commit: number
  readonly applied: number
  /** Whether this node has heard, within an election timeout, from a leader (or, leading, from a majority). */
  readonly quorum: boolean
  /** Peers with an open stream, by name. */
  readonly connected: readonly string[]
  /** While it leads: for how long it has not heard each other node, ms. */
  readonly silence: ReadonlyMap<string, number> | null
  /** Why this node does not vote but repairs itself from its peers: what was damaged. Null: nothing is. */
  readonly repair: string | null
  /** Which founding of the cluster its data is of, see restore.ts; empty: the first. */
  readonly lineage: string
  /** Hash of all tables at `applied`: equal on every node at the same index. Hex. */
  readonly hash: string
}
