/**
 * Peers that wait for their vote are told how far the leader has committed, once they have all that it has. Whoever got all of it in a snapshot
 * hears of no commit (the core takes it as said with the snapshot), and in a cluster that agrees on nothing new no append would follow: its
 * repair would not end. ◆
 */
import { lastIndex } from './raft/log.ts'
import type { Raft } from './raft/raft.ts'
import { sendAppend } from './raft/replication.ts'
import type { Id } from './raft/types.ts'

/** Not all that is said arrives; and a peer that no longer waits need not say so. */
const TIMES = 20

export class Tellings {
  /** How often each is still to be told. */
  readonly #left = new Map<Id, number>()

  /** What a peer said of itself in its hello. */
  heard(id: Id, waits: boolean): void {
    if (waits) this.#left.set(id, TIMES)
    else this.#left.delete(id)
  }

  tick(raft: Raft): void {
    if (raft.role !== 'leader') return
    for (const [id, left] of this.#left) {
      if (raft.membership.progress.get(id)?.match !== lastIndex(raft.log)) continue
      sendAppend(raft, id)
      if (left === 1) this.#left.delete(id)
      else this.#left.set(id, left - 1)
    }
  }
}
