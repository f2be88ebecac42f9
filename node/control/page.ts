/** Lists a page at a time: filtered, sorted by a field and then by key, so that a cursor stays valid while rows come and go. */
import { type Filter, readFilter } from '../../proto/filter.ts'
import { invalid } from './refusal.ts'

export interface PageRequest {
  readonly filter: string
  readonly limit: number
  readonly after: string
  readonly sort: string
}

export interface Page<Row> {
  readonly rows: Row[]
  /** Cursor of the next page; empty when this was the last. */
  readonly next: string
  /** Rows that pass the filter, on all pages. */
  readonly total: number
}

type Value = string | number
type Cursor = readonly [value: Value, key: string]

export const LIMIT_DEFAULT = 1000
export const LIMIT_MAX = 10_000

/** `fields` says what may be sorted by; `keyOf` is unique and the natural order; `wordsOf` is what the filter looks at. */
export function page<Row>(
  rows: Iterable<Row>,
  request: PageRequest,
  keyOf: (row: Row) => string,
  fields: Readonly<Record<string, (row: Row) => Value>>,
  wordsOf: (row: Row) => readonly string[],
): Page<Row> {
  const wanted = filterOf(request.filter)
  const descending = request.sort.startsWith('-')
  const field = sortField(request.sort.replace(/^-/, ''), fields)
  const direction = descending ? -1 : 1

  const kept: { row: Row; at: Cursor }[] = []
  for (const row of rows) {
    if (wanted === null || wanted(wordsOf(row))) kept.push({ row, at: [field?.(row) ?? '', keyOf(row)] })
  }
  kept.sort((a, b) => direction * compare(a.at, b.at))

  const after = request.after === '' ? null : cursor(request.after)
  const start = after === null ? 0 : firstAfter(kept, after, direction)
  const limit = Math.min(request.limit || LIMIT_DEFAULT, LIMIT_MAX)
  const shown = kept.slice(start, start + limit)
  const last = shown.at(-1)
  const more = last !== undefined && start + shown.length < kept.length
  return { rows: shown.map((one) => one.row), next: more ? JSON.stringify(last.at) : '', total: kept.length }
}

/** Which rows stay, by their words (proto/filter.ts); null: all, so that no words need be made. */
export function filterOf(filter: string): Filter | null {
  if (filter === '') return null
  const read = readFilter(filter)
  if (read.kind === 'invalid') throw invalid(`the filter cannot be used: ${read.why}`)
  return read.passes
}

function sortField<Row>(name: string, fields: Readonly<Record<string, (row: Row) => Value>>) {
  if (name === '') return null
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) throw invalid(`cannot sort by that; sort by one of ${Object.keys(fields).join(', ')}`)
  return field
}

function cursor(text: string): Cursor {
  try {
    const [value, key] = JSON.parse(text) as unknown[]
    if ((typeof value === 'string' || typeof value === 'number') && typeof key === 'string') return [value, key]
  } catch {
    // Said below, like every other text that is no cursor.
  }
  throw invalid('after is not what an earlier page gave as next; begin with the first page')
}

function firstAfter(rows: readonly { at: Cursor }[], after: Cursor, direction: number): number {
  const at = rows.findIndex((row) => direction * compare(row.at, after) > 0)
  return at === -1 ? rows.length : at
}

function compare(a: Cursor, b: Cursor): number {
  return order(a[0], b[0]) || order(a[1], b[1])
}

function order(a: Value, b: Value): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
