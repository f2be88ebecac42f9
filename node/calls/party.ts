/** Who is to be connected with somebody: the caller of an INVITE, or one end of another call. */
import type { Dialog, Invitation } from '../sip/port.ts'
import type { Lasting } from './origin.ts'

export interface Party extends Pick<Invitation, 'body' | 'progress' | 'reply'> {
  /** Its media is settled with this SDP, of whom it is connected with; null: it has gone. */
  answer(sdp: string, aor: string): Promise<Settled | null>
  /** What it was told before, by another call. */
  readonly session?: Lasting
}

export interface Settled {
  readonly dialog: Dialog
  /** What it says now, if that is not what its offer said: the other side has to know. */
  readonly moved: string | null
  /** The other side is still there too: the two are connected. */
  readonly connected?: () => void
}

export function partyOf(invitation: Invitation): Party {
  return {
    body: invitation.body,
    progress: (status, sdp) => invitation.progress(status, sdp),
    reply: (status, options) => invitation.reply(status, options),
    async answer(sdp) {
      const dialog = await invitation.answer(sdp)
      return dialog === null ? null : { dialog, moved: null }
    },
  }
}
