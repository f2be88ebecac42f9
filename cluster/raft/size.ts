/** How large entries count, in bytes. */

import type { Entry } from './types.ts'

/** Term, index, type and framing of one entry, roughly. */
const ENTRY_OVERHEAD = 16

export function entrySize(entry: Entry): number {
  return entry.data.length + ENTRY_OVERHEAD
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
