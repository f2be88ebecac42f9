/** What routing is told of the cluster, and which of it was asked for one decision: with that the decision can be made again. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { ProfileRow } from '../../cluster/tables/people-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import type { TrunkStanding } from '../../cluster/tables/trunks.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision } from '../routing/decision.ts'
import { linkedOf } from '../routing/linked.ts'
import { decide, type Facts, type TrunkFact } from '../routing/route.ts'
import type { Desk } from './calls.ts'

/** One question that routing had, and what it was answered. */
export interface Fact {
  readonly asked: string
  readonly about: readonly string[]
  readonly answer: unknown
}

/** Everything that a decision came from. */
export interface Decided {
  readonly request: CallRequest
  readonly facts: readonly Fact[]
  /** False: more was asked than is noted. */
  readonly isWhole: boolean
  readonly version: number
  readonly decision: Decision
}

type Knows = Pick<Desk, 'cluster' | 'here' | 'decide' | 'trunks' | 'price'>

export function factsOf({ cluster, here, trunks, turns, price }: Knows & Partial<Pick<Desk, 'turns'>>): Facts {
  const { tables } = cluster
  return {
    known: (aor) => tables.users.has(aor),
    here,
    profile: (aor) => profileOf(cluster, aor) ?? null,
    turn: (group, document) => turns?.get(`${document} ${group}`) ?? 0,
    ...(trunks && { trunk: (name) => standingOf(trunks.standing(name), tables.trunks.get(name)?.tenant) }),
    ...(price && { price }),
  }
}

/** That most nodes reach it is enough: a call that this one cannot send leaves through another. */
function standingOf(standing: TrunkStanding | null, tenant: string | undefined): TrunkFact | null {
  if (standing === null) return null
  const { state, unreachableFrom } = standing
  const whose = tenant === undefined ? {} : { tenant }
  return state === 'down'
    ? { state, why: `${unreachableFrom.slice(0, 8).join(', ')} cannot reach it`, ...whose }
    : { state: state === 'partly' ? 'up' : state, ...whose }
}

/** Groups whose turns are counted; of more than a plan has it forgets the oldest. */
const TURNS_MAX = 10_000

/** Whom a call asked whose turn it is has had it: the next call has the next. */
function takeTurns(turns: Map<string, number>, facts: readonly Fact[]): void {
  for (const { asked, about } of facts) {
    if (asked !== 'turn') continue
    const [group, document] = about
    const key = `${document} ${group}`
    const count = turns.get(key) ?? 0
    turns.delete(key)
    turns.set(key, count + 1)
    const [oldest] = turns.keys()
    if (turns.size > TURNS_MAX && oldest !== undefined) turns.delete(oldest)
  }
}

function decisionOf({ cluster, decide: other }: Knows, facts: Facts, request: CallRequest): Decision {
  return other === undefined ? decide(linkedOf(cluster.tables), facts, request) : other(facts, request)
}

/** A decision that nobody is told of, for who only has to know what it would be. */
export function wouldDecide(desk: Knows & Partial<Pick<Desk, 'turns'>>, request: CallRequest): Decision {
  return decisionOf(desk, factsOf(desk), request)
}

/** `tell`: it is what counts, and who keeps decisions hears what it came from. */
export function consider(
  desk: Knows & Pick<Desk, 'decided' | 'turns'>,
  request: CallRequest,
): { readonly decision: Decision; tell(): void } {
  const { decided, turns } = desk
  const noted = noting(factsOf(desk))
  const decision = decisionOf(desk, noted.facts, request)
  function tell(): void {
    const { facts, isWhole } = noted.taken()
    takeTurns(turns, facts)
    decided?.({ request, facts, isWhole, version: decision.planVersion, decision })
  }
  return { decision, tell }
}

/** What a user has set; undefined: nothing. */
export function profileOf({ tables }: Cluster, aor: Aor): ProfileRow | undefined {
  return tables.profiles.get(aor)
}

const FACTS_MAX = 64
const LENGTH_MAX = 200

/** The same facts; each answer is noted once, in the order in which it was asked for. */
export function noting<T extends object>(facts: T) {
  const noted = new Map<string, Fact>()
  let isWhole = true
  function note(asked: string, about: readonly unknown[], answer: unknown): void {
    const texts = about.map((one) => clean(String(one), LENGTH_MAX))
    const key = [asked, ...texts].join('\n')
    if (noted.has(key)) return
    if (noted.size < FACTS_MAX) noted.set(key, { asked, about: texts, answer: answer ?? null })
    else isWhole = false
  }
  const entries = Object.entries(facts).map(([asked, ask]) => {
    if (typeof ask !== 'function') return [asked, ask]
    return [
      asked,
      (...about: unknown[]) => {
        const answer: unknown = Reflect.apply(ask, facts, about)
        note(asked, about, answer)
        return answer
      },
    ]
  })
  return { facts: Object.fromEntries(entries) as T, taken: () => ({ facts: [...noted.values()], isWhole }) }
}
