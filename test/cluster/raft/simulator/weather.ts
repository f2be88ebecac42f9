/** What one seed has to live with. Each draws its own: a uniform mix of faults finds less than many different extremes. */

import type { Random } from './random.ts'

export interface Weather {
  readonly nodes: number
  readonly asynchronous: boolean
  readonly preVote: boolean
  readonly checkQuorum: boolean
  /** Always: a leader that was removed and stays one takes nothing more and keeps the others from choosing. */
  readonly stepDownOnRemoval: true
  readonly electionTick: number
  readonly maxSizePerMsg: number
  readonly maxInflightMsgs: number
  readonly maxUncommittedEntriesSize: number
  readonly maxCommittedSizePerReady: number
  /** Per message. */
  readonly loss: number
  readonly twice: number
  /** Steps that a message may take. */
  readonly delay: number
  /** Per step. */
  readonly cut: number
  readonly mend: number
  /** Per step and node. */
  readonly crash: number
  readonly restart: number
  /** A process that stands still, its messages waiting: per step and node. */
  readonly pause: number
  /** How often a clock that should tick does. */
  readonly pace: number
  readonly propose: number
  readonly read: number
  readonly confChange: number
  readonly transfer: number
  readonly compact: number
  /** Steps that a write or an application may take, with asynchronous storage. */
  readonly diskDelay: number
  /** Whether writes that wait for the disk become one. */
  readonly merges: boolean
  /** Per step: a leader is told that a node has nothing, which was so long ago. */
  readonly lateHello: number
}

export function weatherOf(random: Random): Weather {
  const rarely = (p: number, max: number): number => (random.chance(p) ? random.next() * max : 0)
  return {
    nodes: random.pick([1, 3, 3, 4, 5, 5, 5]),
    asynchronous: random.chance(0.5),
    preVote: random.chance(0.6),
    checkQuorum: random.chance(0.6),
    stepDownOnRemoval: true,
    electionTick: random.pick([4, 6, 10]),
    maxSizePerMsg: random.pick([0, 20, 100, 65_536]),
    maxInflightMsgs: random.pick([1, 2, 4, 64]),
    maxUncommittedEntriesSize: random.pick([0, 0, 60]),
    maxCommittedSizePerReady: random.pick([0, 1, 60]),
    loss: rarely(0.7, 0.3),
    twice: rarely(0.3, 0.1),
    delay: random.pick([0, 1, 3, 8]),
    cut: rarely(0.7, 0.05),
    mend: 0.02 + random.next() * 0.1,
    crash: rarely(0.7, 0.02),
    restart: 0.05 + random.next() * 0.3,
    pause: rarely(0.4, 0.02),
    pace: random.pick([1, 1, 0.8, 0.5]),
    propose: 0.2 + random.next() * 0.8,
    read: rarely(0.7, 0.3),
    confChange: rarely(0.5, 0.05),
    transfer: rarely(0.4, 0.03),
    compact: rarely(0.6, 0.1),
    diskDelay: random.pick([0, 0, 2, 6]),
    merges: random.chance(0.7),
    lateHello: rarely(0.4, 0.05),
  }
}
