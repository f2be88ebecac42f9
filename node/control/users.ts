/** AddUser, ListUsers. A password is hashed and sealed here and exists nowhere after that. */
import { hash } from 'node:crypto'
import { seal } from '../../cluster/seal.ts'
import type { UserRow } from '../../cluster/tables/rows.ts'
import type { AddUserRequest__Output } from '../../proto/types/raftel/v1/AddUserRequest.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { User } from '../../proto/types/raftel/v1/User.ts'
import type { UserPage } from '../../proto/types/raftel/v1/UserPage.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, exists, invalid } from './refusal.ts'
import { userView } from './views.ts'

const PASSWORD_MAX = 256
const USER = /^[A-Za-z0-9_.!~*'()&=+$,;?/-]{1,64}$/
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** What credentials are sealed for: those of one user open for no other. */
export function credentialsPurpose(aor: string): string {
  return `credentials of ${aor}`
}

/** `alice@pbx.test` → its parts, domain in lower case; null when it is no address of record we take. */
export function readAor(text: string): { aor: string; user: string; domain: string } | null {
  const at = text.lastIndexOf('@')
  const user = text.slice(0, Math.max(0, at)).replace(/^sip:/, '')
  const domain = text.slice(at + 1).toLowerCase()
  return USER.test(user) && DOMAIN.test(domain) ? { aor: `${user}@${domain}`, user, domain } : null
}

/** The text that is sealed: HA1 of RFC 7616 §3.4.2 with the domain as realm, in the three algorithms of RFC 8760. */
export function credentialsText(user: string, domain: string, password: string): string {
  const a1 = `${user}:${domain}:${password}`
  return JSON.stringify({ md5: hash('md5', a1), sha256: hash('sha256', a1), sha512256: hash('sha512-256', a1) })
}

/** `within`: milliseconds that agreeing may take. */
export async function addUser({ cluster, key }: Needs, request: AddUserRequest__Output, within: number): Promise<User> {
  const named = readAor(request.aor)
  if (named === null) throw invalid('that is no NAME@DOMAIN, like alice@pbx.test')
  const { password } = request
  if (password === '') throw invalid('the password is empty; give one on stdin')
  if (password.length > PASSWORD_MAX) throw invalid(`the password is longer than ${PASSWORD_MAX} characters`)
  const { aor, user, domain } = named
  const credentials = seal(key, credentialsPurpose(aor), credentialsText(user, domain, password))
  const command = { type: 'user-put', user: { aor, user, domain, credentials }, replace: request.replace } as const
  const result = agreed(await cluster.propose(command, within))
  if (result.kind === 'exists') throw exists(`${aor} is there already; give it a new password with --replace`)
  return userView(cluster, aor, cluster.tables.users.get(aor)?.createdAt ?? 0)
}

export function listUsers({ cluster }: Needs, request: ListRequest__Output): UserPage {
  const contacts = (aor: string): number => cluster.tables.registrations.get(aor)?.bindings.length ?? 0
  const { rows, next, total } = page<UserRow>(
    cluster.tables.users.values(),
    request,
    (row) => row.aor,
    { aor: (row) => row.aor, createdAt: (row) => row.createdAt, contacts: (row) => contacts(row.aor) },
    (row) => row.aor,
  )
  return {
    rows: rows.map((row) => userView(cluster, row.aor, row.createdAt)),
    next,
    total,
    applied: cluster.status().applied,
  }
}
