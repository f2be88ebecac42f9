/**
 * What is replicated, row by row. Every node holds the same rows at the same commit index.
 * Times named `…At` in bindings and bans are cluster time (ms, stamped by the leader); times of calls and plans are wall-clock ms
 * of the node that reported them, for people to read.
 */
import type { Cost } from './cdr-rows.ts'

/** An address of record (RFC 3261 §6), `user@domain`: domain in lower case, no scheme, no parameters. */
export type Aor = string

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** A text under the cluster key (see cluster/seal.ts); never the text itself. */
export type Sealed = string

export interface UserRow {
  readonly aor: Aor
  readonly user: string
  readonly domain: string
  /** Seals `{"md5":HA1,"sha256":HA1,"sha512256":HA1}` (older programs wrote the first two) with the domain as realm (RFC 8760 §2): no password is kept anywhere. */
  readonly credentials: Sealed
  readonly createdAt: number
}

/**
 * One contact of one AoR (RFC 3261 §10.3). `expiresAt` is the end of its lease, later than what the phone was told: the node that
 * holds the phone keeps the phone's own time (node/sip/kept.ts), and every refresh that changes nothing is kept there alone.
 */
export interface BindingRow {
  readonly aor: Aor
  /** The contact URI as the phone gave it, without display name and angle brackets. */
  readonly contact: string
  readonly transport: Transport
  /** The node that holds the phone's flow: it took the REGISTER. */
  readonly node: string
  /** Where the REGISTER came from, `address:port` (RFC 3581 received and rport). */
  readonly received: string
  /** Preference 0…1 (RFC 3261 §20.10); 1 when the phone named none. */
  readonly q: number
  readonly expiresAt: number
  readonly registeredAt: number
  readonly callId: string
  readonly cseq: number
  readonly userAgent: string
  // What follows is there only for phones that use it: a row without it is as older programs write it, and has their hash.
  /** Values of the Path by which the phone is reached, our side first (RFC 3327). */
  readonly path?: readonly string[]
  /** `+sip.instance` without its quotes, kept for GRUUs and flows: `<urn:uuid:…>` (RFC 5626 §4.1). */
  readonly instance?: string
  /** Which flow of the instance this is (RFC 5626 §4.2). */
  readonly regId?: number
  /** With regId: when the cluster last heard of the flow. */
  readonly usedAt?: number
}

/** All bindings of one AoR, best first (q, then newest). A row exists only while there is a binding. */
export interface RegistrationRow {
  readonly aor: Aor
  readonly bindings: readonly BindingRow[]
}

export interface NodeRow {
  readonly id: string
  /** Drawn anew at every start of the process: what an earlier life left behind is not this one's. */
  readonly incarnation: string
  /** `host:port` other nodes and phones reach its SIP at. */
  readonly sip: string
  /** `host:port` of its control service. */
  readonly control: string
  readonly media: MediaKind
  readonly startedAt: number
}

export type MediaKind = 'rtpengine' | 'direct'

export type CallState = 'routing' | 'ringing' | 'answered'

/** A live call, reported by the node that has its caller. It is gone from the table when the call ends. */
export interface CallRow {
  readonly id: string
  readonly state: CallState
  /** Caller and called as AoR or number, cleaned for showing. */
  readonly from: string
  readonly to: string
  readonly node: string
  readonly incarnation: string
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly media: MediaKind
  readonly planVersion: number
  /** The rule of the plan that decided, and what it came to. */
  readonly rule: string
  readonly target: string
  /** SIP Call-ID of each leg, caller's first; tags and SDPs once known, so that another node can take the media over. */
  readonly legs: readonly LegRow[]
  /** Absent: it is not recorded when it ends. So it is with rows of older programs, and with a call that was recorded while its node was cut off. */
  readonly about?: CallAbout
}

/** What is recorded of a call that the list of live calls does not show. */
export interface CallAbout {
  /** Empty: of no tenant. */
  readonly tenant: string
  readonly dialled: string
  /** The trunk that it came in or went out by; empty: none. */
  readonly trunk: string
  readonly ringingAt: number | null
  /** Why it went where it went, a line a step; at most a thousand characters in all. */
  readonly decision: readonly string[]
  /** Groups that it took a turn in, see turns.ts; absent: none, or an older program says it. */
  readonly turns?: readonly string[]
  /** What it was charged, once it is: that comes before its end, or with it. */
  readonly cost?: Cost
}

export interface LegRow {
  readonly role: 'caller' | 'called'
  readonly callId: string
  readonly tag: string
  readonly contact: string
  readonly sdp: string
}

/** A source that no node hears until its time is over. */
export interface BanRow {
  /** An IPv4 address, or the /64 of an IPv6 address. */
  readonly source: string
  readonly reason: string
  /** The node that decided, or `operator`. */
  readonly by: string
  readonly bannedAt: number
  readonly expiresAt: number
}

/** Rows that exist once. */
export interface ClusterRow {
  /** Drawn once when the cluster first has a leader; seals the key that nonces are made with (node/sip/nonce). */
  readonly nonceKey: Sealed
  readonly createdAt: number
}
