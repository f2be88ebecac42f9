/** Who waits on this node for another to lead. ◆ */
import type { HandedOver } from './cluster.ts'
import type { Position } from './halves.ts'
import { type Id, NONE } from './raft/types.ts'

interface Waiting {
  readonly to: Id
  /** Monotonic, ms. */
  readonly deadline: number
  readonly answer: (outcome: HandedOver) => void
}

export class Handovers {
  #waiting: Waiting[] = []

  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
  }

  /** The role, the leader or the term is another now. */
  placed({ lead, term }: Position): void {
    // Until somebody leads it is not over. Whoever waits was here before, so if it is this node it was elected again.
    if (lead === NONE) return
    this.#settle(
      () => true,
      ({ to }) => (to === lead ? { kind: 'leads', term, moved: true } : refused('another node was elected')),
    )
  }

  /** The consensus half refused, or gave up. */
  ended(to: Id, why: string): void {
    this.#settle(
      (one) => one.to === to,
      () => refused(why),
    )
  }

  tick(at: number): void {
    this.#settle(
      ({ deadline }) => deadline <= at,
      () => ({ kind: 'no quorum' }),
    )
  }

  settleAll(): void {
    this.#settle(
      () => true,
      () => ({ kind: 'no quorum' }),
    )
  }

  #settle(which: (one: Waiting) => boolean, outcome: (one: Waiting) => HandedOver): void {
    const done = this.#waiting.filter(which)
    if (done.length === 0) return
    this.#waiting = this.#waiting.filter((one) => !which(one))
    for (const one of done) one.answer(outcome(one))
  }
}

const refused = (why: string): HandedOver => ({ kind: 'refused', why })
