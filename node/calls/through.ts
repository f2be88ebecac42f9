/** What every call does once it is known who is to be rung: media, the row, how long it may last, and who refused it. */
import type { LegRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { SipPort } from '../sip/port.ts'
import { type Call, type CallEvent, recordedOf } from './call.ts'
import { talks } from './carry.ts'
import { connect } from './connect.ts'
import type { Desk, Live, Who } from './desk.ts'
import { ofAor } from './dialled.ts'
import { withLegs } from './legs.ts'
import { madeUpOffer } from './origin.ts'
import type { Party } from './party.ts'
import type { Route } from './ring.ts'
import type { Place } from './stand-in.ts'
import { transfer } from './transfer.ts'

export interface Through {
  readonly sip: Pick<SipPort, 'dial'>
  readonly party: Party
  /** The party as the row has it. */
  readonly leg: LegRow
  /** The party as the plan knows it. */
  readonly who: Who | null
  /** For people: who is rung. */
  readonly target: string
  /** It is answered whether the cluster knows or not: a call for help. */
  readonly urgent?: boolean
  /** Who is rung, with the SDP that is offered to him. */
  route(sdp: string): Route
  answered?(): void
  /** When nobody is rung, but the end of another call is taken. */
  readonly place?: Pick<Place, 'who' | 'session' | 'keep'>
}

/** Returns in words how it ended; every way out has answered the party. */
export async function putThrough(desk: Desk, live: Live, through: Through): Promise<string> {
  const { sip, party, leg, who, target, route, place, urgent = false } = through
  if (live.stop.signal.aborted) return refuse(desk, party, 487, 'Request Terminated')
  desk.isLeg?.(live.id, leg.callId)
  const media = desk.media.open(live.id)
  live.media = media
  // A caller without an offer (RFC 3261 §13.2.1): phones are rung with ours, since many refuse to be rung without one.
  const offer = await media.offer('caller', party.body || madeUpOffer(desk.sip.address, leg.callId))
  if (offer.kind === 'failed') return refuse(desk, party, offer.status, offer.reason)
  desk.happened(live, { type: 'ringing', target, media: media.kind, caller: leg, at: desk.now() })
  let answered: CallEvent | null = null
  const longest = setTimeout(() => live.stop.abort('the longest a call may last'), desk.maxSeconds * 1000)
  longest.unref()
  try {
    const result = await connect({
      sip: withLegs(desk, live.id, sip),
      party,
      media,
      checkMs: desk.checkSeconds * 1000,
      route: route(offer.sdp),
      stop: live.stop.signal,
      answering(dialog, { name, trunk }, sdp) {
        const { callId, remoteTag, remoteContact } = dialog
        const called = { role: 'called', callId, tag: remoteTag, contact: remoteContact, sdp } as const
        answered = {
          type: 'answered',
          at: desk.now(),
          target: name,
          legs: [leg, called],
          ...(trunk !== undefined && { trunk }),
        }
        return desk.agree(live, answered, urgent)
      },
      answered(ends, dialog, { name, trunk }) {
        const called = place ? place.who : trunk ? null : { aor: name, ...ofAor(name) }
        live.talk = { ends, who: { caller: who, called } }
        place?.keep(dialog)
        through.answered?.()
        const { parted } = dialog
        talks(desk, live, {
          stop: (why) => live.stop.abort(why),
          // Nothing here can sound a tone yet: who asks why the call ended is told.
          warn: (left) => desk.happened(live, { type: 'noted', line: `warned: ${left} s are left` }),
          ...(parted && { parted }),
        })
        if (answered !== null) desk.happened(live, answered)
      },
      asked: { referred: (side, referral) => transfer(desk, live, side, referral) },
      ...(place?.session && { calledBefore: place.session }),
    })
    if (result.kind === 'ended') return result.why
    const { status, reason } = result.refusal
    // It means something to whoever chose the flow, and that was we (RFC 5626 §11.6).
    if (status === 430) return refuse(desk, party, 480, 'Temporarily Unavailable')
    return refuse(desk, party, status, reason)
  } finally {
    clearTimeout(longest)
  }
}

/** What is known of a call before anybody is rung. */
export function callOf(
  { id }: Live,
  about: Pick<Call, 'from' | 'to' | 'startedAt' | 'planVersion' | 'rule' | 'trace'> & {
    readonly dialled: string
    /** Whose domain it is of: the caller's, or of a stranger the one that he called; empty: no tenant's. */
    readonly tenant: string
    /** That it came in by. */
    readonly trunk?: string
    /** Groups that it took a turn in. */
    readonly turns?: readonly string[]
  },
): Call {
  const { startedAt, planVersion, rule, turns = [] } = about
  const trace = about.trace.map((line) => clean(line))
  return {
    id,
    state: 'routing',
    from: clean(about.from),
    to: clean(about.to),
    startedAt,
    answeredAt: null,
    media: 'direct',
    planVersion,
    rule,
    target: '',
    trace,
    legs: [],
    about: {
      tenant: about.tenant,
      dialled: clean(about.dialled, 128),
      trunk: about.trunk ?? '',
      ringingAt: null,
      decision: recordedOf(trace),
      ...(turns.length > 0 && { turns }),
    },
    ending: '',
    endedAt: null,
  }
}

export function refuse(
  desk: Desk,
  party: Pick<Party, 'reply'>,
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  desk.count.refused++
  party.reply(status, { reason: clean(reason, 100), headers })
  return `${status} ${reason}`
}

export function isFull(desk: Desk, party: Pick<Party, 'reply'>): string {
  desk.count.overload++
  return refuse(desk, party, 503, 'Too many calls on this node', { 'Retry-After': '5' })
}
