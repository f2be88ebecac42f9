/** Several storage messages as one write. ◆ */
import type { Entry, HardState, Message, Snapshot } from '../raft/types.ts'

export interface Write {
  /** Contiguous; they replace whatever the log has from the first one's index on. */
  readonly entries: readonly Entry[]
  /** Null when none of the messages said anything of it. */
  readonly hardState: HardState | null
  readonly snapshot: Snapshot | null
}

/** What the log looks like after all of the messages: later entries overwrite earlier ones, the last hard state counts. */
export function mergeWrites(messages: readonly Message[]): Write {
  const entries: Entry[] = []
  let hardState: HardState | null = null
  let snapshot: Snapshot | null = null
  for (const message of messages) {
    if (message.snapshot) snapshot = message.snapshot
    if (message.term > 0) hardState = { term: message.term, vote: message.vote, commit: message.commit }
    const first = message.entries[0]
    if (!first) continue
    const start = entries[0]?.index ?? first.index
    // What a newer leader overwrote before it was written at all need not be written.
    entries.length = Math.max(0, Math.min(entries.length, first.index - start))
    for (const entry of message.entries) entries.push(entry)
  }
  return { entries, hardState, snapshot }
}
