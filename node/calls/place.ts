/**
 * A call from a phone: who is it, what does the plan say, where are those phones, then ring them.
 * Returns in words how it ended; every way out has answered the caller.
 */
import type { LegRow } from '../../cluster/tables/rows.ts'
import { tenantOf } from '../../cluster/tables/tenants.ts'
import { clean } from '../../proto/text.ts'
import type { CallRequest, Service } from '../routing/decision.ts'
import { type Gruu, readGruu } from '../sip/gruu.ts'
import type { Early, Heard, Invitation } from '../sip/port.ts'
import type { Arrival } from '../trunks/trunks.ts'
import type { Admitted } from './admission.ts'
import { best } from './best.ts'
import { FORWARDED } from './connect.ts'
import { type Course, nameOf, setOut } from './course.ts'
import type { Desk, Live, Who } from './desk.ts'
import { type Dialled, ofAor, readDialled, shownTarget } from './dialled.ts'
import { wouldDecide } from './facts.ts'
import type { Shows } from './look.ts'
import { type Party, partyOf } from './party.ts'
import { RELAY_HEADER } from './relay.ts'
import { replace } from './replace.ts'
import { route } from './routed.ts'
import { callOf, isFull, putThrough, refuse } from './through.ts'

type KnownGruu = Exclude<Gruu, { kind: 'unknown' }>
export type Known = Who

/** Such an INVITE says who it is, or is served in another way. */
const OTHERWISE = ['proxy-authorization', RELAY_HEADER, 'replaces']

/** The challenge for who does not say who it is; what `place` answers in another way goes there. */
export function unnamed(desk: Desk, request: Heard): ReturnType<Early> {
  if (OTHERWISE.some((name) => request.header(name) !== null)) return null
  const dialled = readDialled(request.uri, request.from.host)
  if (dialled === null || readGruu(request.uri, desk.gruuKey) !== null || forHelp(desk, dialled)) return null
  if (request.header('max-forwards') === '0') return null
  // Whom we know by his address is not asked.
  if (desk.trunks?.cameIn(request)) return null
  const caller = desk.identify(request)
  return caller.kind === 'challenge' ? caller : null
}

export async function place(desk: Desk, live: Live, invitation: Invitation): Promise<string> {
  const party = partyOf(invitation)
  const to = destinationOf(desk, invitation.uri, invitation.from.host)
  if (to.kind === 'refused') return refuse(desk, party, to.status, to.reason)
  if (invitation.header('max-forwards') === '0') return refuse(desk, party, 483, 'Too Many Hops')

  // Whom we know by his address is not asked.
  const trunk = desk.trunks?.cameIn(invitation) ?? null
  if (trunk !== null) return arrive(desk, live, invitation, trunk)
  const emergency = forHelp(desk, to.dialled)
  if (!emergency && !desk.hasRoom()) return isFull(desk, party)
  const caller = desk.identify(invitation)
  // Nobody is asked who he is before he may call for help.
  if (caller.kind !== 'known' && !emergency) {
    if (caller.kind === 'refused') return refuse(desk, party, caller.status, caller.reason)
    invitation.reply(caller.status, { headers: caller.headers })
    return 'asked who it is'
  }
  const known = caller.kind === 'known' ? caller.user : null
  const proved = (known && desk.trunks?.cameIn(invitation, known.aor)) ?? null
  if (proved !== null) return arrive(desk, live, invitation, proved)
  const replaces = invitation.header('replaces')
  if (replaces !== null && known !== null && !emergency) return replace(desk, live, invitation, known, replaces)
  const display = known === null ? '' : clean(invitation.from.display, 64)
  return placeFor(desk, live, {
    party,
    leg: callerLeg(invitation),
    rights: known,
    shown: known,
    display,
    to,
    emergency,
  })
}

/** A call from a trunk: what it dials, and who calls, is as the trunk's row has it read. */
async function arrive(desk: Desk, live: Live, invitation: Invitation, trunk: string): Promise<string> {
  const party = partyOf(invitation)
  const arrival = desk.trunks?.arrived(trunk, invitation) ?? null
  if (arrival === null) return refuse(desk, party, 416, 'Unsupported URI Scheme')
  const to = { dialled: { user: arrival.dialled, domain: arrival.domain }, gruu: null }
  const leg = callerLeg(invitation)
  const { display } = arrival
  const emergency = forHelp(desk, to.dialled)
  if (!emergency && !desk.hasRoom()) return isFull(desk, party)
  return placeFor(desk, live, { party, leg, rights: null, shown: null, display, to, emergency, arrival })
}

export function callerLeg(invitation: Invitation): LegRow {
  const { callId, from, body } = invitation
  return { role: 'caller', callId, tag: from.tag, contact: invitation.header('contact') ?? '', sdp: body }
}

/** A call to be placed: by whose right, to where, and who is at the end of it that is here. */
export interface Wish {
  readonly party: Party
  readonly leg: LegRow
  /** Whom the plan lets call there, or not. */
  readonly rights: Known | null
  /** Who is shown as the caller; he has proved it. */
  readonly shown: Known | null
  readonly display: string
  readonly to: Destination
  /** Whether it is a call for help: see `forHelp`. */
  readonly emergency: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** It came in by a trunk. */
  readonly arrival?: Arrival
  /** How it came to it, for who asks. */
  readonly trace?: readonly string[]
}

