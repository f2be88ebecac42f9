/** Every way in which the replicated tables can change, and what each comes to. Applied in log order on every node. */
import type { AlertKind, DeckRate, Grant, LimitKey, LimitRow } from './admission-rows.ts'
import type { Slice } from './bucket.ts'
import type { Cost, EndedBy, MediaCount, SinkRow } from './cdr-rows.ts'
import type { OperatorRow, ProfileRow, TenantRow } from './people-rows.ts'
import type { Plan, TestCounts } from './plan-rows.ts'
import type { Rate } from './rating.ts'
import type { Aor, BindingRow, CallRow, NodeRow, RegistrationRow, Sealed, Transport, UserRow } from './rows.ts'
import type { LeaseRow, TrunkRow, TrunkStateRow } from './trunk-rows.ts'

/** `cause` is there when an operator asked for it: what changes is then in the audit. Older programs do not know it. */
export type Command = Change & { readonly cause?: Cause }

/** On whose behalf a command is said; bounded and cleaned by the node that was asked. */
export interface Cause {
  readonly who: string
  /** Address that it was asked from. */
  readonly from: string
  readonly why: string
}

type Change =
  | { readonly type: 'cluster-init'; readonly nonceKey: Sealed }
  | { readonly type: 'node-up'; readonly node: NodeRow }
  /** Said by the leader of a node it has not heard for long: its calls are over. Ignored if a newer incarnation is up. */
  | NodeDown
  | { readonly type: 'user-put'; readonly user: Omit<UserRow, 'createdAt'>; readonly replace: boolean }
  /** Many at once; those that are there already stay as they are, unless they are to be replaced. */
  | { readonly type: 'users-put'; readonly users: readonly UserEntry[]; readonly replace: boolean }
  | { readonly type: 'user-remove'; readonly aor: Aor }
  | ProfilePut
  | { readonly type: 'tenant-put'; readonly tenant: Omit<TenantRow, 'createdAt'>; readonly replace: boolean }
  | { readonly type: 'tenant-remove'; readonly name: string }
  | { readonly type: 'operator-put'; readonly operator: Omit<OperatorRow, 'createdAt'>; readonly replace: boolean }
  | { readonly type: 'operator-remove'; readonly name: string }
  /** Something an operator did that changes no row, as hanging up a call: for the audit alone. */
  | { readonly type: 'note'; readonly what: string; readonly key: string }
  | Bind
  /** Said by the leader: whatever expired before cluster time `upTo` goes, at most `limit` rows, oldest first. */
  | { readonly type: 'expire'; readonly upTo: number; readonly limit: number }
  | Lapse
  | Ban
  | { readonly type: 'unban'; readonly source: string }
  | PlanCommit
  /** New with the documents, as what stands in PlanCommit from `document` on. */
  | ({ readonly type: 'plan-remove'; readonly document: string; readonly base?: number } & PlanChange)
  | { readonly type: 'call-put'; readonly call: CallRow; readonly heard?: Heard }
  | CallEnd
  | { readonly type: 'sink-put'; readonly sink: SinkConfig; readonly replace: boolean }
  | { readonly type: 'sink-remove'; readonly name: string }
  | { readonly type: 'sink-pause'; readonly name: string; readonly paused: boolean }
  | CdrAck
  | TrunkPut
  | { readonly type: 'trunk-remove'; readonly name: string }
  /** Said by a node of itself, of a trunk that it sees differently than before. */
  | { readonly type: 'trunk-state'; readonly state: Omit<TrunkStateRow, 'since'> }
  | LeaseTake
  | LeaseRenew
  | LeaseRelease
  | { readonly type: 'limit-set'; readonly limit: Omit<LimitRow, 'setAt'> }
  | { readonly type: 'limit-remove'; readonly key: LimitKey }
  | Reserve
  | Renew
  | Release
  /** Said by the leader: nodes whose lease ended before cluster time `upTo` have no calls any more. */
  | { readonly type: 'expire-leases'; readonly upTo: number }
  /** Some tokens of a key for a node to spend by itself for `hold` ms; and what it has left of them. */
  | {
      readonly type: 'slice'
      readonly key: LimitKey
      readonly node: string
      readonly incarnation: string
      readonly tokens: number
      readonly hold: number
    }
  | { readonly type: 'unslice'; readonly key: LimitKey; readonly rest: Slice }
  | CreditAdd
  | DeckPiece
  | DeckUse
  | { readonly type: 'deck-remove'; readonly name: string }

