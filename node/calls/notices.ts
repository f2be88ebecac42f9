/** Tells who sent a REFER how the call goes that he asked for (RFC 3515 §2.4.4): one NOTIFY after the other, the last one final. */
import type { Dialog } from '../sip/port.ts'
import { noticeOf } from './refer.ts'

export interface Notices {
  /** A status that was told last, and all after a final one, is not told again. */
  tell(status: number, reason: string): void
  /** When all that was told has been answered, or cannot be. */
  settled(): Promise<void>
}

/** A call may ring at many phones, and each change is told. */
const TOLD_MAX = 20

export function noticesTo(dialog: Dialog, id: number | null, isQuiet: boolean): Notices {
  // Who was told the end of it is out of the call, and notices live as long as the next one.
  let asker: Dialog | null = dialog
  let last = 0
  let told = 0
  let isHeard = !isQuiet
  let turn: Promise<void> = Promise.resolve()

  async function send(status: number, reason: string): Promise<void> {
    const to = asker
    if (status >= 200) asker = null
    if (!to?.up || !isHeard) return
    const { headers, body } = noticeOf({ status, reason }, id)
    isHeard = (await to.say('NOTIFY', headers, body)) < 300
  }

  return {
    tell(status, reason) {
      const isFinal = status >= 200
      if (last >= 200 || status === last || (!isFinal && told >= TOLD_MAX)) return
      last = status
      told++
      turn = turn.then(() => send(status, reason))
    },
    settled: () => turn,
  }
}
