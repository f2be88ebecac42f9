/** Takes the place of one end of a call that stands (RFC 3891): its other end is connected with the party, and who is replaced gets BYE. */
import type { LegRow } from '../../cluster/tables/rows.ts'
import type { Side } from '../media/media.ts'
import type { DialOutcome, SipPort } from '../sip/port.ts'
import { type Leg, opposite } from './bridge.ts'
import type { Desk, Live, Talk, Who } from './calls.ts'
import type { Lasting } from './origin.ts'
import type { Party } from './party.ts'
import type { Replaces } from './refer.ts'
import { callOf, putThrough, refuse } from './through.ts'

export interface Join {
  readonly party: Party
  readonly leg: LegRow
  /** The party as the plan knows it. */
  readonly who: Who | null
  readonly replaces: Replaces
  /** Why it came to it, for people. */
  readonly trace: readonly string[]
}

/** A re-INVITE and its answer, some times over when offers meet. */
const SECONDS = 40

export async function join(desk: Desk, live: Live, { party, leg, who, replaces, trace }: Join): Promise<string> {
  const meant = desk.meant(replaces)
  if (meant === null) return refuse(desk, party, 481, 'Call/Transaction Does Not Exist')
  // It is a conversation already (§3).
  if (replaces.earlyOnly) return refuse(desk, party, 486, 'Busy Here')
  const place = placeIn(meant)
  if (place === null) return refuse(desk, party, 491, 'Request Pending')
  const name = meant.talk.who[opposite(meant.side)]?.aor ?? 'anonymous'
  live.call = callOf(live, {
    from: who?.aor ?? 'anonymous',
    to: name,
    startedAt: desk.now(),
    planVersion: desk.cluster.tables.plan?.version ?? 0,
    rule: 'replaces',
    trace: [...trace, `in the place of ${meant.talk.who[meant.side]?.aor ?? 'anonymous'}`],
  })
  desk.count.placed++
  const request = { uri: '', nextHop: null, from: { display: '', uri: '' }, to: { uri: '' } }
  try {
    return await putThrough(desk, live, {
      sip: place,
      party,
      leg,
      who,
      target: name,
      groups: (sdp) => [{ targets: [{ name, request: { ...request, sdp } }], seconds: SECONDS }],
      calledBefore: place.session,
    })
  } finally {
    place.leave()
  }
}

export interface Meant {
  readonly talk: Talk
  readonly side: Side
}

/** Where one end was. It is taken by a dial that rings nobody: the far end gets the offer in a re-INVITE. */
interface Place extends Pick<SipPort, 'dial'> {
  readonly session: Lasting
  /** Nobody wants it any more. */
  leave(): void
}

/** Null: what was offered there is still open, or it is being left already. */
export function placeIn({ talk: { ends }, side }: Meant): Place | null {
  const [near, far] = [ends.leg(side), ends.leg(opposite(side))]
  const leave = near && far && ends.letGo(side)
  return leave ? { leave, session: far.session, dial: ({ sdp }) => dial(near, far, sdp) } : null

  function dial({ dialog: replaced }: Leg, { dialog }: Leg, sdp: string) {
    const outcome = ends.giveAway(opposite(side), sdp, 'replaced').then((taken): DialOutcome => {
      if (taken.kind === 'refused') return { ...taken, headers: new Map() }
      replaced.bye('replaced')
      return { kind: 'answered', dialog, sdp: taken.sdp }
    })
    // A re-INVITE cannot be taken back: who rings ends what comes too late.
    return { callId: dialog.callId, outcome, cancel: () => undefined }
  }
}
