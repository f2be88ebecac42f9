/**
 * Is there an order of the operations, each between its call and its return, in which a single copy would have answered the
 * same (Herlihy and Wing 1990)? The search is Wing and Gong's (1993), with Lowe's memory of configurations that were tried
 * (2017), over a doubly linked list of calls and returns.
 */

import { Configurations, PlacedSet } from './configurations.ts'
import { byKey, type Operation } from './history.ts'
import type { Model } from './models.ts'
import { Timeline } from './timeline.ts'

export interface Limits {
  /** How often the model may be asked, for all keys together: the bound on work. */
  readonly maxSteps: number
  /** How many configurations may be remembered (at the end of a turn): the bound on memory, at 100 to 300 bytes each. */
  readonly maxConfigurations: number
}

export const LIMITS: Limits = { maxSteps: 20_000_000, maxConfigurations: 2_000_000 }

export type Verdict<S, I, O> =
  | { readonly kind: 'linearizable'; readonly steps: number; readonly orders: ReadonlyMap<string, Operation<I, O>[]> }
  | ({ readonly kind: 'not-linearizable'; readonly steps: number; readonly key: string } & Obstacle<S, I, O>)
  | { readonly kind: 'undecided'; readonly steps: number; readonly key: string; readonly exhausted: keyof Limits }

/** As far as any order got. */
export interface Obstacle<S, I, O> {
  readonly longest: readonly Operation<I, O>[]
  /** The state after `longest`. */
  readonly state: S
  /** It returned next, but cannot be placed: not after `longest`, nor after anything else that was possible. */
  readonly stuck: Operation<I, O>
}

/**
 * Judges key by key. A key that is wrong decides, even if another is undecided; and as wrong keys are often found at once while
 * others take long, the keys are searched in turns that grow.
 */
export function check<S, I, O>(
  model: Model<S, I, O>,
  history: readonly Operation<I, O>[],
  limits: Partial<Limits> = {},
): Verdict<S, I, O> {
  const { maxSteps, maxConfigurations } = { ...LIMITS, ...limits }
  const orders = new Map<string, Operation<I, O>[]>()
  const searches = new Map([...byKey(history)].map(([key, part]) => [key, new Search(model, part)]))
  let steps = 0
  for (let turn = FIRST_TURN; ; turn = Math.min(2 * turn, LAST_TURN)) {
    for (const [key, search] of searches) {
      const before = search.steps
      const found = search.run(Math.min(before + turn, before + maxSteps - steps))
      steps += search.steps - before
      if (found?.kind === 'not-linearizable') return { ...found, steps, key }
      if (found !== undefined) {
        orders.set(key, found.order)
        searches.delete(key)
      }
    }
    const [next] = searches.keys()
    if (next === undefined) return { kind: 'linearizable', steps, orders }
    if (steps >= maxSteps) return { kind: 'undecided', steps, key: next, exhausted: 'maxSteps' }
    const configurations = [...searches.values()].reduce((sum, { size }) => sum + size, 0)
    if (configurations >= maxConfigurations)
      return { kind: 'undecided', steps, key: next, exhausted: 'maxConfigurations' }
  }
}

const FIRST_TURN = 1000
/** The bound on memory may be passed by as many configurations as the keys have turns. */
const LAST_TURN = 100_000

type KeyVerdict<S, I, O> =
  | { kind: 'linearizable'; order: Operation<I, O>[] }
  | ({ kind: 'not-linearizable' } & Obstacle<S, I, O>)

/** One operation that is placed, and the state it was placed in. A chain, so that the longest is kept for nothing. */
interface Placed<S> {
  readonly operation: number
  readonly before: S
  /** Nothing else need be tried in its place. */
  readonly forced: boolean
  readonly earlier: Placed<S> | undefined
  readonly depth: number
}

class Search<S, I, O> {
  steps = 0
  readonly #model: Model<S, I, O>
  readonly #line: Timeline<I, O>
  readonly #set: PlacedSet
  readonly #tried: Configurations
  /** An operation of unknown outcome → one that asks the same and was called before it. */
  readonly #twin: ReadonlyMap<number, number>
  #state: S
  #placed: Placed<S> | undefined
  /** Operations that return and are not placed. */
  #missing: number
  /** Where to go on looking for the next operation to place. */
  #candidate: number | undefined
  #longest: { placed: Placed<S> | undefined; state: S; stuck: number } | undefined

  constructor(model: Model<S, I, O>, history: readonly Operation<I, O>[]) {
    this.#model = model
    this.#line = new Timeline(history)
    this.#set = new PlacedSet(this.#line.returning, this.#line.operations.length)
    this.#tried = new Configurations()
    this.#twin = twins(this.#line)
    this.#state = model.init()
    this.#missing = this.#line.returning
    this.#candidate = this.#firstCandidate()
  }

