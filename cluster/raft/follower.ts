/** What a follower does: takes its leader's entries, and sends on what only a leader can do (§5.3, §7). */

import { stand } from './election.ts'
import { commitTo, findConflictByTerm, lastIndex, maybeAppend } from './log.ts'
import { restoreSnapshot } from './membership.ts'
import { message } from './message.ts'
import { type Raft, send } from './raft.ts'
import { type Message, NONE } from './types.ts'

export function stepFollower(r: Raft, m: Message): 'ok' | 'dropped' {
  switch (m.type) {
    case 'prop':
      return r.settings.proposalForwarding ? forward(r, m) : 'dropped'
    case 'read-index':
      return forward(r, m)
    case 'transfer-leader':
      return forward(r, { ...m, term: 0 })
    case 'app':
      hearLeader(r, m)
      takeEntries(r, m)
      break
    case 'heartbeat':
      hearLeader(r, m)
      takeHeartbeat(r, m)
      break
    case 'snap':
      hearLeader(r, m)
      takeSnapshot(r, m)
      break
    case 'timeout-now':
      // No pre-vote: the leader itself asks for this election (thesis §3.10).
      stand(r, 'transfer')
      break
    case 'forget-leader':
      r.lead = NONE
      break
    case 'read-index-resp':
      r.readStates.push({ index: m.index, context: m.context ?? new Uint8Array() })
      break
  }
  return 'ok'
}

function forward(r: Raft, m: Message): 'ok' | 'dropped' {
  if (r.lead === NONE) return 'dropped'
  send(r, { ...m, to: r.lead })
  return 'ok'
}

function hearLeader(r: Raft, m: Message): void {
  r.electionElapsed = 0
  r.lead = m.from
}

/** AppendEntries (figure 2). A rejection hints where our log may agree, so that the leader need not go back by ones. */
export function takeEntries(r: Raft, m: Message): void {
  const { log } = r
  // Committed entries agree by themselves; what is before them may be compacted here.
  if (m.index < log.committed) {
    send(r, message('app-resp', m.from, { index: log.committed }))
    return
  }
  if (maybeAppend(log, { term: m.logTerm, index: m.index }, m.entries, m.commit)) {
    send(r, message('app-resp', m.from, { index: m.index + m.entries.length }))
    return
  }
  const hint = findConflictByTerm(log, Math.min(m.index, lastIndex(log)), m.logTerm)
  send(r, message('app-resp', m.from, { index: m.index, reject: true, rejectHint: hint.index, logTerm: hint.term }))
}

export function takeHeartbeat(r: Raft, m: Message): void {
  commitTo(r.log, m.commit)
  send(r, message('heartbeat-resp', m.from, m.context === undefined ? {} : { context: m.context }))
}

/** InstallSnapshot (§7). Whether it is of use or not, the answer says how far we are. */
export function takeSnapshot(r: Raft, m: Message): void {
  const index = m.snapshot !== undefined && restoreSnapshot(r, m.snapshot) ? lastIndex(r.log) : r.log.committed
  send(r, message('app-resp', m.from, { index }))
}
