/**
 * Does the tables half of this node still answer? Its thread may be stuck in one long computation, while this half goes on to
 * lead and to be heard, and everybody believes that the node serves its phones (a gray failure). After as long as the others would
 * wait for a silent node, a leader hands over to a node whose tables move; and a node that does not lead lets the cluster know
 * that it is down, so that its calls end. When its tables answer again they see that, and say that they are up. ◆
 */
import { encodeProposal } from './codec.ts'
import { type Id, NONE, type Status } from './raft/types.ts'

export interface Relief {
  /** For how long there was no answer, ms. */
  readonly ms: number
  /** NONE: to nobody. */
  readonly transferTo: Id
  readonly proposals: readonly Uint8Array[]
}

export class TablesWatch {
  readonly #options: { readonly node: string; readonly incarnation: string; readonly nodeDownMs: number }
  /** Monotonic ms; null: it has answered. */
  #askedAt: number | null = null
  #nextAt = 0

  constructor(options: { readonly node: string; readonly incarnation: string; readonly nodeDownMs: number }) {
    this.#options = options
  }

  /** Whether to ask now: not while the last question is open. */
  ask(at: number): boolean {
    if (this.#askedAt !== null) return false
    this.#askedAt = at
    this.#nextAt = at + this.#options.nodeDownMs
    return true
  }

  /** Returns how long it took, ms. */
  answered(at: number): number {
    const took = at - (this.#askedAt ?? at)
    this.#askedAt = null
    return took
  }

  /** What to do about an answer that does not come; again after each such time. Null: wait. */
  relief(at: number, ask: () => Status): Relief | null {
    if (this.#askedAt === null || at < this.#nextAt) return null
    const { node, incarnation, nodeDownMs } = this.#options
    this.#nextAt = at + nodeDownMs
    const status = ask()
    const ms = Math.round(at - this.#askedAt)
    if (status.softState.state === 'leader') return { ms, transferTo: successor(status), proposals: [] }
    const down = encodeProposal({ node, incarnation, seq: 0, floor: 0 }, { type: 'node-down', node, incarnation })
    return { ms, transferTo: NONE, proposals: [down] }
  }
}

/** Who has most of the log, of those that were heard lately. */
function successor({ id, progress }: Status): Id {
  let best = { id: NONE, match: -1 }
  for (const [peer, { match, learner, recentActive }] of progress) {
    if (peer !== id && !learner && recentActive && match > best.match) best = { id: peer, match }
  }
  return best.id
}
