/** What a plan says to do → the ways a call may go: users with their forwards, groups, trunks, what is played or recorded. */
import type { ProfileRow } from '../../cluster/tables/people-rows.ts'
import type { PlanAction, PlanGroup, PlanThen, PlanTrunkGroup } from '../../cluster/tables/plan-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { judge } from './calling-class.ts'
import type { CallRequest } from './decision.ts'
import { draw, drawn } from './draw.ts'
import type { Facts, TrunkFact } from './facts.ts'
import type { Linked, Scope } from './link.ts'
import { normalForm } from './number.ts'
import { type Looks, shownInside, shownOutside } from './shown.ts'
import { STEPS_MAX, type Way, way } from './steps.ts'
import type { Trace } from './trace.ts'

/** One decision while it is made. */
export interface Run {
  readonly linked: Linked
  readonly facts: Facts
  readonly request: CallRequest
  readonly trace: Trace
  /** How many more forwards are looked at. */
  forwards: number
  /** How many more ways are made. */
  ways: number
  /** Why what was wanted last cannot be: what the caller hears when there is nothing else. */
  refusal: Refusal | null
  /** Where a number leads by the plan. */
  follow(leg: Leg, dialled: string, after: Way | null): Followed
}

export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly cause?: number
}

export type Followed = { readonly kind: 'way'; readonly way: Way } | ({ readonly kind: 'refused' } & Refusal)

/** The call as it is at one point of its way: who calls, in whose name, by which document. */
export interface Leg {
  readonly scope: Scope
  readonly domain: string
  /** By whose right: the caller, or who forwarded last. */
  readonly caller: Aor | null
  /** Whether that is one of the document's own. */
  readonly isInside: boolean
  readonly trunk: string | null
  /** Who has forwarded it so far; empty: the plan. */
  readonly forwarded: readonly Aor[]
  readonly looks: Looks
  readonly isHelp: boolean
  /** Who comes from outside goes out again: a rule named his trunk, or the number that he dialled stands in the plan. */
  readonly mayLeave?: boolean
}

export const FORWARDS_MAX = 8
/** How long a phone rings where the plan does not say, in seconds. */
export const RING_SECONDS = 60

/** What `action` comes to, and after it what `then` says, and after that `after`. */
export function wayOf(
  run: Run,
  leg: Leg,
  action: PlanAction,
  then: PlanThen | undefined,
  dialled: string,
  after: Way | null,
): Way | null {
  const next = then === undefined ? after : wayOf(run, leg, then.action, then.next, dialled, after)
  if (run.ways-- <= 0) return next
  switch (action.kind) {
    case 'user':
      return userWay(run, leg, full(action.aor, leg.domain), action.seconds, next)
    case 'hunt':
      return membersWay(run, leg, null, action, next)
    case 'group': {
      const group = leg.scope.groups.get(action.group)
      if (group !== undefined) return groupWay(run, leg, group, dialled, next)
      return missing(run, 'group', action.group, next)
    }
    case 'trunk':
      return trunkWay(run, leg, action.trunk, action.seconds, dialled, next)
    case 'forward':
      return forwardWay(run, leg, null, 'always', action.to, next)
    case 'announcement':
    case 'voicemail':
    case 'park':
      return way({ kind: action.kind, name: action.name, seconds: action.seconds }, next, shownInside(leg.looks))
    case 'reject':
      run.refusal = action
      return next
    case 'rewrite':
    case 'service':
      // No reader of plans lets it stand where it could get here.
      run.refusal = { status: 500, reason: 'Nothing to ring' }
      return next
  }
}

function full(name: string, domain: string): Aor {
  return name.includes('@') ? name : `${name}@${domain}`
}

function missing(run: Run, what: string, name: string, after: Way | null): Way | null {
  run.trace.add('un', what, name)
  run.refusal = { status: 500, reason: `No such ${what}` }
  return after
}

/** A user, and where he forwards to. */
export function userWay(run: Run, leg: Leg, aor: Aor, seconds: number, after: Way | null): Way | null {
  if (leg.forwarded.includes(aor)) {
    run.trace.add('fc', aor)
    run.refusal = { status: 482, reason: 'Forwarded in a circle' }
    return after
  }
  const profile = run.facts.profile?.(aor) ?? null
  if (profile === null) return phonesWay(leg, [aor], seconds, after)

  const { always, busy, noAnswer, unregistered, after: patience } = profile.forwards ?? {}
  if (leg.isHelp) return phonesWay(leg, [aor], seconds, after)
  if (always !== undefined) return forwardWay(run, leg, aor, 'always', always, after)
  const whenBusy = busy === undefined ? after : forwardWay(run, leg, aor, 'busy', busy, after)
  if (profile.dnd === true) {
    run.trace.add('dn', aor)
    if (busy === undefined) run.refusal = { status: 480, reason: 'Does not want to be disturbed' }
    return whenBusy
  }
  const unanswered = noAnswer === undefined ? after : forwardWay(run, leg, aor, 'no answer', noAnswer, after)
  const absent = unregistered === undefined ? after : forwardWay(run, leg, aor, 'unregistered', unregistered, after)
  const rings = noAnswer === undefined ? seconds : Math.min(patience ?? seconds, seconds)
  return way({ kind: 'phones', aors: [aor], seconds: rings }, after, shownInside(leg.looks), {
    busy: whenBusy,
    'no answer': unanswered,
    unregistered: absent,
  })
}

