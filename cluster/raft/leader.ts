/** What a leader does: takes proposals, moves followers forward, checks that it is still followed, hands over (§5.3, thesis §3.10, §6.2). */

import { isJoint } from './confchange.ts'
import { decodeConfChange } from './confcodec.ts'
import { findConflictByTerm, firstIndex, lastIndex } from './log.ts'
import { message } from './message.ts'
import {
  becomeProbe,
  becomeReplicate,
  canBumpCommit,
  freeUpTo,
  maybeDecrease,
  maybeUpdate,
  type Progress,
} from './progress.ts'
import { jointVote } from './quorum.ts'
import { becomeFollower, becomeLeader, type Raft, send } from './raft.ts'
import { askRead, beginPostponedReads, confirmRead } from './readindex.ts'
import {
  appendOwn,
  broadcastAppend,
  broadcastHeartbeat,
  commitByCount,
  maybeSendAppend,
  type Proposal,
  sendAppend,
  stateOf,
} from './replication.ts'
import { type Message, NONE } from './types.ts'

const NOTHING: Proposal = { type: 'normal', data: new Uint8Array() }

/** Wins: begins the term with an empty entry, since only that can commit what earlier terms left (§8; thesis §6.4). */
export function takeOffice(r: Raft): void {
  becomeLeader(r)
  if (!appendOwn(r, [NOTHING])) throw new Error('the empty entry of a new leader was refused')
  broadcastAppend(r)
}

export function stepLeader(r: Raft, m: Message): 'ok' | 'dropped' {
  switch (m.type) {
    case 'prop':
      return propose(r, m.entries)
    case 'read-index':
      return askRead(r, m)
    case 'beat':
      broadcastHeartbeat(r)
      return 'ok'
    case 'check-quorum':
      checkQuorum(r)
      return 'ok'
  }
  const pr = r.membership.progress.get(m.from)
  if (pr === undefined) return 'ok'
  switch (m.type) {
    case 'app-resp':
      pr.recentActive = true
      if (m.reject) rejected(r, m, pr)
      else acknowledged(r, m, pr)
      break
    case 'heartbeat-resp':
      heard(r, m, pr)
      break
    case 'snap-status':
      snapshotEnded(m, pr)
      break
    case 'unreachable':
      // Something was lost on the way; what follows must not pile up behind the hole.
      if (pr.state === 'replicate') becomeProbe(pr)
      break
    case 'transfer-leader':
      transfer(r, m, pr)
      break
  }
  return 'ok'
}

/** Appends proposals and sends them, or drops all of them together. */
export function propose(r: Raft, proposals: readonly Proposal[]): 'ok' | 'dropped' {
  if (proposals.length === 0) return 'dropped'
  // Removed from the membership: it may finish what it began, not begin more (thesis §4.2.2).
  if (!r.membership.progress.has(r.id)) return 'dropped'
  if (r.leadTransferee !== NONE) return 'dropped'
  const pendingBefore = r.pendingConfIndex
  const checked: Proposal[] = []
  for (const [i, proposal] of proposals.entries()) {
    const verdict = checkProposal(r, proposal, lastIndex(r.log) + i + 1)
    if (verdict === 'dropped') return restorePending(r, pendingBefore)
    checked.push(verdict)
  }
  if (!appendOwn(r, checked)) return 'dropped'
  broadcastAppend(r)
  return 'ok'
}

function restorePending(r: Raft, pending: number): 'dropped' {
  r.pendingConfIndex = pending
  return 'dropped'
}

/** At most one change of membership is under way (thesis §4.1); one too many becomes an entry that does nothing. */
function checkProposal(r: Raft, proposal: Proposal, index: number): Proposal | 'dropped' {
  if (proposal.type === 'normal') return proposal
  const change = decodeConfChange(proposal.data)
  if (change === 'malformed') return 'dropped'
  const pending = r.pendingConfIndex > r.log.applied
  const joint = isJoint(r.membership.conf)
  const leaves = change.changes.length === 0
  if (r.settings.confChangeValidation && (pending || joint !== leaves)) return NOTHING
  r.pendingConfIndex = index
  return proposal
}

/** The logs differ where the follower was probed: go back, a term at a time, with its hint (§5.3). */
function rejected(r: Raft, m: Message, pr: Progress): void {
  const hint = m.logTerm > 0 ? findConflictByTerm(r.log, m.rejectHint, m.logTerm).index : m.rejectHint
  if (!maybeDecrease(pr, m.index, hint)) return
  if (pr.state === 'replicate') becomeProbe(pr)
  sendAppend(r, m.from)
}

function acknowledged(r: Raft, m: Message, pr: Progress): void {
  // It has from this leader, in this term, what this leader has not: one of the two logs has lost entries that counted.
  if (m.index > lastIndex(r.log)) {
    throw new Error(
      `entry ${m.index} is acknowledged in term ${r.term}, but is not in this leader's log: ${stateOf(r.log, m.from, pr)}`,
    )
  }
  // A probe that found the logs equal moves nothing and still ends the probing.
  if (!maybeUpdate(pr, m.index) && !(pr.match === m.index && pr.state === 'probe')) return
  if (pr.state === 'probe') becomeReplicate(pr)
  else if (pr.state === 'replicate') freeUpTo(pr, m.index)
  else if (pr.match + 1 >= firstIndex(r.log)) {
    // Whatever brought it here, the log reaches it again.
    becomeProbe(pr)
    becomeReplicate(pr)
  }

  if (commitByCount(r)) {
    beginPostponedReads(r)
    broadcastAppend(r)
  } else if (m.from !== r.id && canBumpCommit(pr, r.log.committed)) {
    sendAppend(r, m.from)
  }
  if (m.from === r.id) return
  // The window has moved; fill it.
  while (maybeSendAppend(r, m.from, 'with entries'));
  if (m.from === r.leadTransferee && pr.match === lastIndex(r.log)) send(r, message('timeout-now', m.from))
}

function heard(r: Raft, m: Message, pr: Progress): void {
  pr.recentActive = true
  pr.flowPaused = false
  // It may have missed appends; its rejection, or its acknowledgement, will tell.
  if (pr.match < lastIndex(r.log) || pr.state === 'probe') sendAppend(r, m.from)
  confirmRead(r, m)
}

function snapshotEnded(m: Message, pr: Progress): void {
  if (pr.state !== 'snapshot') return
  if (m.reject) pr.pendingSnapshot = 0
  becomeProbe(pr)
  // Its own answer to the snapshot, or the next heartbeat's, starts the appends again.
  pr.flowPaused = true
}

/** Hands over: brings the other up to date, then tells it to stand at once (thesis §3.10). */
function transfer(r: Raft, m: Message, pr: Progress): void {
  const to = m.from
  if (pr.learner || to === r.leadTransferee) return
  r.leadTransferee = NONE
  if (to === r.id) return
  // It has one election timeout to finish, counted from now.
  r.electionElapsed = 0
  r.leadTransferee = to
  if (pr.match === lastIndex(r.log)) send(r, message('timeout-now', to))
  else sendAppend(r, to)
}

/** A leader that hears no majority steps down, so that its clients look elsewhere (thesis §6.2). */
export function checkQuorum(r: Raft): void {
  const { conf, progress } = r.membership
  const active = new Map<number, boolean>()
  for (const [id, pr] of progress) {
    if (!pr.learner) active.set(id, pr.recentActive)
  }
  if (jointVote(conf, active) !== 'won') becomeFollower(r, r.term, NONE)
  for (const [id, pr] of progress) {
    if (id !== r.id) pr.recentActive = false
  }
}
