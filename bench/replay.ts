/**
 * `npm run bench:replay`: the last decisions of a cluster by two large plans, on all cores as a node does it, and beside that in one thread. A tenth of the calls
 * go another way by the second plan, and another tenth ask for what nobody asked then.
 */
import { availableParallelism } from 'node:os'
import type { PlanRow, PlanRule } from '../cluster/tables/plan-rows.ts'
import { again, inputIn } from '../node/replay/again.ts'
import { replay } from '../node/replay/replay.ts'
import { link } from '../node/routing/link.ts'
import type { Facts } from '../node/routing/route.ts'
import { randomOf } from '../test/cluster/raft/simulator/random.ts'
import { optionsFor } from '../test/options.ts'

const values = optionsFor(
  `usage: npm run bench:replay -- [--calls N] [--rules N]

What it costs to decide the last calls again by another plan.

  --calls N  decided (100000)
  --rules N  in each plan (10000)

  npm run bench:replay -- --rules 100`,
  { calls: 100_000, rules: 10_000 },
)
const DOMAIN = 'bench.test'
const facts: Facts = { known: () => true, here: () => false }
const { below } = randomOf(1)

const rules: PlanRule[] = Array.from({ length: values.rules }, (_, i) => {
  const prefix = String(below(10 ** (1 + below(6))))
  const action = { kind: 'user', aor: `u${below(1000)}@${DOMAIN}`, seconds: 20 } as const
  return { name: `rule ${i}`, match: i % 20 === 0 ? `${prefix}XXX` : `00${prefix}.`, from: [], domain: null, action }
})
const rowOf = (all: readonly PlanRule[], version: number): PlanRow => {
  const plan = { domains: [DOMAIN], users: [], rules: all, emergency: null }
  return { version, text: '', plan, author: 'bench', committedAt: 0 }
}
const other = rules.map((rule, i) => {
  return i % 10 === 0 ? { ...rule, action: { kind: 'reject', status: 403, reason: 'bench' } as const } : rule
})
const before = rowOf(rules, 1)
const after = rowOf(other, 2)

const inputs = Array.from({ length: values.calls }, (_, i) => {
  const name = i % 10 === 0
  const dialled = name ? `u${below(1000)}` : `00${below(1_000_000_000)}`
  const request = {
    id: `call-${i}`,
    caller: `u${below(1000)}@${DOMAIN}`,
    trunk: null,
    number: '',
    dialled,
    domain: DOMAIN,
    at: i,
  }
  return JSON.stringify({ request, facts: [] })
})
const plans = { before: { rows: [before], version: 1 }, after: { rows: [after], version: 2 } }

const cores = availableParallelism()
const [began, busy] = [performance.now(), process.cpuUsage()]
const told = await replay(plans, inputs, { facts, tell: 100, progress: () => {} })
const all = performance.now() - began
const { user, system } = process.cpuUsage(busy)
const { same, changed, fails, fixed } = told
if (same + changed + fails + fixed !== values.calls) throw new Error('not every call was decided')

const linked = [link([before], 1), link([after], 2)] as const
const alone = performance.now()
for (const text of inputs.slice(0, values.calls / 10)) again(inputIn(text)!, ...linked, facts)
const one = (performance.now() - alone) * 10
console.log(
  `${values.calls} decisions by two plans of ${values.rules} rules on ${cores} cores: ${(all / 1000).toFixed(2)} s`,
)
console.log(`of CPU, all threads together: ${((user + system) / 1e6).toFixed(2)} s`)
console.log(`the same in one thread, by a tenth of them:  ${(one / 1000).toFixed(2)} s`)
console.log(`${same} same, ${changed} changed, ${fails} now fail, ${fixed} fixed`)
