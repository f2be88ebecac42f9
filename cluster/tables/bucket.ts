/**
 * So many calls a second, exactly, in cluster time: a bucket of tokens, counted in thousandths, so that a rate of r a second adds r a ms
 * and nothing is rounded. In any time of T ms no more calls begin than `burst + perSecond * T / 1000`.
 *
 * A slice is some of its tokens in the hands of a node for a moment, spent there without asking. Until it is given back or its time is over the bucket
 * fills only up to what lacks for `burst` besides all that may still be spent elsewhere; so the bound above holds with slices as without.
 */

export interface Bucket {
  /** Thousandths of a token. */
  readonly level: number
  /** Cluster time, ms, of that level. */
  readonly at: number
  readonly slices?: readonly Slice[]
}

export interface Slice {
  readonly node: string
  readonly incarnation: string
  /** Whole tokens that it may have left. */
  readonly tokens: number
  /** Cluster time, ms: after that it spends none of them. */
  readonly until: number
}

export interface Pace {
  readonly perSecond: number
  /** Most at once. */
  readonly burst: number
}

/** The bucket as it is at `time`; a new one is full. */
export function filled(bucket: Bucket | undefined, { perSecond, burst }: Pace, time: number): Bucket {
  if (!bucket) return { level: burst * 1000, at: time }
  const slices = (bucket.slices ?? []).filter(({ until }) => until > time)
  // What was in hands until now held the level down until now: what may be added counts from the last time that it was looked at.
  const room = Math.max(0, burst * 1000 - held(bucket) * 1000)
  const level = Math.min(room, bucket.level + perSecond * Math.max(0, time - bucket.at))
  return { level, at: Math.max(time, bucket.at), ...(slices.length > 0 && { slices }) }
}

/** One token less; null: there is none. The bucket is as `filled` gave it. */
export function spent(bucket: Bucket): Bucket | null {
  return bucket.level < 1000 ? null : { ...bucket, level: bucket.level - 1000 }
}

/** Up to so many tokens into the hands of a node. What it still had it keeps. The bucket is as `filled` gave it. */
export function sliced(bucket: Bucket, slice: Slice): { readonly bucket: Bucket; readonly tokens: number } {
  const tokens = Math.min(slice.tokens, Math.floor(bucket.level / 1000))
  if (tokens < 1 || (bucket.slices?.length ?? 0) >= SLICES_MAX) return { bucket, tokens: 0 }
  const slices = [...(bucket.slices ?? []), { ...slice, tokens }]
  return { bucket: { ...bucket, level: bucket.level - tokens * 1000, slices }, tokens }
}

/** More at once hand out none: a node asks for one a moment. */
const SLICES_MAX = 100

/** A node has no use for what is left of the slice that ends at `until`, and has spent the rest. The bucket is as `filled` gave it. */
export function unsliced(bucket: Bucket, { node, incarnation, tokens, until }: Slice): Bucket {
  const slices = bucket.slices ?? []
  const found = slices.find((one) => one.node === node && one.incarnation === incarnation && one.until === until)
  if (!found) return bucket
  const rest = slices.filter((one) => one !== found)
  const back = Math.max(0, Math.min(tokens, found.tokens))
  return { level: bucket.level + back * 1000, at: bucket.at, ...(rest.length > 0 && { slices: rest }) }
}

function held({ slices = [] }: Bucket): number {
  return slices.reduce((sum, { tokens }) => sum + tokens, 0)
}
