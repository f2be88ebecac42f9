/** Where the plan has a call go. A miss may only mean that this node is behind: the leader is asked once before anybody is told no. */
import type { RegistrationRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Decision, PhonesStep, Ring } from '../routing/decision.ts'
import { RING_SECONDS } from '../routing/plan.ts'
import { meantBy } from '../sip/gruu.ts'
import type { Desk } from './desk.ts'
import { consider } from './facts.ts'
import { reachable } from './invite.ts'
import type { Destination } from './place.ts'
import { contactsOf } from './targets.ts'

type Registrations = Pick<ReadonlyMap<string, RegistrationRow>, 'get'>

export interface Routed {
  readonly decision: Decision
  /** Groups in which the call has its turn. */
  readonly turns: readonly string[]
  /** Where its phones are, as the tables say when it is asked. */
  readonly registrations: () => Registrations
  /** The leader was asked already. */
  readonly isFresh: boolean
}

export async function route(desk: Desk, request: CallRequest, to: Destination): Promise<Routed> {
  const first = look(desk, request, to)
  const isFresh = !isHit(desk, first) && (await catchUp(desk))
  const { tell, ...routed } = isFresh ? look(desk, request, to) : first
  tell()
  return { ...routed, isFresh }
}

const CATCH_UP_MS = 1_000

/** False: the tables are what they were. */
export async function catchUp({ cluster }: Desk): Promise<boolean> {
  return cluster.status().quorum && (await cluster.catchUp(CATCH_UP_MS)) === 'caught up'
}

type Looked = Omit<Routed, 'isFresh'> & { tell(): void }

function look(desk: Desk, request: CallRequest, { gruu }: Destination): Looked {
  const { decision, turns, tell } = consider(desk, request)
  // Who calls for help is helped by whoever the plan says.
  if (decision.kind === 'ring' && gruu && !decision.emergency)
    return { ...lookFor(desk, gruu, decision), turns: [], tell }
  return { decision, turns, registrations: () => desk.cluster.tables.registrations, tell }
}

/** The plan may refuse a call to a GRUU, but where it rings is said already (RFC 5627 §6). */
function lookFor(desk: Desk, gruu: NonNullable<Destination['gruu']>, decision: Ring): Omit<Looked, 'turns' | 'tell'> {
  const { aor } = gruu
  const trace = [...decision.trace, `the ${gruu.kind} GRUU of one phone of ${clean(aor)} was dialled`]
  const meant = () => meantBy(gruu, desk.cluster.tables.registrations.get(aor)?.bindings ?? [])
  const registrations = () => new Map([[aor, { aor, bindings: meant() ?? [] }]])
  if (meant() === null) {
    const over = { kind: 'reject', status: 404, reason: 'Not Found', rule: 'none' } as const
    const { emergency, planVersion, ops } = decision
    return { decision: { ...over, emergency, planVersion, ops, trace: [...trace, 'it is over'] }, registrations }
  }
  const step: PhonesStep = { kind: 'phones', aors: [aor], seconds: decision.steps[0]?.seconds ?? RING_SECONDS }
  return { decision: { ...decision, steps: [step], trace }, registrations }
}

/** There is something to be said that more recent tables would hardly change. */
function isHit(desk: Desk, { decision, registrations }: Looked): boolean {
  if (decision.kind !== 'ring') return decision.rule !== 'none'
  const [known, nodes] = [registrations(), reachable(desk)]
  return decision.steps.some(
    (step) => step.kind !== 'phones' || contactsOf([step], known, desk.cluster.node, nodes).groups.length > 0,
  )
}
