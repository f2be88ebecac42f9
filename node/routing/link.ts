/** The documents of the plan, compiled and joined: what decisions read. Made once for a version, kept by each call that began with it. */
import type { Aor, Plan, PlanAction, PlanRow, PlanRule } from '../../cluster/tables/rows.ts'
import { type Pattern, readPattern } from './pattern.ts'
import { RuleIndex } from './rule-index.ts'

export interface Linked {
  /** Of all documents together. */
  readonly version: number
  /** One for each document that has domains, by name. */
  readonly scopes: readonly Scope[]
}

/** `version`: what decisions are said to be by. */
export function link(rows: Iterable<PlanRow>, version: number): Linked {
  return { version, scopes: [...rows].map(({ plan }) => compile(plan)) }
}

/** A document with what it borrows from the shared ones. */
export interface Scope {
  readonly domains: readonly string[]
  readonly numbers: ReadonlyMap<string, Aor>
  readonly users: ReadonlySet<Aor>
  readonly rules: readonly { rule: PlanRule; pattern: Pattern; from: ReadonlySet<Aor> | null }[]
  readonly index: RuleIndex
  readonly emergency: { readonly numbers: ReadonlySet<string>; readonly action: PlanAction } | null
}

/** Before the first plan. */
export const NO_PLAN: Scope = {
  domains: [],
  numbers: new Map(),
  users: new Set(),
  rules: [],
  index: new RuleIndex([]),
  emergency: null,
}
/** A plan is compiled once, and forgotten with the row it came in. */
const compiledPlans = new WeakMap<Plan, Scope>()

function compile(plan: Plan): Scope {
  const known = compiledPlans.get(plan)
  if (known !== undefined) return known
  const domainIn = (aor: Aor): string => aor.slice(aor.lastIndexOf('@') + 1)
  // Another version of this software may have let a pattern through that this one does not read: it matches nothing.
  const rules = plan.rules.flatMap((rule) => {
    const read = readPattern(rule.match)
    if (read.kind === 'invalid') return []
    const from = rule.from.length === 0 ? null : new Set(rule.from)
    return [{ rule, pattern: read.pattern, from }]
  })
  const compiled: Scope = {
    domains: plan.domains,
    numbers: new Map(
      plan.users.flatMap(({ aor, numbers }) => numbers.map((number) => [`${number}@${domainIn(aor)}`, aor] as const)),
    ),
    users: new Set(plan.users.map((user) => user.aor)),
    rules,
    index: new RuleIndex(rules),
    emergency:
      plan.emergency === null ? null : { numbers: new Set(plan.emergency.numbers), action: plan.emergency.action },
  }
  compiledPlans.set(plan, compiled)
  return compiled
}
