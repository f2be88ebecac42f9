/** OPTIONS (RFC 3261 §11): are you there, and what do you take? */
import { ALLOW } from './dialog.ts'
import { SUPPORTED } from './extensions.ts'
import type { SipRequest } from './port.ts'

const ANSWER = {
  Allow: ALLOW,
  Accept: 'application/sdp',
  'Accept-Encoding': 'identity',
  'Accept-Language': 'en',
  Supported: SUPPORTED.join(', '),
}

export function answerOptions(request: SipRequest): void {
  request.reply(200, { headers: ANSWER })
}
