/** What all requests of the network have in common: how they are refused, and how an app reads them. */
import { randomInt } from 'node:crypto'
import type { Dialog } from '../dialog/dialog.ts'
import { requestLine, type SipRequest, writeMessage } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import { statelessText } from './ask.ts'
import type { Core } from './core.ts'
import { respondOn } from './indialog.ts'

export const RETRY = 'Retry-After: 5\r\n'

/** Two that collided shall not do so again (RFC 3261 §14.2, RFC 3311 §5.2): a random time up to 10 s. */
export function retryLater(): string {
  return `Retry-After: ${randomInt(0, 11)}\r\n`
}

/** Refuses without a transaction; an ACK is never answered. */
export function refuse(core: Core, request: SipRequest, flow: Flow, status: number, reason: string, lines = ''): void {
  if (request.method === 'ACK') return
  const text = statelessText(request, status, reason, lines)
  if (text) respondOn(core, flow, text)
}

export function appOf(core: Core, dialog: Dialog): App | null {
  return dialog.app.open ? dialog.app : core.apps.any()
}

const POISON = new Set(['__proto__', 'constructor'])

/** The request as the app reads it. */
export function textOf(request: SipRequest): string {
  const fields = request.fields.some((f) => POISON.has(f.name))
    ? request.fields.filter((f) => !POISON.has(f.name))
    : request.fields
  return writeMessage(requestLine(request), fields, request.body)
}
