/** The routing plan as a single copy would have it: a version and a text that are compared and set. ◆ */
import type { Model } from '../cluster/linearizability/models.ts'

export interface PlanState {
  readonly version: number
  readonly text: string
}

export type PlanInput =
  | { readonly kind: 'commit'; readonly expect: number; readonly text: string }
  | { readonly kind: 'show' }

/** The version it got, the plan that was shown, or that another version was in force. */
export type PlanOutput = number | PlanState | 'conflict'

/** `initial` is in force before the history begins. */
export function planModel(initial: PlanState): Model<PlanState, PlanInput, PlanOutput> {
  return {
    init: () => initial,
    step(state, input, known) {
      if (input.kind === 'show') return known === undefined || isSame(state, known.output) ? state : undefined
      const fits = state.version === input.expect
      const after = fits ? { version: state.version + 1, text: input.text } : state
      if (known === undefined) return after
      return known.output === (fits ? after.version : 'conflict') ? after : undefined
    },
    keyOf: ({ version, text }) => `${version} ${text}`,
    isRead: (input, output) => input.kind === 'show' || output === 'conflict',
    describe(input, known) {
      const asked = input.kind === 'show' ? 'show' : `commit ${JSON.stringify(input.text)} on ${input.expect}`
      return `${asked} → ${known === undefined ? '?' : JSON.stringify(known.output)}`
    },
    describeState: (state) => JSON.stringify(state),
  }
}

function isSame(state: PlanState, output: PlanOutput): boolean {
  return typeof output === 'object' && output.version === state.version && output.text === state.text
}