export interface NodeDown {
  readonly type: 'node-down'
  readonly node: string
  readonly incarnation: string
  /** When the leader last heard it, cluster time: its calls are taken to have lasted until then. Absent: until now. */
  readonly heardAt?: number
}

/** Said by the call's node; twice is as good as once. */
export interface CallEnd {
  readonly type: 'call-end'
  readonly id: string
  /** Absent: said by an older program. Nothing is recorded then. */
  readonly end?: Ended
  readonly heard?: Heard
}

/**
 * What a node knows that the cluster has heard of a call: a report that comes late, when records of that time are gone, is by this no second record. Absent: said by
 * an older program, or what it adds to has a row.
 */
export interface Heard {
  /** Its row was agreed on: when there is none any more, it was recorded. */
  readonly agreed?: true
  /** A record of it has this number at least: no record had it when the cluster was first told anything of the call. */
  readonly since: number
}

export interface Ended {
  /** Wall clock, ms. */
  readonly at: number
  readonly status: number
  readonly reason: string
  readonly cause: number
  readonly by: EndedBy
  /** Of conversation, by a clock that nobody sets; absent: as the wall clocks say. */
  readonly seconds?: number
  /** The call as its node knew it last: what is recorded, also when its row was never agreed on. Absent: its row is all there is. */
  readonly call?: CallRow
  readonly media?: readonly MediaCount[]
  readonly cost?: Cost
  /** It counts against limits until its node releases it: who was called does not know yet that it is over. */
  readonly counts?: true
  /** One of its ends talks on in another call, and what these calls have reserved is for that one from now on: it pays and counts as before. */
  readonly on?: { readonly call: string; readonly ids: readonly string[] }
}

/** How a sink is made; the rest of its row comes about. */
export type SinkConfig = Omit<SinkRow, 'paused' | 'cursor' | 'lost' | 'parked' | 'refused' | 'trouble'> & {
  /** Records from this number on; absent: all that are kept. */
  readonly from?: number
}

/** Said by the node that runs a sink. What was said before may come later: cursors never go back. */
export interface CdrAck {
  readonly type: 'cdr-ack'
  readonly sink: string
  readonly upTo: number
  /** Of these numbers, what the sink refused for what it is. */
  readonly refused?: readonly { readonly seq: number; readonly why: string }[]
  /** Why nothing goes on; absent: it does. */
  readonly trouble?: string
}

export interface UserEntry {
  readonly user: Omit<UserRow, 'createdAt'>
  readonly profile?: ProfilePatch
}

/** What is to be other than it was; null: as if never set. */
export interface ProfilePut {
  readonly type: 'profile-put'
  readonly aor: Aor
  readonly set: ProfilePatch
}

type Unset<Row> = { readonly [Field in keyof Row]?: Row[Field] | null }

export type ProfilePatch = Unset<Omit<ProfileRow, 'aor' | 'forwards'>> & {
  readonly forwards?: Unset<NonNullable<ProfileRow['forwards']>> | null
}

export interface PlanChange {
  /** The version of the document the author saw; null: whatever is there (first commit, or told to). */
  readonly expect: number | null
  readonly author: string
  /** Wall clock of the node that was asked, Unix ms. */
  readonly at: number
  /** Address that it was asked from. */
  readonly from?: string
  readonly reason?: string
  readonly tests?: TestCounts
  /** Tests fail, or a reference does not hold, and the author said that it is to be all the same. */
  readonly breakGlass?: true
}

export interface PlanCommit extends PlanChange {
  readonly type: 'plan-commit'
  readonly text: string
  readonly plan: Plan
  /** Absent: `main`, from a program that knows one document only; older programs do not know this, nor what follows. */
  readonly document?: string
  /** The version of all documents that this one was judged beside; absent: it does not matter. */
  readonly base?: number
  /** Text and plan, which are then empty above: see plan-text.ts. */
  readonly packed?: string
  /** The version whose text it is, of a rollback. */
  readonly restored?: number
}

/** Programs of before know none of these, so they are said only once there are founders; nor what follows. */
export interface TrunkPut {
  readonly type: 'trunk-put'
  readonly trunk: Omit<TrunkRow, 'version'>
  /** The version the author saw; 0: there must be none; null: whatever is there. */
  readonly expect: number | null
}

