/** Compares the live calls of this node with the relay and the table, again and again: what got lost on the way is put right. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { rowOf } from './call.ts'
import type { Live } from './desk.ts'
import type { Publisher } from './publish.ts'

interface Swept {
  readonly cluster: Cluster
  /** Wall clock, ms. */
  now(): number
  /** Whether the end of a call is about to be told. */
  ending(id: string): boolean
  readonly lives: ReadonlyMap<string, Live>
  readonly publisher: Publisher
  readonly log: Logger
}

/** Q.850: temporary failure. */
const ITS_END_GOT_LOST = { status: 0, reason: 'its end got lost', cause: 41, by: 'node' } as const

export function startSweeping(
  { cluster, now, ending, lives, publisher, log }: Swept,
  everyMs: number,
): { stop(): void } {
  /** Rows of ours whose call is over: their end was lost while there was no majority. */
  function sweepRows(): void {
    for (const row of cluster.tables.calls.values()) {
      const ours = row.node === cluster.node && row.incarnation === cluster.incarnation
      if (ours && !lives.has(row.id) && !ending(row.id)) void publisher.end(row.id, { at: now(), ...ITS_END_GOT_LOST })
    }
  }

  /** Calls of ours without a row: the others took this node for gone while it was cut off or stopped, and it is back. */
  function sweepCalls(): void {
    if (cluster.tables.nodes.get(cluster.node)?.incarnation !== cluster.incarnation) return
    for (const { call, recorded } of lives.values()) {
      const row = call && rowOf(call, cluster.node, cluster.incarnation, recorded)
      if (row && !cluster.tables.calls.has(row.id)) publisher.put(row)
    }
  }

  /** Calls whose phones are both gone without a BYE, or whose relay is another process now: nobody hears anybody. */
  async function sweepMedia(): Promise<void> {
    for (const live of [...lives.values()]) {
      if (live.call?.state !== 'answered' || !(await live.media?.gone())) continue
      log.info({ call: live.id }, 'the relay has no such call any more: it is ended')
      live.stop.abort('no media')
    }
  }

  let asking = false
  function sweep(): void {
    sweepRows()
    sweepCalls()
    if (asking) return
    asking = true
    void sweepMedia().finally(() => {
      asking = false
    })
  }
  const sweeping = setInterval(sweep, everyMs)
  sweeping.unref()
  return { stop: () => clearInterval(sweeping) }
}
