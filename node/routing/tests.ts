/** The tests that a plan document holds: calls, and whether what becomes of them is what the document expects. */
import type { PlanExpected, PlanTest } from '../../cluster/tables/plan-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision, Shown, TrunkStep } from './decision.ts'
import { phonesIn } from './decision.ts'
import type { Facts } from './facts.ts'
import type { Linked } from './link.ts'
import { decide } from './route.ts'
import { momentOf } from './zone.ts'

export interface TestResult {
  readonly name: string
  readonly passed: boolean
  /** One sentence for each thing that is not as expected. */
  readonly failures: readonly string[]
  readonly decision: Decision
}

/** A Wednesday at noon, by the clocks of the document. */
const NOON = Date.UTC(2026, 8, 9, 12)

/** Those of one document, as if all were well: no user has set anything, every trunk is up, and who is named by a test is a user. */
export function runTests(linked: Linked, document: string): readonly TestResult[] {
  const scope = linked.scopes.find((one) => one.document === document)
  const tests = scope?.tests ?? []
  const facts = factsFor(tests)
  return tests.map((test, i) => {
    const domain = test.domain ?? test.from?.slice(test.from.lastIndexOf('@') + 1) ?? scope?.domains[0] ?? ''
    const request: CallRequest = {
      id: `${document} ${i} ${test.name}`,
      caller: test.byTrunk === undefined ? (test.from ?? null) : null,
      trunk: test.byTrunk ?? null,
      number: test.number ?? test.from?.slice(0, test.from.lastIndexOf('@')) ?? '',
      dialled: test.call,
      domain,
      at: test.at ?? momentOf(scope?.zone ?? 'UTC', NOON),
    }
    const decision = decide(linked, facts, request)
    const failures = [...differences(test.expect, decision, domain)]
    return { name: test.name, passed: failures.length === 0, failures, decision }
  })
}

function factsFor(tests: readonly PlanTest[]): Facts {
  const named = new Set<Aor>()
  for (const { from, expect } of tests)
    for (const aor of [from, expect.user, ...(expect.users ?? [])]) if (aor) named.add(aor)
  return { known: (aor) => named.has(aor), here: () => false }
}

function* differences(expect: PlanExpected, decision: Decision, domain: string): Iterable<string> {
  const is = seen(decision)
  const full = (user: string): Aor => (user.includes('@') ? user : `${user}@${domain}`)
  const wants: Partial<Record<keyof PlanExpected, unknown>> = {
    ...expect,
    ...(expect.user !== undefined && { user: full(expect.user) }),
    ...(expect.users && { users: expect.users.map(full).join(', ') }),
  }
  for (const [key, wanted] of Object.entries(wants)) {
    const has = is[key as keyof PlanExpected]
    if (has === wanted || wanted === undefined) continue
    const what = WORDS[key as keyof PlanExpected]
    yield `${what} is ${has === null ? 'none' : clean(String(has))}, not ${clean(String(wanted))}`
  }
}

const WORDS: Readonly<Record<keyof PlanExpected, string>> = {
  rule: 'the rule',
  user: 'who is rung first',
  users: 'who is rung',
  trunk: 'the trunk',
  number: 'the number',
  callerId: 'the caller id',
  reject: 'the status of the refusal',
}

/** The decision in the words that a test may use; null: there is nothing of that kind. */
function seen(decision: Decision): Readonly<Record<keyof PlanExpected, string | number | null>> {
  const steps = decision.kind === 'ring' ? decision.steps : []
  const aors = phonesIn(steps).flatMap((step) => step.aors)
  const trunk = steps.find((step): step is TrunkStep => step.kind === 'trunk')
  return {
    rule: decision.rule,
    user: aors[0] ?? null,
    users: aors.length === 0 ? null : aors.join(', '),
    trunk: trunk?.trunk ?? null,
    number: trunk?.number ?? null,
    callerId: decision.kind === 'ring' ? callerId(trunk?.shown ?? decision.shown) : null,
    reject: decision.kind === 'reject' ? decision.status : null,
  }
}

function callerId(shown: Shown | undefined): string {
  if (shown?.private === true) return 'withheld'
  return shown?.number ?? 'own'
}
