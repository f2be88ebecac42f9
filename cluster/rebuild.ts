/**
 * May this node vote? A directory that is new may be that of a new cluster, or of a node whose old directory is gone: then
 * others may rely on votes and entries that it has forgotten, and a vote given without them could undo what was agreed.
 *
 * So a new directory neither votes nor stands until one of two is seen: a majority that is untouched as it is (a new
 * cluster: nothing can have been agreed), or a leader up to whose commit, in the leader's own term, the log here is complete
 * (everything that the old directory could have helped to commit is here again). ◆
 */
import { becomeProbe } from './raft/progress.ts'
import type { Raft } from './raft/raft.ts'
import type { Id, Message, MessageType, Storage } from './raft/types.ts'

/** Long enough for a leader that lives on the word of the lost directory alone to step down. */
const DEAF_TICKS = 25

const BALLOTS: ReadonlySet<MessageType> = new Set<MessageType>(['vote', 'pre-vote', 'timeout-now'])

export class Rebuild {
  readonly #members: number
  readonly #untouched = new Set<Id>()
  #ticks = 0
  #over = false
  /** Commit index that a leader last told, with its term. */
  #told: { readonly commit: number; readonly term: number } | null = null

  constructor(members: number) {
    this.#members = members
  }

  tick(): void {
    this.#ticks++
  }

  onHello(from: Id, untouched: boolean): void {
    if (untouched) this.#untouched.add(from)
    else this.#untouched.delete(from)
  }

  /** What the core may see of a message before this node may vote; null: nothing. */
  filter(message: Message, lastIndex: number): Message | null {
    if (this.#ticks < DEAF_TICKS || BALLOTS.has(message.type)) return null
    if (message.type === 'app') this.#told = { commit: message.commit, term: message.term }
    // A leader that has not noticed yet believes that we have what the old directory had.
    return message.type === 'heartbeat' ? { ...message, commit: Math.min(message.commit, lastIndex) } : message
  }

  /** True once, when this node may vote from now on; `untouched` is about itself. */
  ends(untouched: boolean, storage: Storage): boolean {
    if (this.#over || !this.#isOver(untouched, storage)) return false
    this.#over = true
    return true
  }

  #isOver(untouched: boolean, storage: Storage): boolean {
    if (untouched && 2 * (this.#untouched.size + 1) > this.#members) return true
    if (!this.#told) return false
    const { commit, term } = this.#told
    return commit > 0 && storage.lastIndex() >= commit && storage.term(commit) === term
  }
}

/** A leader hears that a peer has nothing any more: what it was known to have does not count, and is sent again. */
export function forgetProgress(raft: Raft, id: Id): void {
  const progress = raft.membership.progress.get(id)
  if (raft.role !== 'leader' || !progress || progress.match === 0) return
  progress.match = 0
  progress.state = 'probe'
  becomeProbe(progress)
}