export interface Destination {
  readonly dialled: Dialled
  readonly gruu: KnownGruu | null
}

export function destinationOf(
  desk: Desk,
  uri: string,
  domain: string,
):
  | ({ readonly kind: 'known' } & Destination)
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string } {
  const named = readGruu(uri, desk.gruuKey)
  const plain = readDialled(uri, domain)
  if (named?.kind === 'unknown' && !forHelp(desk, plain)) return { kind: 'refused', status: 404, reason: 'Not Found' }
  const gruu = named?.kind === 'unknown' ? null : named
  const dialled = gruu ? ofAor(gruu.aor) : plain
  if (dialled === null) return { kind: 'refused', status: 416, reason: 'Unsupported URI Scheme' }
  return { kind: 'known', dialled, gruu }
}

export async function placeFor(desk: Desk, live: Live, wish: Wish): Promise<string> {
  const { party, leg, rights, shown, to, display, headers, arrival } = wish
  live.placed = { leg, by: rights, to, isNotable: rights !== null || arrival !== undefined || wish.emergency }
  if (wish.emergency) desk.count.emergency++
  const request = requestOf(desk, live.id, rights, to.dialled, arrival)
  const { decision, turns, ...looked } = await route(desk, request, to)
  live.call = callOf(live, {
    from: shown?.aor ?? (arrival?.number || 'anonymous'),
    to: shownTarget(to.dialled),
    startedAt: desk.now(),
    planVersion: decision.planVersion,
    rule: decision.rule,
    trace: [...(wish.trace ?? []), ...decision.trace],
    dialled: to.dialled.user,
    tenant: tenantOf(desk.cluster.tables, shown?.domain ?? to.dialled.domain) ?? '',
    ...(arrival && { trunk: arrival.trunk }),
    turns,
  })
  desk.count.placed++
  if (decision.kind === 'reject') {
    const { status, reason, cause } = decision
    return refuse(desk, party, status, reason, cause === undefined ? {} : { Reason: `Q.850;cause=${cause}` })
  }
  if (decision.kind === 'service') return serve(desk, party, rights, decision)
  const admitted = decision.emergency ? OK : ((await desk.admission?.reserve(request, decision)) ?? OK)
  if (admitted.kind === 'refused') return refuseAdmission(desk, party, admitted)
  for (const line of admitted.checked ?? []) desk.happened(live, { type: 'noted', line })
  const shows = arrival ? showsOf(arrival) : { who: shown, display, private: shown?.private === true }
  const course = await setOut(desk, live, { ...looked, decision, shows, to: to.dialled, headers })
  if ('over' in course) {
    const { status, reason } = best(course.over)
    return refuse(desk, party, status, reason)
  }
  if (isForwarded(desk, to.dialled, course)) party.progress(FORWARDED)
  const isHidden = shown !== null && (shows.private || decision.shown?.private === true)
  return putThrough(desk, live, {
    sip: desk.sip,
    party,
    leg,
    who: isHidden ? { ...shown, private: true } : shown,
    target: decision.steps.map(nameOf).join(', ').split(', ').slice(0, 4).join(', '),
    urgent: decision.emergency,
    route: course.route,
    answered: course.answered,
  })
}

const OK: Admitted = { kind: 'ok' }

function refuseAdmission(desk: Desk, party: Party, refused: Extract<Admitted, { kind: 'refused' }>): string {
  const { status, reason, retryAfter } = refused
  return refuse(
    desk,
    party,
    status,
    reason,
    retryAfter === undefined ? {} : { 'Retry-After': `${Math.ceil(retryAfter)}` },
  )
}

/**
 * There is no media here that could say it: what came of a star code stands in the reason of a refusal, which most phones show. A 200
 * would begin a conversation with nobody.
 */
async function serve(desk: Desk, party: Party, by: Who | null, { service, argument }: Service): Promise<string> {
  if (by === null) return refuse(desk, party, 403, 'Only for users')
  if (desk.services === undefined) return refuse(desk, party, 501, 'No star codes on this node')
  const { status, reason } = await desk.services(by.aor, service, argument)
  return refuse(desk, party, status, reason)
}

/** A user was called by name, and somebody else is rung in his place. */
function isForwarded(desk: Desk, { user, domain }: Dialled, course: Course): boolean {
  const aor = `${user}@${domain}`
  return desk.cluster.tables.users.has(aor) && course.isPassed(aor)
}

/** Whether the plan takes it for an emergency call: these are never refused for who calls, what he requires, or limits. */
export function forHelp(desk: Parameters<typeof wouldDecide>[0] & Pick<Desk, 'now'>, dialled: Dialled | null): boolean {
  return dialled !== null && wouldDecide(desk, requestOf(desk, '', null, dialled)).emergency
}

function requestOf(
  { now }: Pick<Desk, 'now'>,
  id: string,
  by: Known | null,
  { user, domain }: Dialled,
  { trunk, number }: Pick<Arrival, 'trunk' | 'number'> | { readonly trunk: null; readonly number: string } = NO_TRUNK,
): CallRequest {
  return { id, caller: by?.aor ?? null, trunk, number: by?.user ?? number, dialled: user, domain, at: now() }
}
const NO_TRUNK = { trunk: null, number: '' }

function showsOf({ number, domain, display, private: isPrivate }: Arrival): Shows {
  return { who: number === '' ? null : { user: number, domain }, display, private: isPrivate }
}
