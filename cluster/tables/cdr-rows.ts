/** Rows of what is recorded of calls that are over, and of where records go. */
import type { LegRow, MediaKind, Sealed } from './rows.ts'

/**
 * A call detail record: one for each call that is over, made by `call-end` or by the loss of its node. The fields stand in this order, see
 * cdr-codec.ts.
 */
export interface CdrRow {
  /** 1, 2, 3 …: one more with each record of the cluster. Sinks have got those up to their cursor. */
  readonly seq: number
  /** The call's: no two records have the same. */
  readonly id: string
  /** When it was recorded, cluster time: it never falls as seq grows. */
  readonly recordedAt: number
  readonly node: string
  readonly from: string
  readonly to: string
  readonly target: string
  readonly tenant: string
  readonly dialled: string
  readonly trunk: string
  readonly planVersion: number
  readonly rule: string
  readonly decision: readonly string[]
  readonly startedAt: number
  readonly ringingAt: number | null
  readonly answeredAt: number | null
  readonly endedAt: number
  /** Seconds of conversation, begun ones counted whole; 0 when nobody answered. */
  readonly billable: number
  readonly disposition: Disposition
  /** The final answer to the caller; 200: it was answered; 0: nobody knows. */
  readonly status: number
  /** In words, why it is over. */
  readonly reason: string
  /** ITU-T Q.850. */
  readonly cause: number
  readonly by: EndedBy
  readonly relay: MediaKind
  readonly legs: readonly { readonly role: LegRow['role']; readonly callId: string }[]
  readonly media?: readonly MediaCount[]
  readonly cost?: Cost
}

export type Disposition = 'answered' | 'busy' | 'no answer' | 'refused' | 'failed' | 'cancelled'

/** Who ended it; `lost`: its node was found dead. */
export type EndedBy = 'caller' | 'called' | 'operator' | 'node' | 'lost'

/** What one side sent, as the relay counted it until the end. */
export interface MediaCount {
  readonly side: LegRow['role']
  readonly codec: string
  readonly packets: number
  readonly bytes: number
  /** Packets that the relay could not use. */
  readonly errors: number
  /** What that side heard, by its own reports; absent: it sent none, or an older program recorded it. */
  readonly heard?: HeardQuality
}

export interface HeardQuality {
  /** Mean opinion score, estimated, in steps of a tenth. */
  readonly mos: number
  readonly jitterMs: number
  /** Of a hundred packets. */
  readonly lost: number
  readonly roundTripMs: number
}

export interface Cost {
  /** In millionths of the currency. */
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
}

/** The queue of records; there once there was one. */
export interface CdrQueueRow {
  /** The lowest number that is kept, and the one that the next record gets. */
  readonly first: number
  readonly next: number
  /** Records that were dropped before every sink had them, since there was no more room. */
  readonly dropped: number
}

/** Where records go. */
export interface SinkRow {
  readonly name: string
  readonly kind: SinkKind
  /** A directory, a URL, or `postgres://user@host:port/database`, without any password. */
  readonly target: string
  /** Seals a password of the database, or the value of the Authorization header. */
  readonly secret?: Sealed
  /** Of the database; absent: `raftel_cdrs`. */
  readonly table?: string
  /** Only records of this tenant; absent: all. */
  readonly tenant?: string
  /** Only these fields, in this order; absent: all. */
  readonly fields?: readonly string[]
  /** For files: the node that has them. */
  readonly node?: string
  readonly paused: boolean
  /** Everything up to this number is delivered, or parked. */
  readonly cursor: number
  /** Records that it never got since they were dropped. */
  readonly lost: number
  /** Records that it refused for what they are, the newest last; `parked` counts all. */
  readonly parked: number
  readonly refused: readonly { readonly seq: number; readonly why: string }[]
  /** Why nothing is delivered just now; since when, cluster time. */
  readonly trouble?: { readonly since: number; readonly why: string }
}

export type SinkKind = 'jsonl' | 'csv' | 'http' | 'postgres'
