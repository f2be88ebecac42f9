/** How a leader's log travels: appends, heartbeats, snapshots, and counting what a majority holds (§5.3, §5.4, §7). */

import { inflightsFull } from './inflights.ts'
import { append, entriesFrom, firstIndex, type Log, lastIndex, maybeCommit, snapshotOf, termAt } from './log.ts'
import { message } from './message.ts'
import { becomeSnapshot, isPaused, type Progress, sentEntries } from './progress.ts'
import { jointCommitted } from './quorum.ts'
import { type Raft, send } from './raft.ts'
import { readContext } from './reads.ts'
import { payloadSize } from './size.ts'
import type { Entry, Id } from './types.ts'

/** What is proposed, before the leader gives it a place. */
export type Proposal = Pick<Entry, 'type' | 'data'>

/** Appends to the leader's own log; false if too much is uncommitted already. Its own vote for it comes from its disk. */
export function appendOwn(r: Raft, proposals: readonly Proposal[]): boolean {
  const last = lastIndex(r.log)
  const entries = proposals.map(({ type, data }, i): Entry => ({ term: r.term, index: last + 1 + i, type, data }))
  if (!fitsUncommitted(r, payloadSize(entries))) return false
  append(r.log, entries)
  send(r, message('app-resp', r.id, { index: lastIndex(r.log) }))
  return true
}

/** The first proposal always fits, however large, and so does one that weighs nothing: a new leader's must. */
function fitsUncommitted(r: Raft, size: number): boolean {
  if (r.uncommittedSize > 0 && size > 0 && r.uncommittedSize + size > r.settings.maxUncommittedSize) return false
  r.uncommittedSize += size
  return true
}

/** Commits what a majority holds, of its own term (§5.4.2). */
export function commitByCount(r: Raft): boolean {
  const { conf, progress } = r.membership
  const index = jointCommitted(conf, (id) => progress.get(id)?.match)
  return maybeCommit(r.log, { term: r.term, index })
}

export function broadcastAppend(r: Raft): void {
  for (const id of r.membership.progress.keys()) {
    if (id !== r.id) sendAppend(r, id)
  }
}

/** Sends even when there is nothing to send: it carries the commit index, or asks where the logs meet. */
export function sendAppend(r: Raft, to: Id): void {
  maybeSendAppend(r, to, 'even if empty')
}

/** Sends what the follower may be sent; false when that is nothing. */
export function maybeSendAppend(r: Raft, to: Id, when: 'even if empty' | 'with entries'): boolean {
  const pr = progressOf(r, to)
  if (isPaused(pr)) return false

  const index = pr.next - 1
  const logTerm = termAt(r.log, index)
  if (logTerm === 'compacted') return sendSnapshot(r, to, pr)
  if (logTerm === 'unavailable')
    throw new Error(`entry ${index} is not in this leader's log: ${stateOf(r.log, to, pr)}`)

  // A full window still lets an empty append through, which may tell of a commit.
  const mayCarry = pr.state !== 'replicate' || !inflightsFull(pr.inflights)
  const entries = mayCarry ? entriesFrom(r.log, pr.next, r.settings.maxSizePerMsg) : []
  if (entries === 'compacted') return sendSnapshot(r, to, pr)
  if (entries.length === 0 && when === 'with entries') return false

  send(r, message('app', to, { index, logTerm, entries, commit: r.log.committed }))
  sentEntries(pr, entries.length, payloadSize(entries))
  pr.sentCommit = r.log.committed
  return true
}

function sendSnapshot(r: Raft, to: Id, pr: Progress): boolean {
  // A snapshot is too much to send to somebody who may not be there.
  if (!pr.recentActive) return false
  const snapshot = snapshotOf(r.log)
  if (snapshot === 'temporarily-unavailable') return false
  if (snapshot.meta.index === 0)
    throw new Error(`the log is compacted, but storage has no snapshot: ${stateOf(r.log, to, pr)}`)
  becomeSnapshot(pr, snapshot.meta.index)
  send(r, message('snap', to, { snapshot }))
  return true
}

/** Whatever tells how a follower and this log could come apart: only read when they have. */
export function stateOf(log: Log, to: Id, pr: Progress): string {
  const { state, match, next, pendingSnapshot } = pr
  const { offset, entries, snapshot } = log.unstable
  const { storage } = log
  return (
    `replica ${to} in state ${state}, match ${match}, next ${next}, pending snapshot ${pendingSnapshot}; ` +
    `log ${firstIndex(log)} to ${lastIndex(log)}, committed ${log.committed}; ` +
    `unstable ${entries.length} from ${offset}, snapshot ${snapshot?.meta.index ?? 'none'}; ` +
    `storage ${storage.firstIndex()} to ${storage.lastIndex()}`
  )
}

/** Heartbeats carry the newest waiting read, so that their answers confirm it (thesis §6.4). */
export function broadcastHeartbeat(r: Raft): void {
  const context = readContext(r.reads)
  for (const [id, pr] of r.membership.progress) {
    if (id === r.id) continue
    // Never beyond what the follower is known to hold: it may have other entries there.
    const commit = Math.min(pr.match, r.log.committed)
    send(r, message('heartbeat', id, context === undefined ? { commit } : { commit, context }))
    pr.sentCommit = commit
  }
}

function progressOf(r: Raft, id: Id): Progress {
  const pr = r.membership.progress.get(id)
  if (pr === undefined) throw new Error(`replica ${id} is not a member`)
  return pr
}
