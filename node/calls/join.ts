/** Takes the place of one end of a call that stands (RFC 3891): its other end is connected with the party, and who is replaced gets BYE. */

import type { LegRow } from '../../cluster/tables/rows.ts'
import { tenantOf } from '../../cluster/tables/tenants.ts'
import type { Desk, Live, Who } from './desk.ts'
import type { Party } from './party.ts'
import type { Replaces } from './refer.ts'
import { only } from './ring.ts'
import { placeOfCall, SECONDS } from './stand-in.ts'
import { callOf, putThrough, refuse } from './through.ts'

export interface Join {
  readonly party: Party
  readonly leg: LegRow
  /** The party as the plan knows it. */
  readonly who: Who | null
  readonly replaces: Replaces
  /** Why it came to it, for people. */
  readonly trace: readonly string[]
}

export async function join(desk: Desk, live: Live, { party, leg, who, replaces, trace }: Join): Promise<string> {
  const place = placeOfCall(desk, live, replaces, who)
  if (place === null) return refuse(desk, party, 481, 'Call/Transaction Does Not Exist')
  if (place === 'busy') return refuse(desk, party, 491, 'Request Pending')
  const { name, left, sip } = place
  live.call = callOf(live, {
    from: who?.aor ?? 'anonymous',
    to: name,
    startedAt: desk.now(),
    planVersion: desk.cluster.tables.planVersion,
    rule: 'replaces',
    trace: [...trace, `in the place of ${left}`],
    dialled: name,
    tenant: (who && tenantOf(desk.cluster.tables, who.domain)) ?? '',
  })
  desk.count.placed++
  try {
    // It is a conversation already (§3).
    if (replaces.earlyOnly) return refuse(desk, party, 486, 'Busy Here')
    return await putThrough(desk, live, {
      sip,
      party,
      leg,
      who,
      target: name,
      route: (sdp) => only([{ targets: [{ name, request: place.request(sdp) }], seconds: SECONDS }]),
      place,
    })
  } finally {
    place.leave()
  }
}
