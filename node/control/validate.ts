/** ValidatePlan, TestPlan: what a commit of this text would be told, beside the documents that are in force; nothing is changed. */
import type { PlanRow } from '../../cluster/tables/plan-rows.ts'
import type { PlanVerdict } from '../../proto/types/raftel/v1/PlanVerdict.ts'
import type { TestPlanRequest__Output } from '../../proto/types/raftel/v1/TestPlanRequest.ts'
import type { TestResults } from '../../proto/types/raftel/v1/TestResults.ts'
import type { ValidatePlanRequest__Output } from '../../proto/types/raftel/v1/ValidatePlanRequest.ts'
import { decisionView } from './decision.ts'
import { judge, type Plans, rehearse } from './judge.ts'
import type { Needs } from './needs.ts'
import { documentIn } from './plan.ts'
import { invalid, notFound } from './refusal.ts'

const LIMIT = 100

type Reading = Pick<Needs, 'cluster' | 'readPlan'>

export function validatePlan(needs: Reading, request: ValidatePlanRequest__Output, now: number): PlanVerdict {
  const { cluster, readPlan } = needs
  const document = documentIn(request.document)
  const limit = request.limit || LIMIT
  const { plans } = cluster.tables
  const version = plans.get(document)?.version ?? 0
  const read = readPlan(request.text)
  if (read.kind === 'faults') {
    const faults = read.text.split('\n').slice(0, Math.min(limit, read.total))
    return { faults, faultsTotal: read.total, warnings: [], warningsTotal: 0, version, rules: 0 }
  }
  const after = new Map([...plans, [document, candidate(document, request.text, read.plan, now)]])
  const { faults, warnings: beside } = judge(after, document, needs)
  const warnings = [...read.warnings, ...beside]
  return {
    faults: faults.slice(0, limit),
    faultsTotal: faults.length,
    warnings: warnings.slice(0, limit),
    warningsTotal: warnings.length,
    version,
    rules: read.plan.rules.length,
  }
}

export function testPlan(needs: Reading, request: TestPlanRequest__Output, now: number): TestResults {
  const { tables } = needs.cluster
  const { text } = request
  const document = request.document === '' && text === undefined ? null : documentIn(request.document)
  if (text === undefined && document !== null && !tables.plans.has(document)) {
    throw notFound(`there is no plan document ${document}; raftel plan ls shows those there are`)
  }
  const { plans, version } = text === undefined ? inForce(needs) : withDocument(needs, document!, text, now)
  const all = rehearse(plans, version)
  // Of a document that is in force only its own are asked for; of a new one all that it could break.
  const rows = text === undefined && document !== null ? all.filter((one) => one.document === document) : all
  return {
    rows: rows.map(({ document: of, name, passed, failures, decision }) => {
      return { document: of, name, ok: passed, why: [...failures], decision: decisionView(decision) }
    }),
    failed: rows.filter(({ passed }) => !passed).length,
  }
}

export interface Candidate {
  readonly plans: Plans
  readonly version: number
}

function inForce({ cluster }: Pick<Needs, 'cluster'>): Candidate {
  return { plans: cluster.tables.plans, version: cluster.tables.planVersion }
}

/** The documents in force, and this one in its place; or the refusal with all its faults. */
export function withDocument(
  { cluster, readPlan }: Pick<Needs, 'cluster' | 'readPlan'>,
  document: string,
  text: string,
  now: number,
): Candidate {
  const read = readPlan(text)
  if (read.kind === 'faults') throw invalid(read.text)
  const { plans, planVersion } = cluster.tables
  const row = candidate(document, text, read.plan, now)
  return { plans: new Map([...plans, [document, row]]), version: planVersion + 1 }
}

function candidate(document: string, text: string, plan: PlanRow['plan'], now: number): PlanRow {
  return { version: 0, text, plan, author: '', committedAt: now, document }
}
