/** One message in. Terms come first, then what every role answers alike, then the role (§5.1). */

import { stepCandidate } from './candidate.ts'
import { answerVote, stand } from './election.ts'
import { stepFollower } from './follower.ts'
import { checkQuorum, stepLeader } from './leader.ts'
import { confirmStored } from './log.ts'
import { applied, appliedSnapshot } from './membership.ts'
import { isForced, message } from './message.ts'
import { becomeFollower, promotable, type Raft, send } from './raft.ts'
import { broadcastHeartbeat } from './replication.ts'
import { entriesSize, payloadSize } from './size.ts'
import { type Message, NONE } from './types.ts'

export function step(r: Raft, m: Message): 'ok' | 'dropped' {
  // Term 0: about no term, be it from ourselves or forwarded.
  if (m.term !== 0 && m.term > r.term && laterTerm(r, m) === 'ignored') return 'ok'
  if (m.term !== 0 && m.term < r.term) {
    earlierTerm(r, m)
    return 'ok'
  }
  switch (m.type) {
    case 'hup':
      stand(r, r.settings.preVote ? 'pre-vote' : 'vote')
      return 'ok'
    case 'vote':
    case 'pre-vote':
      answerVote(r, m)
      return 'ok'
    case 'storage-append-resp':
      if (m.index !== 0) confirmStored(r.log, { term: m.logTerm, index: m.index })
      if (m.snapshot !== undefined) appliedSnapshot(r, m.snapshot.meta.index)
      return 'ok'
    case 'storage-apply-resp':
      entriesApplied(r, m)
      return 'ok'
  }
  switch (r.role) {
    case 'leader':
      return stepLeader(r, m)
    case 'follower':
      return stepFollower(r, m)
    case 'pre-candidate':
    case 'candidate':
      return stepCandidate(r, m)
  }
}

function laterTerm(r: Raft, m: Message): 'ignored' | 'ours now' | 'still later' {
  if (m.type === 'vote' || m.type === 'pre-vote') {
    // Whoever hears a leader helps nobody against it (thesis §4.2.3), unless that leader wants it (§3.10).
    const hearsLeader = r.settings.checkQuorum && r.lead !== NONE && r.electionElapsed < r.settings.electionTick
    if (hearsLeader && !isForced(m.context)) return 'ignored'
  }
  // The term of a pre-vote and of its promise has not begun (thesis §9.6).
  if (m.type === 'pre-vote' || (m.type === 'pre-vote-resp' && !m.reject)) return 'still later'
  const fromLeader = m.type === 'app' || m.type === 'heartbeat' || m.type === 'snap'
  becomeFollower(r, m.term, fromLeader ? m.from : NONE)
  return 'ours now'
}

function earlierTerm(r: Raft, m: Message): void {
  switch (m.type) {
    case 'app':
    case 'heartbeat':
      // With pre-vote or check-quorum we may sit in a later term that nobody hears of: this tells the old leader, which
      // then steps down and lets us in (thesis §9.6).
      if (r.settings.checkQuorum || r.settings.preVote) send(r, message('app-resp', m.from))
      break
    case 'pre-vote':
      // Its sender may be behind and must learn the term, or it could ask for ever.
      send(r, message('pre-vote-resp', m.from, { term: r.term, reject: true }))
      break
    case 'storage-append-resp':
      // Entries written in an earlier term may have been overwritten since; the snapshot was committed and stays.
      if (m.snapshot !== undefined) appliedSnapshot(r, m.snapshot.meta.index)
      break
  }
}

function entriesApplied(r: Raft, m: Message): void {
  const last = m.entries.at(-1)
  if (last === undefined) return
  applied(r, last.index, entriesSize(m.entries))
  r.uncommittedSize = Math.max(0, r.uncommittedSize - payloadSize(m.entries))
}

/** Time passes by one tick. */
export function tick(r: Raft): void {
  r.electionElapsed++
  if (r.role === 'leader') tickLeader(r)
  else if (promotable(r) && r.electionElapsed >= r.randomizedElectionTimeout) {
    r.electionElapsed = 0
    stand(r, r.settings.preVote ? 'pre-vote' : 'vote')
  }
}

function tickLeader(r: Raft): void {
  r.heartbeatElapsed++
  if (r.electionElapsed >= r.settings.electionTick) {
    r.electionElapsed = 0
    if (r.settings.checkQuorum) checkQuorum(r)
    // A transfer that takes longer than an election would have failed (thesis §3.10).
    r.leadTransferee = NONE
    if (r.role !== 'leader') return
  }
  if (r.heartbeatElapsed >= r.settings.heartbeatTick) {
    r.heartbeatElapsed = 0
    broadcastHeartbeat(r)
  }
}
