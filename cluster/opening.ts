/** A directory on its way to a log: whose it is, opened or set aside for repair, and its file `member` in order. */
import type { ConsensusOptions } from './halves.ts'
import type { DurableLog } from './log/log.ts'
import type { Acquaintance } from './log/member.ts'
import { openOrRepair } from './log/repair.ts'
import type { Logger } from './logger.ts'
import { cutOf } from './options.ts'
import { keepOwnMember, type OwnMember, ownMember } from './own-member.ts'
import type { Id } from './raft/types.ts'
import { keyId } from './seal.ts'
import type { World } from './world.ts'

export interface Opened {
  readonly log: DurableLog
  readonly own: OwnMember
}

/** Rejects with one sentence when the directory cannot be trusted, or is not this node's. */
export async function openOwnLog(
  options: ConsensusOptions,
  world: World,
  say: Logger,
  onFatal: (error: Error) => void,
): Promise<Opened> {
  const { disk } = world
  const whose = { ...options, cluster: keyId(options.key), randomBytes: (count: number) => world.randomBytes(count) }
  const own = await ownMember(disk, whose)
  const opening = {
    dir: options.dataDir,
    identity: own.expected,
    isAlone: own.acquainted.length === 1,
    keep: options.keepEntries,
    onFatal,
    disk,
    cut: cutOf(world, options.limits),
  }
  const log = await openOrRepair(opening, say)
  const known = own.file === null ? { ...own, acquainted: acquaintedAs(own, options.node, log.identity.id) } : own
  try {
    await keepOwnMember(disk, whose, known, log.identity)
  } catch (error) {
    await log.close()
    throw error
  }
  return { log, own: known }
}

/** A founder that was replaced is configured with the id of before. */
function acquaintedAs({ acquainted }: OwnMember, node: string, id: Id): readonly Acquaintance[] {
  return acquainted.map((one) => (one.name === node ? { ...one, id } : one))
}