function phonesWay(leg: Leg, aors: readonly Aor[], seconds: number, after: Way | null): Way {
  return way({ kind: 'phones', aors, seconds }, after, shownInside(leg.looks))
}

/** `by`: whose right it is; null: the plan itself says so. */
function forwardWay(run: Run, leg: Leg, by: Aor | null, when: string, to: string, after: Way | null): Way | null {
  const who = by ?? 'the plan'
  run.trace.add('f', who, when, to)
  if (run.forwards-- <= 0 || leg.forwarded.length >= FORWARDS_MAX) {
    run.trace.add('fd', FORWARDS_MAX)
    run.refusal = { status: 482, reason: 'Forwarded too often' }
    return after
  }
  const [user, domain] = target(to, by === null ? leg.domain : by.slice(by.lastIndexOf('@') + 1))
  const scope = run.linked.byDomain.get(domain) ?? leg.scope
  const own = by === null ? leg : legBy(run, leg, by, scope)
  const forwarded = by === null ? [...leg.forwarded, ''] : [...leg.forwarded, by]
  const followed = run.follow({ ...own, scope, domain, forwarded }, user, after)
  if (followed.kind === 'way') return followed.way
  run.trace.add('fl', who, `${followed.status} ${followed.reason}`)
  run.refusal = followed
  return after
}

function target(to: string, domain: string): readonly [user: string, domain: string] {
  const bare = to.replace(/^sips?:/i, '')
  const at = bare.lastIndexOf('@')
  return at < 0 ? [bare, domain] : [bare.slice(0, at), bare.slice(at + 1).toLowerCase()]
}

/** The call as if `by` made it. */
function legBy(run: Run, leg: Leg, by: Aor, scope: Scope): Leg {
  const home = run.linked.byDomain.get(by.slice(by.lastIndexOf('@') + 1)) ?? leg.scope
  return { ...leg, caller: by, isInside: home === scope, trunk: null }
}

function groupWay(run: Run, leg: Leg, group: PlanGroup, dialled: string, after: Way | null): Way | null {
  const next = group.next === undefined ? after : wayOf(run, leg, group.next.action, group.next.next, dialled, after)
  run.trace.add('g', group.name, group.ring)
  return membersWay(run, leg, group, { ...group, order: group.ring }, next)
}

interface Members {
  readonly order: PlanGroup['ring']
  readonly aors: readonly string[]
  readonly seconds: number
}

/** Their own phones: where each forwards to is no business of who calls all of them. */
function membersWay(
  run: Run,
  leg: Leg,
  group: PlanGroup | null,
  { order, aors, seconds }: Members,
  after: Way | null,
): Way | null {
  const name = group?.name ?? 'the hunt'
  const members = [...new Set(aors.map((aor) => full(aor, leg.domain)))].slice(0, STEPS_MAX).filter((aor) => {
    const isAway = !leg.isHelp && run.facts.profile?.(aor)?.dnd === true
    if (isAway) run.trace.add('dm', aor, name)
    return !isAway
  })
  if (members.length === 0) {
    run.trace.add('gn', name)
    run.refusal = { status: 480, reason: 'Nobody of the group can be rung' }
    return after
  }
  if (order === 'parallel' || order === 'by_q') return phonesWay(leg, members, seconds, after)
  const start = order === 'round_robin' && group !== null ? turnOf(run, leg, group, members.length) : 0
  const inTurn = [...members.slice(start), ...members.slice(0, start)]
  return inTurn.reduceRight((next: Way | null, aor) => phonesWay(leg, [aor], seconds, next), after)
}

function turnOf({ facts, request }: Run, { scope }: Leg, { name }: PlanGroup, count: number): number {
  const turn = facts.turn?.(name, scope.document) ?? null
  return turn === null ? Math.floor(draw(request.id, 0) * count) : ((Math.trunc(turn) % count) + count) % count || 0
}

