/**
 * A call from a phone: who is it, what does the plan say, where are those phones, then ring them.
 * Returns in words how it ended; every way out has answered the caller.
 */
import type { BindingRow, LegRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import { type Decision, type PhonesStep, phonesIn, type Ring } from '../routing/decision.ts'
import { RING_SECONDS } from '../routing/plan.ts'
import { type Nodes, nodesOf } from '../routing/reach.ts'
import { decide } from '../routing/route.ts'
import { type Gruu, meantBy, readGruu } from '../sip/gruu.ts'
import type { DialRequest, Early, Heard, Invitation } from '../sip/port.ts'
import type { Caller, Desk, Live } from './calls.ts'
import { FORWARDED } from './connect.ts'
import { type Dialled, ofAor, readDialled, sayDialled, shownTarget } from './dialled.ts'
import { type Party, partyOf } from './party.ts'
import { orderedName, RELAY_HEADER, writeRelay } from './relay.ts'
import { replace } from './replace.ts'
import type { Group, Target } from './ring.ts'
import { type Contact, type ContactGroup, contactsOf } from './targets.ts'
import { callOf, isFull, putThrough, refuse } from './through.ts'

type KnownGruu = Exclude<Gruu, { kind: 'unknown' }>
export type Known = Extract<Caller, { kind: 'known' }>['user']

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
  const { party, leg, rights, shown, to } = wish
  live.placed = { leg, by: rights, to }
  if (wish.emergency) desk.count.emergency++
  const { decision, groups, missed } = await decideWithCatchUp(desk, live.id, rights, to)
  live.call = callOf(live, {
    from: shown?.aor ?? 'anonymous',
    to: shownTarget(to.dialled),
    startedAt: desk.now(),
    planVersion: decision.planVersion,
    rule: decision.rule,
    trace: [...(wish.trace ?? []), ...decision.trace, ...missed],
  })
  desk.count.placed++
  if (decision.kind === 'reject') return refuse(desk, party, decision.status, decision.reason)
  if (groups.length === 0) return refuse(desk, party, 480, 'Temporarily Unavailable')

  const steps = phonesIn(decision.steps)
  const target = steps
    .flatMap((step) => step.aors)
    .slice(0, 4)
    .join(', ')
  if (isForwarded(desk, to.dialled, steps)) party.progress(FORWARDED)
  return putThrough(desk, live, {
    sip: desk.sip,
    party,
    leg,
    who: shown,
    target,
    groups: (sdp) => groupsOf(desk, live, groups, lookOf(wish), sdp),
  })
}

/** A user was called by name, and somebody else is rung in his place. */
function isForwarded(desk: Desk, { user, domain }: Dialled, steps: readonly PhonesStep[]): boolean {
  const aor = `${user}@${domain}`
  return desk.cluster.tables.users.has(aor) && !steps.some(({ aors }) => aors.includes(aor))
}

/** A miss may only mean that this node is behind: the leader is asked once before anybody is told no. */
async function decideWithCatchUp(desk: Desk, id: string, known: Known | null, to: Destination) {
  const first = look(desk, id, known, to)
  const hit = first.groups.length > 0 || (first.decision.kind === 'reject' && first.decision.rule !== 'none')
  if (hit || !desk.cluster.status().quorum) return first
  const caught = await desk.cluster.catchUp(CATCH_UP_MS)
  return caught === 'caught up' ? look(desk, id, known, to) : first
}
const CATCH_UP_MS = 1_000

function look(desk: Desk, id: string, known: Known | null, { dialled, gruu }: Destination) {
  const decision = decideFor(desk, id, known, dialled)
  if (decision.kind === 'reject') return { decision, groups: [], missed: [] }
  const steps = phonesIn(decision.steps)
  // Who calls for help is helped by whoever the plan says.
  if (gruu && !decision.emergency) return lookFor(desk, gruu, decision)
  return { decision, ...contactsOf(steps, desk.cluster.tables.registrations, desk.cluster.node, reachable(desk)) }
}

