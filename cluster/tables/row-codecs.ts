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
/** Behind these, each only in rows that have it, and usedAt with regId. */
const MORE = ['path', 'instance', 'regId', 'usedAt'] as const
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
  const more = moreOf(binding)
  if (more === null) return false
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
  to.byte(more | (q === 1 ? Q_IS_ONE : 0))
  if (q !== 1) to.float(q)
  to.natural(expiresAt)
  to.natural(registeredAt)
  to.text(callId)
  to.natural(cseq)
  to.word(userAgent)
  if (more !== 0) writeMore(to, binding)
  return true
}

/** What the byte before q says. */
const Q_IS_ONE = 1
const PATH = 2
const INSTANCE = 4
const FLOW = 8

/** Which of MORE a row has behind the usual fields; null: it is of another shape. */
function moreOf(binding: BindingRow): number | null {
  let i = 0
  let last = -1
  for (const name in binding) {
    if (i < BINDING.length) {
      if (BINDING[i++] !== name) return null
      continue
    }
    const at = MORE.indexOf(name as (typeof MORE)[number])
    if (at <= last) return null
    last = at
  }
  if (i < BINDING.length) return null
  if (last < 0) return 0
  const { path, instance, regId, usedAt } = binding
  if ((regId === undefined) !== (usedAt === undefined)) return null
  if (regId !== undefined && !areNaturals(regId, usedAt)) return null
  if (path !== undefined && !(Array.isArray(path) && areTexts(...path))) return null
  if (instance !== undefined && !areTexts(instance)) return null
  return (path ? PATH : 0) | (instance === undefined ? 0 : INSTANCE) | (regId === undefined ? 0 : FLOW)
}

function writeMore(to: Writer, { path, instance, regId, usedAt }: BindingRow): void {
  if (path) {
    to.count(path.length)
    // Phones behind one edge have a token each in it.
    for (const value of path) to.text(value)
  }
  if (instance !== undefined) to.text(instance)
  if (regId !== undefined) {
    to.natural(regId)
    to.natural(usedAt!)
  }
}

function readMore(from: Reader, more: number): Pick<BindingRow, (typeof MORE)[number]> {
  const path: string[] = []
  if (more & PATH) for (let left = from.count(); left > 0; left--) path.push(from.text())
  return {
    ...(more & PATH && { path }),
    ...(more & INSTANCE && { instance: from.text() }),
    ...(more & FLOW && { regId: from.natural(), usedAt: from.natural() }),
  }
}

function readBinding(from: Reader, aor: string): BindingRow {
  const transport = from.text() as Transport
  const node = from.text()
  const received = from.text()
  const contact = readContact(from, userOf(aor), received)
  const more = from.byte()
  // Fields are read in this order.
  const binding = {
    aor,
    contact,
    transport,
    node,
    received,
    q: more & Q_IS_ONE ? 1 : from.float(),
    expiresAt: from.natural(),
    registeredAt: from.natural(),
    callId: from.text(),
    cseq: from.natural(),
    userAgent: from.text(),
  }
  return more & ~Q_IS_ONE ? { ...binding, ...readMore(from, more) } : binding
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
