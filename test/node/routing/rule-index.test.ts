/** The index finds what a search through all rules, one after the other, would find. */
import test from 'ava'
import fc from 'fast-check'
import type { PlanRow, PlanRule } from '../../../cluster/tables/rows.ts'
import { link } from '../../../node/routing/link.ts'
import { match, readPattern } from '../../../node/routing/pattern.ts'
import { decide } from '../../../node/routing/route.ts'
import { requestOf } from './request.ts'

const DOMAINS = ['a.test', 'b.test'] as const
const CALLERS = ['alice@a.test', 'bob@b.test'] as const
/** Few characters, so that patterns overlap, share beginnings and are the same. */
const pattern = fc
  .tuple(fc.array(fc.constantFrom('1', '2', 'a', 'X', 'Z', 'N'), { maxLength: 5 }), fc.constantFrom('', '.', '!'))
  .map(([symbols, tail]) => symbols.join('') + tail)
  .filter((text) => readPattern(text).kind === 'pattern')
const rule = fc.record({
  match: pattern,
  domain: fc.constantFrom(null, null, ...DOMAINS),
  from: fc.subarray([...CALLERS], { maxLength: 1 }),
})
const plan = fc.array(rule, { maxLength: 90 })
const call = fc.record({
  dialled: fc
    .array(fc.constantFrom('0', '1', '2', 'a', 'b'), { minLength: 1, maxLength: 6 })
    .map((all) => all.join('')),
  domain: fc.constantFrom(...DOMAINS),
  caller: fc.constantFrom(null, ...CALLERS),
})
const nobody = { known: () => false, here: () => false }

type Rule = Pick<PlanRule, 'match' | 'domain' | 'from'>

/** By the words of docs/plan.md: the first rule, from above, of which everything applies; and what is said of those before it. */
function naive(
  rules: readonly Rule[],
  { dialled, domain, caller }: { dialled: string; domain: string; caller: string | null },
) {
  const said: string[] = []
  for (const [i, one] of rules.entries()) {
    const read = readPattern(one.match)
    if (read.kind !== 'pattern') throw new Error('a pattern of this test')
    const name = `rule ${i} (${one.match})`
    if (match(read.pattern, dialled) === null) said.push(`${name} does not match`)
    else if (one.domain !== null && one.domain !== domain) said.push(`${name} is for ${one.domain}`)
    else if (one.from.length > 0 && (caller === null || !one.from.includes(caller)))
      said.push(`${name} is for other callers`)
    else return { rule: String(i), said, last: `${name} matches ${dialled}` }
  }
  return { rule: 'none', said, last: `no rule, number or user is ${dialled}@${domain}` }
}

function rowOf(rules: readonly Rule[]): PlanRow {
  const full = rules.map((one, i) => ({
    ...one,
    name: String(i),
    action: { kind: 'reject', status: 480, reason: 'x' } as const,
  }))
  return {
    version: 1,
    text: '',
    plan: { domains: DOMAINS, users: [], rules: full, emergency: null },
    author: 'test',
    committedAt: 0,
  }
}

test('whatever the plan and the call, the first rule that applies is found, and the trace says why those before it do not', (t) => {
  let found = 0
  fc.assert(
    fc.property(plan, fc.array(call, { minLength: 20, maxLength: 20 }), (rules, calls) => {
      const linked = link([rowOf(rules)], 1)
      for (const one of calls) {
        const expected = naive(rules, one)
        const decision = decide(linked, nobody, requestOf(one))
        if (expected.rule !== 'none') found++
        const more = expected.said.length > 64 ? [`${expected.said.length - 64} more rules do not apply`] : []
        const trace = [...expected.said.slice(0, 64), ...more, expected.last]
        if (decision.rule !== expected.rule) return false
        if (JSON.stringify(decision.trace) !== JSON.stringify(trace)) return false
      }
      return true
    }),
    { numRuns: 500 },
  )
  // Else nothing much was tried.
  t.true(found > 1000, `${found} calls met a rule`)
})
