/** Rows of who uses the cluster and who runs it: profiles, tenants, operators, and what these did. */
import type { Aor, Sealed } from './rows.ts'

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