function trunkWay(run: Run, leg: Leg, name: string, seconds: number, dialled: string, after: Way | null): Way | null {
  const { scope } = leg
  const number = leg.isHelp ? dialled : (normalForm(dialled, scope.country) ?? dialled)
  const own = leg.isHelp || !leg.isInside ? undefined : scope.numbers.get(number)
  if (own !== undefined && own.action.kind !== 'trunk') {
    run.trace.add('ho', number)
    return wayOf(run, leg, own.action, own.next, dialled, after)
  }
  const owner = leg.isHelp || !leg.isInside ? undefined : scope.directory.get(`${number}@${leg.domain}`)
  if (owner !== undefined) {
    run.trace.add('o', number, owner)
    return userWay(run, leg, owner, RING_SECONDS, after)
  }
  if (!leg.isHelp && !leg.isInside && leg.mayLeave !== true) {
    run.refusal = { status: 403, reason: 'Not from outside' }
    return after
  }
  if (!leg.isHelp && leg.isInside && leg.caller !== null && !mayDial(run, scope, leg.caller, number)) return after

  const group = scope.trunkGroups.get(name)
  const trunks = group === undefined ? [name] : inOrder(run, group, number)
  if (group === undefined) run.trace.add('t', name)
  const shown = shownOutside(leg.looks, group, isForwarded(leg) ? null : ownNumber(run, leg))
  const causes = group?.on === undefined ? {} : { causes: group.on }
  const rings = group?.seconds ?? seconds
  const usable = trunks.filter((trunk) => {
    const fact = factOf(run, trunk)
    return fact?.state !== 'disabled' && (leg.isHelp || isFor(run, scope, trunk, fact))
  })
  if (usable.length === 0) run.refusal = { status: 503, reason: 'No trunk can be used' }
  return usable.reduceRight(
    (next: Way | null, trunk) => way({ kind: 'trunk', trunk, number, seconds: rings, ...causes }, next, shown),
    after,
  )
}

/** Its tenant may have been said after the plan was committed that leads there. */
function isFor({ trace }: Run, { tenant: own }: Scope, trunk: string, fact: TrunkFact | null): boolean {
  const tenant = fact?.tenant
  if (tenant === undefined || tenant === own) return true
  trace.add('tt', trunk, tenant)
  return false
}

function factOf({ facts }: Run, trunk: string): TrunkFact | null {
  return facts.trunk?.(trunk) ?? null
}

/** The trunks in the order in which they are tried, those that cannot be used left out. */
function inOrder(run: Run, group: PlanTrunkGroup, number: string): readonly string[] {
  const ordered = ordering(run, group, number)
  const up: string[] = []
  const down: string[] = []
  for (const { trunk } of ordered) {
    const fact = factOf(run, trunk)
    const state = fact?.state ?? 'up'
    if (state === 'up') up.push(trunk)
    else run.trace.add('td', trunk, state, fact?.why ?? '')
    if (state === 'down') down.push(trunk)
  }
  if (up.length === 0 && down.length > 0) run.trace.add('ta', group.name)
  const tried = (up.length === 0 ? down : up).slice(0, STEPS_MAX)
  run.trace.add('tg', group.name, group.order, ...tried.slice(0, 4))
  return tried
}

function ordering({ facts, request }: Run, { order, trunks }: PlanTrunkGroup, number: string) {
  if (order === 'weighted') return drawn(request.id, trunks)
  if (order === 'listed') return trunks
  const priced = trunks.map(({ trunk }) => ({ trunk, price: facts.price?.(trunk, number) ?? Number.POSITIVE_INFINITY }))
  // What is equal stays as it is listed.
  return priced.sort((a, b) => (a.price === b.price ? 0 : a.price - b.price))
}

/** Whether his class lets him dial it; who has none may dial everything. */
function mayDial(run: Run, scope: Scope, who: Aor, number: string): boolean {
  const name = profileOf(run, who)?.class ?? scope.users.get(who)?.class ?? scope.class
  if (name === undefined) return true
  const has = scope.classes.get(name)
  const verdict = has === undefined ? null : judge(has, number)
  if (verdict === null) run.trace.add('cu', who, name)
  else run.trace.add(verdict.allowed ? 'ca' : 'cd', who, name, number, verdict.by)
  if (verdict?.allowed === true) return true
  run.refusal = { status: 403, reason: 'Not allowed by the calling class' }
  return false
}

/** By a user: then it goes out by his right, and is still a call of who made it. */
function isForwarded({ forwarded }: Leg): boolean {
  return forwarded.some((by) => by !== '')
}

/** The number that the caller has for calls outside. */
function ownNumber(run: Run, { caller, scope, isInside }: Leg): string | null {
  if (caller === null || !isInside) return null
  return profileOf(run, caller)?.callerId ?? scope.users.get(caller)?.callerId ?? null
}

function profileOf({ facts }: Run, aor: Aor): ProfileRow | null {
  return facts.profile?.(aor) ?? null
}
