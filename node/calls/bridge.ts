/** Two dialogs that are one call: what one side sends goes to the other, and neither outlives the other. */
import type { MediaSession, Side } from '../media/media.ts'
import type { Dialog, Modified } from '../sip/port.ts'

export interface Bridge {
  /** Directly after a dialog is given out, so that a BYE that follows it at once is heard. */
  attach(side: Side, dialog: Dialog): void
  /** Asks both ends whether they are still there; an end that is not ends the call. */
  check(): void
  /** Ends both sides. The first reason stays. */
  hangUp(why: string): void
  readonly over: boolean
  /** Resolves with the reason, once. */
  readonly ended: Promise<string>
}

const INFO_MAX = 16_384

export function bridge(media: MediaSession): Bridge {
  const sides: Partial<Record<Side, Dialog>> = {}
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  let over = false
  // RFC 3261 §14.2: one offer at a time in a call, and it is in flight on both sides.
  let modifying = false

  function hangUp(why: string): void {
    if (over) return
    over = true
    for (const dialog of [sides.caller, sides.called]) if (dialog?.up) dialog.bye(why)
    resolve(why)
  }

  async function modify(from: Side, sdp: string): Promise<Modified> {
    const other = sides[opposite(from)]
    if (over) return refuse(481, 'Call Does Not Exist')
    if (other === undefined || modifying) return refuse(491, 'Request Pending')
    if (sdp === '') return refuse(488, 'An offer is needed')
    modifying = true
    try {
      const offer = await media.offer(from, sdp)
      if (offer.kind === 'failed') return refuse(offer.status, offer.reason)
      const answered = await other.modify(offer.sdp)
      if (answered.kind === 'refused') {
        // The dialog is gone at its other end (RFC 3261 §12.2.1.2), and with it the call.
        if (answered.status === 481 || answered.status === 408) hangUp('the other side is gone')
        return answered
      }
      const answer = await media.answer(opposite(from), answered.sdp)
      if (answer.kind === 'failed') return refuse(answer.status, answer.reason)
      return { kind: 'answered', sdp: answer.sdp }
    } finally {
      modifying = false
    }
  }

  async function info(from: Side, contentType: string, body: string): Promise<number> {
    const other = sides[opposite(from)]
    if (over || other === undefined) return 481
    if (body.length > INFO_MAX) return 413
    return other.info(contentType, body)
  }

  return {
    attach(side, dialog) {
      sides[side] = dialog
      dialog.handle({
        bye: (reason) => hangUp(`${side} hung up${reason === '' ? '' : `: ${reason}`}`),
        modify: (sdp) => modify(side, sdp),
        info: (contentType, body) => info(side, contentType, body),
      })
      if (over && dialog.up) dialog.bye('The call is over')
    },
    check() {
      for (const dialog of [sides.caller, sides.called]) if (dialog?.up) dialog.check()
    },
    hangUp,
    get over() {
      return over
    },
    ended,
  }
}

function opposite(side: Side): Side {
  return side === 'caller' ? 'called' : 'caller'
}

function refuse(status: number, reason: string): Modified {
  return { kind: 'refused', status, reason }
}
