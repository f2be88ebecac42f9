/** Users as lines of CSV or entries of YAML, and back. */
import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'
import { isMap, isNode, isSeq, LineCounter, parseDocument, stringify as yamlOf } from 'yaml'
import { clean } from '../../proto/text.ts'
import type { Profile, Profile__Output } from '../../proto/types/raftel/v1/Profile.ts'
import { Failure } from '../failure.ts'

/** As it is sent: `line` is where it stands. */
export interface Entry {
  readonly line: number
  readonly aor: string
  readonly password: string
  readonly profile: Profile
}

export interface LineFault {
  readonly line: number
  readonly message: string
}

export interface Read {
  readonly entries: Entry[]
  readonly faults: LineFault[]
}

const ENTRIES_MAX = 200_000
const YAML_MAX = 64 * 1024 * 1024
const CELL_MAX = 1_024

type Kind = 'text' | 'number' | 'switch' | 'list'

/** Columns by the field that they set. */
export const COLUMNS: Readonly<Record<string, readonly [field: keyof Profile, kind: Kind]>> = {
  name: ['name', 'text'],
  class: ['class', 'text'],
  caller_id: ['callerId', 'text'],
  forward_always: ['forwardAlways', 'text'],
  forward_busy: ['forwardBusy', 'text'],
  forward_no_answer: ['forwardNoAnswer', 'text'],
  forward_after: ['forwardAfter', 'number'],
  forward_unregistered: ['forwardUnregistered', 'text'],
  dnd: ['dnd', 'switch'],
  waiting: ['waiting', 'switch'],
  language: ['language', 'text'],
  zone: ['zone', 'text'],
  pin: ['pin', 'text'],
  groups: ['groups', 'list'],
}

const HEADERS = ['aor', 'password', ...Object.keys(COLUMNS)]

export function readUsers(file: string, format: 'csv' | 'yaml'): Promise<Read> {
  return format === 'csv' ? readCsv(file) : readYaml(file)
}

async function readCsv(file: string): Promise<Read> {
  const read: Read = { entries: [], faults: [] }
  const rows = parse({
    bom: true,
    columns: (names: string[]) => headers(names),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: 64 * 1024,
  })
  const source = file === '-' ? process.stdin : createReadStream(file)
  source.on('error', (error: Error) => rows.destroy(error))
  source.pipe(rows)
  try {
    for await (const { record, info } of rows as AsyncIterable<{
      record: Record<string, string>
      info: { lines: number; error?: { message: string } }
    }>) {
      if (info.error)
        read.faults.push({ line: info.lines, message: 'it has another number of cells than the first line' })
      else take(read, info.lines, record)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    const { message, lines } = error as Error & { lines?: number }
    if (lines === undefined) throw new Failure('failed', `${file} cannot be read: ${message}`)
    read.faults.push({ line: lines, message: `this is no CSV: ${clean(message, 200)}` })
  }
  return read
}

function headers(names: readonly string[]): string[] {
  const known = names.map((name) => name.trim().toLowerCase().replaceAll('-', '_'))
  const unknown = known.find((name) => !HEADERS.includes(name))
  if (!known.includes('aor') || unknown !== undefined) {
    const why = unknown === undefined ? 'no column aor' : `a column ${clean(unknown, 32)}`
    throw new Failure('failed', `the first line has ${why}; it names columns, of ${HEADERS.join(', ')}`)
  }
  return known
}

async function readYaml(file: string): Promise<Read> {
  const read: Read = { entries: [], faults: [] }
  const lines = new LineCounter()
  const document = parseDocument(await textOf(file), { lineCounter: lines, prettyErrors: false, schema: 'failsafe' })
  for (const { message, pos } of document.errors) read.faults.push({ line: lines.linePos(pos[0]).line, message })
  if (document.errors.length > 0) return read
  const top = document.contents
  const list = isMap(top) ? top.get('users') : top
  if (!isSeq(list)) throw new Failure('failed', `${file} has no list of users; write users: [{aor: …, password: …}, …]`)
  for (const item of list.items) {
    const line = lines.linePos(isNode(item) ? (item.range?.[0] ?? 0) : 0).line
    if (!isMap(item)) {
      read.faults.push({ line, message: 'this is no user; write {aor: …, password: …}' })
      continue
    }
    const fields = item.toJSON() as Record<string, unknown>
    const unknown = Object.keys(fields).find((name) => !HEADERS.includes(name))
    if (unknown !== undefined) read.faults.push({ line, message: `there is no field ${clean(unknown, 32)}` })
    take(read, line, Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cellOf(value)])))
  }
  return read
}