/** A process asks for a duty that nobody has. Refused while another has it; who has it already gets more time. */
export interface LeaseTake {
  readonly type: 'lease-take'
  readonly duty: string
  readonly node: string
  readonly incarnation: string
  readonly ms: number
}

/** All that a process has, at once. Who lost one in between does not get it back by this. */
export interface LeaseRenew {
  readonly type: 'lease-renew'
  readonly leases: readonly { readonly duty: string; readonly token: number }[]
  readonly ms: number
}

export interface LeaseRelease {
  readonly type: 'lease-release'
  readonly duty: string
  readonly token: number
}

/** One REGISTER: all its contacts land or none do (RFC 3261 §10.3 step 7). */
export interface Bind {
  readonly type: 'bind'
  readonly aor: Aor
  readonly callId: string
  readonly cseq: number
  /** 'all' is `Contact: *` with `Expires: 0`. */
  readonly changes: 'all' | readonly BindChange[]
  readonly node: string
  readonly transport: Transport
  readonly received: string
  readonly userAgent: string
  /** Contacts one AoR may have; more is refused (RFC 3261 leaves the number to us). */
  readonly contactsMax: number
  /** Older programs do not know this, nor the last two of a change: never said while one may be among the nodes. */
  readonly path?: readonly string[]
}

export interface BindChange {
  readonly contact: string
  readonly q: number
  /** Seconds until nobody needs to remove it any more: the lease, not what the phone was granted. 0 removes the contact. */
  readonly expires: number
  readonly instance?: string
  /** Only with `instance`. */
  readonly regId?: number
}

/** Said by the node that holds these phones: they let their time run out. What was bound anew since it looked stays. */
export interface Lapse {
  readonly type: 'lapse'
  readonly node: string
  readonly bindings: readonly Lapsed[]
}

/** Said by a node, or an operator through one. A program of protocol 2 does not know it, so it is said only once there are founders. */
export interface Ban {
  readonly type: 'ban'
  /** An IPv4 address, or the /64 of an IPv6 address. */
  readonly source: string
  readonly reason: string
  /** The node that decided, or `operator`. */
  readonly by: string
  readonly seconds: number
}

/** A binding as its node saw it; any later bind of the contact changes one of these. */
export type Lapsed = Pick<BindingRow, 'aor' | 'contact' | 'callId' | 'cseq' | 'expiresAt'>

/** Said by a node before a call of its rings that limits or an account concern; never of a call for help. */
export interface Reserve {
  readonly type: 'reserve'
  /** Of the call. */
  readonly id: string
  readonly node: string
  readonly incarnation: string
  readonly keys: readonly LimitKey[]
  /** Those of them whose calls a second it was counted in already, however it came to leave by another way. */
  readonly paced?: readonly LimitKey[]
  /** When the period began in which minutes of a key are counted, see UsageRow: an older one than is known changes nothing. */
  readonly periods?: Readonly<Record<LimitKey, number>>
  readonly pay?: { readonly account: string; readonly rate: Rate }
  /** Seconds of conversation to reserve, where time is limited; fewer when there are not so many. */
  readonly ahead: number
  /** For how long what the node has reserved stays without a word of it, ms. */
  readonly lease: number
  readonly running?: true
  /** What its node found unusual, see Guard. */
  readonly flags?: readonly { readonly key: LimitKey; readonly kind: AlertKind; readonly text: string }[]
  /** A country code that is called, to be known from now on. */
  readonly country?: { readonly key: LimitKey; readonly code: string }
}

/** Said by a node for as long as it has reserved something. */
export interface Renew {
  readonly type: 'renew'
  readonly node: string
  readonly incarnation: string
  readonly lease: number
  /** Those whose time is limited: how long they talked, and how long they want to be able to, s. */
  readonly calls: readonly {
    readonly id: string
    readonly talked: number
    readonly want: number
    readonly periods?: Readonly<Record<LimitKey, number>>
  }[]
}

export interface Release {
  readonly type: 'release'
  /** With the seconds that they talked; null: nobody answered. */
  readonly calls: readonly { readonly id: string; readonly seconds: number | null }[]
}

export interface CreditAdd {
  readonly type: 'credit-add'
  readonly account: string
  readonly currency: string
  readonly grant: Grant
}

export interface DeckPiece {
  readonly type: 'deck-piece'
  readonly deck: string
  /** Drawn for this import. */
  readonly load: string
  readonly piece: number
  readonly rates: readonly DeckRate[]
}

