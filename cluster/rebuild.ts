/**
 * May this node vote? A directory that is new may be that of a new cluster, or of a node whose old directory is gone: then
 * others may rely on votes and entries that it has forgotten, and a vote given without them could undo what was agreed.
 *
 * So a new directory neither votes nor stands until one of two is seen.
 *
 * A new cluster. All its founders say that they are untouched (no term, no entry): nothing can have been agreed. Or a majority says
 * so, and for a while nobody was heard who is not: one that comes late holds up a new cluster for no longer than that. Here
 * a majority alone, at once, would be too little: among it may be a node that never ran and this one, which has forgotten
 * what it agreed on with the third. Whoever was heard touched stays so, since a hello may be older than it looks: it waits in a
 * stream that opens while entries already pass on the other. This cannot leave a new cluster without votes: nobody
 * gets a term before a majority has promised it in a pre-vote, and who may not vote promises nothing.
 *
 * A leader up to whose commit, in the leader's own term, the log here is complete: everything that the old directory could
 * have helped to commit is here again.
 *
 * A directory that took the place of a damaged one (see log/repair.ts) waits for the second alone, and says so in its hello:
 * there was a promise, so a cluster that begins anew would break it. Two such nodes of three wait for ever, and say why.
 *
 * Not covered: a directory lost while every node that knows what was agreed is out of reach, and all others never ran. ◆
 */
import { becomeProbe } from './raft/progress.ts'
import type { Raft } from './raft/raft.ts'
import type { Id, Message, MessageType, Storage } from './raft/types.ts'

/**
 * Long enough for a leader that lives on the word of the lost directory alone to step down, and for every node in reach to
 * have said hello.
 */
const DEAF_TICKS = 25

const BALLOTS: ReadonlySet<MessageType> = new Set<MessageType>(['vote', 'pre-vote', 'timeout-now'])
/** They speak of a term that their sender need not have yet. */
const OF_NEXT_TERM: ReadonlySet<MessageType> = new Set<MessageType>(['pre-vote', 'pre-vote-resp'])

export class Rebuild {
  readonly #founders: number
  readonly #voters: () => number
  readonly #untouched = new Set<Id>()
  readonly #repairing: boolean
  /** Peers that wait as this node does. */
  readonly #repairingPeers = new Set<Id>()
  #someoneTouched = false
  #ticks = 0
  #over = false
  /** Commit index that a leader last told, with its term. */
  #told: { readonly commit: number; readonly term: number } | null = null

  /**
   * `founders` is how many nodes a new cluster begins with; 0: this one is none of them. `repairing`: this node's directory took the
   * place of a damaged one. `voters` is how many there are, or were when that was known last.
   */
  constructor(founders: number, repairing = false, voters = () => founders) {
    this.#founders = founders
    this.#repairing = repairing
    this.#voters = voters
  }

  /** So few are left that know what was agreed that no leader can be: it takes an operator. */
  get isHopeless(): boolean {
    return this.#repairing && 2 * (this.#voters() - this.#repairingPeers.size - 1) <= this.#voters()
  }

  tick(): void {
    this.#ticks++
  }

  onHello(from: Id, untouched: boolean, repairing = false): void {
    if (repairing) this.#repairingPeers.add(from)
    else this.#repairingPeers.delete(from)
    if (untouched) this.#untouched.add(from)
    else this.#someoneTouched = true
  }

  /** What the core may see of a message before this node may vote; null: nothing. */
  filter(message: Message, lastIndex: number): Message | null {
    if (message.term > 1 || !OF_NEXT_TERM.has(message.type)) this.#someoneTouched = true
    if (this.#ticks < DEAF_TICKS || BALLOTS.has(message.type)) return null
    if (message.type === 'app') this.#told = { commit: message.commit, term: message.term }
    // A leader that has not noticed yet believes that we have what the old directory had.
    return message.type === 'heartbeat' ? { ...message, commit: Math.min(message.commit, lastIndex) } : message
  }

  /** True once, when this node may vote from now on; `untouched` is about itself. */
  ends(untouched: boolean, storage: Storage): boolean {
    if (this.#over || !(this.#isNew(untouched) || this.#isComplete(storage))) return false
    this.#over = true
    return true
  }

  #isNew(untouched: boolean): boolean {
    if (this.#founders === 0 || this.#repairing || !untouched || this.#someoneTouched) return false
    const known = this.#untouched.size + 1
    return known === this.#founders || (2 * known > this.#founders && this.#ticks >= DEAF_TICKS)
  }

  #isComplete(storage: Storage): boolean {
    if (!this.#told) return false
    const { commit, term } = this.#told
    return commit > 0 && storage.lastIndex() >= commit && storage.term(commit) === term
  }
}

/**
 * A leader hears that a peer has nothing any more: what it was known to have does not count, and is sent again. Should the
 * peer have said so before it took entries, the same is only said twice: what is committed stays so, a match may be lower
 * than the truth but never above it, and a probe from the start is answered with what the peer holds.
 */
export function forgetProgress(raft: Raft, id: Id): void {
  const progress = raft.membership.progress.get(id)
  if (raft.role !== 'leader' || !progress || progress.match === 0) return
  progress.match = 0
  progress.state = 'probe'
  becomeProbe(progress)
}

/** Up to where a leader has the word of a peer, with its term: what the peer acknowledged in it. 0: it does not lead. */
export function wordOf(raft: Raft, id: Id): { readonly term: number; readonly acknowledged: number } {
  const match = raft.role === 'leader' ? raft.membership.progress.get(id)?.match : 0
  return { term: raft.term, acknowledged: match ?? 0 }
}
