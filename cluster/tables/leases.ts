/**
 * Leases: what one node at a time may do, like registering at a carrier. A lease is over at its time, or at once when the cluster agrees
 * that its node is down. Its holder looks at it, and at whether it still hears the cluster, right before each deed: a node that was cut off stops
 * by itself before the others can say that it is down.
 */
import type { LeaseRelease, LeaseRenew, LeaseTake, Result } from './commands.ts'
import { put, remove, type State } from './state.ts'
import type { LeaseRow } from './trunk-rows.ts'

/** More duties than anybody has; those that are free make room. */
export const LEASES_MAX = 10_000

export function takeLease(state: State, { duty, node, incarnation, ms }: LeaseTake): Result {
  const old = state.leases.get(duty) ?? null
  const until = state.time + ms
  // A process that is over has no use for it, and nobody would say that it is.
  if (state.nodes.get(node)?.incarnation !== incarnation) return { kind: 'lease', lease: old }
  if (old && isHeld(old, state.time)) {
    return old.incarnation === incarnation ? write(state, { ...old, until }) : { kind: 'lease', lease: old }
  }
  if (!old) makeRoom(state)
  if (!old && state.leases.size >= LEASES_MAX) return { kind: 'lease', lease: null }
  // By time, so that it has grown also when the row of before was forgotten.
  const token = Math.max(state.time, (old?.token ?? 0) + 1)
  return write(state, { duty, node, incarnation, token, until })
}

/** Who is too late may have it again only by asking for it: another may have had it in between. */
export function renewLeases(state: State, { leases, ms }: LeaseRenew): Result {
  for (const { duty, token } of leases) {
    const old = state.leases.get(duty)
    if (old?.token === token && isHeld(old, state.time))
      write(state, { ...old, until: Math.max(old.until, state.time + ms) })
  }
  return { kind: 'done' }
}

export function releaseLease(state: State, { duty, token }: LeaseRelease): Result {
  const old = state.leases.get(duty) ?? null
  return old && old.token === token ? write(state, free(old)) : { kind: 'lease', lease: old }
}

/** Those of a node's processes for which `over` holds, in the order of their names. */
export function freeLeasesOf(state: State, node: string, over: (incarnation: string) => boolean): void {
  const held = [...state.leases.values()].filter((row) => row.node === node && over(row.incarnation))
  for (const row of held.sort(byDuty)) write(state, free(row))
}

/** At cluster time `now`. */
export function isHeld({ node, until }: LeaseRow, now: number): boolean {
  return node !== '' && until > now
}

function makeRoom(state: State): void {
  if (state.leases.size < LEASES_MAX) return
  const over = [...state.leases.values()].filter((row) => !isHeld(row, state.time))
  for (const { duty } of over.sort(byDuty)) remove(state, 'leases', duty)
}

const free = ({ duty, token }: LeaseRow): LeaseRow => ({ duty, node: '', incarnation: '', token, until: 0 })

const byDuty = (a: LeaseRow, b: LeaseRow): number => (a.duty < b.duty ? -1 : 1)

function write(state: State, lease: LeaseRow): Result {
  put(state, 'leases', lease.duty, lease)
  return { kind: 'lease', lease }
}
