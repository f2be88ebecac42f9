/** One node of a script: the core, what it has stored, and the work that waits for its two threads. */

import { decodeConfChange } from '../../../../cluster/raft/confcodec.ts'
import { confOf, MemoryStorage } from '../../../../cluster/raft/memory.ts'
import type { RawNode } from '../../../../cluster/raft/rawnode.ts'
import type { ConfState, Entry, HardState, Message, Snapshot } from '../../../../cluster/raft/types.ts'

export interface Member {
  readonly raw: RawNode
  /** What the recording has shown of the timeout that was drawn last. */
  readonly timeout: { atLeast: number }
  readonly storage: HistoryStorage
  readonly asynchronous: boolean
  readonly appendWork: Message[]
  readonly applyWork: Message[]
}

/** Its newest snapshot is always what the state machine has just applied. */
export class HistoryStorage extends MemoryStorage {
  latest: Snapshot | undefined
  override snapshot(): Snapshot | 'temporarily-unavailable' {
    return this.latest ?? super.snapshot()
  }
}

export function write(
  { storage }: Member,
  hardState: HardState | undefined,
  entries: readonly Entry[],
  snapshot: Snapshot | undefined,
): void {
  if (hardState !== undefined) storage.setHardState(hardState)
  if (snapshot !== undefined) storage.applySnapshot(snapshot)
  else storage.append(entries)
}

/** The state machine: every applied entry joined, with a snapshot after each. */
export function applyEntries(member: Member, entries: readonly Entry[]): void {
  for (const entry of entries) {
    let update = entry.data
    let conf: ConfState | undefined
    if (entry.type !== 'normal') {
      const change = decodeConfChange(entry.data)
      if (change === 'malformed') throw new Error('a malformed change of membership was committed')
      conf = member.raw.applyConfChange(change)
      update = change.context ?? new Uint8Array()
    }
    const last = member.storage.latest
    member.storage.latest = {
      meta: { index: entry.index, term: entry.term, conf: conf ?? last?.meta.conf ?? confOf([]) },
      data: Uint8Array.from([...(last?.data ?? []), ...update]),
    }
  }
}
