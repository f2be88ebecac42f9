/** Session timers (RFC 4028): what the two ends agree on, and when somebody must act. Without IO and clock. */
import { parameter } from '../parser/headers.ts'
import { headerOf, type SipMessage, type SipRequest } from '../parser/message.ts'
import type { Timer } from '../transaction/wheel.ts'
import { lists } from './reliable.ts'

/** The least interval that anybody may ask for (§5). */
export const MIN_SE = 90

export interface Agreed {
  readonly seconds: number
  /** Who refreshes; null: whoever answers says so. */
  readonly refresher: 'uac' | 'uas' | null
}

/** The session timer of a dialog. */
export interface Session {
  readonly seconds: number
  /** Refreshes the session: only when that is for us to do. */
  readonly refresh: Timer | null
  /** Ends a session that nobody refreshed. */
  readonly end: Timer
}

/** What a request says of session timers. */
export interface Wish {
  readonly asked: Agreed | null
  readonly supported: boolean
}

/** A Session-Expires value; null if there is none that reads. */
export function sessionExpires(message: SipMessage): Agreed | null {
  const value = headerOf(message, 'session-expires')
  const match = value === null ? null : /^(\d{1,9})[ \t]*(;.*)?$/.exec(value)
  if (!match) return null
  const refresher = parameter(match[2] ?? '', 'refresher')?.toLowerCase()
  return { seconds: Number(match[1]), refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null }
}

export function wishOf(message: SipMessage): Wish | null {
  const asked = sessionExpires(message)
  const supported = lists(message, 'supported', 'timer')
  return asked || supported ? { asked, supported } : null
}

/** Whether a request wants less than anybody may have and is to be told so with 422 (§9): only who knows timers can be. */
export function tooSmall(wish: Wish | null): boolean {
  return wish?.asked != null && wish.supported && wish.asked.seconds < MIN_SE
}

/**
 * What a 2xx agrees to (§9, table 2): `said` is the app's own Session-Expires. Without it the request's is taken, if it says
 * who refreshes or knows timers; then it is the caller who refreshes. `lines` are to be added to the answer.
 */
export function agreement(wish: Wish | null, said: Agreed | null): { agreed: Agreed; lines: string } | null {
  if (said) {
    const refresher = said.refresher ?? 'uac'
    return { agreed: { seconds: Math.max(said.seconds, MIN_SE), refresher }, lines: '' }
  }
  if (!wish?.asked || (wish.asked.refresher === null && !wish.supported)) return null
  const seconds = Math.max(wish.asked.seconds, MIN_SE)
  // Who does not know timers cannot be asked to refresh.
  const refresher = wish.supported ? (wish.asked.refresher ?? 'uac') : 'uas'
  const require = refresher === 'uac' ? 'Require: timer\r\n' : ''
  return { agreed: { seconds, refresher }, lines: `${require}Session-Expires: ${seconds};refresher=${refresher}\r\n` }
}

/** Half-way, so that there is time to try again (§7.2). */
export function refreshAfterMs(seconds: number): number {
  return seconds * 500
}

/** A session that was not refreshed ends a little before it expires (§10). */
export function endAfterMs(seconds: number): number {
  return (seconds - Math.min(32, seconds / 3)) * 1000
}

/** What an app's INVITE or UPDATE in the dialog says of the timer, if the app says nothing (§7.4). */
export function sessionLines({ session }: { session: Session | null }, request: SipRequest): string {
  if (!session || (request.method !== 'INVITE' && request.method !== 'UPDATE')) return ''
  if (headerOf(request, 'session-expires') !== null) return ''
  return `Supported: timer\r\nSession-Expires: ${session.seconds};refresher=${session.refresh ? 'uac' : 'uas'}\r\n`
}

export function stopSession(session: Session | null): void {
  session?.refresh?.cancel()
  session?.end.cancel()
}

/** How long to wait after a 491: who chose the Call-ID waits longer (RFC 3261 §14.1). `chance` is from 0 to 1. */
export function glareMs(ownsCallId: boolean, chance: number): number {
  return ownsCallId ? 2_100 + 1_900 * chance : 2_000 * chance
}
