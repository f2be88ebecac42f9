/** Who waits on this node for the members to change. ◆ */
import type { MemberRequest, MembersChanged } from './cluster.ts'
import { isSatisfied, type Plan } from './membership.ts'
import type { MembersRow } from './tables/members.ts'

interface Waiting {
  readonly number: number
  readonly request: MemberRequest
  /** Monotonic, ms. */
  readonly deadline: number
  readonly answer: (outcome: MembersChanged) => void
  /** When it is asked for again. */
  again: number
  why: string
}

export class MemberRequests {
  #waiting: Waiting[] = []
  #number = 0

  add(request: MemberRequest, deadline: number, answer: (outcome: MembersChanged) => void): void {
    const why = 'no majority of the members has agreed on it yet'
    this.#waiting.push({ number: ++this.#number, request, deadline, answer, again: 0, why })
  }

  /** What the consensus half is to be asked now, and again when `againMs` have passed. */
  due(at: number, againMs: number): { readonly number: number; readonly request: MemberRequest }[] {
    const due = this.#waiting.filter(({ again }) => again <= at)
    for (const one of due) one.again = at + againMs
    return due.map(({ number, request }) => ({ number, request }))
  }

  /** The consensus half says what becomes of one; 'not the leader' when it does not lead. */
  answered(number: number, plan: Plan | 'not the leader'): void {
    const one = this.#waiting.find((waiting) => waiting.number === number)
    if (!one) return
    if (plan === 'not the leader') this.#settle(one, { kind: 'not the leader' })
    else if (plan.kind === 'refused' || plan.kind === 'leads') this.#settle(one, plan)
    else if (plan.kind === 'wait') one.why = plan.why
  }

  /** The members as the tables have them now: what is done is done, whoever did it. */
  applied(row: MembersRow | null): void {
    if (row === null) return
    for (const one of [...this.#waiting]) {
      if (isSatisfied(row, one.request)) this.#settle(one, { kind: 'done', members: row })
    }
  }

  tick(at: number): void {
    for (const one of [...this.#waiting]) if (one.deadline <= at) this.#settle(one, { kind: 'late', why: one.why })
  }

  settleAll(): void {
    for (const one of [...this.#waiting]) this.#settle(one, { kind: 'no quorum' })
  }

  #settle(one: Waiting, outcome: MembersChanged): void {
    this.#waiting = this.#waiting.filter((other) => other !== one)
    one.answer(outcome)
  }
}
