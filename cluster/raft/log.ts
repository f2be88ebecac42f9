/** One log out of two parts: what storage holds and the unstable end (§5.3). */

import { entriesSize, limitSize } from './size.ts'
import type { Entry, Snapshot, Storage } from './types.ts'
import {
  hasNextUnstable,
  newUnstable,
  nextSnapshot,
  restoreUnstable,
  sliceUnstable,
  stableTo,
  truncateAndAppend,
  type Unstable,
  unstableLast,
  unstableTerm,
} from './unstable.ts'

export interface Log {
  readonly storage: Storage
  readonly unstable: Unstable
  /** applied ≤ applying ≤ committed. */
  committed: number
  /** Handed out to be applied, perhaps not applied yet. */
  applying: number
  applied: number
  /** Bytes that may be handed out before the state machine confirms some. */
  readonly maxApplyingSize: number
  applyingSize: number
  applyingPaused: boolean
}

export interface EntryId {
  readonly term: number
  readonly index: number
}

export function newLog(storage: Storage, maxApplyingSize: number): Log {
  const before = storage.firstIndex() - 1
  return {
    storage,
    unstable: newUnstable(storage.lastIndex() + 1),
    committed: before,
    applying: before,
    applied: before,
    maxApplyingSize,
    applyingSize: 0,
    applyingPaused: false,
  }
}

export function firstIndex(log: Log): number {
  const { snapshot } = log.unstable
  return snapshot === undefined ? log.storage.firstIndex() : snapshot.meta.index + 1
}

export function lastIndex(log: Log): number {
  return unstableLast(log.unstable) ?? log.storage.lastIndex()
}

export function lastId(log: Log): EntryId {
  const index = lastIndex(log)
  const term = termAt(log, index)
  if (typeof term !== 'number') throw new Error(`the last entry ${index} of the log has no term: ${term}`)
  return { term, index }
}

export function termAt(log: Log, index: number): number | 'compacted' | 'unavailable' {
  const term = unstableTerm(log.unstable, index)
  if (term !== undefined) return term
  // One below the first index the term is still known: it is the snapshot's.
  if (index + 1 < firstIndex(log)) return 'compacted'
  if (index > lastIndex(log)) return 'unavailable'
  return log.storage.term(index)
}

export function matches(log: Log, id: EntryId): boolean {
  return termAt(log, id.index) === id.term
}

/** Whether a candidate's log is at least as up to date as ours (§5.4.1). */
export function isUpToDate(log: Log, theirs: EntryId): boolean {
  const ours = lastId(log)
  return theirs.term > ours.term || (theirs.term === ours.term && theirs.index >= ours.index)
}

/**
 * Storage says that it holds the entry and all before it, so they are read from there from now on. It throws when they are
 * not there: a storage that confirms before it has written would otherwise make a hole that shows up much later.
 */
export function confirmStored(log: Log, { term, index }: EntryId): void {
  if (!stableTo(log.unstable, term, index)) return
  const stored = log.storage.term(index)
  // Compacted: it was there, and a snapshot is by now.
  if (stored === term || stored === 'compacted') return
  const held = `its last is ${log.storage.lastIndex()} and the term at ${index} is ${stored}`
  throw new Error(`storage confirmed entry ${index} of term ${term}, but ${held}`)
}

/** The leader's own append. Entries follow the last index without a gap. */
export function append(log: Log, entries: readonly Entry[]): void {
  const first = entries[0]
  if (first === undefined) return
  if (first.index <= log.committed)
    throw new Error(`entry ${first.index} would overwrite committed ones (${log.committed})`)
  truncateAndAppend(log.unstable, entries)
}

/** A follower's append after `prev` (§5.3): false if prev does not match; otherwise conflicting entries give way. */
export function maybeAppend(log: Log, prev: EntryId, entries: readonly Entry[], leaderCommit: number): boolean {
  if (!matches(log, prev)) return false
  const conflict = entries.findIndex((entry) => !matches(log, entry))
  if (conflict >= 0) {
    const at = entries[conflict]!
    if (at.index <= log.committed) {
      throw new Error(
        `entry ${at.index} of term ${at.term} conflicts with a committed one (committed ${log.committed})`,
      )
    }
    append(log, entries.slice(conflict))
  }
  commitTo(log, Math.min(leaderCommit, prev.index + entries.length))
  return true
}

