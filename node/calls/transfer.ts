/**
 * A phone in a call asks with a REFER that the other end be connected with somebody else (RFC 5589). The node does it
 * itself: the other end gets a call of its own, under the rights of who asked, and is moved to it when that is answered.
 */
import type { LegRow } from '../../cluster/tables/rows.ts'
import type { Side } from '../media/media.ts'
import type { Dialog, Referral } from '../sip/port.ts'
import { opposite } from './bridge.ts'
import { carry } from './carry.ts'
import type { Desk, Live } from './desk.ts'
import { sayDialled, told } from './dialled.ts'
import type { Leg, Lent } from './ends.ts'
import { join } from './join.ts'
import { type Notices, noticesTo } from './notices.ts'
import { freely } from './origin.ts'
import type { Party } from './party.ts'
import { destinationOf, forHelp, placeFor } from './place.ts'
import { QUIET, readRefer, wayOf } from './refer.ts'
import { isFull } from './through.ts'

/** Who asked for it hangs up when he hears that it came about, or we do. */
const LEAVING_MS = 2_000

export function transfer(desk: Desk, live: Live, side: Side, referral: Referral): void {
  const ready = readyFor(desk, live, side, referral)
  if (ready.kind === 'refused') {
    referral.reply(ready.status, { reason: ready.reason })
    return
  }
  const { isQuiet } = ready
  referral.reply(202, isQuiet ? { headers: QUIET } : {})
  const notices = noticesTo(ready.asker.dialog, live.refers++ > 0 ? referral.cseq : null, isQuiet)
  notices.tell(100, 'Trying')
  const departure: Departure = { from: ready, notices, side }
  const begun = desk.begin(async (next) => {
    whenGone(departure, () => next.stop.abort('the end to be transferred is gone'))
    try {
      return await connectElsewhere(desk, next, departure)
    } finally {
      notices.tell(500, 'Server Internal Error')
      departure.from?.nothingCame()
    }
  })
  if (begun) return
  notices.tell(503, 'Service Unavailable')
  departure.from?.nothingCame()
}

/**
 * A transfer that is under way. The next call has it for as long as it lasts, and nothing of the call before once the end is
 * moved: who is passed on and on would else be a chain of all calls that he was in.
 */
interface Departure {
  from: Ready | null
  readonly notices: Notices
  readonly side: Side
}

/** The end that is to be moved, or who asked for it, is gone before it was. */
function whenGone({ from }: Departure, run: () => void): void {
  const ends = from?.talk.ends
  void ends?.ended.then(() => {
    if (!ends.isGiven) run()
  })
}

function connectElsewhere(desk: Desk, live: Live, departure: Departure): Promise<string> | string {
  const { side, from } = departure
  if (from === null) throw new Error('the end is moved already')
  const { by, to, replaces, moved, talk } = from
  const party = transferee(desk, live, departure, moved)
  const end = { party, leg: legRow(moved), trace: [`transferred by ${by.aor}`] }
  const who = talk.who[opposite(side)]
  const early = replaces && desk.ringing(replaces)
  const isHis = early?.placed.by?.aor === by.aor
  if (replaces !== null && !isHis) return join(desk, live, { ...end, who, replaces })
  const where = early?.placed.to ?? to
  const emergency = forHelp(desk, where.dialled)
  if (!emergency && !desk.hasRoom()) return isFull(desk, party)
  // Who asks pays for where it goes, and not for who is sent there.
  live.reserved = { caller: [], called: [live.id] }
  // He did not wait for an answer: whom he called is called by who is transferred instead.
  if (isHis) early?.live.stop.abort('transferred')
  const headers = { 'Referred-By': `<${sayDialled(by)}>` }
  return placeFor(desk, live, { ...end, rights: by, shown: who, display: '', to: where, emergency, headers })
}

type Ready = Extract<ReturnType<typeof readyFor>, { kind: 'ready' }>

/** What a transfer needs, or how it is refused. */
function readyFor(desk: Desk, live: Live, side: Side, referral: Referral) {
  const { talk } = live
  const asked = readRefer(referral.header)
  if (asked.kind === 'refused') return asked
  const [asker, moved] = [talk?.ends.leg(side), talk?.ends.leg(opposite(side))]
  if (!talk || !asker || !moved) return refused(491, 'Request Pending')
  const by = talk.who[side]
  // Who was a user when the call began may be none any more.
  if (by === null || !desk.cluster.tables.users.has(by.aor)) return refused(403, 'Strangers transfer nobody')
  const { replaces, isQuiet } = asked
  // Of the dialog that is to be replaced the leg that asks is no other end.
  if (replaces !== null && talk.ends.sideOf(replaces) !== null) return refused(400, 'Replaces is this call')
  const to = destinationOf(desk, asked.uri, by.domain)
  if (to.kind === 'refused') return to
  const nothingCame = talk.ends.letGo(side)
  if (nothingCame === null) return refused(491, 'A transfer is under way')
  return { kind: 'ready', by, to, replaces, isQuiet, asker, moved, live, talk, nothingCame } as const
}

function refused(status: number, reason: string) {
  return { kind: 'refused', status, reason } as const
}

/** The end that is transferred as a party of its next call. Who asked for it hears what a caller would. */
function transferee(desk: Desk, live: Live, departure: Departure, { sdp: said, session }: Leg): Party {
  const { notices, side } = departure
  const body = freely(said)
  let lent: Lent | null = null
  return {
    body,
    session,
    progress: (status) => notices.tell(status, PROGRESS[status] ?? 'Session Progress'),
    reply: (status, { reason = '' } = {}) => notices.tell(status, reason),
    async answer(sdp, aor) {
      const { talk } = departure.from!
      const before = told(talk.who[side])
      const taken = await talk.ends.lend(opposite(side), sdp, { now: aor, before })
      if (taken.kind === 'refused') {
        notices.tell(taken.status, taken.reason)
        return null
      }
      lent = taken
      return {
        dialog: taken.dialog,
        moved: wayOf(taken.sdp) === wayOf(body) ? null : taken.sdp,
        connected,
      }
    },
  }

  function connected(): void {
    const asker = departure.from?.asker.dialog
    if (departure.from) carry(desk, departure.from.live, opposite(side), live, 'caller')
    lent?.keep('transferred')
    lent = null
    departure.from = null
    notices.tell(200, 'OK')
    if (asker) void leave(asker, notices, live.stop.signal)
  }
}

const PROGRESS: Readonly<Record<number, string>> = { 180: 'Ringing', 181: 'Call Is Being Forwarded', 182: 'Queued' }

/** Sees that who is out of the call hangs up. */
async function leave(dialog: Dialog, notices: Notices, stop: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  dialog.release()
  dialog.handle({
    bye: () => resolve(),
    modify: async () => ({ kind: 'refused', status: 481, reason: 'Call Does Not Exist' }),
    info: async () => 481,
  })
  stop.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([notices.settled(), over])
  const late = setTimeout(resolve, LEAVING_MS)
  await over
  clearTimeout(late)
  dialog.bye('transferred')
}

function legRow({ dialog: { callId, remoteTag, remoteContact }, sdp }: Leg): LegRow {
  return { role: 'caller', callId, tag: remoteTag, contact: remoteContact, sdp }
}
