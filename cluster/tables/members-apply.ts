/** Changes of members on their way into the tables: who was removed is gone, with its calls and its session. */
import type { Entry } from '../raft/types.ts'
import { afterEntry } from './members.ts'
import { leave } from './nodes.ts'
import { closeSession } from './sessions.ts'
import { putMembers, remove, type State } from './state.ts'

export function applyMembers(state: State, entry: Entry): void {
  const before = state.members
  const { row } = afterEntry(before, entry)
  if (row === null || row === before) return
  putMembers(state, row)
  for (const { id, name } of before?.all ?? []) {
    if (row.all.some((member) => member.id === id)) continue
    remove(state, 'nodes', name)
    leave(state, name, state.time, () => true)
    const session = state.sessions.get(name)
    if (session) closeSession(state, name, session.incarnation)
  }
}
