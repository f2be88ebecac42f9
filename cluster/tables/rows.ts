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
  /** Absent: `main`, committed when there was no other; its row is then as programs of before write it. */
  readonly document?: string
  readonly reason?: string
}

/** One change of the plan documents: kept for ever, that of which version was in force when has an answer. */
export interface CommitRow {
  readonly version: number
  readonly document: string
  readonly kind: 'commit' | 'rollback' | 'remove'
  readonly author: string
  /** Address that it was asked from. */
  readonly from: string
  readonly reason: string
  /** Wall clock of the node that was asked, Unix ms. */
  readonly committedAt: number
  readonly rules: number
  /** Of its text. */
  readonly bytes: number
  /** Version of the document that it replaced; 0: none. */
  readonly previous: number
  /** Key in the table `texts`, where it may be gone; empty: a removal has none. */
  readonly text: string
  /** Whose text it is, of a rollback. */
  readonly restored?: number
  readonly tests: TestCounts
  /** It was committed although tests failed, or a reference did not hold. */
  readonly breakGlass?: true
}

export interface TestCounts {
  readonly passed: number
  readonly failed: number
}

/** Text and plan of commits, once for all that have the same. */
export interface TextRow {
  /** See plan-text.ts. */
  readonly packed: string
}

/** One document of the routing plan after validation. Shapes only; node/routing says what they mean. What is optional is there only where the document has it. */
export interface Plan {
  readonly domains: readonly string[]
  /** Directory: who answers to which numbers. Credentials live in the users table. */
  readonly users: readonly PlanUser[]
  /** Tried in order; the first that matches decides. */
  readonly rules: readonly PlanRule[]
  readonly emergency: PlanEmergency | null
  /** Whose document this is; of `tenant` and `shared` at most one. */
  readonly tenant?: string
  /** The name that other documents borrow it by. */
  readonly shared?: string
  /** Shared documents that this one borrows from, the first before the others. */
  readonly use?: readonly string[]
  /** ISO 3166 region that numbers are dialled in. */
  readonly country?: string
  /** IANA name; absent: UTC. */
  readonly zone?: string
  /** The calling class of who has none of his own. */
  readonly class?: string
  /** Numbers that carriers send here. */
  readonly numbers?: readonly PlanNumber[]
  readonly groups?: readonly PlanGroup[]
  readonly trunkGroups?: readonly PlanTrunkGroup[]
  readonly times?: readonly PlanTimes[]
  readonly holidays?: readonly PlanHolidays[]
  readonly classes?: readonly PlanClass[]
  readonly services?: readonly PlanService[]
  readonly tests?: readonly PlanTest[]
}

export interface PlanUser {
  readonly aor: Aor
  readonly name: string
  readonly numbers: readonly string[]
  readonly class?: string
  readonly callerId?: string
}

