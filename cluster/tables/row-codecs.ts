/**
 * The two tables that are as large as there are phones, row by row as bytes. A codec writes only what it reads back field by field in the
 * same order, since the order of the fields is part of the state hash; any other row (one of another version, say) is kept as JSON.
 */
import type { Reader, Writer } from './packing.ts'
import type { BindingRow, RegistrationRow, Transport, UserRow } from './rows.ts'

export interface RowCodec<Row> {
  /** False, with anything written: it is not of the usual shape. */
  write(to: Writer, key: string, row: Row): boolean
  read(from: Reader, key: string): Row
}

const REGISTRATION = ['aor', 'bindings']
const BINDING = [
  'aor',
  'contact',
  'transport',
  'node',
  'received',
  'q',
  'expiresAt',
  'registeredAt',
  'callId',
  'cseq',
  'userAgent',
]
const USER = ['aor', 'user', 'domain', 'credentials', 'createdAt']

export const registrationCodec: RowCodec<RegistrationRow> = {
  write(to, key, row) {
    if (!hasFields(row, REGISTRATION) || row.aor !== key || !Array.isArray(row.bindings)) return false
    to.count(row.bindings.length)
    return row.bindings.every((binding: BindingRow) => writeBinding(to, key, binding))
  },
  read(from, key) {
    const bindings: BindingRow[] = []
    for (let left = from.count(); left > 0; left--) bindings.push(readBinding(from, key))
    return { aor: key, bindings }
  },
}

function writeBinding(to: Writer, key: string, binding: BindingRow): boolean {
  if (!hasFields(binding, BINDING)) return false
  const { aor, contact, transport, node, received, q, expiresAt, registeredAt, callId, cseq, userAgent } = binding
  const isUsual =
    aor === key &&
    areTexts(contact, transport, node, received, callId, userAgent) &&
    typeof q === 'number' &&
    areNaturals(expiresAt, registeredAt, cseq)
  if (!isUsual) return false
  to.text(contact)
  to.word(transport)
  to.word(node)
  to.text(received)
  to.byte(q === 1 ? 1 : 0)
  if (q !== 1) to.float(q)
  to.natural(expiresAt)
  to.natural(registeredAt)
  to.text(callId)
  to.natural(cseq)
  to.word(userAgent)
  return true
}

function readBinding(from: Reader, aor: string): BindingRow {
  // Fields are read in this order.
  return {
    aor,
    contact: from.text(),
    transport: from.text() as Transport,
    node: from.text(),
    received: from.text(),
    q: from.byte() === 1 ? 1 : from.float(),
    expiresAt: from.natural(),
    registeredAt: from.natural(),
    callId: from.text(),
    cseq: from.natural(),
    userAgent: from.text(),
  }
}

export const userCodec: RowCodec<UserRow> = {
  write(to, key, row) {
    if (!hasFields(row, USER)) return false
    const { aor, user, domain, credentials, createdAt } = row
    if (aor !== key || !areTexts(user, domain, credentials) || !areNaturals(createdAt)) return false
    to.text(user)
    to.word(domain)
    to.sealed(credentials)
    to.natural(createdAt)
    return true
  },
  read(from, key) {
    return {
      aor: key,
      user: from.text(),
      domain: from.text(),
      credentials: from.sealed(),
      createdAt: from.natural(),
    }
  },
}

function hasFields(row: object, names: readonly string[]): boolean {
  let i = 0
  for (const name in row) if (names[i++] !== name) return false
  return i === names.length
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}

function areNaturals(...values: readonly unknown[]): boolean {
  return values.every((value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 48)
}
