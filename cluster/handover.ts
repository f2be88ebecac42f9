/**
 * A planned change of the leader (thesis §3.10), as the leader's consensus half goes about it. Whatever is proposed meanwhile is
 * dropped by the core and sent again to the new leader by whoever wanted it, so nothing fails; but for as long as the other is
 * brought up to date nothing is agreed either. So one that is far behind, or out of reach, is refused at once. ◆
 */
import { lastIndex } from './raft/log.ts'
import type { RawNode } from './raft/rawnode.ts'
import { type Id, NONE } from './raft/types.ts'

/** Entries that a follower may lack: well within what it can be sent in an election timeout. */
const LAG_MAX = 10_000

export class Handover {
  #to: Id = NONE

  /** Begins to hand over; a part of a sentence when that is refused. `reach`: whether a stream to it is open. */
  begin({ raft }: RawNode, to: Id, reach: boolean, transfer: (to: Id) => void): string | null {
    if (raft.role !== 'leader') return 'this node does not lead any more'
    const progress = raft.membership.progress.get(to)
    if (!progress) return 'it is no member of the cluster'
    if (progress.learner) return 'it has no vote'
    if (!reach) return 'it cannot be reached'
    const lag = lastIndex(raft.log) - progress.match
    if (progress.state === 'snapshot' || lag > LAG_MAX)
      return `it is ${lag} entries behind; wait until it has caught up`
    this.#to = to
    transfer(to)
    return null
  }

  /** Says once that the core has given up, why, and to whom it was to go: it waits for one election timeout. */
  givenUp({ raft }: RawNode): { readonly to: Id; readonly why: string } | null {
    const to = this.#to
    if (to === NONE || (raft.role === 'leader' && raft.leadTransferee === to)) return null
    this.#to = NONE
    if (raft.role !== 'leader') return null
    const lag = lastIndex(raft.log) - (raft.membership.progress.get(to)?.match ?? 0)
    const state = lag > 0 ? `it lacks ${lag} entries` : 'it has every entry'
    return { to, why: `it did not take over within an election timeout (${state}); the log of that node says more` }
  }
}
