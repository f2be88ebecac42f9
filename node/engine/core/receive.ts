/** How requests of the network are refused. */
import { randomInt } from 'node:crypto'
import type { SipRequest } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import { statelessText } from './ask.ts'
import type { Core } from './core.ts'
import { respondOn } from './indialog.ts'
import { isWithin, roomFor } from './room.ts'

/** Methods that there are, whether an app wants them or not. */
export const KNOWN = new Set(
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE'.split(' '),
)

export const RETRY = 'Retry-After: 5\r\n'

/** Two that collided shall not do so again (RFC 3261 §14.2, RFC 3311 §5.2): a random time up to 10 s. */
export function retryLater(): string {
  return `Retry-After: ${randomInt(0, 11)}\r\n`
}

/** Refuses without a transaction; an ACK is never answered. */
export function refuse(core: Core, request: SipRequest, flow: Flow, status: number, reason: string, lines = ''): void {
  if (request.method === 'ACK') return
  const text = statelessText(request, status, reason, lines)
  if (text && isWithin(text, roomFor(request, flow))) respondOn(core, flow, text)
}
