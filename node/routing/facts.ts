/** What routing asks of the world beside the plan. All that may be absent is not known then. */
import type { ProfileRow } from '../../cluster/tables/people-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'

export interface Facts {
  /** Whether this AoR is a user of the cluster. */
  known(aor: Aor): boolean
  /** Whether this host is an address of the cluster itself: dialling it means the caller's own domain. */
  here(host: string): boolean
  /** What a user has set. */
  profile?(aor: Aor): ProfileRow | null
  /** Whether a trunk can be used, and if not, why; null: it is not known. */
  trunk?(name: string): TrunkFact | null
  /** Whose turn it is in a group that rings in turns: a number that goes up with each call; null: it is drawn. `document`: whose group it is. */
  turn?(group: string, document: string): number | null
  /** What a minute to this number costs by this trunk, in any unit as long as it is the same; null: it is not known. */
  price?(trunk: string, number: string): number | null
}

export interface TrunkFact {
  readonly state: 'up' | 'down' | 'disabled'
  /** For people. */
  readonly why?: string
  /** Whose it is: for calls of that tenant's plan alone, out and in. Absent: everybody's. */
  readonly tenant?: string
}
