import { lengthOf } from '../parser/bytes.ts'
import type { SipRequest } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import { type Ask, responseText } from './ask.ts'

/** All answers to one datagram together stay below so many times its size: nobody gains by having us answer somebody else. */
const TIMES = 3

/** How much may be sent for a request: whoever has a connection is who it says. */
export function roomFor(request: SipRequest, flow: Flow): number {
  return flow.transport === 'udp' ? TIMES * request.size - 1 : Number.POSITIVE_INFINITY
}

/** By how much a refusal is longer than a 100: it has a challenge. */
const CHALLENGE = 200

/** Whether there is room for a 100 and then for a refusal and a repeat of it: who has heard a 100 does not ask again. */
export function affords(room: number, trying: number): boolean {
  return room >= trying + 2 * (trying + CHALLENGE)
}

/** Whether an app takes it in: a call that rings or is answered, or a request with credentials. Then it knows who is asking. */
export function isTaken(ask: Ask, status: number): boolean {
  return status > 100 && status < 300 && (ask.credentials || ask.method === 'INVITE')
}

/** What of an answer there is room for: all of it, or without the fields that the app put in, or nothing (''). */
export function fitting(ask: Ask, status: number, text: string, room: number): string {
  if (status < 200 || isWithin(text, room)) return text
  const reason = text.slice(12, text.indexOf('\r\n')).trim()
  const bare = responseText(ask, status, reason, '', '')
  return isWithin(bare, room) ? bare : ''
}

/** Bytes are counted: what a request of few characters brings back of itself may have many. */
export function isWithin(text: string, room: number): boolean {
  return room === Number.POSITIVE_INFINITY || lengthOf(text) <= room
}
