/** One sink: reads the queue from its cursor on, delivers, and tells the cluster how far it is. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import { queueOf } from '../../cluster/tables/cdrs.ts'
import type { CdrAck } from '../../cluster/tables/commands.ts'
import { clean } from '../../proto/text.ts'
import type { Delivered, Sink } from './sink.ts'

export interface Running {
  /** There may be something new. */
  wake(): void
  stop(): Promise<void>
}

export interface RunNeeds {
  readonly cluster: Cluster
  readonly log: Logger
  readonly name: string
  /** Made when there is something to deliver first. Throws a sentence when it cannot be. */
  open(): Sink
  /** 0 to 1. */
  chance(): number
}

/** Records in one batch. */
const BATCH = 500
/** What comes within so long goes together: a transaction and an entry of the log for each call would be too many. */
const GATHER_MS = 200
const RETRY_MS = 500
const RETRY_MAX_MS = 60_000
/** What is wrong is told again when it is another thing, so often at most. */
const TELL_MS = 10_000
const WHY_MAX = 200

export function runSink({ cluster, log, name, open, chance }: RunNeeds): Running {
  const stop = new AbortController()
  let sink: Sink | null = null
  let wake = (): void => {}
  let ended = (): void => {}
  let told = { why: '', at: Number.NEGATIVE_INFINITY }
  /** Delivered, whether the cluster knows or not. */
  let done = 0

  /** Resolves early when it is stopped; never rejects. */
  function sleep(ms: number | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = ms === null ? undefined : setTimeout(resolve, ms)
    if (ms === null) wake = resolve
    ended = resolve
    if (stop.signal.aborted) resolve()
    return promise.finally(() => clearTimeout(timer))
  }

  function next(): { readonly rows: readonly CdrRow[]; readonly upTo: number } | null {
    const row = cluster.tables.sinks.get(name)
    if (!row || row.paused) return null
    const queue = queueOf(cluster.tables)
    const from = Math.max(row.cursor, done, queue.first - 1) + 1
    const upTo = Math.min(from + BATCH, queue.next) - 1
    if (upTo < from) return null
    const rows: CdrRow[] = []
    for (let seq = from; seq <= upTo; seq++) {
      const cdr = cluster.tables.cdrOrder.at(seq)
      if (cdr && (row.tenant === undefined || cdr.tenant === row.tenant)) rows.push(cdr)
    }
    return { rows, upTo }
  }

  async function deliver(rows: readonly CdrRow[]): Promise<Delivered> {
    if (rows.length === 0) return { kind: 'taken', refused: [] }
    try {
      sink ??= open()
    } catch (error) {
      return { kind: 'down', why: (error as Error).message }
    }
    return sink.deliver(rows)
  }

  async function tell(ack: Omit<CdrAck, 'type' | 'sink'>): Promise<boolean> {
    const agreed = await cluster.propose({ type: 'cdr-ack', sink: name, ...ack })
    return agreed.kind === 'agreed'
  }

  async function tellTrouble(said: string): Promise<void> {
    const why = clean(said, WHY_MAX)
    const now = performance.now()
    if (told.why === why || now - told.at < TELL_MS) return
    told = { why, at: now }
    log.warn({ sink: name, why }, 'a sink takes no call records; they are kept, and it is tried again')
    await tell({ upTo: 0, trouble: why })
  }

  async function run(): Promise<void> {
    let retry = RETRY_MS
    while (!stop.signal.aborted) {
      if (next() === null) {
        await sleep(null)
        continue
      }
      await sleep(GATHER_MS)
      const batch = next()
      if (batch === null || stop.signal.aborted) continue
      const delivered = await deliver(batch.rows)
      if (delivered.kind === 'down') {
        if (stop.signal.aborted) return
        await tellTrouble(delivered.why)
        // Half of it by chance, so that what is down is not asked by all at once.
        await sleep(delivered.afterMs ?? retry * (0.5 + chance() / 2))
        retry = Math.min(2 * retry, RETRY_MAX_MS)
        continue
      }
      retry = RETRY_MS
      done = batch.upTo
      if (told.why !== '') log.info({ sink: name }, 'a sink takes call records again')
      told = { why: '', at: Number.NEGATIVE_INFINITY }
      const refused = delivered.refused.map(({ seq, why }) => ({ seq, why: clean(why, WHY_MAX) }))
      for (const one of refused) log.error({ sink: name, ...one }, 'a sink refused a call record for what it is')
      const ack = { upTo: batch.upTo, ...(refused.length > 0 && { refused }) }
      while (!stop.signal.aborted && !(await tell(ack))) await sleep(RETRY_MAX_MS / 60)
    }
  }

  const running = run()
    .catch((error: Error) => log.error({ sink: name, err: error }, 'a sink failed here'))
    .finally(() => sink?.close())
  return {
    wake: () => wake(),
    async stop() {
      stop.abort()
      ended()
      // What is under way may be finished or not: it is delivered again by whoever is next.
      await sink?.close().catch(() => {})
      await running
    },
  }
}
