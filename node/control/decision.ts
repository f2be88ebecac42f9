/** A decision of routing as the control service tells it. */
import type { RouteDecision } from '../../proto/types/raftel/v1/RouteDecision.ts'
import type { Decision } from '../routing/decision.ts'
import { sayOutcome } from '../routing/outcome.ts'

export function decisionView(decision: Decision): RouteDecision {
  const { kind, rule, planVersion, emergency, trace } = decision
  const told = { kind, outcome: sayOutcome(decision), rule, planVersion, emergency, trace: [...trace] }
  return { ...told, json: JSON.stringify({ ...decision, trace: undefined }) }
}
