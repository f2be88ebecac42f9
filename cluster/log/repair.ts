/**
 * A directory that cannot be trusted is set aside, and the node begins with an empty one that does not vote until its peers
 * have given it everything again (see cluster/rebuild.ts). While the file `repair` is there the directory is under repair, so
 * whatever a crash leaves of the steps below, the next start is one of a node that does not vote: it finds the old files and
 * sets them aside, or new ones, or none.
 *
 * What is set aside stays, in `damaged-N`, until the next damage after a repair that was completed: two of them at most.
 */
import path from 'node:path'
import type { Logger } from '../logger.ts'
import { type Files, realDisk } from './disk.ts'
import type { DurableLog, LogOptions } from './log.ts'
import { asideName, markRepair, numberOf } from './mark.ts'
import { openLog } from './open.ts'
import { openTrouble, Refused } from './trouble.ts'

/** As openLog, but what it refuses is set aside if there are peers to repair it from. */
export async function openOrRepair(options: LogOptions, log: Logger): Promise<DurableLog> {
  const { dir, identity, disk = realDisk } = options
  const isAlone = options.isAlone ?? identity.members?.length === 1
  try {
    const opened = await openLog(options)
    if (opened.repair !== null)
      log.warn(
        { dir },
        `this node is still under repair and does not vote until its peers have given it all: ${opened.repair}`,
      )
    return opened
  } catch (error) {
    const { files } = disk
    if (!(error instanceof Refused) || !files || isAlone) throw error
    const aside = await setAside(files, dir, error.what).catch((trouble) => {
      throw openTrouble(dir, trouble)
    })
    log.error(
      { dir, aside },
      `${error.what}. This node does not vote and repairs itself from its peers. What was there is kept in ${aside}: ` +
        'delete it when the node says that it is repaired',
    )
    return await openLog(options)
  }
}

async function setAside(files: Files, dir: string, what: string): Promise<string> {
  const { first } = await markRepair(files, dir, what)
  const names = await files.list(dir)
  const before = names.filter((name) => numberOf(name) > 0).sort((a, b) => numberOf(a) - numberOf(b))
  const newest = before.at(-1) ?? ''
  const aside = asideName(numberOf(newest) + 1)
  // Never what this repair began with; else only the newest of those whose node was whole again since.
  const keep = first !== null && before.includes(first) ? first : newest
  for (const other of before) if (first !== null && other !== keep) await files.remove(path.join(dir, other))
  for (const one of ['log', 'frontier'])
    if (names.includes(one)) await files.move(path.join(dir, one), path.join(dir, aside, one))
  return path.join(dir, aside)
}
