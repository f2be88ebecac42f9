/**
 * The tests that stand in plan documents: calls, and what is to become of them. They are decided by all documents together, so that one that others borrow
 * from is held by their tests too. What users have set at the moment, and which trunks are up, is left out: a test must not turn red by itself.
 */
import type { PlanExpected, PlanRow, PlanTest } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision } from './decision.ts'
import type { Linked } from './link.ts'
import { sayOutcome } from './outcome.ts'
import { decide, type Facts } from './route.ts'

export interface Rehearsed {
  readonly document: string
  readonly name: string
  readonly ok: boolean
  /** What it did not come to; empty when it is ok. */
  readonly why: readonly string[]
  readonly decision: Decision
}

type Known = Pick<Facts, 'known' | 'here'>

/** A Wednesday at noon, UTC. */
const AT = Date.UTC(2026, 0, 7, 12)

export function rehearse(linked: Linked, rows: Iterable<PlanRow>, { known, here }: Known): Rehearsed[] {
  const facts: Facts = { known, here }
  return [...rows].flatMap(({ document = 'main', plan }) =>
    (plan.tests ?? []).map((test) => {
      const decision = decide(linked, facts, requestOf(test, plan.domains))
      const why = missed(test.expect, decision)
      return { document, name: test.name, ok: why.length === 0, why, decision }
    }),
  )
}

function requestOf(test: PlanTest, domains: readonly string[]): CallRequest {
  const { from = null, byTrunk = null } = test
  const at = from?.lastIndexOf('@') ?? -1
  return {
    id: `test ${test.name}`,
    caller: byTrunk === null ? from : null,
    trunk: byTrunk,
    number: test.number ?? from?.slice(0, at) ?? '',
    dialled: test.call,
    domain: test.domain ?? from?.slice(at + 1) ?? domains[0] ?? '',
    at: test.at ?? AT,
  }
}

/** What does not hold, each in words. */
function missed(expect: PlanExpected, decision: Decision): string[] {
  const steps = decision.kind === 'ring' ? decision.steps : []
  const rung = steps.flatMap((step) => (step.kind === 'phones' ? step.aors : []))
  const out = steps.find((step) => step.kind === 'trunk')
  const shown = decision.kind === 'ring' ? decision.shown : undefined
  const callerId = shown?.private ? 'withheld' : (shown?.number ?? 'own')
  const said = [
    held('rule', expect.rule, decision.rule),
    held('trunk', expect.trunk, out?.trunk),
    held('number', expect.number, out?.number),
    held('caller id', expect.callerId, callerId),
    held('reject', expect.reject, decision.kind === 'reject' ? decision.status : undefined),
    expect.users && heldUsers(expect.users, rung),
  ].filter((one) => one !== undefined)
  const nothing = decision.kind === 'reject' && expect.reject === undefined && said.length > 0
  return nothing ? [`it is ${sayOutcome(decision)}`] : said
}

function held(what: string, wanted: string | number | undefined, is: string | number | undefined): string | undefined {
  if (wanted === undefined || wanted === is) return undefined
  return `${what} is ${clean(String(is ?? 'none'), 128)}, not ${clean(String(wanted), 128)}`
}

/** All that are rung, first or later, in any order. */
function heldUsers(wanted: readonly string[], rung: readonly string[]): string | undefined {
  const same = (name: string, aor: string) => (name.includes('@') ? name === aor : aor.startsWith(`${name}@`))
  const missing = wanted.filter((name) => !rung.some((aor) => same(name, aor)))
  const extra = rung.filter((aor) => !wanted.some((name) => same(name, aor)))
  if (missing.length + extra.length === 0) return undefined
  const parts = [...missing.map((name) => `${name} is not rung`), ...new Set(extra.map((aor) => `${aor} is rung`))]
  return clean(parts.slice(0, 8).join(', '), 400)
}

/** `acme: night: rule is day, not night`. */
export function sayFailed({ document, name, why }: Rehearsed): string {
  return `${document}: ${clean(name, 128)}: ${why.join('; ')}`
}
