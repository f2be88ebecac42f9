/** An end of one call that another has on trial: until it is kept, that one hanging up gives it back. */
import type { Dialog } from '../sip/port.ts'

export interface Loan {
  /** The end for whoever has it now. */
  readonly dialog: Dialog
  /** From now on it is not given back. */
  keep(): void
}

export function lend(dialog: Dialog, takeBack: () => void): Loan {
  let state: 'lent' | 'kept' | 'back' = 'lent'
  return {
    dialog: {
      ...dialog,
      get up() {
        return state !== 'back' && dialog.up
      },
      bye(reason) {
        if (state === 'kept') dialog.bye(reason)
        if (state !== 'lent') return
        state = 'back'
        takeBack()
      },
    },
    keep() {
      if (state === 'lent') state = 'kept'
    },
  }
}
