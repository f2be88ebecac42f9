/** What is heard of whom nobody hears otherwise: a call for help, and what lets a call that stands go on and end. Pure. */
import type { Head } from '../parser/check.ts'
import type { SipMessage } from '../parser/message.ts'
import { transactionKey } from '../transaction/key.ts'
import type { Core } from './core.ts'

export function isHelp(
  core: Pick<Core, 'dialogs' | 'server' | 'isUrgent'>,
  message: SipMessage,
  { callId, fromTag, toTag, from, via, cseq }: Head,
): boolean {
  const stands = (theirs: string, ours: string): boolean => {
    const dialog = core.dialogs.match(callId, theirs, ours)
    return dialog !== null && (dialog.confirmed || dialog.role === 'uas')
  }
  // What nobody waits for is dropped later. Who is called answers no INVITE before there is a call.
  if (message.kind === 'response') return cseq.method !== 'INVITE' || stands(toTag, fromTag)
  switch (message.method) {
    case 'INVITE':
      return toTag === '' ? core.isUrgent(message.uri, from) : stands(fromTag, toTag)
    case 'ACK':
    case 'CANCEL':
      return core.server.byKey(transactionKey(message, via, 'INVITE')) !== null || stands(fromTag, toTag)
    case 'BYE':
    case 'PRACK':
    case 'UPDATE':
      return stands(fromTag, toTag)
    default:
      return false
  }
}
