/** Every way in which the replicated tables can change, and what each comes to. Applied in log order on every node. */
import type {
  Aor,
  BindingRow,
  CallRow,
  NodeRow,
  OperatorRow,
  Plan,
  ProfileRow,
  RegistrationRow,
  Sealed,
  TenantRow,
  TestCounts,
  Transport,
  UserRow,
} from './rows.ts'

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
  | { readonly type: 'node-down'; readonly node: string; readonly incarnation: string }
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
  | { readonly type: 'call-put'; readonly call: CallRow }
  | { readonly type: 'call-end'; readonly id: string }

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
  /** Another document has changed: judge it beside that one, and say it again. */
  | { readonly kind: 'moved'; readonly version: number }
  | { readonly kind: 'no such plan'; readonly document: string }
  | { readonly kind: 'too many plans'; readonly max: number }
  | { readonly kind: 'unreadable plan' }
  | { readonly kind: 'users put'; readonly added: number; readonly replaced: number; readonly kept: number }
  /** AoRs on the way, the first again at the end. */
  | { readonly kind: 'forwards in a circle'; readonly chain: readonly Aor[] }
  | { readonly kind: 'exists already' }
  | { readonly kind: 'not there' }
  /** Nobody would be left who may do everything. */
  | { readonly kind: 'last admin' }
  | { readonly kind: 'too many'; readonly max: number }
