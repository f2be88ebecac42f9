/**
 * What the clients saw, for the checker of linearizable histories: an address of record is a set of contacts, the plan a
 * counter with a text. Times are true ones.
 */
import type { Model } from '../linearizability/models.ts'

export type PlanInput =
  | { readonly kind: 'commit'; readonly expect: number | null; readonly text: string }
  | { readonly kind: 'read' }

export type PlanOutput =
  | { readonly kind: 'committed' | 'conflict'; readonly version: number }
  | { readonly kind: 'plan'; readonly version: number; readonly text: string }

interface Plan {
  readonly version: number
  readonly text: string
}

/** The routing plan: a commit counts its version up, unless its author had expected another. */
export const plan: Model<Plan, PlanInput, PlanOutput> = {
  init: () => ({ version: 0, text: '' }),
  step(state, input, known) {
    if (input.kind === 'read') return !known || same(known.output, { kind: 'plan', ...state }) ? state : undefined
    const fits = input.expect === null || input.expect === state.version
    const after = fits ? { version: state.version + 1, text: input.text } : state
    const output: PlanOutput = { kind: fits ? 'committed' : 'conflict', version: after.version }
    return !known || same(known.output, output) ? after : undefined
  },
  keyOf: ({ version, text }) => `${version} ${text}`,
  isRead: (input, output) => input.kind === 'read' || output.kind === 'conflict',
  describe: (input, known) => `${JSON.stringify(input)} → ${known ? JSON.stringify(known.output) : '?'}`,
  describeState: (state) => JSON.stringify(state),
}

function same(a: PlanOutput, b: PlanOutput): boolean {
  return a.kind === b.kind && a.version === b.version && (a.kind !== 'plan' || b.kind !== 'plan' || a.text === b.text)
}
