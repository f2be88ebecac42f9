/** Says to the cluster that this node is up, until it is agreed on, and again whenever it is not what the table says. */
import type { Cluster } from '../cluster/cluster.ts'
import type { Logger } from '../cluster/logger.ts'
import type { NodeRow } from '../cluster/tables/rows.ts'

const PROPOSE_MS = 5000
const RETRY_MS = 500

/** `row` is asked each time, as media may come and go. Returns how to stop it. */
export function keepPresent(cluster: Cluster, row: () => NodeRow, log: Logger): { check(): void; stop(): void } {
  let proposing = false
  let stopped = false
  let retry: NodeJS.Timeout | undefined

  const check = (): void => {
    if (proposing || stopped || same(cluster.tables.nodes.get(cluster.node), row())) return
    proposing = true
    const node = row()
    cluster
      .propose({ type: 'node-up', node }, PROPOSE_MS)
      .then((agreed) => {
        if (agreed.kind === 'agreed') log.info({ ...node }, 'this node is up, and the cluster knows')
        else log.warn({ outcome: agreed.kind }, 'the cluster does not know yet that this node is up')
      })
      .catch((error: Error) => log.error({ err: error }, 'saying that this node is up failed'))
      .finally(() => {
        proposing = false
        if (!stopped) retry = setTimeout(check, RETRY_MS)
      })
  }
  const unwatch = cluster.watch((changes) => {
    if (changes.some((change) => change.table === 'nodes' && change.key === cluster.node)) check()
  })
  check()
  return {
    check,
    stop() {
      stopped = true
      clearTimeout(retry)
      unwatch()
    },
  }
}

function same(known: NodeRow | undefined, row: NodeRow): boolean {
  return known?.incarnation === row.incarnation && known.media === row.media && known.sip === row.sip
}
