/** What docs/plan.md shows is so. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import { link } from '../../../node/routing/link.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { runTests } from '../../../node/routing/tests.ts'
import { checkTogether } from '../../../node/routing/together.ts'
import { sayTrace } from '../../../node/routing/trace.ts'
import { sayFaults } from '../../../node/yaml.ts'

const page = readFileSync(new URL('../../../docs/plan.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map((found) => found[1] ?? '')

function rowOf(text: string, document: string): PlanRow {
  const read = readPlan(text)
  if (read.kind !== 'ok') throw new Error(sayFaults(document, read.faults))
  return { version: 1, text, plan: read.plan, author: 'test', committedAt: 0, document }
}

test('the example of the manual is a plan without a fault or a warning, and all its tests pass', (t) => {
  const [text = ''] = examples
  const read = readPlan(text)
  t.deepEqual(read.kind === 'ok' ? read.warnings : sayFaults('plan', read.faults), [])
  const results = runTests(link([rowOf(text, 'main')], 1), 'main')
  t.is(results.length, 7)
  for (const { name, failures, decision } of results) {
    t.deepEqual(failures, [], `${name}:\n${sayTrace(decision.ops).join('\n')}`)
  }
})

test('the plans of the manual that stand beside each other can be in force together', (t) => {
  const [, shared = '', tenant = ''] = examples
  const rows = [rowOf(shared, 'carriers-de'), rowOf(tenant, 'acme')]
  const plans = rows.map(({ document = '', plan }) => ({ name: document, plan }))
  t.deepEqual(checkTogether(plans), { faults: [], warnings: [] })
})
