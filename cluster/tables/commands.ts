/** Every way in which the replicated tables can change, and what each comes to. Applied in log order on every node. */
import type {
  Aor,
  BindingRow,
  CallRow,
  Cost,
  EndedBy,
  MediaCount,
  NodeRow,
  Plan,
  RegistrationRow,
  Sealed,
  SinkRow,
  TestCounts,
  Transport,
  UserRow,
} from './rows.ts'

export type Command =
  | { readonly type: 'cluster-init'; readonly nonceKey: Sealed }
  | { readonly type: 'node-up'; readonly node: NodeRow }
  /** Said by the leader of a node it has not heard for long: its calls are over. Ignored if a newer incarnation is up. */
  | NodeDown
  | { readonly type: 'user-put'; readonly user: Omit<UserRow, 'createdAt'>; readonly replace: boolean }
  | { readonly type: 'user-remove'; readonly aor: Aor }
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
  | CallEnd
  | { readonly type: 'sink-put'; readonly sink: SinkConfig; readonly replace: boolean }
  | { readonly type: 'sink-remove'; readonly name: string }
  | { readonly type: 'sink-pause'; readonly name: string; readonly paused: boolean }
  | CdrAck

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
}

export interface Ended {
  /** Wall clock, ms. */
  readonly at: number
  readonly status: number
  readonly reason: string
  readonly cause: number
  readonly by: EndedBy
  /** The call as its node knew it last: what is recorded, also when its row was never agreed on. Absent: its row is all there is. */
  readonly call?: CallRow
  readonly media?: readonly MediaCount[]
  readonly cost?: Cost
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
  | { readonly kind: 'sink exists'; readonly name: string }
  | { readonly kind: 'no such sink'; readonly name: string }
  | { readonly kind: 'too many sinks'; readonly max: number }