/** The last index at or below `index` whose term may be at most `term`, and its term; 0 if it is unknown (§5.3, last part). */
export function findConflictByTerm(log: Log, index: number, term: number): EntryId {
  for (let at = index; at > 0; at--) {
    const ours = termAt(log, at)
    if (typeof ours !== 'number') return { index: at, term: 0 }
    if (ours <= term) return { index: at, term: ours }
  }
  return { index: 0, term: 0 }
}

export function commitTo(log: Log, index: number): void {
  if (index <= log.committed) return
  const last = lastIndex(log)
  if (index > last) {
    throw new Error(
      `commit ${index} is beyond the last index ${last}: entries that this replica confirmed are gone from its log`,
    )
  }
  log.committed = index
}

/** Commits by count only what this term appended (§5.4.2): Infinity, the index of no quorum, matches nothing. */
export function maybeCommit(log: Log, at: EntryId): boolean {
  if (at.term === 0 || at.index <= log.committed || !matches(log, at)) return false
  commitTo(log, at.index)
  return true
}

export function appliedTo(log: Log, index: number, size: number): void {
  if (index > log.committed || index < log.applied) {
    throw new Error(
      `applied ${index} is not between the last applied ${log.applied} and the commit index ${log.committed}`,
    )
  }
  log.applied = index
  log.applying = Math.max(log.applying, index)
  log.applyingSize = Math.max(0, log.applyingSize - size)
  log.applyingPaused = log.applyingSize >= log.maxApplyingSize
}

/** Committed entries that may be applied now; with allowUnstable also those that storage has not confirmed here. */
export function nextCommitted(log: Log, allowUnstable: boolean): readonly Entry[] {
  if (!hasNextCommitted(log, allowUnstable)) return []
  const hi = maxAppliable(log, allowUnstable) + 1
  const entries = slice(log, log.applying + 1, hi, log.maxApplyingSize - log.applyingSize)
  if (entries === 'compacted')
    throw new Error(`entries from ${log.applying + 1} were compacted before they were applied`)
  return entries
}

export function hasNextCommitted(log: Log, allowUnstable: boolean): boolean {
  if (log.applyingPaused || log.unstable.snapshot !== undefined) return false
  return log.applying < maxAppliable(log, allowUnstable)
}

export function acceptApplying(log: Log, index: number, size: number, allowUnstable: boolean): void {
  log.applying = index
  log.applyingSize += size
  // Also paused when the size limit has cut the entries: the rest waits until these are applied.
  log.applyingPaused = log.applyingSize >= log.maxApplyingSize || index < maxAppliable(log, allowUnstable)
}

function maxAppliable(log: Log, allowUnstable: boolean): number {
  return allowUnstable ? log.committed : Math.min(log.committed, log.unstable.offset - 1)
}

/** The newest snapshot that could be sent. */
export function snapshotOf(log: Log): Snapshot | 'temporarily-unavailable' {
  return log.unstable.snapshot ?? log.storage.snapshot()
}

export function restoreLog(log: Log, snapshot: Snapshot): void {
  log.committed = snapshot.meta.index
  restoreUnstable(log.unstable, snapshot)
}

export function hasUnstable(log: Log): boolean {
  return hasNextUnstable(log.unstable) || nextSnapshot(log.unstable) !== undefined
}

/** Entries from lo to the end, about maxBytes of them. */
export function entriesFrom(log: Log, lo: number, maxBytes: number): readonly Entry[] | 'compacted' {
  const hi = lastIndex(log) + 1
  return lo >= hi ? [] : slice(log, lo, hi, maxBytes)
}

/** Entries of [lo, hi), at least one, about maxBytes of them. */
export function slice(log: Log, lo: number, hi: number, maxBytes: number): readonly Entry[] | 'compacted' {
  if (lo < firstIndex(log)) return 'compacted'
  if (lo > hi || hi > lastIndex(log) + 1)
    throw new Error(`entries [${lo}, ${hi}) are beyond the last index ${lastIndex(log)}`)
  const { offset } = log.unstable
  if (lo >= offset) return limitSize(sliceUnstable(log.unstable, lo, hi), maxBytes)

  const cut = Math.min(hi, offset)
  const stored = log.storage.entries(lo, cut, maxBytes)
  if (stored === 'compacted') return stored
  if (stored === 'unavailable') throw new Error(`storage does not have the entries [${lo}, ${cut}) that it confirmed`)
  if (hi <= offset || stored.length < cut - lo) return stored
  const room = maxBytes - entriesSize(stored)
  if (room <= 0) return stored
  const rest = limitSize(sliceUnstable(log.unstable, offset, hi), room)
  return rest.length === 1 && entriesSize(rest) > room ? stored : stored.concat(rest)
}
