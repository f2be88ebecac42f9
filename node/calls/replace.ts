/**
 * An INVITE with Replaces (RFC 3891) from a phone. Whoever knows all three names of a dialog got them from somebody who is in it, and ours
 * cannot be guessed: that, and being a user of ours, is what is asked of him.
 */
import type { Invitation } from '../sip/port.ts'
import type { Desk, Live, Who } from './desk.ts'
import { join } from './join.ts'
import { partyOf } from './party.ts'
import { callerLeg } from './place.ts'
import { readReplaces } from './refer.ts'
import { refuse } from './through.ts'

export async function replace(
  desk: Desk,
  live: Live,
  invitation: Invitation,
  who: Who,
  header: string,
): Promise<string> {
  const party = partyOf(invitation)
  const replaces = readReplaces(header)
  if (replaces === null) return refuse(desk, party, 400, 'Replaces does not read')
  return join(desk, live, { party, leg: callerLeg(invitation), who, replaces, trace: [`replaced by ${who.aor}`] })
}
