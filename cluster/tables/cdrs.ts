/**
 * Records of calls that are over: made once for each call, numbered without a gap, and kept until all sinks have them and for some time
 * after that.
 */

import type { CdrQueueRow, CdrRow, Disposition, SinkRow } from './cdr-rows.ts'
import type { Ended, Heard } from './commands.ts'
import { charge } from './reservations.ts'
import type { CallRow } from './rows.ts'
import { put, remove, type State } from './state.ts'

/** Those that all sinks have are kept for who looks: so many, for so long. */
export const KEPT_MAX = 10_000
export const KEPT_MS = 7 * 86_400_000
/** None goes sooner: a proposal that was given up may still come, and is known for what it is by the record. */
const KEPT_MIN_MS = 60_000
/** More are not kept for a sink that does not take them: the oldest go, and are counted. */
export const CDRS_MAX = 100_000
/** What one command drops at most: 2 keep pace with what comes. */
const DROP_MAX = 100

export const QUEUE = 'cdrs'
const EMPTY: CdrQueueRow = { first: 1, next: 1, dropped: 0 }

/** Q.850: temporary failure. */
const TEMPORARY_FAILURE = 41

export function queueOf({ cdrQueue }: { readonly cdrQueue: ReadonlyMap<string, CdrQueueRow> }): CdrQueueRow {
  return cdrQueue.get(QUEUE) ?? EMPTY
}

/** Records the end of a call, unless it is recorded, or is none that is: see CallRow.about. */
export function record(state: State, call: CallRow, end: Ended): void {
  if (!call.about || state.cdrs.has(call.id)) return
  const { next, ...queue } = queueOf(state)
  const plain = recordOf(state, next, call, end)
  const cost = charge(state, call.id, plain.answeredAt === null ? null : plain.billable, end) ?? plain.cost
  const row = cost ? { ...plain, cost } : plain
  put(state, 'cdrs', row.id, row)
  state.cdrOrder.add(row)
  put(state, 'cdrQueue', QUEUE, trimmed(state, { ...queue, next: next + 1 }))
}

/**
 * Whether a call without a row was recorded, or may have been, when that record need not be there any more. Rows go by being recorded, and in no other way. Of one whose row
 * was perhaps never agreed on, all records since its beginning must be there to say that it has none: once a call, rather not at all than twice.
 */
export function isGone(state: State, heard: Heard | undefined): boolean {
  return heard !== undefined && (heard.agreed === true || heard.since < queueOf(state).first)
}

/** What was acknowledged may go. */
export function trim(state: State): void {
  const queue = queueOf(state)
  const now = trimmed(state, queue)
  if (now.first !== queue.first) put(state, 'cdrQueue', QUEUE, now)
}

/** The end of a call of a node that is gone. */
export function lostEnd(call: CallRow, at: number): Ended {
  const from = Math.max(call.startedAt, call.answeredAt ?? 0)
  const status = call.answeredAt === null ? 0 : 200
  return { at: Math.max(from, at), status, reason: 'node lost', cause: TEMPORARY_FAILURE, by: 'lost' }
}

function recordOf(state: State, seq: number, call: CallRow, end: Ended): CdrRow {
  const { tenant, dialled, trunk, ringingAt, decision } = call.about!
  const { media, cost, status, reason, cause, by, seconds } = end
  const endedAt = Math.max(end.at, call.startedAt, call.answeredAt ?? 0)
  return {
    seq,
    id: call.id,
    recordedAt: state.time,
    node: call.node,
    from: call.from,
    to: call.to,
    target: call.target,
    tenant,
    dialled,
    trunk,
    planVersion: call.planVersion,
    rule: call.rule,
    decision,
    startedAt: call.startedAt,
    ringingAt,
    answeredAt: call.answeredAt,
    endedAt,
    billable: call.answeredAt === null ? 0 : Math.ceil(seconds ?? (endedAt - call.answeredAt) / 1000),
    disposition: call.answeredAt === null ? dispositionOf(status, by) : 'answered',
    status,
    reason,
    cause,
    by,
    relay: call.media,
    legs: call.legs.map(({ role, callId }) => ({ role, callId })),
    ...(media && { media }),
    ...(cost && { cost }),
  }
}

/** Of a call that nobody answered, by what the caller was told. */
export function dispositionOf(status: number, by: CdrRow['by']): Disposition {
  if (status === 486 || status === 600) return 'busy'
  if (status === 408 || status === 480) return 'no answer'
  if (status === 487) return by === 'caller' ? 'cancelled' : 'failed'
  if (status >= 500 && status < 600) return 'failed'
  return status === 0 ? 'failed' : 'refused'
}

/** Drops what need not be kept any more, oldest first. */
function trimmed(state: State, queue: CdrQueueRow): CdrQueueRow {
  let { first, dropped } = queue
  const had = acknowledged(state.sinks.values())
  for (let left = DROP_MAX; left > 0 && first < queue.next; left--) {
    const isOver = queue.next - first > CDRS_MAX
    if (!isOver && first > had) break
    const row = state.cdrOrder.at(first)
    if (!isOver && row && isKept(row, queue.next - first, state.time)) break
    if (first > had) {
      dropped++
      lose(state, first)
    }
    if (row) {
      state.cdrOrder.forget(first)
      remove(state, 'cdrs', row.id)
    }
    first++
  }
  return { ...queue, first, dropped }
}

function isKept({ recordedAt }: CdrRow, count: number, now: number): boolean {
  const age = now - recordedAt
  return age < KEPT_MIN_MS || (count <= KEPT_MAX && age < KEPT_MS)
}

/** Up to which number every sink has them. */
function acknowledged(sinks: Iterable<SinkRow>): number {
  let least = Number.POSITIVE_INFINITY
  for (const { cursor } of sinks) least = Math.min(least, cursor)
  return least
}

function lose(state: State, seq: number): void {
  for (const sink of [...state.sinks.values()]) {
    if (sink.cursor < seq) put(state, 'sinks', sink.name, { ...sink, cursor: seq, lost: sink.lost + 1 })
  }
}
