/** Calls that are over, told to the cluster some at a time, again and again until it has heard of each. */
import type { Agreed } from '../../cluster/cluster.ts'
import type { Command } from '../../cluster/tables/commands.ts'

export interface Releases {
  /** `seconds` of conversation; null: nobody answered. */
  add(id: string, seconds: number | null): void
  has(id: string): boolean
  readonly pending: number
  /** Resolves when all are told or `timeoutMs` have passed, and nothing is told any more. */
  close(timeoutMs: number): Promise<void>
}

const AT_ONCE = 200
const RETRY_MIN = 200
const RETRY_MAX = 5_000

export function startReleases(propose: (command: Command) => Promise<Agreed>): Releases {
  const waiting = new Map<string, number | null>()
  let telling: Promise<void> | null = null
  let closed = false
  let wake: (() => void) | null = null

  async function tell(): Promise<void> {
    let retry = RETRY_MIN
    while (waiting.size > 0 && !closed) {
      const some = [...waiting].slice(0, AT_ONCE)
      const calls = some.map(([id, seconds]) => ({ id, seconds }))
      const { kind } = await propose({ type: 'release', calls }).catch((): Agreed => ({ kind: 'no quorum' }))
      if (kind === 'agreed') {
        for (const [id] of some) waiting.delete(id)
        retry = RETRY_MIN
        continue
      }
      await sleep(retry)
      retry = Math.min(2 * retry, RETRY_MAX)
    }
    telling = null
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      timer.unref()
      wake = done
      function done(): void {
        clearTimeout(timer)
        wake = null
        resolve()
      }
    })
  }

  return {
    add(id, seconds) {
      if (closed || waiting.has(id)) return
      waiting.set(id, seconds)
      telling ??= tell()
    },
    has: (id) => waiting.has(id),
    get pending() {
      return waiting.size
    },
    async close(timeoutMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, timeoutMs)
      await Promise.race([telling, late])
      clearTimeout(timer)
      closed = true
      wake?.()
    },
  }
}
