/** Star codes: what a user sets for himself by dialling it. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Aor, ServiceName } from '../../cluster/tables/rows.ts'
import { circleOf, readProfile, type Wanted } from './profile.ts'

/** How it is told to who dialled it; `set` is what has changed by it. */
export interface Served {
  readonly status: number
  readonly reason: string
}

const WITHIN_MS = 4_000

/** What a code sets, and what it unsets; null: it wants a number after it. */
function wantedBy(service: ServiceName, argument: string): { set: Wanted; unset: readonly string[] } | null {
  switch (service) {
    case 'forward_off':
      return { set: {}, unset: ['forwards'] }
    case 'dnd_on':
      return { set: { dnd: true }, unset: [] }
    case 'dnd_off':
      return { set: {}, unset: ['dnd'] }
    case 'waiting_on':
      return { set: {}, unset: ['waiting'] }
    case 'waiting_off':
      return { set: { waiting: false }, unset: [] }
    case 'forward_always':
      return argument === '' ? null : { set: { forwardAlways: argument }, unset: [] }
    case 'forward_busy':
      return argument === '' ? null : { set: { forwardBusy: argument }, unset: [] }
    case 'forward_no_answer':
      return argument === '' ? null : { set: { forwardNoAnswer: argument }, unset: [] }
    case 'forward_unregistered':
      return argument === '' ? null : { set: { forwardUnregistered: argument }, unset: [] }
  }
}

/** Sets it on behalf of the user himself. `from`: where he dialled it. */
export async function applyService(
  cluster: Pick<Cluster, 'propose' | 'tables'>,
  aor: Aor,
  service: ServiceName,
  argument: string,
  from = '',
): Promise<Served> {
  const { tables } = cluster
  // Older programs do not know profiles.
  if (tables.members === null) return { status: 503, reason: 'Not Yet' }
  const wanted = wantedBy(service, argument)
  if (wanted === null) return { status: 484, reason: 'Address Incomplete' }
  const read = readProfile(aor, wanted.set, wanted.unset, tables)
  if (read.kind === 'faults') return { status: 404, reason: 'No such target' }
  if (circleOf(aor, read.set, tables) !== null) return { status: 482, reason: 'Forwards In A Circle' }
  const cause = { who: aor, from, why: `star code ${service}` }
  const outcome = await cluster.propose({ type: 'profile-put', aor, set: read.set, cause }, WITHIN_MS)
  if (outcome.kind !== 'agreed') return { status: 503, reason: 'No quorum' }
  switch (outcome.result.kind) {
    case 'done':
      return { status: 200, reason: 'OK' }
    case 'forwards in a circle':
      return { status: 482, reason: 'Forwards In A Circle' }
    default:
      return { status: 403, reason: 'The user was removed' }
  }
}
