/**
 * All tables as lines of text and back. A row a line, so that a snapshot can be written, sent and read in pieces:
 * first `{"version":1,"time":…,"members":…}` (the members once there are founders), then `["table","key",row]` for every row of every table, sessions included.
 */
import { ChurnMap } from '../../proto/churn-map.ts'
import type { CdrRow } from './cdr-rows.ts'
import type { Result } from './commands.ts'
import { DIGEST, digestOf, digestOfText } from './hash.ts'
import type { MembersRow } from './members.ts'
import type { FrozenRows } from './packed.ts'
import { MAIN, placeOf } from './plan-place.ts'
import type { PlanRow } from './plan-rows.ts'
import { loadRegistration } from './registrations.ts'
import type { ClusterRow, RegistrationRow, UserRow } from './rows.ts'
import type { Session } from './sessions.ts'
import { isSmall, SMALL, type SmallTables } from './small.ts'
import { newState, put, putCluster, putLoaded, putMembers, type State } from './state.ts'

const VERSION = 1

interface SessionLine {
  readonly incarnation: string
  readonly floor: number
  readonly results: readonly (readonly [number, Result])[]
}

/**
 * The lines of a snapshot of the tables as they are now. What the iterator needs is copied or frozen before it returns (rows are
 * never changed in place), so the tables may go on changing while the lines are taken one by one; to the end, or until it is returned.
 */
export function snapshotLines(state: State): Iterable<string> {
  const { time, members } = state
  const head = JSON.stringify({ version: VERSION, time, ...(members && { members }) })
  const large = {
    users: state.users.freeze(),
    registrations: state.registrations.freeze(),
    cdrs: state.cdrs.freeze(),
  }
  const rows: (readonly [string, string, object])[] = []
  for (const table of SMALL) for (const [key, row] of state[table]) rows.push([...placeOf(table, key, row), row])
  if (state.cluster) rows.push(['cluster', 'cluster', state.cluster])
  for (const session of state.sessions.values()) rows.push(['sessions', session.node, sessionLine(session)])
  return lines(head, large, rows)
}

function* lines(
  head: string,
  large: Readonly<Record<string, FrozenRows<object>>>,
  rows: readonly (readonly [string, string, object])[],
): Generator<string> {
  try {
    yield head
    for (const [table, frozen] of Object.entries(large)) {
      for (const [key, row] of frozen.entries()) yield JSON.stringify([table, key, row])
    }
    for (const row of rows) yield JSON.stringify(row)
  } finally {
    for (const frozen of Object.values(large)) frozen.release()
  }
}

function sessionLine({ incarnation, floor, results }: Session): SessionLine {
  return { incarnation, floor, results: [...results] }
}

/** What the first line of a snapshot says by itself; nothing when it is no head. */
export function readHead(line: string): { readonly time: number; readonly members: MembersRow | null } {
  try {
    const head = JSON.parse(line) as { time?: unknown; members?: MembersRow } | null
    return { time: typeof head?.time === 'number' ? head.time : 0, members: head?.members ?? null }
  } catch {
    return { time: 0, members: null }
  }
}

/** Tables from the lines of a snapshot. Throws, with the line's number, on what is not one. */
export function loadSnapshot(text: Iterable<string>): State {
  const steps = loadingSnapshot(text)
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
}

/** What a step of loading says while the next line is not there yet. */
export type Dry = 'dry'

/** A line; or a line with what its row toggles, from digestsOf. */
export type Line = string | readonly [line: string, digest: string]

/** The same, a step a line; null is a line that is not there yet. */
export function* loadingSnapshot(text: Iterable<Line | null>): Generator<Dry | undefined, State> {
  const state = newState()
  let number = 0
  for (const one of text) {
    if (one === null) {
      yield 'dry'
      continue
    }
    const [line, digest] = typeof one === 'string' ? [one, ''] : one
    number++
    try {
      if (number === 1) loadHead(state, JSON.parse(line))
      else if (!loadLarge(state, line, digest)) loadRow(state, JSON.parse(line))
      state.changes.length = 0
    } catch (error) {
      throw new Error(`snapshot line ${number}: ${(error as Error).message}`)
    }
    yield
  }
  if (number === 0) throw new Error('the snapshot is empty')
  return state
}

