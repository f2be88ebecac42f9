/**
 * Exactly once (thesis §6.3). Every proposal says who makes it (node, incarnation), its number, and the lowest number
 * that its maker still waits for. The results from that number on are kept, so that a proposal that reaches the log twice is
 * applied once and answered with the first result both times.
 */
import { ChurnMap } from '../../proto/churn-map.ts'
import type { Result } from './commands.ts'
import type { State } from './state.ts'

/** Who proposes. `seq` 0: nobody waits and twice is as good as once (a leader's own duties). */
export interface Proposer {
  readonly node: string
  /** Later incarnations of a node sort after earlier ones. */
  readonly incarnation: string
  readonly seq: number
  /** Every lower number has been answered, or given up. */
  readonly floor: number
}

export interface Session {
  readonly node: string
  incarnation: string
  floor: number
  readonly results: Map<number, Result>
  /** Sum of the numbers in `results`: a cheap witness for the state hash. */
  sum: number
}

/**
 * What to do with a proposal: apply it, answer with what it came to the first time, or forget it: its process is over, or
 * gave it up.
 */
export type Admission =
  | { readonly kind: 'apply' }
  | { readonly kind: 'again'; readonly result: Result }
  | { readonly kind: 'forget' }

/** Looks a proposal up in its session; `isNodeUp` opens a new session even if the incarnation sorts earlier. */
export function admit(state: State, proposer: Proposer, isNodeUp: boolean): Admission {
  if (proposer.seq === 0) return { kind: 'apply' }
  const session = sessionOf(state, proposer, isNodeUp)
  if (!session) return { kind: 'forget' }

  const result = session.results.get(proposer.seq)
  raiseFloor(session, proposer.floor)
  if (result) return { kind: 'again', result }
  if (proposer.seq < session.floor) return { kind: 'forget' }
  return { kind: 'apply' }
}

/** Keeps the result of an admitted proposal. */
export function keep(state: State, proposer: Proposer, result: Result): void {
  const session = state.sessions.get(proposer.node)
  if (!session || session.incarnation !== proposer.incarnation || proposer.seq < session.floor) return
  session.results.set(proposer.seq, result)
  session.sum += proposer.seq
}

/**
 * Ends a session without forgetting which numbers were applied: if the process turns out to be alive, what it sends
 * again is not applied again.
 */
export function closeSession(state: State, node: string, incarnation: string): void {
  const session = state.sessions.get(node)
  if (!session || session.incarnation !== incarnation) return
  let floor = session.floor
  for (const seq of session.results.keys()) floor = Math.max(floor, seq + 1)
  raiseFloor(session, floor)
}

function sessionOf(state: State, proposer: Proposer, isNodeUp: boolean): Session | null {
  const { node, incarnation, seq, floor } = proposer
  const known = state.sessions.get(node)
  if (known?.incarnation === incarnation) return known
  if (known && !isNodeUp && incarnation < known.incarnation) return null
  // A node-up may return to an incarnation whose session was replaced; below its own number nothing is known any more.
  const session = { node, incarnation, floor: isNodeUp ? seq : floor, results: new ChurnMap<number, Result>(), sum: 0 }
  state.sessions.set(node, session)
  return session
}

function raiseFloor(session: Session, floor: number): void {
  if (floor <= session.floor) return
  const drop = (seq: number) => {
    if (session.results.delete(seq)) session.sum -= seq
  }
  if (floor - session.floor <= session.results.size) for (let seq = session.floor; seq < floor; seq++) drop(seq)
  else for (const seq of session.results.keys()) if (seq < floor) drop(seq)
  session.floor = floor
}
