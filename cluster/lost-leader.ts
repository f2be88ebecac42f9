/**
 * A process that dies closes its connections at once, long before an election timeout has passed. So a follower whose streams to
 * its leader end stops believing in it, and stands a little later, when no other leader was heard of meanwhile.
 *
 * Nothing but time is skipped: it asks in a pre-vote first, and whoever still hears the leader refuses (thesis §4.2.3, §9.6). If
 * the leader lives and only the connection broke, its next heartbeat is believed again, and no term was touched. ◆
 */
import { type Id, NONE } from './raft/types.ts'

/** Followers stand at different times, so that two seldom ask at once (§5.2). */
const STAND_WITHIN_TICKS = 3

export class LostLeader {
  readonly #random: () => number
  /** The leader, since it was in reach. */
  #inReach: Id = NONE
  /** Until this node stands; 0: it does not. */
  #ticks = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Looks whether the leader that was in reach is so no more; true once for each loss. */
  isLost(lead: Id, isInReach: boolean): boolean {
    if (lead === NONE) return false
    if (isInReach) this.#inReach = lead
    if (isInReach || this.#inReach !== lead) return false
    this.#inReach = NONE
    this.#ticks = 1 + Math.floor(this.#random() * STAND_WITHIN_TICKS)
    return true
  }

  /** One unit of time; true when this node should stand now. */
  tick(lead: Id): boolean {
    if (this.#ticks === 0) return false
    this.#ticks--
    return this.#ticks === 0 && lead === NONE
  }
}
