/** Which SIP dialogs a call is made of, and whom it rang, for who asks later. */
import type { SipPort } from '../sip/port.ts'
import type { Desk } from './desk.ts'

type Dials = Pick<SipPort, 'dial'>

/** The same port; whatever is dialled by it is a leg of this call, which may be another node's. */
export function withLegs({ isLeg, telling }: Pick<Desk, 'isLeg' | 'telling'>, call: string, sip: Dials): Dials {
  return {
    dial(request, onProgress) {
      const came = telling.dialled(call, request)
      const dialing = sip.dial(request, onProgress)
      isLeg?.(call, dialing.callId)
      void dialing.outcome.then(came)
      return dialing
    },
  }
}
