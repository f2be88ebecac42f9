/**
 * What operators changed: a row for each row that a command of theirs changed, written by the command itself, so that there is none without. What only
 * follows from such a change (the contacts of a user that is removed) is not told besides.
 */
import { hash } from 'node:crypto'
import type { Cause, Command } from './commands.ts'
import type { AuditRow } from './people-rows.ts'
import { put, remove, type State } from './state.ts'
import type { RowChange } from './view.ts'

/** Oldest go first. */
export const AUDIT_ROWS_MAX = 50_000
/** Characters of all rows together. */
export const AUDIT_SIZE_MAX = 16 * 1024 * 1024
/** Rows that one command is told of; the last one says how many more there were. */
export const TOLD_MAX = 500
/** Characters of a row before its long fields are told by their hash. */
const ROW_MAX = 2_048
const FIELD_MAX = 160
/** What a row costs beside its texts. */
const ROW_COST = 100

/** What comes about by other rows that are told. */
const FOLLOWS: ReadonlySet<string> = new Set([
  'registrations',
  'calls',
  'nodes',
  'texts',
  'turns',
  'commits',
  'cdrs',
  'cdrQueue',
  'trunkStates',
  'leases',
  'nodeLeases',
  'reservations',
  'usages',
  'ledgers',
  'pieces',
  'alerts',
])

export function audit(
  state: State,
  command: Command,
  { who, from, why }: Cause,
  changes: readonly RowChange[],
  index: number,
): void {
  const common = { at: state.time, index, who, from, why, what: command.type }
  if (command.type === 'note') {
    const { what, key } = command
    write(state, { ...common, what, table: '', key, before: null, after: null })
    return
  }
  const told = changes.filter(({ table }) => !FOLLOWS.has(table))
  for (const change of told.slice(0, TOLD_MAX)) {
    const before = ('before' in change ? change.before : null) as Fields | null
    const after = change.row as Fields | null
    const rows = { before: before && shown(before, null), after: after && shown(after, before) }
    write(state, { ...common, table: change.table, key: change.key, ...rows })
  }
  const more = told.length - TOLD_MAX
  if (more > 0) write(state, { ...common, table: '', key: `and ${more} more`, before: null, after: null })
}

/** How many rows there are is bounded, and so is what they say. */
function write(state: State, row: Omit<AuditRow, 'seq'>): void {
  const end = endOf(state)
  const seq = ++end.last
  const whole: AuditRow = { seq, ...row }
  put(state, 'audit', String(seq), whole, null)
  end.size += sizeOf(whole)
  while (state.audit.size > AUDIT_ROWS_MAX || end.size > AUDIT_SIZE_MAX) {
    const oldest = String(seq - state.audit.size + 1)
    end.size -= sizeOf(state.audit.get(oldest)!)
    remove(state, 'audit', oldest)
  }
}

/** The rows have consecutive numbers, so these two say where they begin and end. Of tables that came with a snapshot it is counted once. */
const ends = new WeakMap<State, { last: number; size: number }>()

function endOf(state: State): { last: number; size: number } {
  const known = ends.get(state)
  if (known) return known
  const end = { last: 0, size: 0 }
  for (const row of state.audit.values()) {
    end.last = Math.max(end.last, row.seq)
    end.size += sizeOf(row)
  }
  ends.set(state, end)
  return end
}

function sizeOf({ who, from, why, key, before, after }: AuditRow): number {
  const texts = [who, from, why, key, before ?? '', after ?? '']
  return texts.reduce((sum, { length }) => sum + length, ROW_COST)
}

type Fields = Readonly<Record<string, unknown>>

const SECRET: ReadonlySet<string> = new Set(['credentials', 'password', 'secret', 'token', 'pin', 'nonceKey'])
const SEALED = /^v1\.[0-9a-f]{12}\./

/** A row in short: secrets are told to be there, and to be others than before; what is long is told by its hash. */
export function shown(row: Fields, before: Fields | null): string {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    const isOther = before !== null && isSecret(name, value) && before[name] !== undefined && before[name] !== value
    fields[name] = isOther ? '(sealed, another)' : value
  }
  const whole = JSON.stringify(fields, hidden)
  if (whole.length <= ROW_MAX) return whole
  for (const [name, value] of Object.entries(fields)) {
    const text = JSON.stringify(value, hidden) ?? ''
    if (text.length > FIELD_MAX)
      fields[name] = `(${text.length} characters, sha256 ${hash('sha256', text).slice(0, 12)})`
  }
  return JSON.stringify(fields, hidden)
}

function isSecret(name: string, value: unknown): boolean {
  return typeof value === 'string' && (SECRET.has(name) || SEALED.test(value))
}

function hidden(name: string, value: unknown): unknown {
  return isSecret(name, value) && value !== '(sealed, another)' ? '(sealed)' : value
}
