/** How large entries count, in bytes. */

import type { Entry } from './types.ts'

/**
 * As long as the entry is in the protocol buffers of etcd's raft: the type in two bytes, then term, index and data each behind
 * one byte. So limits mean what they mean there, to the byte, and so do recordings of what a limit lets through.
 */
export function entrySize({ term, index, data }: Entry): number {
  const size = 4 + varintSize(term) + varintSize(index)
  return data.length === 0 ? size : size + 1 + varintSize(data.length) + data.length
}

/** Seven bits a byte. */
function varintSize(n: number): number {
  let size = 1
  for (let rest = n; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

export function entriesSize(entries: readonly Entry[]): number {
  let size = 0
  for (const entry of entries) size += entrySize(entry)
  return size
}

/** Only what was proposed: the entry of a new leader and the one that leaves a joint configuration weigh nothing. */
export function payloadSize(entries: readonly Entry[]): number {
  let size = 0
  for (const entry of entries) size += entry.data.length
  return size
}

/** The longest prefix within maxBytes, but never nothing of something: one large entry must get through. */
export function limitSize(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  let size = 0
  for (const [i, entry] of entries.entries()) {
    size += entrySize(entry)
    if (i > 0 && size > maxBytes) return entries.slice(0, i)
  }
  return entries
}
