/**
 * A call from a phone: who is it, what does the plan say, where are those phones, then ring them.
 * Returns in words how it ended; every way out has answered the caller.
 */
import type { BindingRow, CallRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Decision } from '../routing/decision.ts'
import { RING_SECONDS } from '../routing/plan.ts'
import { type Nodes, nodesOf } from '../routing/reach.ts'
import { decide } from '../routing/route.ts'
import { type Gruu, meantBy, readGruu } from '../sip/gruu.ts'
import type { DialRequest, Early, Heard, Invitation } from '../sip/port.ts'
import type { Caller, Desk, Live } from './calls.ts'
import { connect } from './connect.ts'
import { type Dialled, ofAor, readDialled, sayDialled, shownTarget } from './dialled.ts'
import { madeUpOffer } from './origin.ts'
import { orderedName, RELAY_HEADER, writeRelay } from './relay.ts'
import type { Group, Target } from './ring.ts'
import { type Contact, contactsOf } from './targets.ts'

type Ring = Extract<Decision, { kind: 'ring' }>
type KnownGruu = Exclude<Gruu, { kind: 'unknown' }>
type Known = Extract<Caller, { kind: 'known' }>['user']

/** The challenge for who does not say who it is; what `place` answers in another way goes there. */
export function unnamed(desk: Desk, request: Heard): ReturnType<Early> {
  if (request.header('proxy-authorization') !== null || request.header(RELAY_HEADER) !== null) return null
  const dialled = readDialled(request.uri, request.from.host)
  if (dialled === null || readGruu(request.uri, desk.gruuKey) !== null || forHelp(desk, dialled)) return null
  if (request.header('max-forwards') === '0') return null
  const caller = desk.identify(request)
  return caller.kind === 'challenge' ? caller : null
}

export async function place(desk: Desk, live: Live, invitation: Invitation): Promise<string> {
  const named = readGruu(invitation.uri, desk.gruuKey)
  const plain = readDialled(invitation.uri, invitation.from.host)
  if (named?.kind === 'unknown' && !forHelp(desk, plain)) return refuse(desk, invitation, 404, 'Not Found')
  const gruu = named?.kind === 'unknown' ? null : named
  const dialled = gruu ? ofAor(gruu.aor) : plain
  if (dialled === null) return refuse(desk, invitation, 416, 'Unsupported URI Scheme')
  if (invitation.header('max-forwards') === '0') return refuse(desk, invitation, 483, 'Too Many Hops')

  const emergency = forHelp(desk, dialled)
  if (!emergency && !desk.hasRoom()) {
    desk.count.overload++
    return refuse(desk, invitation, 503, 'Too many calls on this node', { 'Retry-After': '5' })
  }
  const caller = desk.identify(invitation)
  // Nobody is asked who he is before he may call for help.
  if (caller.kind !== 'known' && !emergency) {
    if (caller.kind === 'refused') return refuse(desk, invitation, caller.status, caller.reason)
    invitation.reply(caller.status, { headers: caller.headers })
    return 'asked who it is'
  }
  if (emergency) desk.count.emergency++
  const known = caller.kind === 'known' ? caller.user : null

  const { decision, groups, missed } = await decideWithCatchUp(desk, known, dialled, gruu)
  live.call = {
    id: live.id,
    state: 'routing',
    from: clean(known?.aor ?? 'anonymous'),
    to: clean(shownTarget(dialled)),
    startedAt: desk.now(),
    answeredAt: null,
    media: 'direct',
    planVersion: decision.planVersion,
    rule: decision.rule,
    target: '',
    trace: [...decision.trace, ...missed.map((line) => clean(line))],
    legs: [],
    ending: '',
  }
  desk.count.placed++
  if (decision.kind === 'reject') return refuse(desk, invitation, decision.status, decision.reason)
  if (groups.length === 0) return refuse(desk, invitation, 480, 'Temporarily Unavailable')
  if (live.stop.signal.aborted) return refuse(desk, invitation, 487, 'Request Terminated')

  const media = desk.media.open(live.id)
  live.media = media
  // A caller without an offer (RFC 3261 §13.2.1): phones are rung with ours, since many refuse to be rung without one.
  const offer = await media.offer('caller', invitation.body || madeUpOffer(desk.sip.address, invitation.callId))
  if (offer.kind === 'failed') return refuse(desk, invitation, offer.status, offer.reason)

  const target = decision.steps
    .flatMap((step) => step.aors)
    .slice(0, 4)
    .join(', ')
  desk.happened(live, { type: 'ringing', target, media: media.kind, caller: callerLeg(invitation) })
  const invite = inviteOf(desk, live, invitation, known, dialled, offer.sdp)
  const longest = setTimeout(() => live.stop.abort('the longest a call may last'), desk.maxSeconds * 1000)
  longest.unref()
  try {
    const result = await connect({
      sip: desk.sip,
      invitation,
      media,
      checkMs: desk.checkSeconds * 1000,
      groups: groups.map(({ contacts, seconds }): Group => ({ targets: contacts.map(invite), seconds })),
      stop: live.stop.signal,
      answered: (_caller, called, { name }, sdp) => {
        const { callId, remoteTag, remoteContact } = called
        const leg = { role: 'called', callId, tag: remoteTag, contact: remoteContact, sdp } as const
        desk.happened(live, { type: 'answered', at: desk.now(), target: name, legs: [callerLeg(invitation), leg] })
      },
    })
    if (result.kind === 'ended') return result.why
    const { status, reason } = result.refusal
    // It means something to whoever chose the flow, and that was we (RFC 5626 §11.6).
    if (status === 430) return refuse(desk, invitation, 480, 'Temporarily Unavailable')
    return refuse(desk, invitation, status, reason)
  } finally {
    clearTimeout(longest)
  }
}