export interface DeckUse {
  readonly type: 'deck-use'
  readonly name: string
  readonly load: string
  readonly pieces: number
  readonly currency: string
  readonly uses: readonly string[]
  /** Wall clock, ms. */
  readonly at: number
}

/** A call that may not be: which limit of which key, what is used of it, and how much that is at most. Micro-units of credit, seconds of minutes. */
export interface Refused {
  readonly kind: 'limited'
  readonly key: LimitKey
  readonly limit: 'calls' | 'perSecond' | 'minutes' | 'credit' | AlertKind
  readonly used: number
  readonly max: number
}

/** What a command came to, the same on every node. */
export type Result =
  | { readonly kind: 'done' }
  /** After a bind: what is now bound, and the cluster time it is told at. */
  | { readonly kind: 'bound'; readonly registration: RegistrationRow; readonly at: number }
  /** A REGISTER older than the one that made the binding (RFC 3261 §10.3 step 7: 500, or 400 for the same CSeq). */
  | { readonly kind: 'out of order'; readonly cseq: number }
  | { readonly kind: 'too many contacts'; readonly max: number }
  | { readonly kind: 'no such user'; readonly aor: Aor }
  | { readonly kind: 'too many bans'; readonly max: number }
  | { readonly kind: 'no such ban'; readonly source: string }
  | { readonly kind: 'exists'; readonly aor: Aor }
  | { readonly kind: 'committed'; readonly version: number }
  /** The document is at another version than its author saw. */
  | { readonly kind: 'conflict'; readonly version: number }
  | Refused
  /** `seconds` of conversation so far; null: as long as it likes. */
  | { readonly kind: 'reserved'; readonly seconds: number | null }
  /** The node was said to be down meanwhile: it says that it is up first. */
  | { readonly kind: 'not up' }
  /** Seconds that each of those with limited time has in all; `gone` are not reserved any more. */
  | {
      readonly kind: 'renewed'
      readonly seconds: readonly (readonly [string, number])[]
      readonly gone: readonly string[]
    }
  /** Micro-units, of those that were still reserved. */
  | { readonly kind: 'released'; readonly costs: readonly (readonly [string, number])[] }
  | { readonly kind: 'sliced'; readonly tokens: number; readonly until: number }
  | { readonly kind: 'too many limits'; readonly max: number }
  | { readonly kind: 'no such limit'; readonly key: LimitKey }
  | { readonly kind: 'too many accounts'; readonly max: number }
  | { readonly kind: 'other currency'; readonly currency: string }
  | { readonly kind: 'granted otherwise'; readonly amount: number }
  | { readonly kind: 'no such amount'; readonly balance: number }
  | { readonly kind: 'too many rates'; readonly max: number }
  | { readonly kind: 'too many decks'; readonly max: number }
  | { readonly kind: 'pieces missing' }
  | { readonly kind: 'no such deck'; readonly name: string }
  /** Another document has changed: judge it beside that one, and say it again. */
  | { readonly kind: 'moved'; readonly version: number }
  | { readonly kind: 'no such plan'; readonly document: string }
  | { readonly kind: 'too many plans'; readonly max: number }
  | { readonly kind: 'unreadable plan' }
  | { readonly kind: 'sink exists'; readonly name: string }
  | { readonly kind: 'no such sink'; readonly name: string }
  | { readonly kind: 'too many sinks'; readonly max: number }
  | { readonly kind: 'no such trunk'; readonly name: string }
  | { readonly kind: 'too many trunks'; readonly max: number }
  /** After a trunk-put: what is there instead of what its author saw; 0: none. */
  | { readonly kind: 'trunk conflict'; readonly version: number }
  /** After lease-take, lease-release: as it is now; null: there is none. Whoever asked looks whether it is his. */
  | { readonly kind: 'lease'; readonly lease: LeaseRow | null }
  | { readonly kind: 'users put'; readonly added: number; readonly replaced: number; readonly kept: number }
  /** AoRs on the way, the first again at the end. */
  | { readonly kind: 'forwards in a circle'; readonly chain: readonly Aor[] }
  | { readonly kind: 'exists already' }
  | { readonly kind: 'not there' }
  /** Nobody would be left who may do everything. */
  | { readonly kind: 'last admin' }
  | { readonly kind: 'too many'; readonly max: number }
