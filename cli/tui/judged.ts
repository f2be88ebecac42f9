/** Which calls something is wrong with: each is asked about on its own, some at a time. */
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { type Story, seenOf, storyOf } from '../trace/merge.ts'
import { type Problem, problemsOf } from '../trace/problems.ts'

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
  await each(calls, atOnce, isOver, async (row) => {
    // A call that is over meanwhile stays what it was.
    const [call, story] = await Promise.all([witness.call(row.id).catch(() => row), storyBy(witness, row.id)])
    const problems = problemsOf({ call, story, now, slowMs })
    if (problems.length > 0) found.set(row.id, problems)
  })
  return found
}

/** What nodes remember of these calls; those that none remembers are not there. */
export async function storiesOf(
  ids: readonly string[],
  witness: Pick<Witness, 'trace'>,
  atOnce: number,
): Promise<ReadonlyMap<string, Story>> {
  const found = new Map<string, Story>()
  await each(
    ids,
    atOnce,
    () => false,
    async (id) => {
      const story = await storyBy(witness, id)
      if (story) found.set(id, story)
    },
  )
  return found
}

async function storyBy(witness: Pick<Witness, 'trace'>, id: string): Promise<Story | null> {
  const items = await witness.trace(id).catch(() => [])
  const seen = items.flatMap((item) => seenOf(item) ?? [])
  return seen.length === 0 ? null : storyOf(seen)
}

async function each<Item>(
  items: readonly Item[],
  atOnce: number,
  isOver: () => boolean,
  ask: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length && !isOver(); i = next++) await ask(items[i]!)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
