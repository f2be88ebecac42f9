/**
 * A small write stands in the frontier's slot as well as in the database, so that both can be written at the same time. If a
 * crash, or a damage, left it in the slot alone, it is done again from there: whether it was acknowledged need not be known.
 */
import type { Database, Operation } from './disk.ts'
import type { Reached } from './frontier.ts'
import { decodeEntry, entryKey } from './records.ts'
import { type Base, META, NO_STATE, readMeta } from './recover.ts'

/** A write, and what the database holds when it has all but this. */
export interface Redo {
  readonly before: Pick<Reached, 'last' | 'crc' | 'term' | 'vote'>
  readonly operations: Buffer
}

const HEAD = 6

/** Rows that are put, as bytes; null when they are more than `max` bytes, or when one is deleted. */
export function packOperations(operations: readonly Operation[], max: number): Buffer | null {
  let size = 0
  for (const operation of operations) {
    if (operation.type !== 'put') return null
    size += HEAD + operation.key.length + operation.value.length
    if (size > max) return null
  }
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const operation of operations) {
    if (operation.type !== 'put') continue
    const { key, value } = operation
    bytes.writeUInt16BE(key.length, at)
    bytes.writeUInt32BE(value.length, at + 2)
    bytes.set(key, at + HEAD)
    bytes.set(value, at + HEAD + key.length)
    at += HEAD + key.length + value.length
  }
  return bytes
}

export function unpackOperations(bytes: Buffer): Operation[] {
  const operations: Operation[] = []
  for (let at = 0; at < bytes.length; ) {
    const value = at + HEAD + bytes.readUInt16BE(at)
    const end = value + bytes.readUInt32BE(at + 2)
    operations.push({ type: 'put', key: bytes.subarray(at + HEAD, value), value: bytes.subarray(value, end) })
    at = end
  }
  return operations
}

/** Does the write again if the database holds what was before it, and nothing else; recover.ts judges what comes of it. */
export async function redoLast(db: Database, dir: string, redo: Redo): Promise<void> {
  if (await stands(db, dir, redo.before)) await db.batch(unpackOperations(redo.operations), { sync: true })
}

async function stands(db: Database, dir: string, before: Redo['before']): Promise<boolean> {
  const { term, vote } = (await readMeta<{ term: number; vote: number }>(db, dir, META.state)) ?? NO_STATE
  if (term !== before.term || vote !== before.vote) return false
  if ((await db.get(entryKey(before.last + 1))) !== undefined) return false
  const base = (await readMeta<Base>(db, dir, META.base)) ?? { index: 0, term: 0, crc: 0 }
  if (before.last <= base.index) return before.last === base.index && before.crc === base.crc
  const key = entryKey(before.last)
  const value = await db.get(key)
  return value !== undefined && decodeEntry(key, value)?.crc === before.crc
}
