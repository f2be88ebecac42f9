/** ImportUsers: many users in one entry of the log. All of them are looked at before anything is changed. */
import type { Tables } from '../../cluster/cluster.ts'
import type { ProfilePatch, UserEntry } from '../../cluster/tables/commands.ts'
import type { ImportUsersReply } from '../../proto/types/raftel/v1/ImportUsersReply.ts'
import type { ImportUsersRequest__Output } from '../../proto/types/raftel/v1/ImportUsersRequest.ts'
import type { Profile__Output } from '../../proto/types/raftel/v1/Profile.ts'
import { readAor } from '../profile/aor.ts'
import { circleOf, readProfile } from '../profile/profile.ts'
import { ledTo } from '../routing/references.ts'
import { inTenant } from './access.ts'
import type { Needs } from './needs.ts'
import { patchOf } from './profiles.ts'
import { agreed, invalid, mustKnow } from './refusal.ts'
import { readUser } from './users.ts'

/** So many make an entry of some 400 kB with long profiles. */
const USERS_MAX = 500

export async function importUsers(
  { cluster, key }: Needs,
  { users, replace, dryRun, tenant, context }: ImportUsersRequest__Output,
  within: number,
): Promise<ImportUsersReply> {
  if (users.length > USERS_MAX) throw invalid(`more than ${USERS_MAX} users at once; send them in parts`)
  mustKnow(cluster, 'imports')
  const { tables } = cluster
  const isTheirs = inTenant(tables, tenant)
  const errors: { line: number; text: string }[] = []
  const entries: UserEntry[] = []
  const patches = new Map<string, ProfilePatch>()
  const also = new Set([...users, ...context].flatMap(({ aor }) => readAor(aor)?.aor ?? []))
  for (const { aor: given, password, profile, line } of users) {
    const wrong = (text: string): void => void errors.push({ line, text })
    const user = readUser(key, { aor: given, password })
    if (typeof user === 'string') {
      wrong(user)
      continue
    }
    const { aor } = user
    if (!isTheirs(aor)) wrong(`${aor} is of no domain of ${tenant}`)
    if (patches.has(aor)) wrong(`${aor} is there twice`)
    const read = patchOf(key, aor, profile, [], tables, also)
    if (read.kind === 'faults') for (const fault of read.faults) wrong(`${aor}: ${fault}`)
    const set = read.kind === 'ok' ? read.set : {}
    patches.set(aor, set)
    entries.push({ user, ...(Object.keys(set).length > 0 && { profile: set }) })
  }
  const pending = new Map([...context.flatMap((profile) => elsewhere(profile, tables, also)), ...patches])
  for (const { aor: given, line } of users) {
    const set = patches.get(readAor(given)?.aor ?? '')
    const chain = set?.forwards ? circleOf(readAor(given)!.aor, set, tables, ledTo, pending) : null
    if (chain !== null) errors.push({ line, text: `calls would be forwarded in a circle: ${chain.join(' → ')}` })
  }
  if (errors.length > 0) return { added: 0, replaced: 0, kept: 0, errors }
  if (dryRun) {
    const there = entries.filter(({ user }) => tables.users.has(user.aor)).length
    const [replaced, kept] = replace ? [there, 0] : [0, there]
    return { added: entries.length - there, replaced, kept, errors }
  }
  const result = agreed(await cluster.propose({ type: 'users-put', users: entries, replace }, within))
  if (result.kind !== 'users put') throw new Error(`users-put came to ${result.kind}`)
  const { added, replaced, kept } = result
  return { added, replaced, kept, errors }
}

/** What another part of the same import sets; it is judged there. */
function elsewhere(
  profile: Profile__Output,
  tables: Tables,
  also: ReadonlySet<string>,
): readonly (readonly [string, ProfilePatch])[] {
  const aor = readAor(profile.aor)?.aor
  const { forwardAlways, forwardBusy, forwardNoAnswer, forwardUnregistered } = profile
  const forwards = { forwardAlways, forwardBusy, forwardNoAnswer, forwardUnregistered }
  const read = aor === undefined ? null : readProfile(aor, forwards, [], tables, also)
  return aor !== undefined && read?.kind === 'ok' ? [[aor, read.set]] : []
}
