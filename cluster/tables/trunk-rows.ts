/** Rows of trunks, of what each node sees of them, and of the leases by which one node has a duty. */
import type { Aor, Sealed } from './rows.ts'

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
