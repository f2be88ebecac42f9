/** A server transaction for an app: it begins with 100 Trying if it is a call, and ends when the app forgets it. */
import type { Dialog } from '../dialog/dialog.ts'
import { nextId, randomToken } from '../ids.ts'
import { lengthOf } from '../parser/bytes.ts'
import type { Head } from '../parser/check.ts'
import { headerOf, type SipRequest } from '../parser/message.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import { type Ask, askOf, responseText } from './ask.ts'
import type { Core } from './core.ts'
import { answer } from './respond.ts'
import { affords, roomFor } from './room.ts'

export function begin(
  core: Core,
  request: SipRequest,
  head: Head,
  flow: Flow,
  key: string,
  about: { dialog: Dialog | null; app: App | null; contact: string | null; merge: string },
): ServerTransaction<Ask> {
  const invite = request.method === 'INVITE'
  const ask: Ask = askOf(request, head, { ...about, tag: randomToken() })
  const room = about.dialog ? Number.POSITIVE_INFINITY : roomFor(request, flow)
  const transaction = core.server.begin(key, nextId(), flow, invite, ask, room)
  if (invite) {
    const stamp = headerOf(request, 'timestamp')
    const lines = stamp === null ? '' : `Timestamp: ${stamp}\r\n`
    const trying = responseText(ask, 100, 'Trying', lines, '')
    // At once, not after 200 ms: the app may take longer, and the peer shall not repeat (§17.2.1). Who sends a Timestamp measures.
    if (stamp !== null || affords(room, lengthOf(trying))) core.server.respond(transaction, 100, trying)
    else core.server.tryLater(transaction, trying)
    ask.patience = core.wheel.after(core.limits.answerMs, () => forgotten(core, transaction, ask))
  }
  return transaction
}

/** The app never answered, and the phone has rung long enough. */
function forgotten(core: Core, transaction: ServerTransaction<Ask>, ask: Ask): void {
  core.log.warn({ transaction: transaction.id }, 'an INVITE without a final answer is ended: limits.answerMs')
  answer(core, transaction, ask, 480, responseText(ask, 480, 'Temporarily Unavailable', '', ''))
}
