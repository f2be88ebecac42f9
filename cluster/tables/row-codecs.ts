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
  to.word(transport)
  to.word(node)
  to.text(received)
  writeContact(to, contact, userOf(key), received)
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
  const transport = from.text() as Transport
  const node = from.text()
  const received = from.text()
  const contact = readContact(from, userOf(aor), received)
  // Fields are read in this order.
  return {
    aor,
    contact,
    transport,
    node,
    received,
    q: from.byte() === 1 ? 1 : from.float(),
    expiresAt: from.natural(),
    registeredAt: from.natural(),
    callId: from.text(),
    cseq: from.natural(),
    userAgent: from.text(),
  }
}

/** What a contact URI shares with its row is not written again: the user of the AoR, and where the REGISTER came from unless it came through a NAT. */
const WHOLE = 0
const OF_USER = 1
const OF_SOURCE = 2

function writeContact(to: Writer, contact: string, user: string, received: string): void {
  const ofUser = `sip:${user}@`
  if (!contact.startsWith(ofUser)) {
    to.byte(WHOLE)
    to.text(contact)
    return
  }
  const tail = ofUser.length + received.length
  if (!contact.startsWith(received, ofUser.length) || !USUAL_TAIL.test(contact.slice(tail))) {
    to.byte(OF_USER)
    to.text(contact.slice(ofUser.length))
    return
  }
  to.byte(OF_SOURCE)
  to.word(contact.slice(tail))
}

/** Few enough to be kept as words; what a phone draws for itself is not. */
const USUAL_TAIL = /^(;transport=[a-z]{2,4})?$/

function readContact(from: Reader, user: string, received: string): string {
  const shape = from.byte()
  const rest = from.text()
  if (shape === WHOLE) return rest
  return shape === OF_USER ? `sip:${user}@${rest}` : `sip:${user}@${received}${rest}`
}

/** Of an AoR; all of it, if it has no domain. */
function userOf(aor: string): string {
  const at = aor.lastIndexOf('@')
  return at < 0 ? aor : aor.slice(0, at)
}

export const userCodec: RowCodec<UserRow> = {
  write(to, key, row) {
    if (!hasFields(row, USER)) return false
    const { aor, user, domain, credentials, createdAt } = row
    if (aor !== key || !areTexts(user, domain, credentials) || !areNaturals(createdAt)) return false
    const isOfKey = user === userOf(key)
    to.byte(isOfKey ? 1 : 0)
    if (!isOfKey) to.text(user)
    to.word(domain)
    to.sealed(credentials)
    to.natural(createdAt)
    return true
  },
  read(from, key) {
    return {
      aor: key,
      user: from.byte() === 1 ? userOf(key) : from.text(),
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
