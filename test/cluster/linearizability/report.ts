/** A verdict in words. */

import type { Verdict } from './checker.ts'
import type { Operation } from './history.ts'
import type { Model } from './models.ts'

/** So many operations are shown of what went well before. */
const SHOWN = 5

/** One line, or several where somebody must find out what went wrong. */
export function report<S, I, O>(model: Model<S, I, O>, verdict: Verdict<S, I, O>): string {
  switch (verdict.kind) {
    case 'linearizable':
      return `linearizable (${verdict.steps} steps)`
    case 'undecided':
      return `undecided: ${verdict.exhausted} is used up${ofKey(verdict.key)} after ${verdict.steps} steps; raise it to go on`
    case 'not-linearizable': {
      const { key, longest, state, stuck, steps } = verdict
      const before = longest.slice(-SHOWN).map((operation) => `\n    ${describe(model, operation)}`)
      const rest = longest.length > SHOWN ? `\n    … ${longest.length - SHOWN} more before` : ''
      return (
        `not linearizable${ofKey(key)} (${steps} steps)\n  the longest order that is possible:${rest}${before.join('')}` +
        `\n  leads to ${model.describeState(state)}, where what returns next cannot be placed:\n    ${describe(model, stuck)}`
      )
    }
  }
}

function ofKey(key: string): string {
  return key === '' ? '' : ` on key ${JSON.stringify(key)}`
}

function describe<S, I, O>(model: Model<S, I, O>, { process, input, called, outcome }: Operation<I, O>): string {
  const known = outcome === 'unknown' ? undefined : { output: outcome.output }
  const until = outcome === 'unknown' ? '…' : outcome.at
  return `process ${process}, ${called} to ${until}: ${model.describe(input, known)}`
}
