/** The place of one end of a call, for somebody else: here, or at the node that has that call. Its other end is dialled without ringing. */
import type { CallRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Side } from '../media/media.ts'
import { nodesOf } from '../routing/reach.ts'
import type { Dialing, DialOutcome, Dialog, DialRequest, SipPort } from '../sip/port.ts'
import { opposite } from './bridge.ts'
import { carry } from './carry.ts'
import type { Desk, Live, Talk, Who } from './desk.ts'
import { ofAor, sayDialled, told } from './dialled.ts'
import type { Bridge, Leg, Lent, Whom } from './ends.ts'
import type { Lasting } from './origin.ts'
import { type Replaces, writeReplaces } from './refer.ts'
import { KEPT, RELAY_HEADER, replacingName, writeRelay } from './relay.ts'

export interface Place {
  /** Who is at the far end; null: a stranger, as in a call for help. */
  readonly who: Who | null
  /** Names of both ends, for people. */
  readonly name: string
  readonly left: string
  readonly sip: Pick<SipPort, 'dial'>
  request(sdp: string): DialRequest
  /** What the far end was told, if it was told here. */
  readonly session?: Lasting
  /** The two are connected: who is replaced is out of it. Until then a BYE to the far end gives it back. `called`: that end. */
  keep(called: Dialog): void
  /** To be said when nobody wants it any more. */
  leave(): void
}

export interface Meant {
  readonly live: Live
  readonly talk: Talk
  readonly side: Side
}

/** A re-INVITE and its answer, some times over when offers meet. */
export const SECONDS = 40
const STRANGER = 'anonymous'

/** Who is at the other end, as rows and orders name him. */
export function farName({ talk: { who }, side }: Pick<Meant, 'talk' | 'side'>): string {
  return who[opposite(side)]?.aor ?? STRANGER
}

/** `aor`: who comes, and `goesOn`: what is to be done when he has it. Busy: what was offered there is still open, or it is being left already. */
export function placeIn(
  { talk, side }: Pick<Meant, 'talk' | 'side'>,
  aor: string,
  goesOn: () => void,
): (Place & { keep(): void }) | 'busy' {
  const { ends, who } = talk
  const left = who[side]?.aor ?? STRANGER
  const [near, far] = [ends.leg(side), ends.leg(opposite(side))]
  const leave = near && far && ends.letGo(side)
  if (!leave) return 'busy'
  const taking = takingOver({ ends, near, far, leave, goesOn }, side, { now: aor, before: told(who[side]) })
  return {
    who: who[opposite(side)],
    // Who comes is told that name.
    name: told(who[opposite(side)]) || STRANGER,
    left,
    sip: { dial: taking.dial },
    request: (sdp) => ({ uri: '', nextHop: null, from: { display: '', uri: '' }, to: { uri: '' }, sdp }),
    session: far.session,
    keep: taking.keep,
    leave: taking.leave,
  }
}

interface Taken {
  readonly ends: Bridge
  readonly near: Leg
  readonly far: Leg
  leave(): void
  goesOn(): void
}

/** The end that stays in a call for who comes, with what is reserved for it; `call`: as the cluster knows the one that it is in then. */
export function stays(desk: Desk, { live, side }: Meant, to: Live, call = to.id): () => void {
  return () => carry(desk, live, opposite(side), to, 'called', call)
}

/**
 * What is done with the call that a place is taken in. Who takes it has this for as long as he talks, and nothing of that
 * call once it is over: places that are taken one after the other would else be a chain of all calls before.
 */
function takingOver(call: Taken, side: Side, { now, before }: Whom) {
  let held: (Taken & { lent?: Lent }) | null = call
  return {
    dial({ sdp }: DialRequest): Dialing {
      if (held === null) throw new Error('the place is taken already')
      let isWanted = true
      const outcome = held.ends
        .lend(opposite(side), sdp, { now, before, isWanted: () => isWanted })
        .then((taken): DialOutcome => {
          if (taken.kind === 'refused') return { ...taken, headers: new Map() }
          if (held) held.lent = taken
          return { kind: 'answered', dialog: taken.dialog, sdp: taken.sdp }
        })
      // A re-INVITE that was sent cannot be taken back: who rings ends what comes too late.
      const cancel = (): void => {
        isWanted = false
      }
      return { callId: held.far.dialog.callId, outcome, cancel }
    },
    keep(): void {
      const kept = held
      held = null
      kept?.goesOn()
      kept?.lent?.keep('replaced')
      kept?.near.dialog.bye('replaced')
    },
    leave(): void {
      held?.leave()
      held = null
    },
  }
}

/** The place that `replaces` names, here or at another node; null: there is no such call. */
export function placeOfCall(desk: Desk, live: Live, replaces: Replaces, by: Who | null): Place | 'busy' | null {
  const meant = desk.meant(replaces)
  return meant === null
    ? placeElsewhere(desk, live, replaces, by)
    : placeIn(meant, by?.aor ?? '', stays(desk, meant, live))
}

/** Null: no node that can be reached has such a call with a leg of that name. That node looks at all three. */
function placeElsewhere(desk: Desk, live: Live, replaces: Replaces, by: Who | null): Place | null {
  const { cluster } = desk
  const found = rowOf(cluster.tables.calls.values(), replaces)
  const at =
    found && nodesOf(cluster.tables.nodes.values(), cluster.node, cluster.status().connected).get(found.row.node)
  if (!found || found.row.node === cluster.node || !at?.up) return null
  const { row, side } = found
  const [name, left] = side === 'caller' ? [row.target, row.from] : [row.from, row.target]
  return {
    who: name === STRANGER ? null : { aor: name, ...ofAor(name) },
    name,
    left,
    sip: desk.sip,
    request(sdp) {
      const callId = desk.newId()
      const order = {
        aor: name,
        contact: replacingName(writeReplaces(replaces)),
        call: live.id,
        at: cluster.now(),
        hop: 1,
      }
      return {
        callId,
        uri: `sip:relay@${at.sip}`,
        nextHop: `sip:${at.sip};transport=udp`,
        from: { display: '', uri: sayDialled(by ?? { user: STRANGER, domain: 'anonymous.invalid' }) },
        to: { uri: sayDialled(ofAor(name)) },
        sdp,
        headers: { [RELAY_HEADER]: writeRelay(order, callId, desk.relayKey) },
      }
    },
    keep: (called) => void called.say('NOTIFY', { Event: KEPT, 'Subscription-State': 'terminated' }, ''),
    leave: () => undefined,
  }
}

/**
 * Rows have names cleaned: who draws his own can have two calls look alike, and so it is that node that says whether it
 * is the one who is meant.
 */
function rowOf(rows: Iterable<CallRow>, { callId, remoteTag }: Replaces): { row: CallRow; side: Side } | null {
  if (clean(callId) !== callId || clean(remoteTag) !== remoteTag) return null
  for (const row of rows) {
    const leg = row.state === 'answered' && row.legs.find((one) => one.callId === callId && one.tag === remoteTag)
    if (leg) return { row, side: leg.role }
  }
  return null
}
