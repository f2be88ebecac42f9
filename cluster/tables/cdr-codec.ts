/** Records of calls as bytes: the values of their fields as JSON, without the names. */

import type { CdrRow } from './cdr-rows.ts'
import type { RowCodec } from './row-codecs.ts'

const FIELDS = [
  'seq',
  'id',
  'recordedAt',
  'node',
  'from',
  'to',
  'target',
  'tenant',
  'dialled',
  'trunk',
  'planVersion',
  'rule',
  'decision',
  'startedAt',
  'ringingAt',
  'answeredAt',
  'endedAt',
  'billable',
  'disposition',
  'status',
  'reason',
  'cause',
  'by',
  'relay',
  'legs',
] as const satisfies readonly (keyof CdrRow)[]

/** Behind these, each only in rows that have it: null stands for one that is not there. */
const MORE = ['media', 'cost'] as const satisfies readonly (keyof CdrRow)[]

export const cdrCodec: RowCodec<CdrRow> = {
  write(to, key, row) {
    const more = MORE.filter((name) => row[name] !== undefined)
    const names = Object.keys(row)
    const isUsual = [...FIELDS, ...more].every((name, i) => names[i] === name)
    if (!isUsual || names.length !== FIELDS.length + more.length || row.id !== key) return false
    const values = FIELDS.map((name) => (name === 'id' ? 0 : row[name]))
    to.text(JSON.stringify(more.length === 0 ? values : [...values, ...MORE.map((name) => row[name] ?? null)]))
    return true
  },
  read(from, key) {
    const values = JSON.parse(from.text()) as unknown[]
    const row: Record<string, unknown> = {}
    for (const [i, name] of FIELDS.entries()) row[name] = values[i]
    row.id = key
    for (const [i, name] of MORE.entries()) {
      const value = values[FIELDS.length + i]
      if (value !== undefined && value !== null) row[name] = value
    }
    return row as unknown as CdrRow
  },
}
