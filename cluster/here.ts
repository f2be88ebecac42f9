/**
 * Both halves in one thread: for a simulation, where all that happens must happen in one order. They speak as two threads would,
 * in turns of their own.
 */
import { Consensus } from './consensus.ts'
import type { ConsensusHalf, ConsensusOptions, TablesHalf, ToConsensus, ToTables } from './halves.ts'
import type { World } from './world.ts'

export async function startHere(options: ConsensusOptions, tables: TablesHalf, world: World): Promise<ConsensusHalf> {
  const up = inOrder(world)
  const down = inOrder(world)
  const tell = (batch: readonly ToTables[]) => up(() => tables.hear(batch))
  const consensus = await Consensus.start(options, { world, log: tables.log, tell })
  await new Promise<void>((heard) => up(heard))
  return {
    tell: (batch: readonly ToConsensus[]) => down(() => consensus.hear(batch)),
    close: () => consensus.close(),
  }
}

/** Does things in a later turn, first come first served. */
function inOrder(world: World): (act: () => void) => void {
  let waiting: (() => void)[] = []
  return (act) => {
    waiting.push(act)
    if (waiting.length > 1) return
    world.soon(() => {
      const now = waiting
      waiting = []
      for (const one of now) one()
    })
  }
}
