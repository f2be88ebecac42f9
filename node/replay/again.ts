/** A decision made again, from what was asked when it was made. */
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision } from '../routing/decision.ts'
import type { Linked } from '../routing/link.ts'
import { type Difference, differenceOf } from '../routing/outcome.ts'
import { decide, type Facts } from '../routing/route.ts'

/** As it is kept: JSON of this. */
export interface Input {
  readonly request: CallRequest
  /** Each question with its answer. */
  readonly facts: readonly { readonly asked: string; readonly about: readonly string[]; readonly answer: unknown }[]
}

export interface Again {
  readonly difference: Difference
  readonly before: Decision
  readonly after: Decision
}

/** Null: it is nothing that was kept. */
export function inputIn(text: string): Input | null {
  try {
    const said = JSON.parse(text) as Partial<Input> | null
    const { request, facts } = said ?? {}
    if (typeof request?.dialled !== 'string' || typeof request.domain !== 'string' || !Array.isArray(facts)) return null
    return { request, facts }
  } catch {
    return null
  }
}

/** The facts that are known by now: of others nothing is known, then as now. */
export function knownIn(facts: Facts): readonly string[] {
  return Object.entries(facts).flatMap(([name, ask]) => (typeof ask === 'function' ? [name] : []))
}

/** `other`: who is asked what was not asked then; null: nobody can be, and the answer is null when that is needed. */
export function again(
  input: Input,
  before: Linked,
  after: Linked,
  other: Facts | null,
  known: readonly string[] = other === null ? [] : knownIn(other),
): Again | null {
  const { request } = input
  const asked = factsIn(input, other, known)
  const did = decide(before, asked.facts, request)
  const does = decide(after, asked.facts, request)
  return asked.isMissed() ? null : { difference: differenceOf(did, does), before: did, after: does }
}

const LENGTH_MAX = 200

function factsIn({ facts }: Input, other: Facts | null, known: readonly string[]) {
  const answers = new Map<string, unknown>()
  for (const { asked, about, answer } of facts) answers.set([asked, ...about].join('\n'), answer)
  let missed = false
  function ask<T>(what: keyof Facts, about: readonly string[], none: T): T {
    const key = [what, ...about.map((one) => clean(one, LENGTH_MAX))].join('\n')
    if (answers.has(key)) return answers.get(key) as T
    if (other === null) missed = true
    const now = other?.[what] as ((...about: readonly string[]) => T) | undefined
    const answer = now === undefined ? none : now(...about)
    // Both plans hear the same, also when it changes meanwhile.
    answers.set(key, answer)
    return answer
  }
  const made = {
    known: (aor: string) => ask('known', [aor], false),
    here: (host: string) => ask('here', [host], false),
    profile: (aor: string) => ask('profile', [aor], null),
    trunk: (name: string) => ask('trunk', [name], null),
    turn: (...about: string[]) => ask('turn', about, null),
    price: (trunk: string, number: string) => ask('price', [trunk, number], null),
  }
  const offered = Object.entries(made).filter(([name]) => known.includes(name))
  return { facts: Object.fromEntries(offered) as unknown as Facts, isMissed: () => missed }
}
