/** What a run draws from its seed. */
import { type Random, randomOf } from '../cluster/raft/simulator/random.ts'

export { type Random, randomOf }

/** Between two numbers, evenly. */
export const between = (random: Random, low: number, high: number): number => low + random.next() * (high - low)

/** All of them, in an order that the seed decides. */
export function shuffled<T>(random: Random, all: readonly T[]): T[] {
  const left = [...all]
  return Array.from({ length: all.length }, () => left.splice(random.below(left.length), 1)[0]!)
}
