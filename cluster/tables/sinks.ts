/** Where records of calls go, and up to which each has them. */
import { queueOf, trim } from './cdrs.ts'
import type { CdrAck, Result, SinkConfig } from './commands.ts'
import { put, remove, type State } from './state.ts'

/** Every record is kept until the slowest has it. */
export const SINKS_MAX = 20
/** Of what a sink refused, the last so many are told. */
const REFUSED_KEPT = 20
const NO_NEWS = { paused: false, lost: 0, parked: 0, refused: [] }

/** Makes a sink, or changes where an existing one goes: what it has got stays got, unless `from` says where to begin. */
export function putSink(state: State, { from, ...config }: SinkConfig, replace: boolean): Result {
  const { name } = config
  const old = state.sinks.get(name)
  if (old && !replace) return { kind: 'sink exists', name }
  if (!old && state.sinks.size >= SINKS_MAX) return { kind: 'too many sinks', max: SINKS_MAX }
  const { first, next } = queueOf(state)
  const start = from === undefined ? (old?.cursor ?? first - 1) : from - 1
  const { paused, lost, parked, refused } = old ?? NO_NEWS
  const cursor = Math.max(first - 1, Math.min(start, next - 1))
  put(state, 'sinks', name, { ...config, paused, cursor, lost, parked, refused })
  return { kind: 'done' }
}

export function removeSink(state: State, name: string): Result {
  if (!state.sinks.has(name)) return { kind: 'no such sink', name }
  remove(state, 'sinks', name)
  trim(state)
  return { kind: 'done' }
}

export function pauseSink(state: State, name: string, paused: boolean): Result {
  const row = state.sinks.get(name)
  if (!row) return { kind: 'no such sink', name }
  const { trouble: _, ...rest } = row
  put(state, 'sinks', name, { ...rest, paused })
  return { kind: 'done' }
}

/** A sink has what it was given up to a number; or it has trouble, and has no more than before. */
export function acknowledge(state: State, { sink, upTo, refused = [], trouble }: CdrAck): Result {
  const row = state.sinks.get(sink)
  if (!row) return { kind: 'no such sink', name: sink }
  const cursor = Math.max(row.cursor, Math.min(upTo, queueOf(state).next - 1))
  // What was refused below the cursor has been told already.
  const news = refused.filter(({ seq }) => seq > row.cursor)
  const { trouble: before, ...rest } = row
  const since = before?.since ?? state.time
  put(state, 'sinks', sink, {
    ...rest,
    cursor,
    parked: row.parked + news.length,
    refused: [...row.refused, ...news].slice(-REFUSED_KEPT),
    ...(trouble !== undefined && { trouble: { since, why: trouble } }),
  })
  if (cursor !== row.cursor) trim(state)
  return { kind: 'done' }
}
