/** What a leader proposes of its own accord. Each of these may be proposed twice without harm. ◆ */
import type { Command } from './tables/commands.ts'
import type { State } from './tables/state.ts'

/** Bindings that one expire command removes. */
const EXPIRE_LIMIT = 2000

export interface Duties {
  readonly state: State
  /** Cluster time, ms. */
  readonly time: number
  /** For how long this leader has not heard the node of that name, ms; null when it is itself, or unknown to it. */
  readonly silence: (node: string) => number | null
  readonly nodeDownMs: number
}

/** What is due. `nonceKey` is only called for a cluster that has none. */
export function duties({ state, time, silence, nodeDownMs }: Duties, nonceKey: () => string): Command[] {
  const due: Command[] = []
  if (!state.cluster) due.push({ type: 'cluster-init', nonceKey: nonceKey() })

  const next = state.expiries.next()
  if (next !== null && next <= time) due.push({ type: 'expire', upTo: time, limit: EXPIRE_LIMIT })

  for (const { until } of state.nodeLeases.values()) {
    if (until > time) continue
    due.push({ type: 'expire-leases', upTo: time })
    break
  }

  for (const { id, incarnation } of state.nodes.values()) {
    const ms = silence(id) ?? 0
    if (ms > nodeDownMs) due.push({ type: 'node-down', node: id, incarnation, heardAt: Math.floor(time - ms) })
  }
  return due
}
