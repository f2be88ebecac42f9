/**
 * `npm run bench:routing`: what a decision costs with a large plan, beside a search of the same rules one after the other in the same run. Calls are of all
 * kinds: that meet a rule near the top, near the end, or none; numbers are dialled in a country, and a rule of five asks for a time, a caller or an expression.
 */
import type { Plan, PlanRow, PlanRule } from '../cluster/tables/plan-rows.ts'
import { link } from '../node/routing/link.ts'
import { match, readPattern } from '../node/routing/pattern.ts'
import { decide, type Facts } from '../node/routing/route.ts'
import { randomOf } from '../test/cluster/raft/simulator/random.ts'
import { optionsFor } from '../test/options.ts'

const values = optionsFor(
  `usage: npm run bench:routing -- [--rules N] [--calls N]

What a decision of the routing costs, beside a search of the same rules one after the other.

  --rules N  in the plan (10000)
  --calls N  decided (200000)

  npm run bench:routing -- --rules 1000`,
  { rules: 10_000, calls: 200_000 },
)
const ROUNDS = 3
const DOMAIN = 'bench.test'
const facts: Facts = { known: () => false, here: () => false }

/** The same on every run. */
const { below } = randomOf(1)

/** Prefixes of numbers of one to seven digits, as trunks and barred destinations have them, and extensions in patterns. */
const rules: PlanRule[] = Array.from({ length: values.rules }, (_, i) => {
  const prefix = String(below(10 ** (1 + below(7))))
  const pattern = i % 20 === 0 ? `${prefix}XXX` : `00${prefix}.`
  return {
    name: `rule ${i}`,
    match: pattern,
    from: i % 50 === 0 ? [`u${below(1000)}@${DOMAIN}`] : [],
    domain: null,
    action: { kind: 'reject', status: 480, reason: 'bench' },
    ...conditionOf(i),
  }
})

/** One rule of five asks for more than a number. */
function conditionOf(i: number): Partial<PlanRule> {
  if (i % 20 === 1) return { when: ['office'] }
  if (i % 20 === 2) return { unless: ['closed'] }
  if (i % 20 === 3) return { caller: `0${below(100)}.` }
  if (i % 100 === 4) return { match: '', regex: `\\+49${below(1000)}(1|2)\\d*` }
  return {}
}

const plan: Plan = {
  domains: [DOMAIN],
  users: [],
  rules,
  emergency: { numbers: ['112'], action: { kind: 'user', aor: 'help', seconds: 60 } },
  country: 'DE',
  zone: 'Europe/Berlin',
  times: [{ name: 'office', spans: [{ days: [1, 2, 3, 4, 5], hours: [{ from: 540, to: 1020 }] }] }],
  holidays: [{ name: 'closed', dates: [{ from: '12-24', to: '12-26' }] }],
}
const row: PlanRow = { version: 1, text: '', plan, author: 'bench', committedAt: 0 }
const linked = link([row], 1)
const calls = Array.from({ length: 4096 }, (_, i) => ({
  id: String(i),
  trunk: null,
  number: `0${below(1_000_000_000)}`,
  at: Date.UTC(2026, 8, 9) + i * 600_000,
  caller: `u${below(1000)}@${DOMAIN}`,
  dialled: below(4) === 0 ? String(below(100_000_000)) : `00${below(1_000_000_000)}`,
  domain: DOMAIN,
}))
const patterns = rules.flatMap(({ match: text }) => {
  const read = readPattern(text)
  return read.kind === 'pattern' ? [read.pattern] : []
})

let met = 0
const deciding = best(values.calls, (call) => {
  if (decide(linked, facts, call).rule !== 'none') met++
})
let seen = 0
const searching = best(Math.min(values.calls, 5000), ({ dialled }) => {
  if (patterns.some((pattern) => match(pattern, dialled) !== null)) seen++
})
console.log(`a decision among ${values.rules} rules, with its trace: ${deciding.toFixed(1)} µs`)
console.log(`a search of the same rules, one after the other:  ${searching.toFixed(1)} µs`)
console.log(`a decision by a search: ${(deciding / searching).toPrecision(2)}`)
if (met === 0 || seen === 0) throw new Error('no call met a rule: this bench measures nothing')

/** µs of the processor for one, in the best of the rounds: what else runs on the machine does not count. */
function best(count: number, act: (call: (typeof calls)[number]) => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.cpuUsage()
    for (let i = 0; i < count; i++) act(calls[i % calls.length]!)
    const { user, system } = process.cpuUsage(began)
    least = Math.min(least, (user + system) / count)
  }
  return least
}
