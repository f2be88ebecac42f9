/** ExplainRoute: what would become of a call now, by the plan in force, one of before or a candidate; and who would be there for it. */

import { clean } from '../../proto/text.ts'
import type { ExplainedStep } from '../../proto/types/raftel/v1/ExplainedStep.ts'
import type { ExplainRouteRequest__Output } from '../../proto/types/raftel/v1/ExplainRouteRequest.ts'
import type { RouteExplanation } from '../../proto/types/raftel/v1/RouteExplanation.ts'
import type { CallRequest, Step } from '../routing/decision.ts'
import { type Linked, link } from '../routing/link.ts'
import { linkedOf } from '../routing/linked.ts'
import { sayStep } from '../routing/outcome.ts'
import { decide } from '../routing/route.ts'
import { plansAt } from './commits.ts'
import { decisionView } from './decision.ts'
import type { Needs } from './needs.ts'
import { documentIn } from './plan.ts'
import { invalid } from './refusal.ts'
import { withDocument } from './validate.ts'
import { reachable, registrationView } from './views.ts'

const TEXT_MAX = 256

type Explaining = Pick<Needs, 'cluster' | 'readPlan' | 'facts' | 'secondsLeft'>

export function explainRoute(needs: Explaining, request: ExplainRouteRequest__Output, now: number): RouteExplanation {
  const { cluster, facts } = needs
  const at = request.at || now
  const linked = linkedFor(needs, request, now)
  const asked = requestOf(needs, linked, request, at)
  const decision = decide(linked, facts, asked)
  const steps = decision.kind === 'ring' ? decision.steps.map((step) => stepView(needs, step)) : []
  const from = asked.caller ?? asked.number
  const to = `${asked.dialled}@${asked.domain}`
  return { decision: decisionView(decision), from: clean(from), to: clean(to), at, steps, node: cluster.node }
}

function linkedFor(needs: Explaining, { text, document, at }: ExplainRouteRequest__Output, now: number): Linked {
  const { tables } = needs.cluster
  if (text !== undefined) {
    const { plans, version } = withDocument(needs, documentIn(document), text, now)
    return link(plans.values(), version)
  }
  if (at === 0 || at >= now) return linkedOf(tables)
  const rows = [...plansAt(tables, at).values()]
  return link(rows, Math.max(0, ...rows.map(({ version }) => version)))
}

/** `alice@pbx.test`, `alice` of the first domain, or with a trunk the number that the carrier shows. */
function requestOf(
  { cluster }: Explaining,
  linked: Linked,
  { from, to, trunk }: ExplainRouteRequest__Output,
  at: number,
): CallRequest {
  if (to === '' || to.length > TEXT_MAX || from.length > TEXT_MAX) {
    throw invalid('say who calls and what is dialled, like alice@pbx.test 1002')
  }
  const first = linked.scopes[0]?.domains[0] ?? ''
  const caller = split(from, first)
  const dialled = split(to, caller.domain)
  const aor = `${caller.user}@${caller.domain}`
  const isUser = trunk === '' && (from.includes('@') || cluster.tables.users.has(aor))
  return {
    id: 'explain',
    caller: isUser ? aor : null,
    trunk: trunk === '' ? null : trunk,
    number: clean(caller.user),
    dialled: dialled.user,
    domain: dialled.domain,
    at,
  }
}

function split(text: string, domain: string): { readonly user: string; readonly domain: string } {
  const bare = text.replace(/^sips?:/i, '')
  const at = bare.lastIndexOf('@')
  return at < 0 ? { user: bare, domain } : { user: bare.slice(0, at), domain: bare.slice(at + 1).toLowerCase() }
}

function stepView(needs: Explaining, step: Step): ExplainedStep {
  return { text: sayStep(step), considered: considered(needs, step) }
}

function considered(needs: Explaining, step: Step): string[] {
  const { cluster, facts } = needs
  if (step.kind === 'phones') {
    const nodes = reachable(needs)
    return step.aors.flatMap((aor) => {
      const bindings = cluster.tables.registrations.get(aor)?.bindings ?? []
      if (bindings.length === 0) return [`${clean(aor)} is not registered`]
      return bindings.map((binding) => {
        const { contact, node, expires, state } = registrationView(needs, binding, nodes)
        return `${clean(aor)} at ${contact} via ${node}, ${state}, ${expires}s left`
      })
    })
  }
  if (step.kind !== 'trunk') return []
  const fact = facts.trunk?.(step.trunk)
  return fact ? [`${clean(step.trunk)} is ${fact.state}${fact.why ? ` (${clean(fact.why)})` : ''}`] : []
}
