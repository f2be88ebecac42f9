/** CSV as a spreadsheet may open it: RFC 4180, and no text of a caller is taken for a formula. */
import { stringify } from 'csv-stringify/sync'

/** What makes a program compute a cell (OWASP, CSV injection), also in full width. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/
/** A number as it is dialled; computed it is itself. */
const DIALLED = /^\+\d{1,32}$/

/** Each line with its end; what is no text, number or boolean as JSON, null as nothing. */
export function csv(lines: readonly (readonly unknown[])[]): string {
  return stringify(
    lines.map((line) => line.map(cell)),
    { record_delimiter: '\n' },
  )
}

/** A text that could be a formula gets a ' in front. */
function cell(value: unknown): unknown {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : value
  return typeof text === 'string' && FORMULA.test(text) && !DIALLED.test(text) ? `'${text}` : text
}
