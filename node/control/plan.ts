/** CommitPlan, GetPlan. A plan with faults is refused with all of them, and the one in force stays. */
import type { PlanRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { CommitPlanRequest__Output } from '../../proto/types/raftel/v1/CommitPlanRequest.ts'
import type { Plan } from '../../proto/types/raftel/v1/Plan.ts'
import type { Needs } from './needs.ts'
import { agreed, conflict, invalid } from './refusal.ts'

/** `within`: milliseconds that agreeing may take. */
export async function commitPlan(
  needs: Needs,
  request: CommitPlanRequest__Output,
  now: number,
  within: number,
): Promise<Plan> {
  const { text, expect } = request
  const read = needs.readPlan(text)
  if (read.kind === 'faults') throw invalid(read.text)
  const author = clean(request.author, 64)
  const result = agreed(
    await needs.cluster.propose(
      { type: 'plan-commit', expect: expect ?? null, text, plan: read.plan, author, at: now },
      within,
    ),
  )
  if (result.kind === 'conflict') {
    throw conflict(
      `version ${result.version} is in force, not ${expect}; look at it (raftel plan show) and commit again`,
    )
  }
  if (result.kind !== 'committed') throw new Error(`a plan-commit came to ${result.kind}`)
  return { version: result.version, text, author, committedAt: now, rules: read.plan.rules.length }
}

export function planView(row: PlanRow | null): Plan {
  if (row === null) return { version: 0, text: '', author: '', committedAt: 0, rules: 0 }
  const { version, text, author, committedAt, plan } = row
  return { version, text, author: clean(author, 64), committedAt, rules: plan.rules.length }
}
