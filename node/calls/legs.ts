/** Which SIP dialogs a call is made of, for who traces it. */
import type { SipPort } from '../sip/port.ts'
import type { CallsNeeds } from './calls.ts'

type Dials = Pick<SipPort, 'dial'>

/** The same port; whatever is dialled by it is a leg of this call. */
export function withLegs({ isLeg }: Pick<CallsNeeds, 'isLeg'>, call: string, sip: Dials): Dials {
  if (!isLeg) return sip
  return {
    dial(request, onProgress) {
      const dialing = sip.dial(request, onProgress)
      isLeg(call, dialing.callId)
      return dialing
    },
  }
}