  /** Configurations that it remembers. */
  get size(): number {
    return this.#tried.size
  }

  /** Goes on until it knows, or until it has asked the model so many times since it was made. */
  run(maxSteps: number): KeyVerdict<S, I, O> | undefined {
    const line = this.#line
    while (this.#missing > 0) {
      if (this.steps >= maxSteps) return undefined
      const candidate = this.#candidate
      if (candidate !== undefined) {
        this.#candidate = this.#place(candidate) ? this.#firstCandidate() : this.#candidateAfter(candidate)
        continue
      }
      // Nothing fits before the next return, so an earlier choice was wrong.
      if (this.#longest === undefined || (this.#placed?.depth ?? 0) > (this.#longest.placed?.depth ?? 0)) {
        this.#longest = { placed: this.#placed, state: this.#state, stuck: line.due() }
      }
      const undone = this.#undo()
      if (undone === undefined) {
        const { placed, state, stuck } = this.#longest
        return { kind: 'not-linearizable', longest: this.#order(placed), state, stuck: line.operations[stuck]! }
      }
      this.#candidate = this.#candidateAfter(undone)
    }
    return { kind: 'linearizable', order: this.#order(this.#placed) }
  }

  #firstCandidate(): number | undefined {
    const event = this.#line.first()
    return this.#line.isCall(event) ? event : this.#unknownFrom(this.#line.returning)
  }

  /** First what returns, in the order of the calls; then, as a last resort, what has an unknown outcome. */
  #candidateAfter(operation: number): number | undefined {
    const line = this.#line
    if (operation >= line.returning) return this.#unknownFrom(operation + 1)
    const event = line.next(operation)
    return line.isCall(event) ? event : this.#unknownFrom(line.returning)
  }

  /** From this one on, the first that is called before the next return. */
  #unknownFrom(operation: number): number | undefined {
    const { operations } = this.#line
    if (operation >= operations.length) return undefined
    const { outcome } = operations[this.#line.due()]!
    for (let i = operation; i < operations.length; i++) {
      if (outcome !== 'unknown' && operations[i]!.called > outcome.at) return undefined
      const twin = this.#twin.get(i)
      if (!this.#set.has(i) && (twin === undefined || this.#set.has(twin))) return i
    }
    return undefined
  }

  /** Places it next, if it fits and leads to where we have not been. */
  #place(operation: number): boolean {
    this.steps++
    const { input, outcome } = this.#line.operations[operation]!
    const unknown = outcome === 'unknown'
    const before = this.#state
    const after = this.#model.step(before, input, unknown ? undefined : { output: outcome.output })
    // What may have been left undone need not be done where it changes nothing.
    if (after === undefined) return false
    const key = this.#model.keyOf(after)
    if (unknown && this.#model.keyOf(before) === key) return false
    this.#set.add(operation)
    if (!this.#tried.add(this.#set, key)) {
      this.#set.remove(operation)
      return false
    }
    const forced = !unknown && (this.#model.isRead?.(input, outcome.output) ?? false)
    this.#placed = { operation, before, forced, earlier: this.#placed, depth: (this.#placed?.depth ?? 0) + 1 }
    this.#state = after
    if (!unknown) {
      this.#line.lift(operation)
      this.#missing--
    }
    return true
  }

  /** Takes back the last choice there was, and returns it. */
  #undo(): number | undefined {
    for (;;) {
      const last = this.#placed
      if (last === undefined) return undefined
      this.#placed = last.earlier
      this.#state = last.before
      this.#set.remove(last.operation)
      if (last.operation < this.#line.returning) {
        this.#line.restore(last.operation)
        this.#missing++
      }
      // A read that fits here can be moved here from wherever else it fits, so no other order needs trying.
      if (!last.forced) return last.operation
    }
  }

  #order(last: Placed<S> | undefined): Operation<I, O>[] {
    const chain: Operation<I, O>[] = []
    for (let at = last; at !== undefined; at = at.earlier) chain.push(this.#line.operations[at.operation]!)
    return chain.reverse()
  }
}

/** Of two that ask the same and never came back, the one that was called first can stand in for the other. */
function twins<I, O>({ operations, returning }: Timeline<I, O>): Map<number, number> {
  const latest = new Map<string, number>()
  const found = new Map<number, number>()
  for (let i = returning; i < operations.length; i++) {
    const asked = JSON.stringify(operations[i]!.input)
    const twin = latest.get(asked)
    if (twin !== undefined) found.set(i, twin)
    latest.set(asked, i)
  }
  return found
}
