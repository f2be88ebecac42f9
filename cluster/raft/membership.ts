/** Who takes part: changes of it take effect when they are applied, and snapshots bring their own (thesis §4, §7). */

import { changed, type Membership, restored } from './confchange.ts'
import { propose } from './leader.ts'
import { appliedTo, commitTo, lastIndex, matches, restoreLog } from './log.ts'
import { becomeFollower, confStateNow, type Raft } from './raft.ts'
import { beginPostponedReads } from './readindex.ts'
import { broadcastAppend, commitByCount, maybeSendAppend } from './replication.ts'
import { type ConfChange, type ConfState, NONE, type Snapshot } from './types.ts'
import { stableSnapshot } from './unstable.ts'

/**
 * Makes an applied change effective. A change that the configuration does not allow changes nothing: every replica sees the
 * same change at the same configuration and so refuses it alike. While a snapshot is on its way to the disk, a change can only
 * be of an entry that the snapshot covers, which was handed out before it came: the configuration is already a later one.
 */
export function applyConfChange(r: Raft, change: ConfChange): ConfState {
  const { settings, membership, log } = r
  if (log.unstable.snapshot !== undefined) return confStateNow(r)
  const { maxInflightMsgs, maxInflightBytes } = settings
  const result = changed({ membership, lastIndex: lastIndex(log), maxInflightMsgs, maxInflightBytes }, change)
  return result.kind === 'changed' ? switchTo(r, result.membership) : confStateNow(r)
}

function switchTo(r: Raft, membership: Membership): ConfState {
  r.membership = membership
  const conf = confStateNow(r)
  const own = membership.progress.get(r.id)
  if (r.role !== 'leader') return conf
  if (own === undefined || own.learner) {
    // It was needed up to this entry, and no longer (thesis §4.2.2).
    if (r.settings.stepDownOnRemoval) becomeFollower(r, r.term, NONE)
    return conf
  }
  // Fewer may be enough now; and whoever is new must hear that it is.
  if (commitByCount(r)) {
    beginPostponedReads(r)
    broadcastAppend(r)
  } else {
    for (const id of membership.progress.keys()) {
      if (id !== r.id) maybeSendAppend(r, id, 'with entries')
    }
  }
  const { voters, votersOutgoing } = membership.conf
  if (!voters.has(r.leadTransferee) && !votersOutgoing.has(r.leadTransferee)) r.leadTransferee = NONE
  return conf
}

/** The state machine has applied up to index. A leader then leaves a joint configuration that is to be left by itself. */
export function applied(r: Raft, index: number, size: number): void {
  const reached = Math.max(index, r.log.applied)
  appliedTo(r.log, reached, size)
  if (!r.membership.conf.autoLeave || r.role !== 'leader' || reached < r.pendingConfIndex) return
  // If it is dropped, the next applied entry brings it here again.
  propose(r, [{ type: 'conf-change-v2', data: new Uint8Array() }])
}

export function appliedSnapshot(r: Raft, index: number): void {
  stableSnapshot(r.log.unstable, index)
  applied(r, index, 0)
}

/** Starts over from a snapshot, unless it brings nothing new; true if it did (§7). */
export function restoreSnapshot(r: Raft, snapshot: Snapshot): boolean {
  const { index, term, conf } = snapshot.meta
  if (index <= r.log.committed) return false
  if (r.role !== 'follower') throw new Error(`a ${r.role} was to restore a snapshot`)
  // A snapshot of a configuration without us cannot have been meant for us.
  if (![conf.voters, conf.learners, conf.votersOutgoing].some((ids) => ids.includes(r.id))) return false
  if (matches(r.log, { term, index })) {
    // Our log holds all of it: only the commit index is new.
    commitTo(r.log, index)
    return false
  }
  restoreLog(r.log, snapshot)
  switchTo(r, restored(conf, lastIndex(r.log), r.settings))
  return true
}
