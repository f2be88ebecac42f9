/** Whether plan documents may be in force together: what does not hold, what is odd, and which of their tests fail. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { PlanRow, TestCounts } from '../../cluster/tables/rows.ts'

export interface Judgement {
  /** One line each, as readPlan says them. */
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
  readonly tests: TestCounts
  /** One line each. */
  readonly failed: readonly string[]
}

/** `document` is the one that is new. */
export function judge(
  _plans: ReadonlyMap<string, PlanRow>,
  _document: string,
  _more: { readonly cluster: Cluster; readonly at: number },
): Judgement {
  return { faults: [], warnings: [], tests: { passed: 0, failed: 0 }, failed: [] }
}
