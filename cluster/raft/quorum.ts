/** The arithmetic of agreement: majorities, and two majorities at once while a configuration is joint (thesis §4.3). */

import type { Id } from './types.ts'

export type VoteResult = 'pending' | 'lost' | 'won'

/** Both halves must agree. The outgoing half is empty unless the configuration is joint. */
export interface JointVoters {
  readonly voters: ReadonlySet<Id>
  readonly votersOutgoing: ReadonlySet<Id>
}

/** The index that a voter has acknowledged, or nothing when it was never heard. */
export type Acked = (id: Id) => number | undefined

/** The highest index that a majority holds (§5.3); Infinity for no voters, so that an absent half never holds back. */
export function majorityCommitted(voters: ReadonlySet<Id>, acked: Acked): number {
  if (voters.size === 0) return Number.POSITIVE_INFINITY
  const indexes: number[] = []
  for (const id of voters) indexes.push(acked(id) ?? 0)
  indexes.sort((a, b) => a - b)
  return indexes[voters.size - (Math.floor(voters.size / 2) + 1)]!
}

export function jointCommitted(conf: JointVoters, acked: Acked): number {
  return Math.min(majorityCommitted(conf.voters, acked), majorityCommitted(conf.votersOutgoing, acked))
}

/** Whether an election is decided (§5.2). No voters at all have won: the half that is absent agrees with anything. */
export function majorityVote(voters: ReadonlySet<Id>, votes: ReadonlyMap<Id, boolean>): VoteResult {
  if (voters.size === 0) return 'won'
  let granted = 0
  let missing = 0
  for (const id of voters) {
    const vote = votes.get(id)
    if (vote === undefined) missing++
    else if (vote) granted++
  }
  const needed = Math.floor(voters.size / 2) + 1
  if (granted >= needed) return 'won'
  return granted + missing >= needed ? 'pending' : 'lost'
}

export function jointVote(conf: JointVoters, votes: ReadonlyMap<Id, boolean>): VoteResult {
  const incoming = majorityVote(conf.voters, votes)
  const outgoing = majorityVote(conf.votersOutgoing, votes)
  if (incoming === outgoing) return incoming
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending'
}
