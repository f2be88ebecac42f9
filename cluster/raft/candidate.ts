/** What a candidate does: counts votes, and gives way to whoever already leads this term (§5.2). */

import { ask } from './election.ts'
import { takeEntries, takeHeartbeat, takeSnapshot } from './follower.ts'
import { takeOffice } from './leader.ts'
import { jointVote } from './quorum.ts'
import { becomeFollower, type Raft } from './raft.ts'
import { type Message, NONE } from './types.ts'

export function stepCandidate(r: Raft, m: Message): 'ok' | 'dropped' {
  switch (m.type) {
    case 'prop':
    case 'read-index':
    case 'transfer-leader':
      return 'dropped'
    case 'app':
      becomeFollower(r, m.term, m.from)
      takeEntries(r, m)
      break
    case 'heartbeat':
      becomeFollower(r, m.term, m.from)
      takeHeartbeat(r, m)
      break
    case 'snap':
      becomeFollower(r, m.term, m.from)
      takeSnapshot(r, m)
      break
    case 'pre-vote-resp':
      if (r.role === 'pre-candidate') count(r, m)
      break
    case 'vote-resp':
      if (r.role === 'candidate') count(r, m)
      break
  }
  return 'ok'
}

function count(r: Raft, m: Message): void {
  // The first answer of each voter stands.
  if (!r.votes.has(m.from)) r.votes.set(m.from, !m.reject)
  switch (jointVote(r.membership.conf, r.votes)) {
    case 'won':
      if (r.role === 'pre-candidate') ask(r, 'vote')
      else takeOffice(r)
      break
    case 'lost':
      // An answer of a pre-vote may carry a later term, but that is handled before: here it is ours.
      becomeFollower(r, r.term, NONE)
      break
    case 'pending':
      break
  }
}
