/** Whether plan documents may be in force together: what does not hold, what is odd, and which of their tests fail. */
import { MAIN } from '../../cluster/tables/plan-place.ts'
import type { PlanRow, TestCounts } from '../../cluster/tables/plan-rows.ts'
import type { TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { clean } from '../../proto/text.ts'
import { circlesIn } from '../profile/circles.ts'
import type { World } from '../profile/profile.ts'
import { link } from '../routing/link.ts'
import { ledTo } from '../routing/references.ts'
import { runTests, type TestResult } from '../routing/tests.ts'
import { checkTogether, type Together } from '../routing/together.ts'
import type { Needs } from './needs.ts'

export interface Judgement {
  /** One line each, as readPlan says them. */
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
  readonly tests: TestCounts
  /** One line each. */
  readonly failed: readonly string[]
}

export interface Rehearsed extends TestResult {
  readonly document: string
}

export type Plans = ReadonlyMap<string, PlanRow>

/** As the documents are to be: `document` is the one that is new, or gone. What was wrong before is not held against it. */
export function judge(after: Plans, document: string, { cluster }: Pick<Needs, 'cluster'>): Judgement {
  const { plans, planVersion, trunks } = cluster.tables
  const known = { trunks: new Set(trunks.keys()), owners: ownersOf(trunks) }
  const before = new Set(
    checkTogether(named(plans), { ...known, newest: document }).faults.map((fault) => say(fault, document)),
  )
  const { faults, warnings } = checkTogether(named(after), { ...known, newest: document })
  const tests = rehearse(after, planVersion + 1)
  const failed = tests.filter(({ passed }) => !passed)
  return {
    faults: faults.map((fault) => say(fault, document)).filter((line) => !before.has(line)),
    warnings: [
      ...warnings.filter((one) => one.document === document).map((one) => say(one, document)),
      ...circles({ ...cluster.tables, plans: after }, cluster.tables),
    ],
    tests: { passed: tests.length - failed.length, failed: failed.length },
    failed: failed.map((one) => `${one.document}: ${clean(one.name, 128)}: ${one.failures.join('; ')}`),
  }
}

/** Circles that are told, of those that are looked for. */
const TOLD_MAX = 5
const CIRCLES_MAX = 100

/**
 * Where forwards that users have set go round with the documents that are to be, and do not now. No faults: what a user may set must not hold up who commits a plan, and
 * such a call ends.
 */
function circles(after: World, now: World): string[] {
  const words = (world: World) =>
    circlesIn(world, ledTo, CIRCLES_MAX).map((way) => way.map((aor) => clean(aor, 128)).join(' → '))
  const closed = words(after)
  if (closed.length === 0) return []
  const before = new Set(words(now))
  return closed
    .filter((way) => !before.has(way))
    .slice(0, TOLD_MAX)
    .map((way) => `plan: forwards that users have set would go round: ${way}`)
}

/** Trunks that are a tenant's, and whose. */
export function ownersOf(trunks: Iterable<readonly [string, Pick<TrunkRow, 'tenant'>]>): ReadonlyMap<string, string> {
  return new Map([...trunks].flatMap(([name, { tenant }]) => (tenant === undefined ? [] : [[name, tenant] as const])))
}

/** The tests of all documents, each decided by all of them: one that others borrow from is held by theirs. */
export function rehearse(plans: Plans, version: number): Rehearsed[] {
  const rows = [...plans.values()]
  if (rows.every(({ plan }) => (plan.tests ?? []).length === 0)) return []
  const linked = link(rows, version)
  return rows.flatMap(({ document = MAIN }) => runTests(linked, document).map((result) => ({ ...result, document })))
}

export function named(plans: Plans) {
  return [...plans].map(([name, { plan }]) => ({ name, plan }))
}

function say({ document, path, message }: Together, own: string): string {
  return `${document === own ? 'plan' : document}: ${path}: ${message}`
}
