/** The routing plan: one row, replaced as a whole, with a version that only grows. */
import type { Command, Result } from './commands.ts'
import { putPlan, type State } from './state.ts'

type PlanCommit = Extract<Command, { type: 'plan-commit' }>

/** Commits a plan, unless its author had seen another version than the one in force (0 before the first). */
export function commitPlan(state: State, { expect, text, plan, author, at }: PlanCommit): Result {
  const current = state.plan?.version ?? 0
  if (expect !== null && expect !== current) return { kind: 'conflict', version: current }
  const version = current + 1
  putPlan(state, { version, text, plan, author, committedAt: at })
  return { kind: 'committed', version }
}
