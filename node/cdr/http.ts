/** POST of `{"lineage", "cdrs": […]}`. What answers 2xx has them; by the `id` of each it knows those that it had before. */
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import { chosen, pick } from '../../proto/cdr.ts'
import { clean } from '../../proto/text.ts'
import { toldOf } from './fields.ts'
import { deliverAll, type Tried } from './poison.ts'
import { down, type Sink } from './sink.ts'

export interface HttpSink {
  readonly target: string
  readonly lineage: string
  readonly fields?: readonly string[]
  /** Value of the Authorization header. */
  readonly authorization?: string
}

const ANSWER_MS = 15_000
const WAIT_MAX_MS = 600_000
/** A receiver says with these that it will never take what it was sent; with any other that something is wrong where it is. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422])

export function httpSink({ target, lineage, fields, authorization }: HttpSink): Sink {
  const names = chosen(fields)
  const stop = new AbortController()

  async function attempt(rows: readonly CdrRow[]): Promise<Tried> {
    const cdrs = rows.map((row) => pick(toldOf(row, lineage), names))
    try {
      const response = await fetch(target, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': `"${lineage || 'first'}-${rows[0]?.seq}-${rows.at(-1)?.seq}"`,
          ...(authorization !== undefined && { Authorization: authorization }),
        },
        body: JSON.stringify({ lineage, cdrs }),
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(ANSWER_MS)]),
      })
      const { status } = response
      await response.body?.cancel()
      if (status >= 200 && status < 300) return { kind: 'taken', refused: [] }
      const why = clean(`${status} ${response.statusText}`, 100)
      if (REFUSALS.has(status)) return { kind: 'refused', why }
      const seconds = Number(response.headers.get('retry-after'))
      return { kind: 'down', why, ...(seconds > 0 && { afterMs: Math.min(WAIT_MAX_MS, seconds * 1000) }) }
    } catch (error) {
      const { cause } = error as { cause?: unknown }
      return down(cause ?? error)
    }
  }

  return {
    deliver: (rows) => deliverAll(rows, attempt),
    async close() {
      stop.abort()
    },
  }
}
