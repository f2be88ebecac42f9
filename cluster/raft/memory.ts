/** A log in memory: what tests keep, and the recent end of a durable log. It survives nothing by itself. */

import { ascending } from './confchange.ts'
import { limitSize } from './size.ts'
import type { ConfState, Entry, HardState, Snapshot, Storage } from './types.ts'

const NO_CONF: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false }

/** A configuration of these voters and nobody else: what a new cluster starts from. */
export function confOf(voters: readonly number[]): ConfState {
  return { ...NO_CONF, voters: ascending(voters) }
}

export class MemoryStorage implements Storage {
  #hardState: HardState = { term: 0, vote: 0, commit: 0 }
  #snapshot: Snapshot = { meta: { index: 0, term: 0, conf: NO_CONF }, data: new Uint8Array() }
  /** Index and term of the entry before the first: known, though compacted. */
  #before = { index: 0, term: 0 }
  #entries: Entry[] = []

  initialState(): { hardState: HardState; conf: ConfState } {
    return { hardState: this.#hardState, conf: this.#snapshot.meta.conf }
  }

  entries(lo: number, hi: number, maxBytes: number): readonly Entry[] | 'compacted' | 'unavailable' {
    if (lo <= this.#before.index) return 'compacted'
    if (hi > this.lastIndex() + 1) return 'unavailable'
    return limitSize(this.#entries.slice(lo - this.firstIndex(), hi - this.firstIndex()), maxBytes)
  }

  term(index: number): number | 'compacted' | 'unavailable' {
    if (index < this.#before.index) return 'compacted'
    if (index === this.#before.index) return this.#before.term
    return this.#entries[index - this.firstIndex()]?.term ?? 'unavailable'
  }

  lastIndex(): number {
    return this.#before.index + this.#entries.length
  }

  firstIndex(): number {
    return this.#before.index + 1
  }

  snapshot(): Snapshot | 'temporarily-unavailable' {
    return this.#snapshot
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState
  }

  /** Appends, overwriting from the first entry's index on. What is already compacted is skipped; a gap is a bug. */
  append(entries: readonly Entry[]): void {
    const fresh = entries.filter((entry) => entry.index > this.#before.index)
    const first = fresh[0]
    if (first === undefined) return
    if (first.index > this.lastIndex() + 1) {
      throw new Error(`entry ${first.index} would leave a gap after ${this.lastIndex()}`)
    }
    if (first.index <= this.lastIndex()) this.#entries.length = first.index - this.firstIndex()
    for (const entry of fresh) this.#entries.push(entry)
  }

  /** Starts over from a snapshot that came from the leader; 'out-of-date' if a newer one is here. */
  applySnapshot(snapshot: Snapshot): 'ok' | 'out-of-date' {
    const { index, term } = snapshot.meta
    if (this.#snapshot.meta.index > 0 && this.#snapshot.meta.index >= index) return 'out-of-date'
    this.#snapshot = snapshot
    this.#before = { index, term }
    this.#entries = []
    return 'ok'
  }

  /** Keeps the state machine at `index`, which must be in the log. Entries stay until compact(). */
  createSnapshot(index: number, conf: ConfState, data: Uint8Array): Snapshot | 'out-of-date' {
    if (index <= this.#snapshot.meta.index) return 'out-of-date'
    const term = this.term(index)
    if (typeof term !== 'number') throw new Error(`a snapshot at ${index} is outside the log: ${term}`)
    this.#snapshot = { meta: { index, term, conf }, data }
    return this.#snapshot
  }

  /** Drops the entries up to and including index. */
  compact(index: number): 'ok' | 'compacted' {
    if (index <= this.#before.index) return 'compacted'
    const term = this.term(index)
    if (typeof term !== 'number') throw new Error(`compaction to ${index} is beyond the last index ${this.lastIndex()}`)
    this.#entries = this.#entries.slice(index - this.#before.index)
    this.#before = { index, term }
    return 'ok'
  }
}
