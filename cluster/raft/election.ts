/** Standing for election and voting (§5.2, §5.4.1; pre-vote: thesis §9.6). */

import { ascending } from './confchange.ts'
import { isUpToDate, lastId, slice } from './log.ts'
import { FORCE, message } from './message.ts'
import { becomeCandidate, becomePreCandidate, promotable, type Raft, send } from './raft.ts'
import { type Message, NONE } from './types.ts'

export type Campaign = 'pre-vote' | 'vote' | 'transfer'

/** Stands for election if it may. */
export function stand(r: Raft, campaign: Campaign): void {
  if (r.role === 'leader' || !promotable(r)) return
  // Someone who does not yet know the newest configuration could gather a majority of an old one.
  if (hasUnappliedConfChange(r)) return
  ask(r, campaign)
}

/** Asks every voter, itself included: its own vote counts when it is durable. */
export function ask(r: Raft, campaign: Campaign): void {
  if (campaign === 'pre-vote') becomePreCandidate(r)
  else becomeCandidate(r)
  const type = campaign === 'pre-vote' ? 'pre-vote' : 'vote'
  const term = campaign === 'pre-vote' ? r.term + 1 : r.term
  const { voters, votersOutgoing } = r.membership.conf
  const last = lastId(r.log)
  for (const id of ascending(new Set([...voters, ...votersOutgoing]))) {
    if (id === r.id) {
      send(r, message(`${type}-resp`, id, { term }))
      continue
    }
    const request = { term, index: last.index, logTerm: last.term }
    send(r, message(type, id, campaign === 'transfer' ? { ...request, context: FORCE } : request))
  }
}

/** Answers a request for a vote, or for the promise of one. */
export function answerVote(r: Raft, m: Message): void {
  const type = m.type === 'pre-vote' ? 'pre-vote-resp' : 'vote-resp'
  const free = r.vote === m.from || (r.vote === NONE && r.lead === NONE) || (m.type === 'pre-vote' && m.term > r.term)
  if (!free || !isUpToDate(r.log, { term: m.logTerm, index: m.index })) {
    send(r, message(type, m.from, { term: r.term, reject: true }))
    return
  }
  // A promise speaks of the term that would come; our own has not moved.
  send(r, message(type, m.from, { term: m.term }))
  if (m.type !== 'vote') return
  r.electionElapsed = 0
  r.vote = m.from
}

function hasUnappliedConfChange(r: Raft): boolean {
  const end = r.log.committed + 1
  let lo = r.log.applied + 1
  while (lo < end) {
    const page = slice(r.log, lo, end, r.log.maxApplyingSize)
    if (page === 'compacted') throw new Error(`entries from ${lo} were compacted before they were applied`)
    if (page.some((entry) => entry.type !== 'normal')) return true
    lo += page.length
  }
  return false
}
