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

/** Whether a call stands over this connection. */
export function carriesCall({ dialogs }: Pick<Core, 'dialogs'>, flow: Flow): boolean {
  for (const { usage, way } of dialogs.all()) if (usage === 'INVITE' && way?.flow === flow) return true
  return false
}
