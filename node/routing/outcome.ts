/** What a decision comes to: as a line for people, and as what is compared. Which rule it was, and why, is left to who asks. */
import { clean } from '../../proto/text.ts'
import type { Decision, Ring, Step } from './decision.ts'

/** `rings alice@pbx.test 20s; then trunk b +4930123`, `refused 403 Forbidden`. */
export function sayOutcome(decision: Decision): string {
  switch (decision.kind) {
    case 'ring':
      return `${decision.steps.map(sayStep).join('; then ') || 'rings nobody'}${sayShown(decision.shown)}`
    case 'reject':
      return `refused ${decision.status} ${clean(decision.reason, 64)}`
    case 'service':
      return `service ${decision.service}${decision.argument && ` ${clean(decision.argument, 64)}`}`
  }
}

export function sayStep(step: Step): string {
  switch (step.kind) {
    case 'phones':
      return `rings ${some(step.aors)} ${step.seconds}s`
    case 'trunk':
      return `trunk ${clean(step.trunk, 64)} ${clean(step.number, 128)}`
    default:
      return `${step.kind} ${clean(step.name, 64)}`
  }
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).map((name) => clean(name, 128))
  return shown.join(', ') + (names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : '')
}
const NAMES_MAX = 8

function sayShown(shown: Ring['shown']): string {
  if (shown === undefined) return ''
  if (shown.private) return ', withheld'
  const named = shown.number ?? shown.display
  return named === null ? '' : `, shown as ${clean(named, 64)}`
}

/** Equal for two decisions after which the same happens. */
export function outcomeOf(decision: Decision): string {
  switch (decision.kind) {
    case 'ring':
      return JSON.stringify(['ring', decision.steps, decision.shown ?? null])
    case 'reject':
      return JSON.stringify(['reject', decision.status])
    case 'service':
      return JSON.stringify(['service', decision.service, decision.argument])
  }
}

/** What another plan makes of a call: `fails` went somewhere before, `fixed` did not. */
export type Difference = 'same' | 'changed' | 'fails' | 'fixed'

export function differenceOf(before: Decision, after: Decision): Difference {
  if (outcomeOf(before) === outcomeOf(after)) return 'same'
  const [did, does] = [before.kind !== 'reject', after.kind !== 'reject']
  if (did === does) return 'changed'
  return does ? 'fixed' : 'fails'
}
