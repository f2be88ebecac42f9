/** An end of one call that another has on trial: until it is kept, that one hanging up gives it back. */
import type { Dialog } from '../sip/port.ts'

export interface Loan {
  /** The end for whoever has it now. */
  readonly dialog: Dialog
  /** From now on it is not given back. */
  keep(): void
}

/** An end that was on loan before, and was kept, is lent as what it is: in a long call it may go a long way. */
const ends = new WeakMap<Dialog, Dialog>()

export function lend(dialog: Dialog, takeBack: () => void): Loan {
  const end = ends.get(dialog) ?? dialog
  let state: 'lent' | 'kept' | 'back' = 'lent'
  // Who keeps it has nothing more of the call that it comes from.
  let giveBack: (() => void) | null = takeBack
  const lent: Dialog = {
    ...end,
    get up() {
      return state !== 'back' && end.up
    },
    bye(reason) {
      if (state === 'kept') end.bye(reason)
      if (state !== 'lent') return
      state = 'back'
      giveBack?.()
    },
  }
  ends.set(lent, end)
  return {
    dialog: lent,
    keep() {
      if (state !== 'lent') return
      state = 'kept'
      giveBack = null
    },
  }
}
