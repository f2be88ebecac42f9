/** What the recorded writer does with a log, as data, and what the log must hold after any part of it. */
import { createHash } from 'node:crypto'
import type { DurableLog } from '../../../../cluster/log/log.ts'
import type { Identity } from '../../../../cluster/log/recover.ts'
import type { Entry } from '../../../../cluster/raft/types.ts'

export const IDENTITY: Identity = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3] }
export const KEEP = 12

export type Op =
  | { readonly kind: 'reopen' }
  | { readonly kind: 'vote'; readonly term: number; readonly vote: number }
  /** They replace what is there from the first on. */
  | { readonly kind: 'append'; readonly first: number; readonly count: number; readonly term: number }
  /** Of the tables at the last index; what follows does not wait for it. */
  | { readonly kind: 'snapshot'; readonly index: number }
  | { readonly kind: 'install'; readonly index: number; readonly term: number }

interface State {
  readonly term: number
  readonly vote: number
  readonly last: number
  /** Term of each entry. */
  readonly terms: ReadonlyMap<number, number>
}

const LIVES = 7

export function script(): Op[] {
  const ops: Op[] = []
  let [last, term] = [0, 0]
  const append = (count: number) => {
    ops.push({ kind: 'append', first: last + 1, count, term })
    last += count
  }
  for (let life = 1; life <= LIVES; life++) {
    if (life > 1) ops.push({ kind: 'reopen' })
    ops.push({ kind: 'vote', term: ++term, vote: (life % 3) + 1 })
    for (let i = 0; i < 5; i++) append(1 + ((life * i) % 5))
    ops.push({ kind: 'snapshot', index: last })
    for (let i = 0; i < 3; i++) append(4)
    if (life % 2 === 0) {
      // A newer leader overwrites the tail, and has less than was there even with what follows.
      last -= 5
      ops.push({ kind: 'vote', term: ++term, vote: 0 })
      append(1)
    }
    if (life === 4) {
      last += 30
      ops.push({ kind: 'install', index: last, term })
    }
    append(2)
  }
  return ops
}

export function entryOf(index: number, term: number): Entry {
  return { index, term, type: 'normal', data: noise(`${index}/${term}`, 1 + ((index * 5) % 20)) }
}

/** The lines of the tables at an index. */
export function tablesAt(index: number): string[] {
  return Array.from({ length: 40 + (index % 30) }, (_, i) => noise(`${index}/${i}`, 3).toString('base64'))
}

/**
 * What is wrong with an opened log; null when it is as it was after one of the operations from `done` (the last that was
 * acknowledged) to `begun` (the last that was begun), both counted from 0, -1 for none.
 */
export async function wrongWith(
  log: DurableLog,
  ops: readonly Op[],
  done: number,
  begun: number,
): Promise<string | null> {
  const whys: string[] = []
  const states = statesOf(ops)
  for (let k = done + 1; k <= begun + 1; k++) {
    const why = differs(log, states[k]!)
    if (why === null) return await wrongSnapshot(log, ops, done, begun)
    whys.push(`${k}: ${why}`)
  }
  return `is as after none of the operations ${whys.join('; ')}`
}

/** Element k: after k operations. */
function statesOf(ops: readonly Op[]): State[] {
  const states: State[] = [{ term: 0, vote: 0, last: 0, terms: new Map() }]
  for (const op of ops) {
    const before = states.at(-1)!
    if (op.kind === 'vote') states.push({ ...before, term: op.term, vote: op.vote })
    else if (op.kind === 'install') states.push({ ...before, last: op.index, terms: new Map() })
    else if (op.kind === 'append') {
      const terms = new Map([...before.terms].filter(([index]) => index < op.first))
      for (let i = 0; i < op.count; i++) terms.set(op.first + i, op.term)
      states.push({ ...before, last: op.first + op.count - 1, terms })
    } else states.push(before)
  }
  return states
}

function differs(log: DurableLog, state: State): string | null {
  const { storage } = log
  const { term, vote } = storage.initialState().hardState
  if (term !== state.term || vote !== state.vote) return `term ${term} and vote ${vote}`
  if (log.last !== state.last) return `ends at ${log.last}, not ${state.last}`
  const first = storage.firstIndex()
  const entries = first > state.last ? [] : storage.entries(first, state.last + 1, Number.POSITIVE_INFINITY)
  if (typeof entries === 'string') return entries
  for (const entry of entries) {
    const must = state.terms.get(entry.index)
    if (must === undefined) return `entry ${entry.index} should not be there`
    const { data } = entryOf(entry.index, must)
    if (entry.term !== must || !Buffer.from(data).equals(entry.data)) return `entry ${entry.index} is another`
  }
  return null
}

async function wrongSnapshot(log: DurableLog, ops: readonly Op[], done: number, begun: number): Promise<string | null> {
  const kept = log.snapshot?.index ?? 0
  const first = log.storage.firstIndex()
  if (first - 1 > kept) return `begins at ${first} with a snapshot at ${kept}`
  const made = [0, ...ops.slice(0, begun + 1).flatMap((op) => ('index' in op ? [op.index] : []))]
  if (!made.includes(kept)) return `has a snapshot at ${kept} that nobody made`
  const installed = ops.slice(0, done + 1).flatMap((op) => (op.kind === 'install' ? [op.index] : []))
  if (kept < Math.max(0, ...installed)) return `has a snapshot at ${kept}, but ${installed} had been installed`
  if (kept === 0) return null
  const pieces: string[] = []
  for await (const piece of log.snapshotPieces(log.snapshot!)) pieces.push(piece.toString())
  return pieces.join('\n') === tablesAt(kept).join('\n') ? null : `the snapshot at ${kept} is another`
}

function noise(seed: string, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, (_, i) => createHash('sha256').update(`${seed}/${i}`).digest()))
}
