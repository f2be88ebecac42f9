/**
 * What is replicated, row by row. Every node holds the same rows at the same commit index.
 * Times named `…At` in bindings and bans are cluster time (ms, stamped by the leader); times of calls and plans are wall-clock ms
 * of the node that reported them, for people to read.
 */

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

export interface PlanRow {
  /** 1, 2, 3 …: one more with each commit. */
  readonly version: number
  /** The YAML as it was committed. */
  readonly text: string
  /** The same, checked and normalised: what routing reads. */
  readonly plan: Plan
  readonly author: string
  readonly committedAt: number
}

/** A routing plan after validation. Shapes only; node/routing says what they mean. */
export interface Plan {
  readonly domains: readonly string[]
  /** Directory: who answers to which numbers. Credentials live in the users table. */
  readonly users: readonly PlanUser[]
  /** Tried in order; the first that matches decides. */
  readonly rules: readonly PlanRule[]
  readonly emergency: PlanEmergency | null
}

export interface PlanUser {
  readonly aor: Aor
  readonly name: string
  readonly numbers: readonly string[]
}

export interface PlanRule {
  readonly name: string
  /** `1XXX`, `9NX.`, `alice`: literals, X 0-9, Z 1-9, N 2-9, `.` one or more of anything at the end, `!` zero or more. */
  readonly match: string
  /** Empty: callers of every domain. */
  readonly from: readonly Aor[]
  readonly domain: string | null
  readonly action: PlanAction
}

export type PlanAction =
  | { readonly kind: 'user'; readonly aor: string; readonly seconds: number }
  | {
      readonly kind: 'hunt'
      readonly order: 'serial' | 'parallel'
      readonly aors: readonly string[]
      readonly seconds: number
    }
  | { readonly kind: 'rewrite'; readonly to: string }
  | { readonly kind: 'reject'; readonly status: number; readonly reason: string }

export interface PlanEmergency {
  readonly numbers: readonly string[]
  readonly action: PlanAction
}

/**
 * What a user, or somebody for him, has set: not needed to register. A row is there only for who has set something; what is absent is as
 * if never set.
 */
export interface ProfileRow {
  readonly aor: Aor
  /** Shown with calls, instead of what the plan calls him. */
  readonly name?: string
  /** A class of the plan of his domain: what he may dial. */
  readonly class?: string
  /** Number that he is shown as to trunks, +E.164. */
  readonly callerId?: string
  readonly forwards?: Forwards
  /** Nobody rings him. */
  readonly dnd?: boolean
  /** Whether a second call rings while he talks; absent: it does. */
  readonly waiting?: boolean
  /** BCP 47. */
  readonly language?: string
  /** IANA name. */
  readonly zone?: string
  /** Seals the hash of his voicemail PIN. */
  readonly pin?: Sealed
  readonly groups?: readonly string[]
}

/** Where his calls go instead: a number as he would dial it, or an AoR. */
export interface Forwards {
  readonly always?: string
  readonly busy?: string
  readonly noAnswer?: string
  /** Seconds until `noAnswer`. */
  readonly after?: number
  readonly unregistered?: string
}

/** A way out to a carrier or another PBX, and in from there. What is absent is as if never said. */
export interface TrunkRow {
  /** Names as nodes have them: the plan and the command line say it. */
  readonly name: string
  /** One more with each change: who changes it says which he saw. */
  readonly version: number
  readonly tenant?: string
  /** `sip:host[:port][;transport=…]`, tried in this order; names are looked up by the engine (RFC 3263). */
  readonly targets: readonly string[]
  /** Host of the Request-URI, To and From; absent: that of the target. */
  readonly domain?: string
  readonly auth?: TrunkAuth
  readonly register?: TrunkRegister
  /** Seconds between two OPTIONS from each node; 0: none, only calls tell. */
  readonly probe?: number
  readonly inbound?: TrunkInbound
  readonly out?: NumberPolicy
  readonly in?: NumberPolicy
  /** Encoding names as SDP has them, most wanted first; the others are taken out of offers. Absent: all, as they come. */
  readonly codecs?: readonly string[]
  readonly headers?: TrunkHeaders
  readonly identity?: TrunkIdentity
  /** Calls at once, over all nodes and both ways. */
  readonly maxCalls?: number
  readonly disabled?: boolean
}

/** How we prove who we are there. */
export interface TrunkAuth {
  readonly user: string
  /** Another realm is not answered; absent: any is. */
  readonly realm?: string
  /** Seals the password for this trunk alone: see `trunkPurpose`. */
  readonly password: Sealed
}

/** We register there, from one node at a time. */
export interface TrunkRegister {
  /** User part of the address of record, and of the contact that calls come to; absent: the one of `auth`. */
  readonly user?: string
  /** Seconds that are asked for. */
  readonly expires?: number
}

/** What comes from there. */
export interface TrunkInbound {
  /** Networks: a call from one of these needs no user. */
  readonly from?: readonly string[]
  /** A user of ours that it must prove to be; with `from` both are needed. */
  readonly user?: Aor
  /** The domain that its calls are dialled in. */
  readonly domain?: string
}

/** Applied in this order: format, strip, prefix on the way out; strip, prefix, format on the way in. */
export interface NumberPolicy {
  /** How numbers are written there: +4930…, 4930…, or 030… and 0044… as seen from `country`. */
  readonly format?: 'e164' | 'plus-less' | 'national'
  /** Calling code without a plus; needed for `national`. */
  readonly country?: string
  /** What stands before numbers of other countries with `national`; absent: 00. */
  readonly international?: string
  /** Characters taken off the front. */
  readonly strip?: number
  readonly prefix?: string
}

export interface TrunkHeaders {
  /** Added to INVITEs that go there. */
  readonly add?: Readonly<Record<string, string>>
  /** Ours that do not go there. */
  readonly remove?: readonly string[]
}

export interface TrunkIdentity {
  /** Whether it hears and is believed who calls (RFC 3325 §2.1): P-Asserted-Identity goes there also of callers who withhold their number, and is read. */
  readonly trusted?: boolean
  /** User part of From in place of the caller's number, where a carrier wants its account there. */
  readonly from?: string
}

/** What one node knows of one trunk. Only changes are written. */
export interface TrunkStateRow {
  readonly trunk: string
  readonly node: string
  readonly incarnation: string
  /** Whether the node reaches any target. */
  readonly reach: 'up' | 'down'
  /** Why not; empty when it does. */
  readonly why: string
  /** Cluster time of the last change of `reach`, ms. */
  readonly since: number
  /** Absent: this node does not register it. */
  readonly registration?: 'registered' | 'refused' | 'trying'
  /** Why it was refused. */
  readonly registrationWhy?: string
}

/**
 * Something that one node at a time may do. Who holds it checks before each deed that it still does; who acts on a lease that is over is told
 * apart by the token.
 */
export interface LeaseRow {
  readonly duty: string
  /** Empty: nobody has it. */
  readonly node: string
  readonly incarnation: string
  /** Grows with each holder of a duty, also when its row was forgotten meanwhile. */
  readonly token: number
  /** Cluster time, ms; 0: it is free. */
  readonly until: number
}

/** Who had something changed, as far as it is known. */
export interface By {
  readonly who: string
  readonly from: string
  readonly why: string
}

/** Rows that exist once. */
export interface ClusterRow {
  /** Drawn once when the cluster first has a leader; seals the key that nonces are made with (node/sip/nonce). */
  readonly nonceKey: Sealed
  readonly createdAt: number
}
