/** Users: who may register and call, with sealed credentials. */
import type { Command, Result } from './commands.ts'
import { unbind } from './registrations.ts'
import type { Aor } from './rows.ts'
import { put, remove, type State } from './state.ts'

type UserPut = Extract<Command, { type: 'user-put' }>

/** Adds a user; changes one only when told to replace. */
export function putUser(state: State, { user, replace }: UserPut): Result {
  const old = state.users.get(user.aor)
  if (old && !replace) return { kind: 'exists', aor: user.aor }
  const { aor, domain, credentials } = user
  put(state, 'users', aor, { aor, user: user.user, domain, credentials, createdAt: old?.createdAt ?? state.time })
  return { kind: 'done' }
}

/** Removes a user together with the contacts bound to it. */
export function removeUser(state: State, aor: Aor): Result {
  if (!state.users.has(aor)) return { kind: 'no such user', aor }
  remove(state, 'users', aor)
  unbind(state, aor)
  return { kind: 'done' }
}
