/**
 * The way back from a lost majority: what one surviving directory has, as a snapshot to begin anew from (restore.ts). The node must be
 * stopped. All of its log is taken, also what it does not know to be committed: others may have known, and told a phone so. What
 * only the lost nodes had is lost, and an entry that was never agreed may come into force.
 */
import { openLog } from './log/open.ts'
import { letGo, linesOfPieces } from './log/pieces.ts'
import { Machine } from './machine.ts'
import { type Saving, savedBytes, savedHead } from './saved.ts'
import { keyId } from './seal.ts'

export interface SalvageOptions {
  readonly dir: string
  readonly node: string
  /** What the configuration, or the file `member`, says of the directory; null: what its log says. */
  readonly id: number | null
  /** The voters that its log begins with. */
  readonly founders: readonly number[] | null
  /** Both are of the configuration; see Expected. */
  readonly isOfFounding?: boolean
  readonly key: Uint8Array
  readonly program: string
  /** Wall clock, Unix ms. */
  readonly time: number
}

export interface Salvaged extends Saving {
  /** Entries that were taken without being known to be committed. */
  readonly unsure: number
}

/** Throws one sentence when the directory cannot be trusted, or has nothing. */
export async function salvage(options: SalvageOptions): Promise<Salvaged> {
  const { dir, id, node, founders, isOfFounding = false, key, program, time } = options
  const cluster = keyId(key)
  const members = founders && [...founders].sort((a, b) => a - b)
  const identity = { cluster, id, node, members, isOfFounding }
  const log = await openLog({ dir, identity, keep: 0, onFatal: () => {} })
  try {
    if (log.repair !== null) {
      throw new Error(`${dir} is under repair and lacks what its node had promised: take the directory of another node`)
    }
    const machine = new Machine()
    const found = log.takeToLoad()
    if (found) {
      const pieces: Buffer[] = []
      for await (const piece of found.pieces) pieces.push(piece)
      machine.load(found.index, found.term, linesOfPieces(letGo(pieces)))
    }
    const { storage } = log
    const last = storage.lastIndex()
    if (last > machine.applied) {
      const entries = storage.entries(machine.applied + 1, last + 1, Number.POSITIVE_INFINITY)
      if (typeof entries === 'string') throw new Error(`the entries after ${machine.applied} in ${dir} are ${entries}`)
      for (const entry of entries) machine.apply(entry)
    }
    if (machine.applied === 0) throw new Error(`there is nothing in ${dir}: take the directory of another node`)
    const { applied: index, term, state } = machine
    const lineage = log.lineage ?? ''
    const head = savedHead(state, { cluster, lineage, index, term, time, node, program, current: false })
    const unsure = Math.max(0, last - storage.initialState().hardState.commit)
    return { head, bytes: savedBytes(head, machine.lines(), () => Promise.resolve()), unsure }
  } finally {
    await log.close()
  }
}
