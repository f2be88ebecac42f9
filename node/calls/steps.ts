/** Which step of a decision is next: by what was said to the one before, and by nothing else. */
import type { Ending, Step, TrunkStep } from '../routing/decision.ts'
import type { Refusal } from './best.ts'

/** What one phone or trunk said to the call, or what has to be said for it. */
export interface Said extends Refusal {
  /** It rang, or said in another way that it is being seen to. */
  readonly rang: boolean
  /** Nobody said it: the time to ring was over. */
  readonly late?: boolean
  /** Nobody said it: there was no way there. */
  readonly unreached?: boolean
}

/** A step that rang nobody since nobody is there has nothing `said`. */
export function endingOf({ kind }: Pick<Step, 'kind'>, said: readonly Said[]): Ending {
  const some = (...statuses: number[]) => said.some(({ status }) => statuses.includes(status))
  if (said.length === 0) return kind === 'phones' ? 'unregistered' : 'failed'
  if (said.some(({ status }) => status > 600)) return 'declined'
  if (some(600)) return 'busy'
  // Of several phones of which one is busy and another rings for nothing, somebody could have answered.
  if (said.some(({ late, rang }) => late && (rang || kind === 'phones'))) return 'no answer'
  if (some(486)) return 'busy'
  if (said.some(({ status, rang }) => rang && (status === 408 || status === 480))) return 'no answer'
  // It has a binding, and nobody is there any more.
  return kind === 'phones' && said.every(isAway) ? 'unregistered' : 'failed'
}

function isAway({ status, rang, unreached }: Said): boolean {
  return !rang && (unreached === true || status === 408 || status === 430 || status === 480)
}

/**
 * The step after the one at `at`; null: the call is over. None is begun twice (`begun`), whatever a decision says: a call comes to an end.
 */
export function stepAfter(
  steps: readonly Step[],
  at: number,
  said: readonly Said[],
  begun: ReadonlySet<number>,
): number | null {
  const step = steps[at]
  if (step === undefined || (step.kind === 'trunk' && isLastWord(step, said))) return null
  const named = step.next?.[endingOf(step, said)]
  const next = named === undefined ? (isForAll(step, said) ? null : at + 1) : named
  return next !== null && steps[next] !== undefined && !begun.has(next) ? next : null
}

/** §16.7 step 5 of RFC 3261: somebody said no for everybody. What a trunk says so and is named as a cause is said for the trunk. */
function isForAll(step: Step, said: readonly Said[]): boolean {
  return step.kind !== 'trunk' && said.some(({ status }) => status >= 600)
}

/** Whether what a trunk said ends the call, and is what its caller hears. */
export function isLastWord(step: TrunkStep, said: readonly Said[]): boolean {
  const [last] = said.slice(-1)
  if (last === undefined || last.unreached) return false
  // It rang there for as long as it may: another carrier would only ring the same phone.
  if (last.late) return last.rang && step.next?.['no answer'] === undefined && !step.causes?.includes(last.status)
  return step.causes === undefined ? !isCarriers(last.status) : !step.causes.includes(last.status)
}

/** What a carrier says of itself rather than of whom it was asked for. */
function isCarriers(status: number): boolean {
  return status === 408 || status === 430 || (status >= 480 && status <= 503 && status !== 486 && status !== 487)
}