/** The plan may refuse a call to a GRUU, but where it rings is said already (RFC 5627 §6). */
function lookFor(desk: Desk, gruu: KnownGruu, decision: Ring) {
  const { aor } = gruu
  const trace = [...decision.trace, `the ${gruu.kind} GRUU of one phone of ${clean(aor)} was dialled`]
  const meant = meantBy(gruu, desk.cluster.tables.registrations.get(aor)?.bindings ?? [])
  if (meant === null) {
    const over = { kind: 'reject', status: 404, reason: 'Not Found', rule: 'none' } as const
    return { decision: { ...decision, ...over, trace: [...trace, 'it is over'] }, groups: [], missed: [] }
  }
  const registrations = new Map([[aor, { aor, bindings: meant }]])
  const steps = [{ aors: [aor], seconds: decision.steps[0]?.seconds ?? RING_SECONDS }]
  return { decision: { ...decision, trace }, ...contactsOf(steps, registrations, desk.cluster.node, reachable(desk)) }
}

/** Whether the plan takes it for an emergency call: these are never refused for who calls, what he requires, or limits. */
export function forHelp(desk: Pick<Desk, 'cluster' | 'here' | 'now'>, dialled: Dialled | null): boolean {
  return dialled !== null && decideFor(desk, '', null, dialled).emergency
}

function decideFor(
  desk: Pick<Desk, 'cluster' | 'here' | 'now'>,
  id: string,
  known: Known | null,
  { user, domain }: Dialled,
): Decision {
  const { tables } = desk.cluster
  const facts = { known: (aor: string) => tables.users.has(aor), here: desk.here }
  const caller = known?.aor ?? null
  return decide(tables.plan, facts, {
    id,
    caller,
    trunk: null,
    number: known?.user ?? '',
    dialled: user,
    domain,
    at: desk.now(),
  })
}

function reachable({ cluster }: Desk): Nodes {
  return nodesOf(cluster.tables.nodes.values(), cluster.node, cluster.status().connected)
}

/** How a call looks to the phones that it rings. */
type Look = Pick<DialRequest, 'from' | 'to' | 'headers'>

/** The caller is shown as who he proved to be, whatever he claims. */
function lookOf({ shown, display, to, headers }: Wish): Look {
  const { user, domain } = shown ?? { user: 'anonymous', domain: 'anonymous.invalid' }
  const from = { display, uri: sayDialled({ user, domain }) }
  return { from, to: { uri: sayDialled(to.dialled) }, ...(headers && { headers }) }
}

/** Phones of one user, whatever the plan would have a call to him do. */
export function phonesOf(
  desk: Desk,
  live: Live,
  aor: string,
  seconds: number,
  look: Look,
  sdp: string,
): readonly Group[] {
  const { cluster } = desk
  const { groups } = contactsOf([{ aors: [aor], seconds }], cluster.tables.registrations, cluster.node, reachable(desk))
  return groupsOf(desk, live, groups, look, sdp)
}

function groupsOf(desk: Desk, live: Live, groups: readonly ContactGroup[], look: Look, sdp: string): readonly Group[] {
  const invite = inviteOf(desk, live, look, sdp)
  return groups.map(({ contacts, seconds }) => ({ targets: contacts.map(invite), seconds }))
}

/** What is sent to one contact. */
function inviteOf(desk: Desk, live: Live, { from, to, headers: more }: Look, sdp: string) {
  const requestTo = ({ binding, way }: Contact): DialRequest => {
    if (way.kind === 'direct') {
      return { uri: way.uri, nextHop: way.nextHop, route: way.route, from, to, sdp, ...(more && { headers: more }) }
    }
    const callId = desk.newId()
    const order = { aor: binding.aor, contact: orderedName(binding), call: live.id, at: desk.cluster.now(), hop: 1 }
    const headers = { ...more, [RELAY_HEADER]: writeRelay(order, callId, desk.relayKey) }
    return { callId, uri: `sip:relay@${way.sip}`, nextHop: `sip:${way.sip};transport=udp`, from, to, sdp, headers }
  }
  const target = (contact: Contact): Target => {
    const { binding, others } = contact
    return {
      name: binding.aor,
      // An order is good for a minute only, and a hunt may take longer.
      get request() {
        return requestTo(contact)
      },
      ...flowOf(desk, binding),
      others: others.map(target),
    }
  }
  return target
}

/** Of a phone whose connection is here, and whose binding goes when that is gone. */
export function flowOf({ cluster, sip, flowLost }: Desk, binding: BindingRow): Pick<Target, 'flow'> {
  if (binding.regId === undefined) return {}
  const isHere = binding.node === cluster.node && binding.transport !== 'udp' && binding.path === undefined
  return { flow: { lost: () => isHere && sip.connected && flowLost?.(binding) } }
}
