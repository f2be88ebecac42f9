/**
 * Tells the cluster of live calls: of each call only the latest state is told, one proposal at a time, again and again while there
 * is no majority. A call waits for it once, before it is answered.
 */
import type { Agreed } from '../../cluster/cluster.ts'
import type { CallEnd, Command, Ended, Heard } from '../../cluster/tables/commands.ts'
import type { CallRow } from '../../cluster/tables/rows.ts'
import { ChurnMap } from '../../proto/churn-map.ts'

export interface PublisherNeeds {
  propose(command: Command): Promise<Agreed>
  /** The number of the next record, as far as it is known here. */
  next(): number
  /** Null: what the cluster has agreed on is known here; else when it will be. */
  behind(): Promise<void> | null
  /** Whether there is a row of a call that is to be recorded. */
  hasRow(id: string): boolean
}

export interface Publisher {
  put(row: CallRow): void
  /** The same, and whether it, or what is told after it, was agreed on in time. */
  agree(row: CallRow, timeoutMs: number): Promise<boolean>
  /** Resolves when the cluster knows, or will not be told. */
  end(id: string, end?: Ended): Promise<void>
  has(id: string): boolean
  /** Calls that the cluster does not know the latest of. */
  readonly pending: number
  /** Calls not told of because too many were pending. */
  readonly dropped: number
  /** Resolves when nothing is pending or `timeoutMs` have passed. */
  settle(timeoutMs: number): Promise<void>
  close(): void
}

const PENDING_MAX = 10_000
/** Of calls that were answered: nobody else knows of them, and so few of them come by without a majority. */
const ANSWERED_MAX = 50_000
const RETRY_MIN = 200
const RETRY_MAX = 5_000

interface Waiting {
  readonly id: string
  latest: CallRow | CallEnd
  /** Whether the cluster may have heard of it. */
  told: boolean
  /** Who waits until it is agreed on. */
  readonly waiting: ((agreed: boolean) => void)[]
}

function isEnd(latest: CallRow | CallEnd): latest is CallEnd {
  return 'type' in latest
}

/** Somebody talks, or has talked. */
function isAnswered(latest: CallRow | CallEnd): boolean {
  const call = isEnd(latest) ? latest.end?.call : latest
  return call !== undefined && call.answeredAt !== null
}

export function startPublisher({ propose, next, behind, hasRow }: PublisherNeeds): Publisher {
  const waiting = new ChurnMap<string, Waiting>()
  /** Of calls that are not over for the cluster. */
  const heard = new ChurnMap<string, Heard>()
  const sleeping = new Set<() => void>()
  const idle = new Set<() => void>()
  let dropped = 0
  let closed = false

  /** Null: there is no room. */
  function tell(id: string, latest: CallRow | CallEnd): Waiting | null {
    if (closed) return null
    const known = waiting.get(id)
    if (known !== undefined) {
      known.latest = latest
      return known
    }
    // Whoever sweeps the table finds the row of a call whose end was dropped.
    if (waiting.size >= (isAnswered(latest) ? ANSWERED_MAX : PENDING_MAX)) {
      dropped++
      if (isEnd(latest)) heard.delete(id)
      return null
    }
    const entry: Waiting = { id, latest, told: isEnd(latest), waiting: [] }
    waiting.set(id, entry)
    void run(entry)
    return entry
  }

  async function run(entry: Waiting): Promise<void> {
    let retry = RETRY_MIN
    while (!closed) {
      if (!heard.has(entry.id)) {
        // Without a quorum nobody hears it, and what is numbered meanwhile is not known.
        const late = behind()
        if (late) {
          await late
          continue
        }
      }
      const { latest } = entry
      if (isEnd(latest) && !entry.told && !latest.end?.call) break
      entry.told = true
      const known = heard.get(entry.id) ?? { since: next() }
      heard.set(entry.id, known)
      const command: Command = isEnd(latest)
        ? { ...latest, heard: known }
        : { type: 'call-put', call: latest, heard: known }
      const { kind } = await propose(command).catch((): Agreed => ({ kind: 'no quorum' }))
      if (kind === 'agreed') {
        if (!isEnd(latest) && hasRow(entry.id)) heard.set(entry.id, { ...known, agreed: true })
        if (entry.latest === latest) break
        retry = RETRY_MIN
        continue
      }
      await sleep(retry)
      retry = Math.min(retry * 2, RETRY_MAX)
    }
    waiting.delete(entry.id)
    if (isEnd(entry.latest)) heard.delete(entry.id)
    for (const wake of entry.waiting) wake(!closed)
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
    put: (row) => void tell(row.id, row),
    agree(row, timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const entry = tell(row.id, row)
      if (entry === null) return Promise.resolve(false)
      const timer = setTimeout(resolve, timeoutMs, false)
      entry.waiting.push((agreed) => {
        clearTimeout(timer)
        resolve(agreed)
      })
      return promise
    },
    end(id, end) {
      const entry = tell(id, { type: 'call-end', id, ...(end && { end }) })
      return entry ? new Promise((resolve) => entry.waiting.push(() => resolve())) : Promise.resolve()
    },
    has: (id) => waiting.has(id),
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
