/** The inputs of the last decisions of this node, as text: the oldest goes when there are too many, or too many bytes. */
import type { Input } from './again.ts'

export interface Recent {
  keep(decided: Input & { readonly isWhole: boolean }): void
  /** The newest first, at most so many. */
  last(count: number): readonly string[]
  readonly size: number
}

export const RECENT_MAX = 20_000
const BYTES_MAX = 32 * 1024 * 1024
/** One that is longer is not kept: it would push out a hundred others. */
const LENGTH_MAX = 8 * 1024

export function keepRecent(most = RECENT_MAX, bytes = BYTES_MAX): Recent {
  const ring: string[] = new Array(most)
  /** How many were ever kept; those from `oldest` on are there. */
  let next = 0
  let oldest = 0
  let size = 0

  function drop(): void {
    size -= ring[oldest % most]!.length
    ring[oldest % most] = ''
    oldest++
  }

  return {
    keep({ request, facts, isWhole }) {
      // Of one that is not whole nobody can say what it would come to.
      if (!isWhole) return
      const text = JSON.stringify({ request, facts })
      if (text.length > LENGTH_MAX) return
      while (next - oldest >= most || (next > oldest && size + text.length > bytes)) drop()
      ring[next % most] = text
      next++
      size += text.length
    },
    last(count) {
      const from = Math.max(oldest, next - count)
      return Array.from({ length: next - from }, (_, i) => ring[(next - 1 - i) % most]!)
    },
    get size() {
      return next - oldest
    },
  }
}
