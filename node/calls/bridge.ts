/** Two dialogs that are one call: what one side sends goes to the other, and neither outlives the other. */
import { setTimeout } from 'node:timers/promises'
import type { MediaSession, Side } from '../media/media.ts'
import type { Dialog, Modified } from '../sip/port.ts'
import { identityOf } from './dialled.ts'
import type { Bridge, BridgeOptions, Lent, Refused, Whom } from './ends.ts'
import { type Loan, lend } from './loan.ts'
import { freely, lasting } from './origin.ts'
import { wayOf } from './refer.ts'

const INFO_MAX = 16_384
/** §14.1: an offer that met one of the other side is said again after 2.1 to 4 s, since the Call-ID is ours. */
export const GLARE_TURNS = 3
const GLARE_MS = 2_050

export function bridge(media: MediaSession, { sessions: before = {}, referred, notified }: BridgeOptions = {}): Bridge {
  const sides: Partial<Record<Side, Dialog>> = {}
  const said: Partial<Record<Side, string>> = {}
  const sessions = { caller: before.caller ?? lasting(), called: before.called ?? lasting() }
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  let over = false
  // RFC 3261 §14.2: one offer at a time in a call, and it is in flight on both sides.
  let modifying = false
  let leaving: Side | null = null
  let isGiven = false
  let loan: Loan | null = null

  function end(why: string): void {
    over = true
    resolve(why)
  }

  function hangUp(why: string): void {
    if (over) return
    end(why)
    // Who has the other end may keep it.
    loan?.keep()
    for (const dialog of [sides.caller, sides.called]) if (dialog?.up) dialog.bye(why)
  }

  function hungUp(side: Side, reason: string): void {
    if (leaving !== side) hangUp(`${side} hung up${reason === '' ? '' : `: ${reason}`}`)
  }

  async function modify(from: Side, sdp: string): Promise<Modified> {
    const other = sides[opposite(from)]
    if (over) return refuse(481, 'Call Does Not Exist')
    // Who waits to be connected elsewhere has nobody to agree with just now.
    if (!other?.up || modifying) return refuse(491, 'Request Pending')
    modifying = true
    // RFC 3261 §14.2: who offers nothing is offered what he was told last, and all is free until his ACK answers.
    if (sdp === '') return { kind: 'answered', sdp: sessions[from].give(freely(sessions[from].last)) }
    try {
      const passed = await passOn(from, sdp, other)
      if (passed.kind === 'answered') said[from] = sdp
      return passed.kind === 'answered' ? { kind: 'answered', sdp: sessions[from].give(passed.sdp) } : passed
    } finally {
      modifying = false
    }
  }

  /** One side's SDP as an offer to the other side; its answer, as the relay gives it back. */
  async function passOn(from: Side, sdp: string, other: Dialog): Promise<Modified> {
    const offer = await media.offer(from, sdp)
    if (offer.kind === 'failed') return refuse(offer.status, offer.reason)
    const session = sessions[opposite(from)]
    const before = session.last
    const answered = await other.modify(session.give(offer.sdp))
    if (answered.kind === 'refused') {
      session.back(before)
      // The dialog is gone at its other end (RFC 3261 §12.2.1.2), and with it the call.
      if (answered.status === 481 || answered.status === 408) hangUp('the other side is gone')
      return answered
    }
    said[opposite(from)] = answered.sdp
    const answer = await media.answer(opposite(from), answered.sdp)
    return answer.kind === 'failed' ? refuse(answer.status, answer.reason) : { kind: 'answered', sdp: answer.sdp }
  }

  /**
   * The ACK answered our offer. The other side learns of it by a re-INVITE, since what it was offered was not this
   * (RFC 3725 §4.4); its answer has nowhere to go, and says what it said before.
   */
  async function answered(from: Side, sdp: string | null): Promise<void> {
    const other = sides[opposite(from)]
    if (over || other === undefined) return
    if (sdp === '') return hangUp(`${from} sent no answer with the ACK`)
    if (sdp !== null) said[from] = sdp
    let passed: Modified | null = null
    for (let turn = 0; sdp !== null && !over && turn < GLARE_TURNS; turn++) {
      if (turn > 0) await afterGlare()
      passed = await passOn(from, sdp, other)
      if (passed.kind === 'answered' || passed.status !== 491) break
    }
    modifying = false
    if (passed?.kind === 'refused') hangUp(`no common ground: ${passed.status} ${passed.reason}`)
  }

  /** Re-INVITEs a side, again when offers met. `before`: what it was told until then. */
  async function ask(
    side: Side,
    sdp: string,
    whom: Pick<Whom, 'now' | 'isWanted'>,
  ): Promise<{ readonly taken: Modified; readonly before: string }> {
    let before = sessions[side].last
    for (let turn = 0; turn < GLARE_TURNS; turn++) {
      if (turn > 0) await afterGlare()
      const dialog = sides[side]
      // Not 481: that is what a phone says that has left the call. Who is not here may be with somebody else.
      if (over || !dialog?.up) return { taken: refuse(480, 'The other side is gone'), before }
      if (whom.isWanted?.() === false) return { taken: refuse(487, 'Request Terminated'), before }
      if (modifying) continue
      modifying = true
      before = sessions[side].last
      const taken = await dialog.modify(sessions[side].give(sdp), identityOf(whom.now))
      modifying = false
      if (taken.kind === 'refused') sessions[side].back(before)
      if (taken.kind === 'answered' || taken.status !== 491) return { taken, before }
    }
    return { taken: refuse(491, 'Request Pending'), before }
  }

  async function lendOut(side: Side, sdp: string, whom: Whom): Promise<Lent | Refused> {
    const { taken, before } = await ask(side, sdp, whom)
    if (taken.kind === 'refused') {
      if (taken.status === 481 || taken.status === 408) hangUp('the other side is gone')
      return taken
    }
    const dialog = sides[side]
    // It may have hung up with its answer.
    if (over || !dialog?.up) return refuse(481, 'The other side is gone')
    delete sides[side]
    dialog.release()
    modifying = true
    const lent = lend(dialog, () => void takeBack(side, dialog, before, whom.before))
    loan = lent
    function keep(why: string): void {
      if (over) return
      lent.keep()
      isGiven = true
      end(why)
    }
    return { kind: 'lent', dialog: lent.dialog, sdp: taken.sdp, keep }
  }

  async function takeBack(side: Side, dialog: Dialog, before: string, aor: string): Promise<void> {
    loan = null
    modifying = false
    dialog.release()
    attach(side, dialog)
    const { taken } = await ask(side, before, { now: aor })
    if (taken.kind === 'refused') hangUp(`no way back: ${taken.status} ${taken.reason}`)
    else if (wayOf(taken.sdp) !== wayOf(said[side] ?? '')) pass(side, taken.sdp)
  }

  async function info(from: Side, contentType: string, body: string): Promise<number> {
    const other = sides[opposite(from)]
    if (over) return 481
    // Somebody else has it just now.
    if (!other?.up) return 480
    if (body.length > INFO_MAX) return 413
    return other.info(contentType, body)
  }

  function attach(side: Side, dialog: Dialog, offered = false): void {
    sides[side] = dialog
    if (offered) modifying = true
    dialog.handle({
      bye: (reason) => hungUp(side, reason),
      modify: (sdp) => modify(side, sdp),
      answered: (sdp) => void answered(side, sdp),
      info: (contentType, body) => info(side, contentType, body),
      ...(referred && { referred: (referral) => referred(side, referral) }),
      ...(notified && { notified: (notice) => notified(side, notice) }),
    })
    if (over && dialog.up) dialog.bye('The call is over')
  }

  function pass(side: Side, sdp: string): void {
    modifying = true
    void answered(side, sdp)
  }

  return {
    attach,
    told: (side, sdp) => sessions[side].give(sdp),
    said(side, sdp) {
      said[side] = sdp
    },
    pass,
    leg(side) {
      const [dialog, sdp, session] = [sides[side], said[side], sessions[side]]
      return over || !dialog?.up || !sdp ? null : { dialog, sdp, session }
    },
    sideOf({ callId, localTag, remoteTag }) {
      const isMeant = (dialog: Dialog | undefined): boolean =>
        dialog?.callId === callId && dialog.localTag === localTag && dialog.remoteTag === remoteTag && dialog.up
      return isMeant(sides.caller) ? 'caller' : isMeant(sides.called) ? 'called' : null
    },
    letGo(side) {
      if (over || leaving !== null) return null
      leaving = side
      return () => {
        leaving = null
        if (!sides[side]?.up) hangUp(`${side} hung up`)
        if (loan && !loan.dialog.up) hangUp(`${opposite(side)} hung up`)
      }
    },
    lend: lendOut,
    check() {
      for (const dialog of [sides.caller, sides.called]) if (dialog?.up) dialog.check()
    },
    hangUp,
    get over() {
      return over
    },
    get isGiven() {
      return isGiven
    },
    ended,
  }
}

/** §14.1: since the Call-ID is ours. */
export function afterGlare(): Promise<void> {
  return setTimeout(GLARE_MS + Math.random() * GLARE_MS, undefined, { ref: false })
}

export function opposite(side: Side): Side {
  return side === 'caller' ? 'called' : 'caller'
}

function refuse(status: number, reason: string): Refused {
  return { kind: 'refused', status, reason }
}
