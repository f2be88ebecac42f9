/** The tables of this node as the log moves them, entry by entry. ◆ */
import type { RowChange, Tables } from './cluster.ts'
import { decodeProposal, type Proposal } from './codec.ts'
import { HashMarks, type StateHash } from './marks.ts'
import type { Entry } from './raft/types.ts'
import { apply } from './tables/apply.ts'
import type { Command, Result } from './tables/commands.ts'
import { difference } from './tables/difference.ts'
import { stateHash } from './tables/hash.ts'
import { applyMembers } from './tables/members-apply.ts'
import type { Proposer } from './tables/sessions.ts'
import { SMALL } from './tables/small.ts'
import { type Dry, type Line, loadingSnapshot, snapshotLines } from './tables/snapshot.ts'
import { newState, type State, takeChanges } from './tables/state.ts'

export interface Applied {
  readonly proposer: Proposer
  readonly command: Command
  /** Null: forgotten, see tables/sessions. */
  readonly result: Result | null
}

const SINGLE = [
  'users',
  'registrations',
  'cdrs',
  'cdrOrder',
  'planVersion',
  'cluster',
  'members',
  'bindings',
  'held',
] as const
const TABLES: readonly (keyof Tables)[] = [...SMALL, ...SINGLE]

export class Machine {
  #state = newState()
  #applied = 0
  #term = 0
  readonly #marks = new HashMarks()
  /** For readers: always the tables of now, also after a snapshot replaced them. */
  readonly tables: Tables

  constructor() {
    const getters = TABLES.map((name) => [name, { get: () => this.#state[name], enumerable: true }] as const)
    this.tables = Object.defineProperties({}, Object.fromEntries(getters)) as Tables
  }

  get state(): State {
    return this.#state
  }

  /** Index of the last entry applied. */
  get applied(): number {
    return this.#applied
  }

  /** Its term. */
  get term(): number {
    return this.#term
  }

  get hash(): string {
    return stateHash(this.#state)
  }

  /** Applies one entry; null when it holds no command (a leader's first entry, a change of members, or nothing this version can read). */
  apply(entry: Entry): Applied | null {
    if (entry.index !== this.#applied + 1) throw new Error(`entry ${entry.index} after ${this.#applied}`)
    this.#applied = entry.index
    this.#term = entry.term
    const proposal = entry.type === 'normal' && entry.data.length > 0 ? decodeProposal(entry.data) : null
    const applied = proposal && this.#command(proposal)
    if (entry.type !== 'normal') applyMembers(this.#state, entry)
    this.#marks.at(entry.index, () => this.hash)
    return applied
  }

  #command({ proposer, command, time }: Proposal): Applied {
    return { proposer, command, result: apply(this.#state, proposer, command, time, this.#applied) }
  }

  /** See marks.ts. */
  hashes(): readonly StateHash[] {
    return this.#marks.take(this.#applied, this.hash)
  }

  takeChanges(): readonly RowChange[] {
    return takeChanges(this.#state)
  }

  /** The lines of a snapshot at `applied`; see tables/snapshot. */
  lines(): Iterable<string> {
    return snapshotLines(this.#state)
  }

  /** Begins again from a snapshot; the rows that differ are in the changes that are taken next. */
  load(index: number, term: number, lines: Iterable<string>): void {
    for (const _ of this.loading(index, term, lines, () => true));
  }

  /**
   * The same, a step a row, or a step of waiting. The tables are those of before until all lines are read, and those of the snapshot from one step to the next;
   * then the rows that differ come, if somebody `wants` them. No entry may be applied meanwhile.
   */
  *loading(
    index: number,
    term: number,
    lines: Iterable<Line | null>,
    wants: () => boolean,
  ): Generator<Dry | undefined> {
    const before = this.#state
    const next = yield* loadingSnapshot(lines)
    next.changes = [...before.changes]
    this.#state = next
    this.#applied = index
    this.#term = term
    this.#marks.at(index, () => this.hash)
    if (!wants()) return
    for (const change of difference(before, next)) {
      if (change) next.changes.push(change)
      yield
    }
  }
}
