/** ValidatePlan: what a commit of this text would be told, beside the documents that are in force; nothing is changed. */
import type { PlanRow } from '../../cluster/tables/rows.ts'
import type { PlanVerdict } from '../../proto/types/raftel/v1/PlanVerdict.ts'
import type { ValidatePlanRequest__Output } from '../../proto/types/raftel/v1/ValidatePlanRequest.ts'
import { judge } from './judge.ts'
import type { Needs } from './needs.ts'
import { documentIn } from './plan.ts'

const LIMIT = 100

export function validatePlan(
  { cluster, readPlan }: Needs,
  request: ValidatePlanRequest__Output,
  now: number,
): PlanVerdict {
  const document = documentIn(request.document)
  const limit = request.limit || LIMIT
  const { plans } = cluster.tables
  const version = plans.get(document)?.version ?? 0
  const read = readPlan(request.text)
  if (read.kind === 'faults') {
    const faults = read.text.split('\n')
    return {
      faults: faults.slice(0, limit),
      faultsTotal: faults.length,
      warnings: [],
      warningsTotal: 0,
      version,
      rules: 0,
    }
  }
  const row: PlanRow = { version: 0, text: request.text, plan: read.plan, author: '', committedAt: now, document }
  const { faults, warnings } = judge(new Map([...plans, [document, row]]), document, { cluster, at: now })
  return {
    faults: faults.slice(0, limit),
    faultsTotal: faults.length,
    warnings: warnings.slice(0, limit),
    warningsTotal: warnings.length,
    version,
    rules: read.plan.rules.length,
  }
}