function cellOf(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(';') : String(value ?? '')
}

async function textOf(file: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > YAML_MAX) throw new Error('it is larger than 64 MiB; use CSV, or several files')
    }
  } catch (error) {
    throw new Failure('failed', `${file} cannot be read: ${(error as Error).message}`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function take({ entries, faults }: Read, line: number, cells: Readonly<Record<string, string>>): void {
  if (entries.length >= ENTRIES_MAX) throw new Failure('failed', `more than ${ENTRIES_MAX} users; split the file`)
  const profile: Record<string, unknown> = {}
  for (const [name, raw] of Object.entries(cells)) {
    if (raw.length > CELL_MAX) faults.push({ line, message: `${clean(name, 32)}: longer than ${CELL_MAX} characters` })
    const [field, kind] = COLUMNS[name] ?? []
    const text = plain(raw)
    if (field === undefined || text === '') continue
    const value = settingOf(kind, text)
    if (value === undefined)
      faults.push({ line, message: `${name}: ${kind === 'number' ? 'a whole number' : 'on or off'}` })
    else profile[field] = value
  }
  // A password is what it is, whatever it begins with.
  entries.push({ line, aor: plain(cells.aor ?? ''), password: cells.password ?? '', profile: profile as Profile })
}

function settingOf(kind: Kind | undefined, text: string): string | number | boolean | string[] | undefined {
  switch (kind) {
    case 'number':
      return /^\d{1,6}$/.test(text) ? Number(text) : undefined
    case 'switch':
      return { on: true, true: true, yes: true, off: false, false: false, no: false }[text.toLowerCase()]
    case 'list':
      return text
        .split(/[;,]/)
        .map((one) => one.trim())
        .filter((one) => one !== '')
    default:
      return text
  }
}

/** Takes off what `cell` put before it. */
function plain(text: string): string {
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text
}

/** A cell that a spreadsheet would take for a formula begins with an apostrophe. */
function cell(value: unknown): string {
  const text =
    typeof value === 'boolean' ? (value ? 'on' : 'off') : Array.isArray(value) ? value.join(';') : String(value ?? '')
  const shown = clean(text, CELL_MAX)
  return /^[=+\-@\t\r]/.test(shown) ? `'${shown}` : shown
}

const SHOWN = Object.entries(COLUMNS).filter(([name]) => name !== 'pin')

export function writeCsv(profiles: readonly Profile__Output[]): string {
  const rows = profiles.map((profile) => [
    cell(profile.aor),
    ...SHOWN.map(([, [field]]) => cell(profile[field as keyof Profile__Output])),
  ])
  return stringify([['aor', ...SHOWN.map(([name]) => name)], ...rows])
}

export function writeYaml(profiles: readonly Profile__Output[]): string {
  return yamlOf({ users: entriesOf(profiles) }, { lineWidth: 0 })
}

/** What YAML says, which import reads as such; with `ndjson` a user a line. */
export function writeJson(profiles: readonly Profile__Output[], format: 'json' | 'ndjson'): string {
  const users = entriesOf(profiles)
  if (format === 'json') return `${JSON.stringify({ users }, null, 2)}\n`
  return users.map((user) => `${JSON.stringify(user)}\n`).join('')
}

function entriesOf(profiles: readonly Profile__Output[]) {
  return profiles.map((profile) => {
    const set = SHOWN.map(([name, [field]]) => [name, profile[field as keyof Profile__Output]] as const)
    const there = set.filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    return {
      aor: profile.aor,
      ...Object.fromEntries(
        there.map(([name, value]) => [name, typeof value === 'boolean' ? (value ? 'on' : 'off') : value]),
      ),
    }
  })
}
