/** What a leader believes about one follower's log, and how fast it may send (§5.3; thesis §10.2). */

import { addInflight, freeInflights, type Inflights, inflightsFull, resetInflights } from './inflights.ts'
import type { Id, ProgressView } from './types.ts'

/**
 * probe: the logs' common point is not known, so one append at a time. replicate: it is, so appends are pipelined.
 * snapshot: the follower needs entries that are compacted, and nothing more is sent until it has the snapshot.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot'

export interface Progress {
  /** The highest index known to be on the follower's disk. */
  match: number
  /** The next index to send; always above match. */
  next: number
  /** The highest commit index told to the follower, as far as messages were not lost. */
  sentCommit: number
  state: ProgressState
  pendingSnapshot: number
  /** Heard from since the last check of the quorum. */
  recentActive: boolean
  /** No more appends until an answer or a heartbeat's answer comes. */
  flowPaused: boolean
  inflights: Inflights
  learner: boolean
}

export type ProgressMap = ReadonlyMap<Id, Progress>

function resetState(pr: Progress, state: ProgressState): void {
  pr.flowPaused = false
  pr.pendingSnapshot = 0
  pr.state = state
  resetInflights(pr.inflights)
}

export function becomeProbe(pr: Progress): void {
  // A snapshot that was sent may have arrived without a word: probe behind it rather than send it again.
  const next = Math.max(pr.match, pr.state === 'snapshot' ? pr.pendingSnapshot : 0) + 1
  resetState(pr, 'probe')
  pr.next = next
  pr.sentCommit = Math.min(pr.sentCommit, next - 1)
}

export function becomeReplicate(pr: Progress): void {
  resetState(pr, 'replicate')
  pr.next = pr.match + 1
}

export function becomeSnapshot(pr: Progress, index: number): void {
  resetState(pr, 'snapshot')
  pr.pendingSnapshot = index
  pr.next = index + 1
  pr.sentCommit = index
}

/** Notes an append that left: while replicating we assume it arrives, while probing we wait. */
export function sentEntries(pr: Progress, count: number, bytes: number): void {
  if (pr.state === 'snapshot')
    throw new Error(`an append was sent to a follower that waits for a snapshot (next ${pr.next})`)
  if (pr.state === 'probe') {
    if (count > 0) pr.flowPaused = true
    return
  }
  if (count > 0) {
    pr.next += count
    addInflight(pr.inflights, pr.next - 1, bytes)
  }
  pr.flowPaused = inflightsFull(pr.inflights)
}

/** Whether one more message would let the follower commit further than it was told so far. */
export function canBumpCommit(pr: Progress, commit: number): boolean {
  return commit > pr.sentCommit && pr.sentCommit < pr.next - 1
}

/** An acknowledgement up to index; false when it is old news. */
export function maybeUpdate(pr: Progress, index: number): boolean {
  if (index <= pr.match) return false
  pr.match = index
  pr.next = Math.max(pr.next, index + 1)
  pr.flowPaused = false
  return true
}

/** A rejection of the append after `rejected`; the follower hints where the logs may agree. False when it is old news. */
export function maybeDecrease(pr: Progress, rejected: number, hint: number): boolean {
  if (pr.state === 'replicate') {
    if (rejected <= pr.match) return false
    pr.next = pr.match + 1
    pr.sentCommit = Math.min(pr.sentCommit, pr.next - 1)
    return true
  }
  // While probing only the one append in the air can be rejected.
  if (pr.next - 1 !== rejected) return false
  pr.next = Math.max(Math.min(rejected, hint + 1), pr.match + 1)
  pr.sentCommit = Math.min(pr.sentCommit, pr.next - 1)
  pr.flowPaused = false
  return true
}

export function isPaused(pr: Progress): boolean {
  return pr.state === 'snapshot' || pr.flowPaused
}

export function freeUpTo(pr: Progress, index: number): void {
  freeInflights(pr.inflights, index)
}

export function viewOf(pr: Progress): ProgressView {
  return {
    match: pr.match,
    next: pr.next,
    state: pr.state,
    pendingSnapshot: pr.pendingSnapshot,
    recentActive: pr.recentActive,
    paused: isPaused(pr),
    learner: pr.learner,
    inflight: pr.inflights.sent.length,
    inflightFull: inflightsFull(pr.inflights),
  }
}
