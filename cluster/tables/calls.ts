/** Live calls, as the node of the caller reports them. */
import type { Result } from './commands.ts'
import type { CallRow } from './rows.ts'
import { put, remove, type State } from './state.ts'

/**
 * Writes a call. A report of a process that is over (its node came up again, or was said to be down) changes nothing:
 * nobody would ever end that call.
 */
export function putCall(state: State, call: CallRow): Result {
  if (state.nodes.get(call.node)?.incarnation === call.incarnation) put(state, 'calls', call.id, call)
  return { kind: 'done' }
}

/** Ends a call; one that is gone already is gone. */
export function endCall(state: State, id: string): Result {
  remove(state, 'calls', id)
  return { kind: 'done' }
}

/** Ends the calls of a node for which `over` holds, in order of their ids. */
export function endCallsOf(state: State, node: string, over: (incarnation: string) => boolean): void {
  const ids: string[] = []
  for (const call of state.calls.values()) if (call.node === node && over(call.incarnation)) ids.push(call.id)
  for (const id of ids.sort()) remove(state, 'calls', id)
}
