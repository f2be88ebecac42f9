/** What is due by the tables while this node leads: asked for again only when it was applied, or is long overdue. ◆ */
import { encodeProposal } from './codec.ts'
import { type Duties, duties } from './duties.ts'
import { DUTY_TICKS } from './options.ts'
import type { Proposer } from './tables/sessions.ts'

export class Duty {
  readonly #proposer: Proposer
  readonly #againMs: number
  readonly #nonceKey: () => string
  #term = 0
  #againAt = 0

  /** `nonceKey` makes a sealed one, for a cluster that has none. */
  constructor(self: Pick<Proposer, 'node' | 'incarnation'>, tickMs: number, nonceKey: () => string) {
    this.#proposer = { ...self, seq: 0, floor: 0 }
    this.#againMs = DUTY_TICKS * tickMs
    this.#nonceKey = nonceKey
  }

  /** As proposals, not yet stamped. `at` is monotonic, ms; in a new term everything is asked for again. */
  due(at: number, term: number, what: Duties): Uint8Array[] {
    if (term === this.#term && at < this.#againAt) return []
    this.#term = term
    const due = duties(what, this.#nonceKey)
    this.#againAt = due.length > 0 ? at + this.#againMs : 0
    return due.map((command) => encodeProposal(this.#proposer, command))
  }

  /** Something of it was applied. */
  done(): void {
    this.#againAt = 0
  }
}
