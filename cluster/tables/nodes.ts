/** Nodes that are up, each with the incarnation of its process. */
import { endCallsOf } from './calls.ts'
import type { NodeDown, Result } from './commands.ts'
import { freeLeasesOf } from './leases.ts'
import { releaseOf } from './reservations.ts'
import type { NodeRow } from './rows.ts'
import { closeSession } from './sessions.ts'
import { put, remove, type State } from './state.ts'
import { forgetTrunkStatesOf } from './trunks.ts'

/**
 * A process says that it is the node now: the calls of any other process of that node are over. What a node said just before it was
 * removed may come after it: nobody would ever say that it is down.
 */
export function nodeUp(state: State, node: NodeRow): Result {
  if (state.members?.all.every(({ name }) => name !== node.id)) return { kind: 'done' }
  const at = Math.min(state.time, node.startedAt)
  leave(state, node.id, at, (incarnation) => incarnation !== node.incarnation)
  const { id, incarnation, sip, control, media, startedAt } = node
  put(state, 'nodes', id, { id, incarnation, sip, control, media, startedAt })
  return { kind: 'done' }
}

/** The leader says that a process is gone: its row, its calls and its session go. A newer process is not touched. */
export function nodeDown(state: State, { node, incarnation, heardAt }: NodeDown): Result {
  if (state.nodes.get(node)?.incarnation !== incarnation) return { kind: 'done' }
  remove(state, 'nodes', node)
  leave(state, node, heardAt ?? state.time, (of) => of === incarnation)
  closeSession(state, node, incarnation)
  return { kind: 'done' }
}

/** What processes of a node leave behind that are over since cluster time `at`. */
export function leave(state: State, node: string, at: number, over: (incarnation: string) => boolean): void {
  releaseOf(state, node, over)
  endCallsOf(state, node, at, over)
  freeLeasesOf(state, node, over)
  forgetTrunkStatesOf(state, node, over)
}
