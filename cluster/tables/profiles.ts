/** What users have set. Rows are made field by field in one order, so that every node has the same bytes. */
import type { ProfilePatch, ProfilePut, Result } from './commands.ts'
import { circle } from './forwards.ts'
import type { Forwards, ProfileRow } from './people-rows.ts'
import type { Aor } from './rows.ts'
import { put, remove, type State } from './state.ts'

/** Changes what is named, or nothing: a forward that comes back to where it began is refused with its way. */
export function putProfile(state: State, { aor, set }: ProfilePut): Result {
  if (!state.users.has(aor)) return { kind: 'no such user', aor }
  const row = profileRow(state.profiles.get(aor), aor, set)
  const chain = set.forwards ? circle(aor, row.forwards, (to) => state.profiles.get(to)?.forwards) : null
  if (chain !== null) return { kind: 'forwards in a circle', chain }
  writeProfile(state, row)
  return { kind: 'done' }
}

/** A row that says nothing is none. */
export function writeProfile(state: State, row: ProfileRow): void {
  if (Object.keys(row).length === 1) remove(state, 'profiles', row.aor)
  else put(state, 'profiles', row.aor, row)
}

/** The row that it is after a change. */
export function profileRow(old: ProfileRow | undefined, aor: Aor, set: ProfilePatch): ProfileRow {
  const forwards = set.forwards === null ? {} : merged<Forwards>(FORWARDS, old?.forwards, set.forwards ?? {})
  const fields = merged<Omit<ProfileRow, 'aor' | 'forwards'>>(FIELDS, old, set)
  return { aor, ...fields, ...(Object.keys(forwards).length > 0 && { forwards }) }
}

const FORWARDS = ['always', 'busy', 'noAnswer', 'after', 'unregistered'] as const
const FIELDS = ['name', 'class', 'callerId', 'dnd', 'waiting', 'language', 'zone', 'pin', 'groups'] as const

function merged<Row extends object>(
  fields: readonly (keyof Row)[],
  old: Partial<Row> | undefined,
  set: { readonly [Field in keyof Row]?: Row[Field] | null },
): Partial<Row> {
  const row: Partial<Row> = {}
  for (const field of fields) {
    const value = set[field] === undefined ? old?.[field] : set[field]
    if (value !== undefined && value !== null) row[field] = value as NonNullable<Row[keyof Row]>
  }
  return row
}
