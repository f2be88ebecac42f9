/** The index finds what a search through all rules, one after the other, would find. */
import test from 'ava'
import fc from 'fast-check'
import type { PlanRow, PlanRule } from '../../../cluster/tables/plan-rows.ts'
import type { CallRequest } from '../../../node/routing/decision.ts'
import { link } from '../../../node/routing/link.ts'
import { normalForm } from '../../../node/routing/number.ts'
import { match, readPattern } from '../../../node/routing/pattern.ts'
import { decide } from '../../../node/routing/route.ts'
import { requestOf } from './request.ts'

const DOMAINS = ['a.test', 'b.test'] as const
const CALLERS = ['alice@a.test', 'bob@b.test'] as const
/** Few characters, so that patterns overlap, share beginnings and are the same. */
const pattern = fc
  .tuple(fc.array(fc.constantFrom('1', '2', 'a', 'X', 'Z', 'N', '+'), { maxLength: 5 }), fc.constantFrom('', '.', '!'))
  .map(([symbols, tail]) => symbols.join('') + tail)
  .filter((text) => readPattern(text).kind === 'pattern')
const regex = fc.constantFrom(
  '1.*',
  '[12]+',
  '(1|2)a?',
  '\\+49(30|40)\\d*',
  'a|b|1',
  '[^a]{2,4}',
  '\\d\\w*',
  '1(2a){0,2}',
)
const sometimes = <T>(all: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: all })
const times = sometimes(fc.subarray(['work', 'xmas'], { minLength: 1 }))
const rule = fc.record({
  match: pattern,
  domain: fc.constantFrom(null, null, ...DOMAINS),
  from: fc.subarray([...CALLERS], { maxLength: 1 }),
  regex: sometimes(regex),
  caller: sometimes(fc.constantFrom('1X', 'X!', '+49.')),
  byTrunk: sometimes(fc.subarray(['t1', 't2'], { minLength: 1 })),
  when: times,
  unless: times,
})
const plan = fc.array(rule, { maxLength: 60 })
const short = fc.array(fc.constantFrom('0', '1', '2', 'a', 'b'), { minLength: 1, maxLength: 6 })
const call = fc.record({
  dialled: fc.oneof(
    { weight: 5, arbitrary: short.map((all) => all.join('')) },
    { weight: 1, arbitrary: fc.constantFrom('03012121212', '004940111', '+493011', '022222222') },
  ),
  domain: fc.constantFrom(...DOMAINS),
  caller: fc.constantFrom(null, ...CALLERS),
  trunk: fc.constantFrom(null, null, 't1', 't2'),
  number: fc.constantFrom('', '12', '030123456', 'alice'),
  at: fc.constantFrom(Date.UTC(2026, 10, 24, 12), Date.UTC(2026, 11, 25, 12), Date.UTC(2026, 10, 28, 23)),
})
const nobody = { known: () => false, here: () => false }

type Rule = Pick<PlanRule, 'match' | 'domain' | 'from' | 'regex' | 'caller' | 'byTrunk' | 'when' | 'unless'>
type Call = Pick<CallRequest, 'dialled' | 'domain' | 'caller' | 'trunk' | 'number' | 'at'>

const normal = (text: string): string => normalForm(text, 'DE') ?? text

function takes(text: string, what: string): boolean {
  const read = readPattern(text)
  if (read.kind !== 'pattern') throw new Error('a pattern of this test')
  return [what, normal(what)].some((one) => match(read.pattern, one) !== null)
}

/** Monday to Friday, nine to five; Christmas. */
function isNow(name: string, at: number): boolean {
  const date = new Date(at)
  if (name === 'xmas') return date.getUTCMonth() === 11 && date.getUTCDate() === 25
  return ![0, 6].includes(date.getUTCDay()) && date.getUTCHours() >= 9 && date.getUTCHours() < 17
}

function whyNot(one: Rule, { dialled, domain, caller, trunk, number, at }: Call): string | null {
  const numbers = [dialled, normal(dialled)]
  const isMatch =
    one.regex === undefined
      ? takes(one.match, dialled)
      : numbers.some((text) => new RegExp(`^(?:${one.regex})$`).test(text))
  if (!isMatch) return 'does not match'
  if (one.domain !== null && one.domain !== domain) return `is for ${one.domain}`
  if (one.from.length > 0 && (caller === null || !one.from.includes(caller))) return 'is for other callers'
  if (one.byTrunk && (trunk === null || !one.byTrunk.includes(trunk)))
    return 'is for calls that come in by other trunks'
  if (one.caller !== undefined && !takes(one.caller, number)) return 'is for other calling numbers'
  if (one.when && !one.when.some((name) => isNow(name, at))) return `is not for now: it is not ${one.when.join(' or ')}`
  const holds = one.unless?.find((name) => isNow(name, at))
  return holds === undefined ? null : `is not for now: it is ${holds}`
}

/** By the words of docs/plan.md: the first rule, from above, of which everything applies; and what is said of those before it. */
function naive(rules: readonly Rule[], call: Call) {
  const before: { name: string; why: string; domain: string | null }[] = []
  for (const [i, one] of rules.entries()) {
    const name = `rule ${i} (${one.regex ?? one.match})`
    const why = whyNot(one, call)
    if (why === null) return { rule: String(i), said: said(before, call), last: `${name} matches ${call.dialled}` }
    before.push({ name, why, domain: one.domain })
  }
  return { rule: 'none', said: said(before, call), last: `no rule, number or user is ${call.dialled}@${call.domain}` }
}

/** The first six, and six more whose number was right. */
function said(before: readonly { name: string; why: string; domain: string | null }[], { domain }: Call): string[] {
  const near = before
    .slice(6)
    .filter((one) => one.why !== 'does not match' && (one.domain === null || one.domain === domain))
  const told = [...before.slice(0, 6), ...near.slice(0, 6)].map(({ name, why }) => `${name} ${why}`)
  const more = before.length - told.length
  if (more === 0) return told
  return [...told, more === 1 ? '1 more rule does not apply' : `${more} more rules do not apply`]
}

function rowOf(rules: readonly Rule[]): PlanRow {
  const full = rules.map((one, i) => ({
    ...one,
    name: String(i),
    action: { kind: 'reject', status: 480, reason: 'x' } as const,
  }))
  const work = { name: 'work', spans: [{ days: [1, 2, 3, 4, 5], hours: [{ from: 540, to: 1020 }] }] }
  const xmas = { name: 'xmas', dates: [{ from: '12-25', to: '12-25' }] }
  return {
    version: 1,
    text: '',
    plan: {
      domains: DOMAINS,
      users: [],
      rules: full,
      emergency: null,
      country: 'DE',
      times: [work],
      holidays: [xmas],
    },
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
        if (decision.rule !== expected.rule) return false
        const trace = [...expected.said, expected.last]
        if (JSON.stringify(decision.trace.slice(0, trace.length)) !== JSON.stringify(trace)) return false
      }
      return true
    }),
    { numRuns: 500 },
  )
  // Else nothing much was tried.
  t.true(found > 1000, `${found} calls met a rule`)
})
