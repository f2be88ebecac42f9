/**
 * Click to dial (RFC 5359 §2.18): a user asks with a REFER outside of a call that a phone of his call somebody. His phones
 * are rung first, with an offer that is made up; who answers is the caller of an ordinary call from then on.
 */
import { RING_SECONDS } from '../routing/plan.ts'
import type { Dialog, Modified, SipRequest } from '../sip/port.ts'
import { best } from './best.ts'
import { afterGlare, GLARE_TURNS } from './bridge.ts'
import type { Desk, Live, Who } from './desk.ts'
import { identityOf, ofAor, sayDialled } from './dialled.ts'
import { phonesOf } from './invite.ts'
import { withLegs } from './legs.ts'
import { freely, type Lasting, lasting, madeUpOffer } from './origin.ts'
import type { Party } from './party.ts'
import { type Destination, destinationOf, forHelp, placeFor } from './place.ts'
import { QUIET, readRefer, wayOf } from './refer.ts'
import { only, type Rung, ring } from './ring.ts'

export function click(desk: Desk, request: SipRequest): void {
  const ready = readyFor(desk, request)
  if (ready.kind === 'refused') {
    request.reply(ready.status, { reason: ready.reason, headers: ready.headers })
    return
  }
  const begun = desk.begin((live) => callFrom(desk, live, ready))
  if (begun) request.reply(202, { headers: QUIET })
  else request.reply(503, { headers: { 'Retry-After': '5' } })
}

interface Ready {
  readonly who: Who
  readonly to: Destination
}

interface Refused {
  readonly kind: 'refused'
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

function readyFor(desk: Desk, request: SipRequest): ({ readonly kind: 'ready' } & Ready) | Refused {
  const asked = readRefer((name) => request.header(name))
  if (asked.kind === 'refused') return refused(asked.status, asked.reason)
  if (asked.replaces !== null) return refused(603, 'Replaces is for who is in a call')
  // How it goes is seen on the phone that rings; there is nobody here to tell it a second time.
  if (!asked.isQuiet) return refused(603, 'Only with Refer-Sub: false')
  const caller = desk.identify(request)
  if (caller.kind === 'refused') return refused(caller.status, caller.reason)
  if (caller.kind === 'challenge') return { ...refused(caller.status, 'Who Is It'), headers: caller.headers }
  const who = caller.user
  const from = destinationOf(desk, request.uri, who.domain)
  if (from.kind === 'refused') return refused(from.status, from.reason)
  const { user, domain } = from.dialled
  if (`${user}@${domain}` !== who.aor) return refused(403, 'Only for phones of your own')
  const to = destinationOf(desk, asked.uri, who.domain)
  if (to.kind === 'refused') return refused(to.status, to.reason)
  if (!desk.hasRoom()) return refused(503, 'Too many calls on this node')
  return { kind: 'ready', who, to }
}

function refused(status: number, reason: string): Refused {
  return { kind: 'refused', status, reason, headers: {} }
}

async function callFrom(desk: Desk, live: Live, { who, to }: Ready): Promise<string> {
  const session = lasting()
  const rung = await ringOwn(
    desk,
    live,
    who,
    sayDialled(to.dialled),
    session.give(madeUpOffer(desk.sip.address, live.id)),
  )
  if (rung.kind === 'stopped') return 'stopped'
  if (rung.kind === 'failed') return `${best(rung.refusals).status}, no phone of his own answered`
  const { dialog, sdp } = rung
  const waits = waiting(dialog, session, sdp)
  try {
    return await placeFor(desk, live, {
      party: waits,
      leg: { role: 'caller', callId: dialog.callId, tag: dialog.remoteTag, contact: dialog.remoteContact, sdp },
      rights: who,
      shown: who,
      display: '',
      to,
      emergency: forHelp(desk, to.dialled),
      trace: [`a click of ${who.aor}`],
    })
  } finally {
    // Afterwards it is the call's, which may have given it to another.
    if (!waits.isAnswered) dialog.bye('the call is over')
  }
}

function ringOwn(desk: Desk, live: Live, { aor }: Who, shownTo: string, sdp: string): Promise<Rung> {
  const caller = { display: '', uri: shownTo }
  const groups = phonesOf(desk, live, aor, RING_SECONDS, { from: caller, to: { uri: sayDialled(ofAor(aor)) } }, sdp)
  return ring(withLegs(desk, live.id, desk.sip), only(groups), live.stop.signal, {
    progress: () => undefined,
    forwarded: () => undefined,
    answered(dialog) {
      dialog.handle({
        bye: () => live.stop.abort('the caller hung up'),
        modify: async () => ({ kind: 'refused', status: 491, reason: 'Request Pending' }),
        info: async () => 480,
      })
    },
  })
}

/** Who waits with a made-up session for the one whom he calls. */
function waiting(dialog: Dialog, session: Lasting, said: string): Party & { readonly isAnswered: boolean } {
  let isAnswered = false
  async function modify(sdp: string, aor: string): Promise<Modified> {
    let taken = await dialog.modify(session.give(sdp), identityOf(aor))
    for (let turn = 1; turn < GLARE_TURNS && taken.kind === 'refused' && taken.status === 491; turn++) {
      await afterGlare()
      taken = await dialog.modify(session.give(sdp), identityOf(aor))
    }
    return taken
  }
  const body = freely(said)
  return {
    body,
    session,
    progress: () => undefined,
    reply: (status, { reason = '' } = {}) => dialog.bye(`${status} ${reason}`),
    async answer(sdp, aor) {
      const taken = await modify(sdp, aor)
      if (taken.kind === 'refused' || !dialog.up) return null
      dialog.release()
      isAnswered = true
      return { dialog, moved: wayOf(taken.sdp) === wayOf(body) ? null : taken.sdp }
    },
    get isAnswered() {
      return isAnswered
    },
  }
}
