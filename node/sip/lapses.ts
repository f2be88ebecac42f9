/** Phones of this node that let their time run out: the cluster is told in batches, and again until they are gone. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { Lapsed } from '../../cluster/tables/commands.ts'
import { bindingKey } from '../../cluster/tables/contact-key.ts'
import type { Kept } from './kept.ts'

export interface LapseNeeds {
  readonly cluster: Cluster
  readonly kept: Kept
  /** Monotonic, ms. */
  readonly now: () => number
  /**
   * Whether every node knows the command. Until then nothing is said, and these bindings go with their leases.
   */
  readonly known: () => boolean
  readonly log: Logger
}

/** Bindings in one command. */
const TOGETHER = 500
/** Between two looks; a phone's time may be over by so much. */
const LOOK_MS = 1_000
/** What was said and did not take effect is said again. */
const AGAIN_MS = 5_000

export interface Lapses {
  /** Looks now, as it does every second. Never rejects. */
  look(): Promise<void>
  stop(): void
}

export function watchLapses({ cluster, kept, now, known, log }: LapseNeeds): Lapses {
  let telling = false
  const look = async (): Promise<void> => {
    if (telling || !known()) return
    telling = true
    try {
      for (;;) {
        const bindings = due(cluster, kept, now())
        if (bindings.length === 0) return
        const agreed = await cluster.propose({ type: 'lapse', node: cluster.node, bindings })
        if (agreed.kind !== 'agreed') return
      }
    } catch (error) {
      log.error({ err: error }, 'telling which registrations ran out failed')
    } finally {
      telling = false
    }
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  return { look, stop: () => clearInterval(timer) }
}

/** What ran out, as its row is now: whoever binds it anew meanwhile changes the row, and wins. */
function due(cluster: Cluster, kept: Kept, now: number): Lapsed[] {
  const lapsed: Lapsed[] = []
  while (lapsed.length < TOGETHER) {
    const aor = kept.takeDue(now, now + AGAIN_MS)
    if (aor === null) break
    const over = new Set(kept.of(aor).flatMap(({ key, until }) => (until <= now ? [key] : [])))
    for (const binding of cluster.tables.registrations.get(aor)?.bindings ?? []) {
      const { contact, callId, cseq, expiresAt } = binding
      if (over.has(bindingKey(binding))) lapsed.push({ aor, contact, callId, cseq, expiresAt })
    }
  }
  return lapsed
}
