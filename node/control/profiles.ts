/** GetUser, RemoveUser, SetProfile, GetProfiles: what users have set, and everything about one of them. */

import type { ProfilePatch } from '../../cluster/tables/commands.ts'
import type { ProfileRow } from '../../cluster/tables/people-rows.ts'
import { tenantOf } from '../../cluster/tables/tenants.ts'
import { clean } from '../../proto/text.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { Profile, Profile__Output } from '../../proto/types/raftel/v1/Profile.ts'
import type { ProfilePage } from '../../proto/types/raftel/v1/ProfilePage.ts'
import type { SetProfileRequest__Output } from '../../proto/types/raftel/v1/SetProfileRequest.ts'
import type { User } from '../../proto/types/raftel/v1/User.ts'
import type { UserDetail } from '../../proto/types/raftel/v1/UserDetail.ts'
import { readAor } from '../profile/aor.ts'
import { sealPin } from '../profile/pin.ts'
import { circleOf, readProfile } from '../profile/profile.ts'
import { ledTo } from '../routing/references.ts'
import { inTenant } from './access.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, invalid, mustKnow, notFound, type Refusal } from './refusal.ts'
import { callView, reachable, registrationView, userView } from './views.ts'

export function getUser(needs: Needs, given: string): UserDetail {
  const { cluster } = needs
  const { users, profiles, registrations, calls } = cluster.tables
  const { aor, domain } = named(given)
  const row = users.get(aor)
  if (row === undefined) throw noUser(aor)
  const nodes = reachable(needs)
  const bindings = registrations.get(aor)?.bindings ?? []
  const live = [...calls.values()].filter(({ from, to }) => from === aor || to === aor)
  return {
    user: userView(cluster, aor, row.createdAt),
    profile: profileView(profiles.get(aor) ?? { aor }),
    tenant: clean(tenantOf(cluster.tables, domain) ?? '', 64),
    registrations: bindings.map((binding) => registrationView(needs, binding, nodes)),
    calls: live.sort((a, b) => a.startedAt - b.startedAt).map(callView),
  }
}

export async function removeUser({ cluster }: Needs, given: string, within: number): Promise<User> {
  const { aor } = named(given)
  const view = userView(cluster, aor, cluster.tables.users.get(aor)?.createdAt ?? 0)
  const result = agreed(await cluster.propose({ type: 'user-remove', aor }, within))
  if (result.kind === 'no such user') throw noUser(aor)
  return view
}

export async function setProfile(
  { cluster, key }: Needs,
  request: SetProfileRequest__Output,
  within: number,
): Promise<Profile> {
  const { aor } = named(request.aor)
  const { tables } = cluster
  if (!tables.users.has(aor)) throw noUser(aor)
  mustKnow(cluster, 'profiles')
  const read = patchOf(key, aor, request.set, request.unset, tables)
  if (read.kind === 'faults') throw invalid(read.faults.join('\n'))
  if (Object.keys(read.set).length === 0)
    throw invalid('nothing is named that is to be set; see raftel user set --help')
  const chain = circleOf(aor, read.set, tables, ledTo)
  if (chain !== null) throw inCircle(chain)
  const result = agreed(await cluster.propose({ type: 'profile-put', aor, set: read.set }, within))
  if (result.kind === 'no such user') throw noUser(aor)
  if (result.kind === 'forwards in a circle') throw inCircle(result.chain)
  return profileView(tables.profiles.get(aor) ?? { aor })
}

/** With the PIN, which no pure function can seal. */
export function patchOf(
  key: Uint8Array,
  aor: string,
  wanted: Profile__Output | null,
  unset: readonly string[],
  tables: Parameters<typeof readProfile>[3],
  also?: ReadonlySet<string>,
):
  | { readonly kind: 'ok'; readonly set: ProfilePatch }
  | { readonly kind: 'faults'; readonly faults: readonly string[] } {
  const read = readProfile(aor, wanted ?? {}, unset, tables, also)
  if (wanted?.pin === undefined) return read
  const pin = sealPin(key, aor, wanted.pin)
  if (pin !== null) return read.kind === 'ok' ? { kind: 'ok', set: { ...read.set, pin } } : read
  return { kind: 'faults', faults: [...(read.kind === 'faults' ? read.faults : []), 'pin: 4 to 12 digits'] }
}

export function listProfiles({ cluster }: Needs, request: ListRequest__Output): ProfilePage {
  const isTheirs = inTenant(cluster.tables, request.tenant)
  const { rows, next, total } = page<ProfileRow>(
    [...cluster.tables.profiles.values()].filter(({ aor }) => isTheirs(aor)),
    request,
    (row) => row.aor,
    { aor: (row) => row.aor },
    (row) => [row.aor, row.name ?? '', row.class ?? '', ...(row.groups ?? [])],
  )
  return { rows: rows.map(profileView), next, total, applied: cluster.status().applied }
}

export function profileView({ aor, forwards, pin, groups, name, class: called, ...rest }: ProfileRow): Profile {
  const { always, busy, noAnswer, after, unregistered } = forwards ?? {}
  return {
    aor: clean(aor),
    ...(name !== undefined && { name: clean(name, 64) }),
    ...(called !== undefined && { class: clean(called, 64) }),
    ...rest,
    ...(always !== undefined && { forwardAlways: clean(always) }),
    ...(busy !== undefined && { forwardBusy: clean(busy) }),
    ...(noAnswer !== undefined && { forwardNoAnswer: clean(noAnswer) }),
    ...(after !== undefined && { forwardAfter: after }),
    ...(unregistered !== undefined && { forwardUnregistered: clean(unregistered) }),
    hasPin: pin !== undefined,
    groups: groups?.map((group) => clean(group, 64)) ?? [],
  }
}

function named(text: string): { aor: string; domain: string } {
  const read = readAor(text)
  if (read === null) throw invalid('that is no NAME@DOMAIN, like alice@pbx.test')
  return read
}

function noUser(aor: string): Refusal {
  return notFound(`there is no user ${clean(aor)}; raftel user ls shows those there are`)
}

function inCircle(chain: readonly string[]): Refusal {
  return cannot(
    `calls would be forwarded in a circle: ${chain.map((aor) => clean(aor)).join(' → ')}; change one of these`,
  )
}
