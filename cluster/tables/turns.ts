/**
 * Whose turn it is in groups that ring in turns: how many calls that the cluster agreed on began with one of a group. All nodes read the same, so they decide
 * the same. A row goes with its group.
 */
import type { Plan } from './plan-rows.ts'
import { put, remove, type State } from './state.ts'

/** Groups that one call may take a turn in; a plan leads through fewer. */
const TAKEN_MAX = 64

/** A group as `document` has it, which may have borrowed it. Names of documents have no spaces. */
export function turnKey(document: string, group: string): string {
  return `${document} ${group}`
}

/** Once for a call, with the first that the tables hear of it: the next has the next. Groups that are gone meanwhile have no turns. */
export function takeTurns(state: State, groups: readonly string[] = []): void {
  for (const key of new Set(groups.slice(0, TAKEN_MAX))) {
    const calls = state.turns.get(key)?.calls ?? 0
    if (calls === 0 && !groupsOf(state, documentOf(key)).has(key)) continue
    put(state, 'turns', key, { calls: calls + 1 })
  }
}

/** After a change of the plan: what is no group any more has no turns. */
export function forgetTurns(state: State): void {
  const known = new Map<string, ReadonlySet<string>>()
  for (const key of [...state.turns.keys()].sort()) {
    const document = documentOf(key)
    const groups = known.get(document) ?? groupsOf(state, document)
    known.set(document, groups)
    if (!groups.has(key)) remove(state, 'turns', key)
  }
}

function documentOf(key: string): string {
  return key.slice(0, key.indexOf(' '))
}

/** Of a document, and of the shared ones that it borrows from. */
function groupsOf({ plans }: State, document: string): ReadonlySet<string> {
  const own = plans.get(document)?.plan
  const borrowed = [...plans.values()].filter(
    ({ plan: { shared } }) => shared !== undefined && own?.use?.includes(shared),
  )
  const all: readonly Plan[] = own === undefined ? [] : [own, ...borrowed.map(({ plan }) => plan)]
  return new Set(all.flatMap(({ groups = [] }) => groups.map(({ name }) => turnKey(document, name))))
}
