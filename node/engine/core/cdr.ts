import { nextId } from '../ids.ts'
import type { Apps } from '../wire/apps.ts'
import { timeText } from '../wire/frames.ts'

export type CdrRole = 'uas' | 'uac' | 'proxy-uas' | 'proxy-uac'
export type CdrReason =
  | 'call-rejected'
  | 'call-canceled'
  | 'normal-release'
  | 'session-expired'
  | 'system-initiated-termination'
  | 'system-error-initiated-termination'
type Source = 'network' | 'application'

/** Call detail records for whichever app wants them: a call is tried, begins, ends. `text` is the message that did it. */
export interface Cdrs {
  attempt(source: Source, text: string): void
  start(source: Source, role: CdrRole, text: string): void
  stop(source: Source, reason: CdrReason, text: string): void
}

/** `shown` makes a message what an app can read. */
export function cdrsTo(apps: Apps, now: () => number, shown: (text: string) => string): Cdrs {
  const send = (verb: string, source: Source, more: string, text: string): void => {
    apps.wanting(verb)?.send(`${nextId()}|${verb}|${source}|${timeText(now())}${more}\r\n${shown(text)}`)
  }
  return {
    attempt: (source, text) => send('cdr:attempt', source, '', text),
    start: (source, role, text) => send('cdr:start', source, `|${role}`, text),
    stop: (source, reason, text) => send('cdr:stop', source, `|${reason}`, text),
  }
}

/** Why a call ended that never began. */
export function unanswered(status: number): CdrReason {
  return status === 487 ? 'call-canceled' : 'call-rejected'
}

/** Why the engine ended a call by itself, by the reason that the app hears. */
export function hungUp(reason: string): CdrReason {
  if (/expired/i.test(reason)) return 'session-expired'
  return /ack/i.test(reason) ? 'system-error-initiated-termination' : 'system-initiated-termination'
}
