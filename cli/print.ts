/** What goes to stdout: rows and records as a table for people, or as JSON for programs. Data only, never a message. */
import stringWidth from 'string-width'
import { clean } from '../proto/text.ts'

export type Format = 'table' | 'json' | 'ndjson'

export type Value = string | number | boolean | null

/** One column a field: `title` heads the table, the rest is how a row is shown there. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly right?: boolean
  /** Left out where no row has anything in it. */
  readonly ifAny?: boolean
}

const CELL_MAX = 200

/** Aligned by display width, so that wide and combining characters keep their columns; every cell cleaned. */
export function table<Row>(all: readonly Column<Row>[], rows: readonly Row[]): string {
  const columns = all.filter(({ ifAny, text }) => !ifAny || rows.some((row) => text(row) !== ''))
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((c) => clean(c.text(row), CELL_MAX))),
  ]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => stringWidth(line[i] ?? ''))))
  const lines = cells.map((line) =>
    line
      .map((cell, i) => {
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)))
        return columns[i]?.right ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n') + '\n'
}

/** A list in any format: JSON is one array, NDJSON one row a line. */
export function list<Row extends object>(
  format: Format,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  if (format === 'table') return table(columns, rows)
  if (format === 'ndjson') return rows.map((row) => JSON.stringify(row) + '\n').join('')
  return JSON.stringify(rows, null, 2) + '\n'
}

/** One record: in a table a line a field. */
export function record(format: Format, fields: Readonly<Record<string, Value>>): string {
  if (format === 'ndjson') return JSON.stringify(fields) + '\n'
  if (format === 'json') return JSON.stringify(fields, null, 2) + '\n'
  const names = Object.keys(fields)
  const width = Math.max(...names.map((name) => name.length))
  return names.map((name) => `${name.padEnd(width)}  ${clean(String(fields[name] ?? '-'))}\n`).join('')
}

/** Unix ms as ISO 8601; null for 0, which means "not yet". */
export function iso(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString()
}

/** How long ago or how long, in the largest two units: `3m05s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number): string => String(n).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${two(Math.floor(seconds / 60) % 60)}m`
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor(seconds / 3600) % 24)}h`
}