/** A miss may only mean that this node is behind: the leader is asked once before anybody is told no. */
async function decideWithCatchUp(desk: Desk, known: Known | null, dialled: Dialled, gruu: KnownGruu | null) {
  const first = look(desk, known, dialled, gruu)
  const hit = first.groups.length > 0 || (first.decision.kind === 'reject' && first.decision.rule !== 'none')
  if (hit || !desk.cluster.status().quorum) return first
  const caught = await desk.cluster.catchUp(CATCH_UP_MS)
  return caught === 'caught up' ? look(desk, known, dialled, gruu) : first
}
const CATCH_UP_MS = 1_000

function look(desk: Desk, known: Known | null, dialled: Dialled, gruu: KnownGruu | null) {
  const decision = decideFor(desk, known, dialled)
  if (decision.kind === 'reject') return { decision, groups: [], missed: [] }
  const { steps } = decision as Ring
  // Who calls for help is helped by whoever the plan says.
  if (gruu && !decision.emergency) return lookFor(desk, gruu, decision as Ring)
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
export function forHelp(desk: Pick<Desk, 'cluster' | 'here'>, dialled: Dialled | null): boolean {
  return dialled !== null && decideFor(desk, null, dialled).emergency
}

function decideFor(desk: Pick<Desk, 'cluster' | 'here'>, known: Known | null, { user, domain }: Dialled): Decision {
  const { tables } = desk.cluster
  const facts = { known: (aor: string) => tables.users.has(aor), here: desk.here }
  return decide(tables.plan, facts, { caller: known?.aor ?? null, dialled: user, domain })
}

function reachable({ cluster }: Desk): Nodes {
  return nodesOf(cluster.tables.nodes.values(), cluster.node, cluster.status().connected)
}

/** What is sent to one contact. The caller is shown as who he proved to be, whatever he claims. */
function inviteOf(desk: Desk, live: Live, invitation: Invitation, known: Known | null, dialled: Dialled, sdp: string) {
  const shown = { user: known?.user ?? 'anonymous', domain: known?.domain ?? 'anonymous.invalid' }
  const from = { display: known === null ? '' : clean(invitation.from.display, 64), uri: sayDialled(shown) }
  const to = { uri: sayDialled(dialled) }
  const requestTo = ({ binding, way }: Contact): DialRequest => {
    if (way.kind === 'direct') return { uri: way.uri, nextHop: way.nextHop, route: way.route, from, to, sdp }
    const callId = desk.newId()
    const order = { aor: binding.aor, contact: orderedName(binding), call: live.id, at: desk.cluster.now(), hop: 1 }
    const headers = { [RELAY_HEADER]: writeRelay(order, callId, desk.relayKey) }
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

function callerLeg(invitation: Invitation): CallRow['legs'][number] {
  const { callId, from, body } = invitation
  return { role: 'caller', callId, tag: from.tag, contact: invitation.header('contact') ?? '', sdp: body }
}

function refuse(
  desk: Desk,
  invitation: Invitation,
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  desk.count.refused++
  invitation.reply(status, { reason: clean(reason, 100), headers })
  return `${status} ${reason}`
}