function loadHead(state: State, head: { version: number; time: number; members?: MembersRow }): void {
  if (head.version !== VERSION) throw new Error(`version ${head.version}, this program reads version ${VERSION}`)
  state.time = head.time
  if (head.members) putMembers(state, head.members)
}

/**
 * What the rows of a piece toggle in the state hash, 32 bytes a line, zeros for a line of a small table: nearly a fifth of the work of loading, and
 * it needs no tables.
 */
export function digestsOf(lines: Iterable<string>): Uint8Array {
  const digests: string[] = []
  for (const line of lines) digests.push(digestOfLarge(line))
  const bytes = Buffer.from(new ArrayBuffer(DIGEST * digests.length))
  for (const [i, digest] of digests.entries()) bytes.write(digest, DIGEST * i, 'latin1')
  return bytes
}

/** Lines with what digestsOf said of them. */
export function* withDigests(lines: Iterable<string>, digests: Uint8Array): Generator<Line> {
  const bytes = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength)
  let at = 0
  for (const line of lines) yield [line, bytes.toString('latin1', at, (at += DIGEST))]
}

function digestOfLarge(line: string): string {
  const large = readLarge(line)
  return large ? digestOfText(large.table, large.key, large.json) : ''
}

/**
 * The tables that are as large as there are phones: nearly all lines are theirs, and the digest of a row is of its text in the line. Null: it is
 * a line of another table, or not as `lines` writes it.
 */
function readLarge(line: string): { table: 'users' | 'registrations'; key: string; json: string } | null {
  const table = line.startsWith('["registrations",') ? 'registrations' : line.startsWith('["users",') ? 'users' : null
  if (table === null) return null
  const start = table.length + 5
  const end = line.indexOf('"', start)
  // A key that is escaped goes the long way.
  if (line[end - 1] === '\\' || !line.startsWith('",{', end)) return null
  return { table, key: line.slice(start, end), json: line.slice(end + 2, -1) }
}

/** False: it is none of these. */
function loadLarge(state: State, line: string, given: string): boolean {
  const large = readLarge(line)
  if (!large) return false
  const { table, key, json } = large
  const row = JSON.parse(json) as RegistrationRow | UserRow
  if (row.aor !== key) return false
  const digest = given || digestOfText(table, key, json)
  if (table === 'users') putLoaded(state, table, key, row as UserRow, digest)
  else loadRegistration(state, row as RegistrationRow, digest)
  return true
}

function loadRow(state: State, [table, key, row]: [string, string, unknown]): void {
  if (isSmall(table)) {
    put(state, table, key, row as SmallTables[typeof table])
    return
  }
  switch (table) {
    case 'users':
      putLoaded(state, table, key, row as UserRow, digestOf(table, key, row as UserRow))
      break
    case 'registrations':
      loadRegistration(state, row as RegistrationRow, digestOf(table, key, row as RegistrationRow))
      break
    case 'cdrs':
      putLoaded(state, table, key, row as CdrRow, digestOf(table, key, row as CdrRow))
      state.cdrOrder.add(row as CdrRow)
      break
    case 'plan':
      put(state, 'plans', MAIN, row as PlanRow)
      break
    case 'cluster':
      putCluster(state, row as ClusterRow)
      break
    case 'sessions':
      loadSession(state, key, row as SessionLine)
      break
    default:
      throw new Error(`a table named ${JSON.stringify(table)} is unknown here`)
  }
}

function loadSession(state: State, node: string, { incarnation, floor, results }: SessionLine): void {
  const sum = results.reduce((total, [seq]) => total + seq, 0)
  state.sessions.set(node, { node, incarnation, floor, results: new ChurnMap(results), sum })
}
