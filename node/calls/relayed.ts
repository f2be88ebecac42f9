/**
 * A call that another node's caller makes to a phone whose connection is here. Routing, media and the row in the table are
 * that node's; here the phone is dialled over its flow and what passes is passed on untouched.
 */
import { clean } from '../../proto/text.ts'
import type { MediaSession } from '../media/media.ts'
import { reach } from '../routing/reach.ts'
import type { Invitation } from '../sip/port.ts'
import { talks } from './carry.ts'
import { connect } from './connect.ts'
import type { Desk, Live } from './desk.ts'
import { readDialled } from './dialled.ts'
import type { Bridge } from './ends.ts'
import { flowOf } from './invite.ts'
import { withLegs } from './legs.ts'
import { partyOf } from './party.ts'
import { passing, pick } from './pass.ts'
import { forHelp } from './place.ts'
import { readReplaces } from './refer.ts'
import { isFlow, KEPT, orderedName, type RelayOrder, readRelay, replacedBy } from './relay.ts'
import { only, type Target } from './ring.ts'
import { farName, type Place, placeIn, stays } from './stand-in.ts'
import { tellTrunk } from './tell-trunk.ts'
import { type TrunkNamed, trunkNamed } from './trunk-order.ts'

/** The asking node ends the ringing; this only bounds it. */
const RING_SECONDS = 300

export async function serveRelayed(desk: Desk, live: Live, invitation: Invitation, header: string): Promise<string> {
  const now = desk.cluster.now()
  const read = readRelay(header, invitation.callId, desk.relayKey, now)
  const why = read.kind === 'refused' ? read.why : desk.used.use(header.slice(-64), now) ? null : 'used before'
  if (read.kind === 'refused' || why !== null) {
    desk.forged(invitation.source, why ?? '')
    invitation.reply(403, { reason: 'Not relayed by this cluster' })
    return '403'
  }
  const { aor, contact, call } = read.order
  desk.isLeg?.(call, invitation.callId)
  // The order is a node's of ours, so To is the number that was dialled there.
  const trunk = trunkNamed(contact)
  const help = trunk?.look.emergency || forHelp(desk, readDialled(invitation.to.uri, ''))
  if (!help && !desk.hasRoom()) {
    desk.count.overload++
    invitation.reply(503, { headers: { 'Retry-After': '5' } })
    return '503'
  }
  const replaces = replacedBy(contact)
  const reached =
    trunk !== null
      ? byTrunk(desk, invitation, aor, trunk)
      : replaces === null
        ? phoneOf(desk, invitation, aor, contact)
        : placeOf(desk, live, replaces, read.order, invitation)
  if (typeof reached === 'number') {
    invitation.reply(reached, { reason: 'No such contact here' })
    return `${reached}`
  }
  desk.count.relayed++
  const { sip = desk.sip, target, session, keep, leave } = reached
  // The asking node bounds the call too; should it be gone without a BYE, this one must not live for ever.
  const longest = setTimeout(() => live.stop.abort('the longest a call may last'), desk.maxSeconds * 1000)
  longest.unref()
  let both: Bridge | undefined
  const passed = passing(() => both)
  try {
    const result = await connect({
      sip: withLegs(desk, call, sip),
      party: partyOf(invitation),
      media: UNTOUCHED,
      checkMs: desk.checkSeconds * 1000,
      route(said) {
        // What it hears is this node's to know: the other one cannot send there.
        if (trunk && said) tellTrunk(desk, trunk.name, said)
        return only([{ targets: [target], seconds: RING_SECONDS }])(said)
      },
      stop: live.stop.signal,
      answered(ends) {
        // It is no talk of ours: who is in it is known to the other node, and a place in it is nothing that we could give.
        both = ends
        if (trunk) desk.trunks?.outcome(trunk.name, 200)
      },
      asked: {
        referred: passed.referred,
        async notified(side, notice) {
          if (notice.header('event') !== KEPT) return passed.notified(side, notice)
          // A phone has no say in it.
          if (side !== 'caller') return 200
          keep?.()
          const { parted } = both?.leg('called')?.dialog ?? {}
          talks(desk, live, { stop: (why) => live.stop.abort(why), ...(parted && { parted }) })
          return 200
        },
      },
      ...(session && { calledBefore: session }),
    })
    if (result.kind === 'ended') return result.why
    const { status, reason } = result.refusal
    invitation.reply(status, { reason: clean(reason, 100) })
    return `${status} ${reason}`
  } finally {
    clearTimeout(longest)
    leave?.()
  }
}

interface Reached extends Partial<Pick<Place, 'sip' | 'session' | 'leave'>> {
  /** What is given is the other node's for good. */
  readonly keep?: () => void
  readonly target: Target
}

/** What the asking node has the phone told besides. */
const TOLD = ['Referred-By', 'P-Asserted-Identity', 'Privacy', 'History-Info']

/** A phone whose connection is here, or how that is refused. */
function phoneOf(desk: Desk, invitation: Invitation, aor: string, contact: string): Reached | number {
  const bindings = desk.cluster.tables.registrations.get(aor)?.bindings ?? []
  const binding = bindings.find((one) => orderedName(one) === contact && one.node === desk.cluster.node)
  const way = binding && reach(binding, desk.cluster.node, new Map())
  // The asking node may know another flow of the phone.
  if (way?.kind !== 'direct') return isFlow(contact) ? 430 : 480
  const { uri, nextHop, route } = way
  const from = { display: clean(invitation.from.display, 64), uri: invitation.from.uri }
  const headers = pick(invitation, TOLD)
  const request = { uri, nextHop, route, from, to: { uri: invitation.to.uri }, sdp: invitation.body, headers }
  return { target: { name: aor, request, ...flowOf(desk, binding!) } }
}

/** A trunk that this node reaches and the asking one does not; `number` as it is to be dialled there. */
function byTrunk(desk: Desk, invitation: Invitation, number: string, { name, look }: TrunkNamed): Reached | number {
  const { body: sdp } = invitation
  const by = invitation.header('referred-by')
  const way = desk.trunks?.outHere(name, number, {
    ...look,
    sdp,
    ...(by !== null && { headers: { 'Referred-By': by } }),
  })
  if (way?.kind !== 'request') return 480
  const others = way.others.map((request) => ({ name: number, request }))
  return { target: { name: number, request: way.request, others } }
}

/**
 * A place in a call that is here (RFC 3891): the order is the other node's, who asked for it is known to that one. It uses
 * the rights of whom it takes to be at the other end, `aor`: there must be no other.
 */
function placeOf(
  desk: Desk,
  live: Live,
  text: string,
  { aor, call }: RelayOrder,
  { from, body }: Invitation,
): Reached | number {
  const replaces = readReplaces(text)
  const meant = replaces && desk.meant(replaces)
  if (!meant || farName(meant) !== aor) return 481
  const who = readDialled(from.uri, '')
  const place = placeIn(meant, who ? `${who.user}@${who.domain}` : '', stays(desk, meant, live, call))
  if (place === 'busy') return 491
  return { ...place, target: { name: place.name, request: place.request(body) } }
}

/** The media is the asking node's: both SDPs pass as they are. */
const UNTOUCHED: MediaSession = {
  kind: 'direct',
  offer: async (_side, sdp) => ({ kind: 'sdp', sdp }),
  answer: async (_side, sdp) => ({ kind: 'sdp', sdp }),
  streams: async () => null,
  gone: async () => false,
  end: async () => null,
}
