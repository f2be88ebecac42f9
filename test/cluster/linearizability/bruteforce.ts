/** The definition, word for word: tries every order. For small histories, to judge the checker by. */

import type { Operation } from './history.ts'
import type { Model } from './models.ts'

/** For the operations of one key. */
export function hasLinearOrder<S, I, O>(model: Model<S, I, O>, history: readonly Operation<I, O>[]): boolean {
  const search = (state: S, left: readonly Operation<I, O>[]): boolean => {
    if (left.every(({ outcome }) => outcome === 'unknown')) return true
    return left.some((operation) => {
      const others = left.filter((other) => other !== operation)
      if (others.some(({ outcome }) => outcome !== 'unknown' && outcome.at < operation.called)) return false
      const after = model.step(state, operation.input, knownOf(operation))
      return after !== undefined && search(after, others)
    })
  }
  return search(model.init(), history)
}

/** Whether this is such an order: each operation that returns is there once, in its time, and answers what it answered. */
export function isLinearOrder<S, I, O>(
  model: Model<S, I, O>,
  history: readonly Operation<I, O>[],
  order: readonly Operation<I, O>[],
): boolean {
  if (new Set(order).size !== order.length || order.some((operation) => !history.includes(operation))) return false
  if (history.some((operation) => operation.outcome !== 'unknown' && !order.includes(operation))) return false
  let state = model.init()
  for (const [i, operation] of order.entries()) {
    const later = order.slice(i + 1)
    if (later.some(({ outcome }) => outcome !== 'unknown' && outcome.at < operation.called)) return false
    const after = model.step(state, operation.input, knownOf(operation))
    if (after === undefined) return false
    state = after
  }
  return true
}

function knownOf<I, O>({ outcome }: Operation<I, O>): { output: O } | undefined {
  return outcome === 'unknown' ? undefined : { output: outcome.output }
}