export interface PlanRule {
  readonly name: string
  /** `1XXX`, `9NX.`, `alice`: literals, X 0-9, Z 1-9, N 2-9, `.` one or more of anything at the end, `!` zero or more. A prefix is written with `!`; empty: see `regex`. */
  readonly match: string
  /** Empty: callers of every domain. */
  readonly from: readonly Aor[]
  readonly domain: string | null
  readonly action: PlanAction
  /** In place of `match`, over the whole of what was dialled (node/routing/regex.ts). */
  readonly regex?: string
  /** A pattern of the calling number. */
  readonly caller?: string
  /** Only for calls that came in by one of these. */
  readonly byTrunk?: readonly string[]
  /** Names of times and holidays: one of them must be now, none of them may be. */
  readonly when?: readonly string[]
  readonly unless?: readonly string[]
  /** `own`, `withheld` or a number. */
  readonly callerId?: string
  /** What the calling number becomes; `$1` is of `caller`. */
  readonly rewriteCaller?: string
  readonly privacy?: true
  readonly next?: PlanThen
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
  /** `cause`: ITU-T Q.850, for a Reason header (RFC 3326). */
  | { readonly kind: 'reject'; readonly status: number; readonly reason: string; readonly cause?: number }
  | { readonly kind: 'group'; readonly group: string }
  /** A trunk group, or else a trunk, of that name. */
  | { readonly kind: 'trunk'; readonly trunk: string; readonly seconds: number }
  /** To a number as it would be dialled, or to an AoR. */
  | { readonly kind: 'forward'; readonly to: string }
  | { readonly kind: 'announcement' | 'voicemail' | 'park'; readonly name: string; readonly seconds: number }
  | { readonly kind: 'service'; readonly service: ServiceName }

/** What a user sets by a star code. */
export type ServiceName =
  | 'forward_always'
  | 'forward_busy'
  | 'forward_no_answer'
  | 'forward_unregistered'
  | 'forward_off'
  | 'dnd_on'
  | 'dnd_off'
  | 'waiting_on'
  | 'waiting_off'

/** What follows when nobody answers. */
export interface PlanThen {
  readonly action: PlanAction
  readonly next?: PlanThen
}

export interface PlanEmergency {
  readonly numbers: readonly string[]
  readonly action: PlanAction
}

export interface PlanNumber {
  readonly number: string
  readonly action: PlanAction
  readonly next?: PlanThen
}

export interface PlanGroup {
  readonly name: string
  readonly ring: 'parallel' | 'serial' | 'by_q' | 'round_robin'
  readonly aors: readonly string[]
  readonly seconds: number
  readonly next?: PlanThen
}

export interface PlanTrunkGroup {
  readonly name: string
  readonly order: 'listed' | 'weighted' | 'cheapest'
  readonly trunks: readonly { readonly trunk: string; readonly weight: number }[]
  /** Final statuses after which the next trunk is tried; absent: as TrunkStep says. */
  readonly on?: readonly number[]
  readonly seconds: number
  readonly callerId?: string
}

/** One of the spans must be now. */
export interface PlanTimes {
  readonly name: string
  readonly spans: readonly PlanSpan[]
}

/** All that is said must hold. */
export interface PlanSpan {
  /** 1 Monday … 7 Sunday. */
  readonly days?: readonly number[]
  /** Minutes of the day, `to` not included; a `to` that is not after `from` is on the day after. */
  readonly hours?: readonly { readonly from: number; readonly to: number }[]
  readonly dates?: readonly PlanDates[]
  readonly months?: readonly number[]
  readonly zone?: string
}

/** Both included: `2026-12-24`, or `12-24` of every year. */
export interface PlanDates {
  readonly from: string
  readonly to: string
}

export interface PlanHolidays {
  readonly name: string
  readonly dates: readonly PlanDates[]
}

/** Beginnings of numbers, as patterns without a tail. */
export interface PlanClass {
  readonly name: string
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

export interface PlanService {
  readonly code: string
  readonly service: ServiceName
}

/** A call that the document says of what becomes of it. */
export interface PlanTest {
  readonly name: string
  readonly call: string
  readonly from?: Aor
  readonly byTrunk?: string
  readonly domain?: string
  /** Number of the caller. */
  readonly number?: string
  /** ms; absent: a Wednesday at noon. */
  readonly at?: number
  readonly expect: PlanExpected
}

export interface PlanExpected {
  readonly rule?: string
  /** The first that is rung. */
  readonly user?: string
  /** All that may be rung, in their order. */
  readonly users?: readonly string[]
  readonly trunk?: string
  readonly number?: string
  readonly callerId?: string
  readonly reject?: number
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

export interface TenantRow {
  /** As plan documents name it: `tenant: acme`. */
  readonly name: string
  readonly display?: string
  /** Name of the limit that holds for all its calls together. */
  readonly limits?: string
  /** ISO 4217. */
  readonly currency?: string
  /** BCP 47; of users that have set none. */
  readonly language?: string
  /** IANA name; of users that have set none. */
  readonly zone?: string
  /** Its users can neither register nor call, but for help. */
  readonly disabled?: true
  readonly createdAt: number
}

export type Role = 'viewer' | 'operator' | 'admin' | 'auditor'

/** Somebody who may ask the control service. */
export interface OperatorRow {
  readonly name: string
  readonly roles: readonly Role[]
  /** Those that it is about; empty: all, and what is of no tenant. */
  readonly tenants: readonly string[]
  /** SHA-256 of its token, hex: a random token of 256 bits needs no slow hash. */
  readonly token?: string
  /** SHA-256 of its client certificate, lower-case hex, or `CN=…` of its subject. */
  readonly certificate?: string
  readonly disabled?: true
  /** Cluster time, ms. */
  readonly expiresAt?: number
  readonly createdAt: number
}

/** One change that an operator made: rows as they were and are, in short and without secrets; see audit.ts. */
export interface AuditRow {
  readonly seq: number
  /** Cluster time, ms. */
  readonly at: number
  /** Of the entry in the log; 0: not known. */
  readonly index: number
  readonly who: string
  /** Address that it was asked from. */
  readonly from: string
  readonly why: string
  /** Type of the command. */
  readonly what: string
  /** Where the row is that changed; empty: what was done changes no row. */
  readonly table: string
  readonly key: string
  /** JSON; null: there was, or is, none. */
  readonly before: string | null
  readonly after: string | null
}
