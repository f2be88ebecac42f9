/** What the clients of a run asked, and what came back: the evidence. */
import type { Operation } from '../cluster/linearizability/history.ts'
import type { RegistrarInput, RegistrarOutput } from '../cluster/linearizability/models.ts'
import type { PlanInput, PlanOutput } from './plan-model.ts'

export type Registration = Operation<RegistrarInput, RegistrarOutput>
export type PlanOperation = Operation<PlanInput, PlanOutput>

export interface Count {
  ok: number
  refused: number
  unknown: number
}

export class Record {
  readonly registrations: Registration[] = []
  readonly plans: PlanOperation[] = []
  readonly counts = new Map<string, Count>()
  /** When a change was acknowledged, in ms of the monotonic clock, in order. */
  readonly acknowledged: number[] = []
  /** Answers that no fault explains: a node that failed to answer is a bug of the node. */
  readonly surprises: string[] = []

  count(kind: string, outcome: keyof Count): void {
    const count = this.counts.get(kind) ?? { ok: 0, refused: 0, unknown: 0 }
    this.counts.set(kind, count)
    count[outcome]++
  }

  /** Longer than `ms` no change was acknowledged, though clients asked: from, to. */
  silences(from: number, to: number, ms: number): [from: number, to: number][] {
    const times = [from, ...this.acknowledged.filter((at) => at > from && at < to), to]
    return times.slice(1).flatMap((at, i): [number, number][] => (at - times[i]! > ms ? [[times[i]!, at]] : []))
  }
}
