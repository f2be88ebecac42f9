/** Every way in which the replicated tables can change, and what each comes to. Applied in log order on every node. */
import type {
  Aor,
  BindingRow,
  By,
  CallRow,
  LeaseRow,
  NodeRow,
  Plan,
  RegistrationRow,
  Sealed,
  Transport,
  TrunkRow,
  TrunkStateRow,
  UserRow,
} from './rows.ts'

export type Command =
  | { readonly type: 'cluster-init'; readonly nonceKey: Sealed }
  | { readonly type: 'node-up'; readonly node: NodeRow }
  /** Said by the leader of a node it has not heard for long: its calls are over. Ignored if a newer incarnation is up. */
  | { readonly type: 'node-down'; readonly node: string; readonly incarnation: string }
  | { readonly type: 'user-put'; readonly user: Omit<UserRow, 'createdAt'>; readonly replace: boolean }
  | { readonly type: 'user-remove'; readonly aor: Aor }
  | Bind
  /** Said by the leader: whatever expired before cluster time `upTo` goes, at most `limit` rows, oldest first. */
  | { readonly type: 'expire'; readonly upTo: number; readonly limit: number }
  | Lapse
  | Ban
  | { readonly type: 'unban'; readonly source: string }
  | {
      readonly type: 'plan-commit'
      /** The version the author saw; null: whatever is there (first commit, or told to). */
      readonly expect: number | null
      readonly text: string
      readonly plan: Plan
      readonly author: string
      readonly at: number
    }
  | { readonly type: 'call-put'; readonly call: CallRow }
  | { readonly type: 'call-end'; readonly id: string }
  | TrunkPut
  | { readonly type: 'trunk-remove'; readonly name: string; readonly by?: By }
  /** Said by a node of itself, of a trunk that it sees differently than before. */
  | { readonly type: 'trunk-state'; readonly state: Omit<TrunkStateRow, 'since'> }
  | LeaseTake
  | LeaseRenew
  | LeaseRelease

/** Programs of before know none of these, so they are said only once there are founders; nor what follows. */
export interface TrunkPut {
  readonly type: 'trunk-put'
  readonly trunk: Omit<TrunkRow, 'version'>
  /** The version the author saw; 0: there must be none; null: whatever is there. */
  readonly expect: number | null
  readonly by?: By
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
  | { readonly kind: 'conflict'; readonly version: number }
  | { readonly kind: 'no such trunk'; readonly name: string }
  | { readonly kind: 'too many trunks'; readonly max: number }
  /** After a trunk-put: what is there instead of what its author saw; 0: none. */
  | { readonly kind: 'trunk conflict'; readonly version: number }
  /** After lease-take, lease-release: as it is now; null: there is none. Whoever asked looks whether it is his. */
  | { readonly kind: 'lease'; readonly lease: LeaseRow | null }
