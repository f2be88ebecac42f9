/**
 * Calls a second without a round of the log for each: this node takes some tokens of a key at once and spends them here. A slice is good
 * for a moment only, by a clock that began before it was asked for; so it is over here before it is over for the cluster.
 */
import type { Cluster } from '../../cluster/cluster.ts'

/** How long a slice may be spent, ms of cluster time. */
export const HOLD_MS = 1_000
/** A node asks for what it needs in about this part of a second. */
const SHARE = 10

interface Slice {
  left: number
  /** Monotonic, ms. */
  readonly until: number
  /** As the cluster knows it. */
  readonly name: number
}

export type Token = 'here' | 'none' | 'no quorum'

export interface Slices {
  /** One token of a key. */
  take(key: string, perSecond: number): Promise<Token>
  /** Gives back what was not spent. */
  close(): void
}

export function startSlices(cluster: Cluster, timeoutMs: number, now: () => number = () => performance.now()): Slices {
  const { node, incarnation } = cluster
  const slices = new Map<string, Slice[]>()
  const asking = new Map<string, Promise<Token>>()

  function spend(key: string): boolean {
    const good = (slices.get(key) ?? []).filter(({ left, until }) => left > 0 && until > now())
    if (good.length > 0) slices.set(key, good)
    else slices.delete(key)
    const [slice] = good
    if (slice) slice.left--
    return slice !== undefined
  }

  async function ask(key: string, perSecond: number): Promise<Token> {
    const until = now() + HOLD_MS
    const tokens = Math.max(1, Math.ceil(perSecond / SHARE))
    const said = await cluster.propose({ type: 'slice', key, node, incarnation, tokens, hold: HOLD_MS }, timeoutMs)
    if (said.kind !== 'agreed' || said.result.kind !== 'sliced') return 'no quorum'
    const { tokens: left, until: name } = said.result
    if (left === 0) return 'none'
    slices.set(key, [...(slices.get(key) ?? []), { left, until, name }])
    return 'here'
  }

  return {
    async take(key, perSecond) {
      // Calls that come while a slice is asked for wait for that one, and ask again only when it was too small for all of them.
      for (let tries = 0; tries < SHARE; tries++) {
        if (spend(key)) return 'here'
        let asked = asking.get(key)
        if (!asked) {
          asked = ask(key, perSecond).finally(() => asking.delete(key))
          asking.set(key, asked)
        }
        const said = await asked
        if (said !== 'here') return said
      }
      return 'none'
    },
    close() {
      for (const [key, some] of slices) {
        for (const { left: tokens, until, name } of some) {
          if (tokens === 0 || until <= now()) continue
          void cluster
            .propose({ type: 'unslice', key, rest: { node, incarnation, tokens, until: name } })
            .catch(() => {})
        }
      }
      slices.clear()
    },
  }
}
