/** Users: who may register and call, with sealed credentials. */
import type { Command, Result } from './commands.ts'
import { profileRow, writeProfile } from './profiles.ts'
import { unbind } from './registrations.ts'
import type { Aor } from './rows.ts'
import { put, remove, type State } from './state.ts'

type UsersPut = Extract<Command, { type: 'users-put' }>
type UserPut = Extract<Command, { type: 'user-put' }>

/** Adds a user; changes one only when told to replace. */
export function putUser(state: State, { user, replace }: UserPut): Result {
  const old = state.users.get(user.aor)
  if (old && !replace) return { kind: 'exists', aor: user.aor }
  const { aor, domain, credentials } = user
  put(state, 'users', aor, { aor, user: user.user, domain, credentials, createdAt: old?.createdAt ?? state.time })
  return { kind: 'done' }
}

/** All of them at once. Forwards in a circle are for whoever says this to look for: here they are bounded by the table. */
export function putUsers(state: State, { users, replace }: UsersPut): Result {
  let [added, replaced, kept] = [0, 0, 0]
  for (const { user, profile } of users) {
    const result = putUser(state, { type: 'user-put', user, replace: false })
    if (result.kind === 'done') added++
    else if (replace) {
      putUser(state, { type: 'user-put', user, replace })
      replaced++
    } else {
      kept++
      continue
    }
    if (profile) writeProfile(state, profileRow(state.profiles.get(user.aor), user.aor, profile))
  }
  return { kind: 'users put', added, replaced, kept }
}

/** Removes a user together with the contacts bound to it and what it has set. */
export function removeUser(state: State, aor: Aor): Result {
  if (!state.users.has(aor)) return { kind: 'no such user', aor }
  remove(state, 'users', aor)
  remove(state, 'profiles', aor)
  unbind(state, aor)
  return { kind: 'done' }
}
