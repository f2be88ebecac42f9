/** AddUser, ListUsers. A password is hashed and sealed here and exists nowhere after that. */
import { hash } from 'node:crypto'
import { seal } from '../../cluster/seal.ts'
import type { UserRow } from '../../cluster/tables/rows.ts'
import type { AddUserRequest__Output } from '../../proto/types/raftel/v1/AddUserRequest.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { User } from '../../proto/types/raftel/v1/User.ts'
import type { UserPage } from '../../proto/types/raftel/v1/UserPage.ts'
import { readAor } from '../profile/aor.ts'
import { inTenant } from './access.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, exists, invalid } from './refusal.ts'
import { userView } from './views.ts'

const PASSWORD_MAX = 256
/** What credentials are sealed for: those of one user open for no other. */
export function credentialsPurpose(aor: string): string {
  return `credentials of ${aor}`
}

/** The text that is sealed: HA1 of RFC 7616 §3.4.2 with the domain as realm, in the three algorithms of RFC 8760. */
export function credentialsText(user: string, domain: string, password: string): string {
  const a1 = `${user}:${domain}:${password}`
  return JSON.stringify({ md5: hash('md5', a1), sha256: hash('sha256', a1), sha512256: hash('sha512-256', a1) })
}

/** The row of a user but for its time; or what is wrong, as a sentence. */
export function readUser(
  key: Uint8Array,
  { aor: given, password }: { readonly aor: string; readonly password: string },
): Omit<UserRow, 'createdAt'> | string {
  const named = readAor(given)
  if (named === null) return 'that is no NAME@DOMAIN, like alice@pbx.test'
  if (password === '') return 'the password is empty; give one on stdin'
  if (password.length > PASSWORD_MAX) return `the password is longer than ${PASSWORD_MAX} characters`
  const { aor, user, domain } = named
  return { aor, user, domain, credentials: seal(key, credentialsPurpose(aor), credentialsText(user, domain, password)) }
}

/** `within`: milliseconds that agreeing may take. */
export async function addUser({ cluster, key }: Needs, request: AddUserRequest__Output, within: number): Promise<User> {
  const read = readUser(key, request)
  if (typeof read === 'string') throw invalid(read)
  const { aor } = read
  const command = { type: 'user-put', user: read, replace: request.replace } as const
  const result = agreed(await cluster.propose(command, within))
  if (result.kind === 'exists') throw exists(`${aor} is there already; give it a new password with --replace`)
  return userView(cluster, aor, cluster.tables.users.get(aor)?.createdAt ?? 0)
}

export function listUsers({ cluster }: Needs, request: ListRequest__Output): UserPage {
  const contacts = (aor: string): number => cluster.tables.registrations.get(aor)?.bindings.length ?? 0
  const { rows, next, total } = page<UserRow>(
    ofTenant(cluster.tables.users.values(), inTenant(cluster.tables, request.tenant)),
    request,
    (row) => row.aor,
    { aor: (row) => row.aor, createdAt: (row) => row.createdAt, contacts: (row) => contacts(row.aor) },
    (row) => [row.aor],
  )
  return {
    rows: rows.map((row) => userView(cluster, row.aor, row.createdAt)),
    next,
    total,
    applied: cluster.status().applied,
  }
}

function* ofTenant(rows: Iterable<UserRow>, isTheirs: (aor: string) => boolean): Generator<UserRow> {
  for (const row of rows) if (isTheirs(row.aor)) yield row
}
