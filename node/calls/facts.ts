/** What routing is told of the cluster, and which of it was asked for one decision: with that the decision can be made again. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { ProfileRow } from '../../cluster/tables/people-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import type { TrunkStanding } from '../../cluster/tables/trunks.ts'
import { turnKey } from '../../cluster/tables/turns.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision } from '../routing/decision.ts'
import { linkedOf } from '../routing/linked.ts'
import { decide, type Facts, type TrunkFact } from '../routing/route.ts'
import type { Desk } from './desk.ts'

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

export function factsOf({ cluster, here, trunks, price }: Knows): Facts {
  const { tables } = cluster
  return {
    known: (aor) => tables.users.has(aor),
    here,
    profile: (aor) => profileOf(cluster, aor) ?? null,
    turn: (group, document) => tables.turns.get(turnKey(document, group))?.calls ?? 0,
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

function decisionOf({ cluster, decide: other }: Knows, facts: Facts, request: CallRequest): Decision {
  return other === undefined ? decide(linkedOf(cluster.tables), facts, request) : other(facts, request)
}

/** A decision that nobody is told of, for who only has to know what it would be. */
export function wouldDecide(desk: Knows, request: CallRequest): Decision {
  return decisionOf(desk, factsOf(desk), request)
}

/** `tell`: it is what counts, and who keeps decisions hears what it came from. `turns`: the groups in which the call has its turn, if it comes about. */
export function consider(desk: Knows & Pick<Desk, 'decided'>, request: CallRequest) {
  const facts = factsOf(desk)
  const turns = new Set<string>()
  const noted = noting({
    ...facts,
    turn(group: string, document: string) {
      turns.add(turnKey(document, group))
      return facts.turn?.(group, document) ?? null
    },
  })
  const decision = decisionOf(desk, noted.facts, request)
  function tell(): void {
    const taken = noted.taken()
    desk.decided?.({ request, ...taken, version: decision.planVersion, decision })
  }
  return { decision, turns: [...turns], tell }
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
