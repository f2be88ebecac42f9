/**
 * The end of the log that storage has not confirmed: perhaps a snapshot, and entries from `offset` on. What is below
 * `inProgress` was handed to storage and is not handed again (thesis §10.2.1: the log is written while the core goes on).
 */

import type { Entry, Snapshot } from './types.ts'

export interface Unstable {
  snapshot: Snapshot | undefined
  snapshotInProgress: boolean
  /** Entry i of the log is entries[i - offset]. Ours alone: whoever asks gets a copy, so that an append is a push. */
  entries: Entry[]
  offset: number
  inProgress: number
}

export function newUnstable(offset: number): Unstable {
  return { snapshot: undefined, snapshotInProgress: false, entries: [], offset, inProgress: offset }
}

export function unstableLast(u: Unstable): number | undefined {
  if (u.entries.length > 0) return u.offset + u.entries.length - 1
  return u.snapshot?.meta.index
}

export function unstableTerm(u: Unstable, index: number): number | undefined {
  if (index >= u.offset) return u.entries[index - u.offset]?.term
  return u.snapshot?.meta.index === index ? u.snapshot.meta.term : undefined
}

export function nextUnstable(u: Unstable): readonly Entry[] {
  return u.entries.slice(u.inProgress - u.offset)
}

export function hasNextUnstable(u: Unstable): boolean {
  return u.entries.length > u.inProgress - u.offset
}

export function nextSnapshot(u: Unstable): Snapshot | undefined {
  return u.snapshotInProgress ? undefined : u.snapshot
}

export function acceptUnstable(u: Unstable): void {
  if (u.entries.length > 0) u.inProgress = u.offset + u.entries.length
  if (u.snapshot !== undefined) u.snapshotInProgress = true
}

/**
 * Storage holds the entry (term, index) and all before it. Ignored unless our entry at that index still has that term: the
 * write may confirm entries that were overwritten while it was under way (§5.3), and that must not count for their successors:
 * here an entry counts only once it is durable (thesis §10.2.1), and index and term say which it is (§5.3, Log Matching).
 * True if entries were let go.
 */
export function stableTo(u: Unstable, term: number, index: number): boolean {
  if (index < u.offset || unstableTerm(u, index) !== term) return false
  u.entries = u.entries.slice(index + 1 - u.offset)
  u.offset = index + 1
  u.inProgress = Math.max(u.inProgress, u.offset)
  return true
}

export function stableSnapshot(u: Unstable, index: number): void {
  if (u.snapshot?.meta.index !== index) return
  u.snapshot = undefined
  u.snapshotInProgress = false
}

export function restoreUnstable(u: Unstable, snapshot: Snapshot): void {
  u.offset = snapshot.meta.index + 1
  u.inProgress = u.offset
  u.entries = []
  u.snapshot = snapshot
  u.snapshotInProgress = false
}

/** Appends, first cutting whatever stood at or after the first of the entries (§5.3). There is at least one and no gap. */
export function truncateAndAppend(u: Unstable, entries: readonly Entry[]): void {
  const first = entries[0]!.index
  if (first > u.offset + u.entries.length)
    throw new Error(`entry ${first} would leave a gap after ${u.offset + u.entries.length - 1}`)
  if (first < u.offset + u.entries.length) u.entries.length = Math.max(0, first - u.offset)
  u.offset = Math.min(u.offset, first)
  u.inProgress = Math.min(u.inProgress, first)
  for (const entry of entries) u.entries.push(entry)
}

export function sliceUnstable(u: Unstable, lo: number, hi: number): readonly Entry[] {
  const end = u.offset + u.entries.length
  if (lo > hi || lo < u.offset || hi > end) throw new Error(`entries [${lo}, ${hi}) are not in [${u.offset}, ${end})`)
  return u.entries.slice(lo - u.offset, hi - u.offset)
}
