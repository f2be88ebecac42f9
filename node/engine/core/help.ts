/** What is heard of whom nobody hears otherwise: a call for help, and what lets a call that stands go on and end. Pure. */
import type { Head } from '../parser/check.ts'
import type { SipMessage } from '../parser/message.ts'
import { transactionKey } from '../transaction/key.ts'
import type { Flow } from '../transport/flow.ts'
import type { Core } from './core.ts'

/** Of ours, what only a call has: what it is answered is heard. */
const OF_CALLS = new Set(['BYE', 'CANCEL', 'PRACK', 'UPDATE'])

export function isHelp(
  core: Pick<Core, 'dialogs' | 'server' | 'client' | 'isUrgent'>,
  message: SipMessage,
  { callId, fromTag, toTag, from, via, cseq }: Head,
): boolean {
  const stands = (theirs: string, ours: string): boolean => {
    const dialog = core.dialogs.match(callId, theirs, ours)
    return dialog?.usage === 'INVITE' && (dialog.confirmed || dialog.role === 'uas')
  }
  if (message.kind === 'response') {
    if (!core.client.has(via.branch, cseq.method)) return false
    // Who is called answers no INVITE before there is a call.
    return OF_CALLS.has(cseq.method) || stands(toTag, fromTag)
  }
  // A copy of what was heard.
  if (core.server.byKey(transactionKey(message, via)) !== null) return true
  switch (message.method) {
    case 'INVITE':
      return toTag === '' ? core.isUrgent(message.uri, from) : stands(fromTag, toTag)
    case 'CANCEL':
      return core.server.byKey(transactionKey(message, via, 'INVITE')) !== null
    case 'ACK':
    case 'BYE':
    case 'PRACK':
    case 'UPDATE':
    case 'INFO':
    case 'OPTIONS':
      return stands(fromTag, toTag)
    default:
      return false
  }
}

/** How long what is known of all calls is good, ms: there may be many, and a stranger may ask as often as he has connections. */
const KNOWN_MS = 100

/** Over which connections calls go. */
export class Carrying {
  #at = Number.NEGATIVE_INFINITY
  #flows = new WeakSet<Flow>()

  /** Something of a call came over this just now. */
  add(flow: Flow): void {
    this.#flows.add(flow)
  }

  by({ dialogs, server }: Pick<Core, 'dialogs' | 'server'>, flow: Flow, now: number): boolean {
    if (now - this.#at >= KNOWN_MS) {
      this.#at = now
      this.#flows = new WeakSet()
      for (const { usage, way } of dialogs.all()) if (usage === 'INVITE' && way) this.#flows.add(way.flow)
      for (const { ask, flow } of server.unanswered()) if (ask?.method === 'INVITE') this.#flows.add(flow)
    }
    return this.#flows.has(flow)
  }
}
