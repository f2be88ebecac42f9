/** From a directory to a log: opened, read whole, and believed only if it holds together (recover.ts). */
import path from 'node:path'
import { type Database, realDisk } from './disk.ts'
import { Frontier, openFrontier } from './frontier.ts'
import { DurableLog, type LogOptions } from './log.ts'
import { readRepair } from './mark.ts'
import { recover } from './recover.ts'
import { redoLast } from './redo.ts'
import { isOfDisk, openTrouble, refuse } from './trouble.ts'

/** Opens the log of a directory, or makes it. Throws one sentence when the directory cannot be trusted. */
export async function openLog(options: LogOptions): Promise<DurableLog> {
  const { dir, identity, disk = realDisk } = options
  const location = path.join(dir, 'log')
  const trouble = (error: unknown): never => {
    throw openTrouble(dir, error)
  }
  await disk.makeDirectory(dir).catch(trouble)
  const hadDatabase = await disk.exists(location).catch(trouble)
  const name = path.join(dir, 'frontier')
  const frontier = await openFrontier(disk, name, hadDatabase).catch(trouble)
  if (typeof frontier === 'string') throw refuse(dir, `${name} is ${frontier}`)
  const { file, found } = frontier
  let db: Database | null = null
  try {
    const { reached, redo } = found
    if (!hadDatabase && reached.term > 0)
      throw refuse(dir, `${location} is missing, but entry ${reached.last} had been written`)
    db = await disk.openDatabase(location)
    if (redo) await redoLast(db, dir, redo)
    const recovered = await recover(db, dir, identity, reached)
    const repair = await readRepair(disk, dir)
    return new DurableLog(options, db, { ...recovered, repair }, (onError) => new Frontier(file, found, onError))
  } catch (error) {
    await db?.close()
    await file.close()
    throw isOfDisk(error) ? openTrouble(dir, error) : error
  }
}
