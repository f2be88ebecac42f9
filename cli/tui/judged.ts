/** Which calls something is wrong with: each is asked about on its own, some at a time. */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { storyOf } from '../trace/merge.ts'
import { type Problem, problemsOf } from '../trace/problems.ts'
import { seenOf } from './ladder.ts'

/** Who is asked. A question that fails says nothing about the call. */
export interface Witness {
  /** With its streams. */
  call(id: string): Promise<Call__Output>
  trace(id: string): Promise<readonly Traced__Output[]>
}

export interface Judging {
  /** By the clock of the cluster, ms. */
  readonly now: number
  /** A set-up that takes longer is slow, ms. */
  readonly slowMs: number
  readonly atOnce: number
  /** Nobody waits for it any more. */
  readonly isOver?: () => boolean
}

/** By the id of the call; those that nothing is wrong with have none. */
export async function judged(
  calls: readonly Call__Output[],
  witness: Witness,
  { now, slowMs, atOnce, isOver = () => false }: Judging,
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  const found = new Map<string, readonly Problem[]>()
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < calls.length && !isOver(); i = next++) {
      const row = calls[i]!
      // A call that is over meanwhile stays what it was.
      const [call, items] = await Promise.all([
        witness.call(row.id).catch(() => row),
        witness.trace(row.id).catch(() => []),
      ])
      const seen = seenOf(items)
      const problems = problemsOf({ call, story: seen.length === 0 ? null : storyOf(seen), now, slowMs })
      if (problems.length > 0) found.set(row.id, problems)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return found
}
