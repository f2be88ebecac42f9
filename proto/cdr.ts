/** A record of a call as sinks and the command line tell it: docs/cdr.md. Flat, its fields in one order, times as ISO 8601. */

export interface ToldMedia {
  readonly side: string
  readonly codec: string
  readonly packets: number
  readonly bytes: number
  readonly errors: number
  /** What that side heard, by its own reports; absent: it sent none. */
  readonly heard?: ToldQuality
}

export interface ToldQuality {
  /** Mean opinion score, estimated: 1 to 4.5. */
  readonly mos: number
  readonly jitterMs: number
  /** Of a hundred packets. */
  readonly lost: number
  readonly roundTripMs: number
}

export interface ToldCost {
  /** In millionths of the currency. */
  readonly amount: number
  readonly currency: string
}

export interface Told {
  readonly seq: number
  /** Which founding of the cluster counted; empty: the first. */
  readonly lineage: string
  /** The call's: no two records have the same, whatever the cluster was restored from. */
  readonly id: string
  readonly tenant: string
  readonly from: string
  readonly to: string
  readonly dialled: string
  readonly target: string
  readonly trunk: string
  readonly node: string
  readonly planVersion: number
  readonly rule: string
  readonly decision: readonly string[]
  readonly startedAt: string
  readonly ringingAt: string | null
  readonly answeredAt: string | null
  readonly endedAt: string
  /** Seconds, from the INVITE on. */
  readonly duration: number
  readonly billable: number
  readonly disposition: string
  readonly status: number
  readonly reason: string
  readonly cause: number
  readonly by: string
  readonly relay: string
  readonly legs: readonly { readonly role: string; readonly callId: string }[]
  readonly media: readonly ToldMedia[] | null
  readonly cost: ToldCost | null
}

export type Field = keyof Told

export const FIELDS = Object.keys({
  seq: 0,
  lineage: 0,
  id: 0,
  tenant: 0,
  from: 0,
  to: 0,
  dialled: 0,
  target: 0,
  trunk: 0,
  node: 0,
  planVersion: 0,
  rule: 0,
  decision: 0,
  startedAt: 0,
  ringingAt: 0,
  answeredAt: 0,
  endedAt: 0,
  duration: 0,
  billable: 0,
  disposition: 0,
  status: 0,
  reason: 0,
  cause: 0,
  by: 0,
  relay: 0,
  legs: 0,
  media: 0,
  cost: 0,
} satisfies Record<Field, 0>) as readonly Field[]

/** Of some fields: a record is known by these, so they always go first. */
export function chosen(fields: readonly string[] | undefined): readonly Field[] {
  if (fields === undefined) return FIELDS
  return ['seq', 'id', ...FIELDS.filter((name) => name !== 'seq' && name !== 'id' && fields.includes(name))]
}

export function pick(told: Told, fields: readonly Field[]): Partial<Told> {
  return Object.fromEntries(fields.map((name) => [name, told[name]]))
}
