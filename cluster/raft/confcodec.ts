/** A change of membership as the bytes of a log entry. Empty bytes are the change that leaves a joint configuration. */

import type { ConfChange, ConfChangeSingle } from './types.ts'

const VERSION = 1
const TRANSITIONS = ['auto', 'joint-implicit', 'joint-explicit'] as const
const TYPES = ['add-voter', 'remove', 'update', 'add-learner'] as const
const MAX_CHANGES = 255

/** version, transition, number of changes, then for each its type and its id (six bytes, big end first), then the context. */
export function encodeConfChange(change: ConfChange): Uint8Array {
  const { transition, changes, context = new Uint8Array() } = change
  if (changes.length > MAX_CHANGES)
    throw new Error(`a change of membership has ${changes.length} parts, ${MAX_CHANGES} are possible`)
  const bytes = new Uint8Array(3 + changes.length * 7 + context.length)
  const view = new DataView(bytes.buffer)
  bytes.set([VERSION, TRANSITIONS.indexOf(transition), changes.length])
  let at = 3
  for (const { type, id } of changes) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= 2 ** 48) throw new Error(`replica id ${id} is not in 0…2^48-1`)
    view.setUint8(at, TYPES.indexOf(type))
    view.setUint16(at + 1, Math.floor(id / 2 ** 32))
    view.setUint32(at + 3, id % 2 ** 32)
    at += 7
  }
  bytes.set(context, at)
  return bytes
}

export function decodeConfChange(bytes: Uint8Array): ConfChange | 'malformed' {
  if (bytes.length === 0) return { transition: 'auto', changes: [] }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const transition = TRANSITIONS[bytes[1] ?? TRANSITIONS.length]
  const count = bytes[2]
  if (bytes[0] !== VERSION || transition === undefined || count === undefined) return 'malformed'
  const end = 3 + count * 7
  if (bytes.length < end) return 'malformed'
  const changes: ConfChangeSingle[] = []
  for (let at = 3; at < end; at += 7) {
    const type = TYPES[view.getUint8(at)]
    if (type === undefined) return 'malformed'
    changes.push({ type, id: view.getUint16(at + 1) * 2 ** 32 + view.getUint32(at + 3) })
  }
  return bytes.length === end ? { transition, changes } : { transition, changes, context: bytes.slice(end) }
}
