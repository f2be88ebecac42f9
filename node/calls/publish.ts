/**
 * Tells the cluster of live calls without making a call wait for it: of each call only the latest state is told, one
 * proposal at a time, again and again while there is no majority.
 */
import type { Agreed } from '../../cluster/cluster.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import type { CallRow } from '../../cluster/tables/rows.ts'
import { ChurnMap } from '../../proto/churn-map.ts'

export interface Publisher {
  put(row: CallRow): void
  end(id: string): void
  /** Calls that the cluster does not know the latest of. */
  readonly pending: number
  /** Calls not told of because too many were pending. */
  readonly dropped: number
  /** Resolves when nothing is pending or `timeoutMs` have passed. */
  settle(timeoutMs: number): Promise<void>
  close(): void
}

const PENDING_MAX = 10_000
const RETRY_MIN = 200
const RETRY_MAX = 5_000

interface Waiting {
  readonly id: string
  latest: CallRow | 'end'
  /** Whether the cluster may have heard of it. */
  told: boolean
}

export function startPublisher(propose: (command: Command) => Promise<Agreed>): Publisher {
  const waiting = new ChurnMap<string, Waiting>()
  const sleeping = new Set<() => void>()
  const idle = new Set<() => void>()
  let dropped = 0
  let closed = false

  function tell(id: string, latest: CallRow | 'end'): void {
    if (closed) return
    const known = waiting.get(id)
    if (known !== undefined) {
      known.latest = latest
      return
    }
    // Whoever sweeps the table finds the row of a call whose end was dropped.
    if (waiting.size >= PENDING_MAX) {
      dropped++
      return
    }
    const entry: Waiting = { id, latest, told: latest === 'end' }
    waiting.set(id, entry)
    void run(entry)
  }

  async function run(entry: Waiting): Promise<void> {
    let retry = RETRY_MIN
    while (!closed) {
      const { latest } = entry
      if (latest === 'end' && !entry.told) break
      entry.told = true
      const command: Command =
        latest === 'end' ? { type: 'call-end', id: entry.id } : { type: 'call-put', call: latest }
      const { kind } = await propose(command).catch((): Agreed => ({ kind: 'no quorum' }))
      if (kind === 'agreed') {
        if (entry.latest === latest) break
        retry = RETRY_MIN
        continue
      }
      await sleep(retry)
      retry = Math.min(retry * 2, RETRY_MAX)
    }
    waiting.delete(entry.id)
    if (waiting.size === 0) for (const wake of idle) wake()
  }

  function sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(wake, ms)
    timer.unref()
    sleeping.add(wake)
    function wake(): void {
      clearTimeout(timer)
      sleeping.delete(wake)
      resolve()
    }
    return promise
  }

  return {
    put: (row) => tell(row.id, row),
    end: (id) => tell(id, 'end'),
    get pending() {
      return waiting.size
    },
    get dropped() {
      return dropped
    },
    async settle(timeoutMs) {
      if (waiting.size === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, timeoutMs)
      idle.add(resolve)
      await promise
      clearTimeout(timer)
      idle.delete(resolve)
    },
    close() {
      closed = true
      for (const wake of [...sleeping]) wake()
    },
  }
}
