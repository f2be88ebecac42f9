/** Whether plan documents may be in force together: what does not hold, what is odd, and which of their tests fail. */
import type { PlanRow, TestCounts } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { link } from '../routing/link.ts'
import { type Rehearsed, rehearse, sayFailed } from '../routing/rehearse.ts'
import type { Needs } from './needs.ts'

export interface Judgement {
  /** One line each, as readPlan says them. */
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
  readonly tests: TestCounts
  /** One line each. */
  readonly failed: readonly string[]
}

type Plans = ReadonlyMap<string, PlanRow>

/** `document` is the one that is new, or gone; `version` what decisions are said to be by. */
export function judge(plans: Plans, document: string, version: number, { facts }: Pick<Needs, 'facts'>): Judgement {
  const tests = rehearsedIn(plans, version, { facts })
  const failed = tests.filter(({ ok }) => !ok)
  return {
    faults: faultsIn(plans, document),
    warnings: [],
    tests: { passed: tests.length - failed.length, failed: failed.length },
    failed: failed.map(sayFailed),
  }
}

export function rehearsedIn(plans: Plans, version: number, { facts }: Pick<Needs, 'facts'>): Rehearsed[] {
  const rows = [...plans.values()]
  if (rows.every(({ plan }) => (plan.tests ?? []).length === 0)) return []
  return rehearse(link(rows, version), rows, facts)
}

/** What is good by itself may not be beside others: each domain and each number is of one, and what is borrowed must be there. */
function faultsIn(plans: Plans, document: string): string[] {
  const own = plans.get(document)?.plan
  const others = [...plans].filter(([name]) => name !== document)
  const shared = new Set([...plans.values()].flatMap(({ plan }) => plan.shared ?? []))
  const faults: string[] = []
  const say = (path: string, message: string) => void faults.push(`plan:1:1: ${path}: ${message}`)
  for (const [name, { plan }] of others) {
    for (const use of plan.use ?? []) {
      if (!shared.has(use)) say('shared', `${name} borrows from ${clean(use, 64)}, which would not be there`)
    }
    if (own === undefined) continue
    const domains = new Set(plan.domains)
    for (const [i, domain] of own.domains.entries()) {
      if (domains.has(domain)) say(`domains[${i}]`, `${clean(domain)} is a domain of the document ${name} already`)
    }
    if (own.shared !== undefined && own.shared === plan.shared) {
      say('shared', `the document ${name} is shared as ${clean(own.shared, 64)} already`)
    }
    if (own.tenant !== undefined && own.tenant === plan.tenant) {
      say('tenant', `the document ${name} is that of ${clean(own.tenant, 64)} already`)
    }
  }
  for (const [i, use] of (own?.use ?? []).entries()) {
    if (!shared.has(use)) say(`use[${i}]`, `there is no shared document ${clean(use, 64)}`)
  }
  return faults
}
