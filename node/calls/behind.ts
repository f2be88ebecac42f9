/** Whether this node knows what the cluster has agreed on: not without a quorum, nor right after, before it has caught up. */
import type { Cluster } from '../../cluster/cluster.ts'

export interface Behind {
  /** Null: it knows; else when it will. */
  until(): Promise<void> | null
  stop(): void
}

const ASK_MS = 5_000
const AGAIN_MS = 200

export function watchBehind(cluster: Pick<Cluster, 'status' | 'onStatus' | 'catchUp'>): Behind {
  let late: Promise<void> | null = null
  let stopped = false
  let wake = (): void => undefined
  const unwatch = cluster.onStatus(look)
  look()

  function look(): void {
    if (cluster.status().quorum || stopped) return
    late ??= caughtUp().finally(() => {
      late = null
    })
  }

  async function caughtUp(): Promise<void> {
    while (!stopped && (await cluster.catchUp(ASK_MS)) !== 'caught up') {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = setTimeout(resolve, AGAIN_MS)
      timer.unref()
      await promise
      clearTimeout(timer)
    }
  }

  return {
    until: () => late,
    stop() {
      stopped = true
      unwatch()
      wake()
    },
  }
}
