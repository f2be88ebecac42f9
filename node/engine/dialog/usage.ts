/** What makes a dialog, and what ends the one that a subscription made (RFC 6665, RFC 3515). */
import { headerOf, type SipMessage } from '../parser/message.ts'
import type { Dialog } from './dialog.ts'

/** Requests that make a dialog when they are answered with a 2xx: of a REFER it is the subscription that it implies (RFC 3515 §2.4.4). */
const FORMING = new Set(['INVITE', 'SUBSCRIBE', 'REFER'])

export function forms(method: string): boolean {
  return FORMING.has(method)
}

/** A NOTIFY that ends a subscription ends the dialog it made, but not the call that a REFER came in (RFC 6665 §4.4.1). */
export function endsSubscription(message: SipMessage, dialog: Dialog): boolean {
  if (message.kind !== 'request' || message.method !== 'NOTIFY' || dialog.usage === 'INVITE') return false
  return /^terminated/i.test(headerOf(message, 'subscription-state') ?? '')
}

/** The seconds that a message gives a subscription. */
export function expiresOf(message: SipMessage): number | null {
  const value = headerOf(message, 'expires')
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null
}
