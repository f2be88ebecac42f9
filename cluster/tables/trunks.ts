/** Trunks, and what each node knows of them. */
import type { Result, TrunkPut } from './commands.ts'
import type { NodeRow } from './rows.ts'
import { put, remove, type State } from './state.ts'
import type { TrunkRow, TrunkStateRow } from './trunk-rows.ts'

export const TRUNKS_MAX = 1_000

/** What its password is sealed for: it opens for no other. */
export function trunkPurpose(name: string): string {
  return `password of trunk ${name}`
}

/** The duty of registering there. */
export function registerDuty(name: string): string {
  return `register trunk ${name}`
}

/** Neither has a blank in it. */
export function trunkStateKey(trunk: string, node: string): string {
  return `${trunk} ${node}`
}

/** Of a key as limits have it (`trunk:NAME`): how many calls the trunk takes at once, of itself. Infinity: it says nothing, or the key is no trunk's. */
export function callsMax(trunks: ReadonlyMap<string, TrunkRow>, key: string): number {
  const max = key.startsWith('trunk:') ? trunks.get(key.slice('trunk:'.length))?.maxCalls : undefined
  return max ?? Number.POSITIVE_INFINITY
}

export function putTrunk(state: State, { trunk, expect }: TrunkPut): Result {
  const old = state.trunks.get(trunk.name)
  const version = old?.version ?? 0
  if (expect !== null && expect !== version) return { kind: 'trunk conflict', version }
  if (!old && state.trunks.size >= TRUNKS_MAX) return { kind: 'too many trunks', max: TRUNKS_MAX }
  put(state, 'trunks', trunk.name, { ...trunk, version: version + 1 })
  // Nobody asks after it any more.
  if (trunk.disabled) forget(state, (row) => row.trunk === trunk.name)
  return { kind: 'done' }
}

/** With all that nodes know of it; its lease its holder gives back, when it is no longer registered there. */
export function removeTrunk(state: State, name: string): Result {
  if (!state.trunks.has(name)) return { kind: 'no such trunk', name }
  remove(state, 'trunks', name)
  forget(state, (row) => row.trunk === name)
  return { kind: 'done' }
}

/** A report of a process that is over, or of a trunk that is gone, changes nothing: nobody would ever take it back. */
export function putTrunkState(state: State, said: Omit<TrunkStateRow, 'since'>): Result {
  const { trunk, node, incarnation, reach } = said
  const row = state.trunks.get(trunk)
  if (!row || row.disabled || state.nodes.get(node)?.incarnation !== incarnation) return { kind: 'done' }
  const key = trunkStateKey(trunk, node)
  const old = state.trunkStates.get(key)
  const since = old?.reach === reach ? old.since : state.time
  put(state, 'trunkStates', key, { ...said, since })
  return { kind: 'done' }
}

export function forgetTrunkStatesOf(state: State, node: string, over: (incarnation: string) => boolean): void {
  forget(state, (row) => row.node === node && over(row.incarnation))
}

function forget(state: State, which: (row: TrunkStateRow) => boolean): void {
  const keys: string[] = []
  for (const [key, row] of state.trunkStates) if (which(row)) keys.push(key)
  for (const key of keys.sort()) remove(state, 'trunkStates', key)
}

export interface TrunkStanding {
  readonly state: 'up' | 'down' | 'partly' | 'disabled'
  /** The nodes that are up and cannot reach it, in order. */
  readonly unreachableFrom: readonly string[]
}

/**
 * Down when most nodes that are up cannot reach it; a node that has said nothing yet is taken to reach it. What nodes that are down said counts
 * for nothing.
 */
export function trunkState(
  trunk: Pick<TrunkRow, 'name' | 'disabled'>,
  states: Pick<ReadonlyMap<string, TrunkStateRow>, 'get'>,
  nodes: Iterable<Pick<NodeRow, 'id' | 'incarnation'>>,
): TrunkStanding {
  const up = [...nodes]
  const unreachableFrom = up
    .filter(({ id, incarnation }) => {
      const row = states.get(trunkStateKey(trunk.name, id))
      return row?.reach === 'down' && row.incarnation === incarnation
    })
    .map(({ id }) => id)
    .sort()
  const state =
    trunk.disabled === true
      ? 'disabled'
      : unreachableFrom.length * 2 > up.length
        ? 'down'
        : unreachableFrom.length > 0
          ? 'partly'
          : 'up'
  return { state, unreachableFrom }
}
