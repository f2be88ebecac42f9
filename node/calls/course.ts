/** The steps of one call, one after the other: who is rung in each is looked up when it begins, since a phone may have registered meanwhile. */
import { clean } from '../../proto/text.ts'
import type { MediaStep, PhonesStep, Ring, Step, TrunkStep } from '../routing/decision.ts'
import type { Refusal } from './best.ts'
import type { Desk, Live } from './desk.ts'
import type { Dialled } from './dialled.ts'
import { groupsOf, reachable } from './invite.ts'
import { identityFor, lookOf, type Shows } from './look.ts'
import { isTalking } from './on-the-phone.ts'
import type { Group, Next, Route } from './ring.ts'
import { catchUp, type Routed } from './routed.ts'
import { endingOf, isLastWord, type Said, stepAfter } from './steps.ts'
import { contactsOf } from './targets.ts'
import { tellTrunk } from './tell-trunk.ts'

export interface Trip extends Omit<Routed, 'decision' | 'turns'> {
  readonly decision: Ring
  readonly shows: Shows
  readonly to: Dialled
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface Course {
  /** Whether his step is behind, or he has none. */
  readonly isPassed: (aor: string) => boolean
  /** With what is offered to whom it rings. */
  route(sdp: string): Route
  /** The trunk that was sent to from here has answered. */
  answered(): void
}

/** One step as it was begun. */
interface Stage {
  /** None: it has ended already. */
  groups(sdp: string): readonly Group[]
  readonly isEmpty: boolean
  /** What was said for those who are not even rung. */
  readonly said: readonly Said[]
}

const NOBODY: Stage = { groups: () => [], isEmpty: true, said: [] }

/** Goes to the first step that there is somebody to ring in; when there is none, how the caller is refused. */
export async function setOut(
  desk: Desk,
  live: Live,
  trip: Trip,
): Promise<Course | { readonly over: readonly Refusal[] }> {
  const { steps, shown, emergency } = trip.decision
  const begun = new Set<number>()
  const heard: Refusal[] = []
  let { isFresh } = trip
  // What another node sends is judged by what that one hears.
  let sentHere = false
  let at = 0
  let stage = await begin()
  const first = await settle()
  if (first !== null) return { over: first }

  /** From a step that is over before it rang to the next; null: there is somebody to ring. */
  async function settle(): Promise<readonly Refusal[] | null> {
    while (stage.isEmpty) {
      const over = await goOn([])
      if (over !== null) return over
    }
    return null
  }

  /** Null: the next step has begun. */
  async function goOn(rung: readonly Said[]): Promise<readonly Refusal[] | null> {
    const step = steps[at]
    const said = [...stage.said, ...rung]
    heard.push(...said)
    if (step === undefined) return heard
    const next = stepAfter(steps, at, said, begun)
    note(
      `${nameOf(step)}: ${endingOf(step, said)}${toldOf(said)}${next === null || next === at + 1 ? '' : `, on to step ${next + 1}`}`,
    )
    if (next === null) return step.kind === 'trunk' && isLastWord(step, said) ? said.slice(-1) : heard
    at = next
    stage = await begin()
    return null
  }

  async function begin(): Promise<Stage> {
    const step = steps[at]
    begun.add(at)
    if (step === undefined) return NOBODY
    switch (step.kind) {
      case 'phones':
        return phones(step)
      case 'trunk':
        return trunk(step)
      default:
        return media(step)
    }
  }

  async function phones(step: PhonesStep): Promise<Stage> {
    const admitted = emergency ? null : await desk.admission?.moved(live.id, null)
    if (admitted?.kind === 'refused') return unasked(nameOf(step), admitted.reason, false)
    for (const line of admitted?.checked ?? []) note(line)
    const talking = emergency ? [] : step.aors.filter((aor) => isTalking(desk, live, aor))
    for (const aor of talking) note(`${aor} talks, and takes no second call`)
    const said = talking.map((): Said => ({ status: 486, reason: 'Busy Here', rang: false }))
    const wanted = { ...step, aors: step.aors.filter((aor) => !talking.includes(aor)) }
    let { groups, missed } = lookUp(wanted)
    // What is done for who is not registered is done when nobody knows better.
    if (groups.length === 0 && said.length === 0 && step.next?.unregistered !== undefined && !isFresh) {
      isFresh = await catchUp(desk)
      if (isFresh) ({ groups, missed } = lookUp(wanted))
    }
    for (const line of missed) note(line)
    const look = lookOf(trip.shows, trip.to, shown, trip.headers)
    return { groups: (sdp) => groupsOf(desk, live, groups, look, sdp), isEmpty: groups.length === 0, said }
  }

  /** Nobody is even asked there. */
  function unasked(where: string, reason: string, unreached: boolean): Stage {
    note(`${where}: ${reason}`)
    return { ...NOBODY, said: [{ status: 503, reason, rang: false, ...(unreached && { unreached }) }] }
  }

  function lookUp(step: PhonesStep) {
    return contactsOf([step], trip.registrations(), desk.cluster.node, reachable(desk))
  }

  async function trunk(step: TrunkStep): Promise<Stage> {
    const name = clean(step.number)
    if (desk.trunks === undefined) return unasked(`trunk ${step.trunk}`, 'this node knows of no trunks', true)
    const { trunks } = desk
    const shownThere = step.shown ?? shown
    const look = {
      ...identityFor(trip.shows, trip.to, shownThere),
      emergency,
      ...(trip.headers && { headers: trip.headers }),
    }
    const out = (sdp: string) => trunks.out(step.trunk, step.number, { ...look, sdp })
    const first = out('')
    if (first.kind === 'unreachable') return unasked(`trunk ${step.trunk}`, first.why, true)
    // A trunk that is full is as one that cannot be reached: the next may have room.
    const about = { trunk: step.trunk, number: step.number }
    const admitted = emergency ? null : await desk.admission?.moved(live.id, about)
    if (admitted?.kind === 'refused') return unasked(`trunk ${step.trunk}`, admitted.reason, true)
    for (const line of admitted?.checked ?? []) note(line)
    const groups = (sdp: string): readonly Group[] => {
      const now = out(sdp)
      const { request, others, via } =
        now.kind === 'request' ? now : { ...first, request: { ...first.request, sdp }, others: [] }
      sentHere = via === null
      const [target, ...rest] = [request, ...others].map((one) => ({ name, trunk: step.trunk, request: one }))
      return [{ targets: [{ ...target!, others: rest }], seconds: step.seconds }]
    }
    return { groups, isEmpty: false, said: [] }
  }

  /** There is no media of our own yet: nobody hears or says anything there. */
  function media({ kind, name }: MediaStep): Stage {
    return {
      ...NOBODY,
      said: [{ status: 480, reason: `${clean(name, 40)}: no ${kind} on this node yet`, rang: false }],
    }
  }

  function note(line: string): void {
    desk.happened(live, { type: 'noted', line })
  }

  return {
    isPassed: (aor) =>
      !steps.some((step, i) => step.kind === 'phones' && step.aors.includes(aor) && (i === at || !begun.has(i))),
    route: (sdp) => {
      async function next(said: readonly Said[] | null): Promise<Next> {
        if (said !== null) {
          const step = steps[at]
          if (sentHere && step?.kind === 'trunk') tellTrunk(desk, step.trunk, said)
          sentHere = false
          const over = (await goOn(said)) ?? (await settle())
          if (over !== null) return { kind: 'over', refusals: over }
        }
        return { kind: 'ring', groups: stage.groups(sdp) }
      }
      return next
    },
    answered() {
      const step = steps[at]
      if (sentHere && step?.kind === 'trunk') desk.trunks?.outcome(step.trunk, 200)
    },
  }
}

export function nameOf(step: Step): string {
  if (step.kind === 'phones') return step.aors.slice(0, 4).join(', ')
  return step.kind === 'trunk' ? `${clean(step.number)} by ${step.trunk}` : `${step.kind} ${clean(step.name)}`
}

const TOLD_MAX = 4

function toldOf(said: readonly Said[]): string {
  const words = said
    .slice(0, TOLD_MAX)
    .map(({ status, reason, late }) => (late ? 'its time is over' : `${status} ${clean(reason, 60)}`))
  return words.length === 0 ? '' : ` (${words.join(', ')})`
}
