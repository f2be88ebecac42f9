/** Live calls, as the node of the caller reports them, and what is recorded when they end. */
import { isGone, lostEnd, record } from './cdrs.ts'
import type { CallEnd, Heard, Result } from './commands.ts'
import type { CallRow } from './rows.ts'
import { put, remove, type State } from './state.ts'
import { takeTurns } from './turns.ts'

/**
 * Writes a call. A report of a process that is over (its node came up again, or was said to be down) changes nothing:
 * nobody would ever end that call. Nor does one that comes after the end was recorded.
 */
export function putCall(state: State, call: CallRow, heard?: Heard): Result {
  if (call.about && state.cdrs.has(call.id)) return { kind: 'done' }
  if (state.nodes.get(call.node)?.incarnation !== call.incarnation) return { kind: 'done' }
  const before = state.calls.get(call.id)
  if (call.about && !before?.about && isGone(state, heard)) {
    // It is shown, and needs no record.
    const { about: _, ...told } = call
    put(state, 'calls', call.id, told)
    return { kind: 'done' }
  }
  if (!before) takeTurns(state, call.about?.turns)
  // What it was charged is known here alone: a report that is late must not forget it.
  const { cost } = costIn(before) ?? {}
  put(state, 'calls', call.id, cost && call.about ? { ...call, about: { ...call.about, cost } } : call)
  return { kind: 'done' }
}

/** Ends a call; one that is gone already is gone, unless it never had a row and is to be recorded all the same. */
export function endCall(state: State, { id, end, heard }: CallEnd): Result {
  const row = state.calls.get(id)
  remove(state, 'calls', id)
  const call = end?.call ?? row
  // Of a row that says that it was recorded, the node knows no better.
  const isWanted = row === undefined ? !isGone(state, heard) : row.about !== undefined
  if (row === undefined && call && isWanted && !state.cdrs.has(id)) takeTurns(state, call.about?.turns)
  if (end && call && isWanted) record(state, call, { ...end, ...costIn(row) })
  return { kind: 'done' }
}

/** The node does not know what it was charged. */
function costIn(row: CallRow | undefined) {
  const cost = row?.about?.cost
  return cost && { cost }
}

/** Ends the calls of a node for which `over` holds, in order of their ids. They lasted until `at`, as far as anybody knows. */
export function endCallsOf(state: State, node: string, at: number, over: (incarnation: string) => boolean): void {
  const calls: CallRow[] = []
  for (const call of state.calls.values()) if (call.node === node && over(call.incarnation)) calls.push(call)
  for (const call of calls.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    remove(state, 'calls', call.id)
    record(state, call, { ...lostEnd(call, at), ...costIn(call) })
  }
}
