/** Linearizable reads without a log entry: the commit index, once the leader knows that it still leads (thesis §6.4). */

import { termAt } from './log.ts'
import { message } from './message.ts'
import { type Raft, send } from './raft.ts'
import { acknowledge, readContext, readsFull, takeConfirmed, type WaitingRead } from './reads.ts'
import { broadcastHeartbeat } from './replication.ts'
import { type Message, NONE } from './types.ts'

/** A leader is asked for an index, by itself or by a follower. */
export function askRead(r: Raft, request: Message): 'ok' | 'dropped' {
  if (readsFull(r.reads)) return 'dropped'
  // Only a commit of its own term tells a leader what earlier terms have committed (§8; thesis §6.4, step 1).
  if (!hasCommittedInOwnTerm(r)) r.reads.postponed.push(request)
  else beginRead(r, request)
  return 'ok'
}

/** To be called after each commit: the reads that waited for the first one begin. */
export function beginPostponedReads(r: Raft): void {
  if (r.reads.postponed.length === 0 || !hasCommittedInOwnTerm(r)) return
  const requests = r.reads.postponed
  r.reads.postponed = []
  for (const request of requests) beginRead(r, request)
}

function beginRead(r: Raft, request: Message): void {
  r.reads.waiting.push({ request, index: r.log.committed })
  acknowledge(r.reads, r.id, readContext(r.reads))
  broadcastHeartbeat(r)
  // The only voter needs nobody else.
  answerConfirmed(r)
}

export function confirmRead(r: Raft, heartbeatAnswer: Message): void {
  acknowledge(r.reads, heartbeatAnswer.from, heartbeatAnswer.context)
  answerConfirmed(r)
}

function answerConfirmed(r: Raft): void {
  for (const read of takeConfirmed(r.reads, r.membership.conf)) answer(r, read)
}

function answer(r: Raft, { request, index }: WaitingRead): void {
  const context = request.context ?? new Uint8Array()
  if (request.from === NONE || request.from === r.id) r.readStates.push({ index, context })
  else send(r, message('read-index-resp', request.from, { index, context }))
}

function hasCommittedInOwnTerm(r: Raft): boolean {
  return termAt(r.log, r.log.committed) === r.term
}
