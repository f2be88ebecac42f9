/**
 * A data directory from a saved snapshot, for a cluster that begins anew: every one of its nodes is restored from the same file. It
 * is another founding of the cluster, and says so with a name of its own, its lineage, in every hello: a node that still has the old
 * directory is refused, and refuses, so that neither history can overwrite the other.
 *
 * What was going on when it was saved is over: calls, who was up, and sessions of proposals are left out. Users, routing plan and
 * registrations stay; those expire by cluster time, as ever.
 */
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { openLog } from './log/log.ts'
import { confOf } from './raft/memory.ts'
import { message } from './raft/message.ts'
import { LOCAL_APPEND } from './raft/types.ts'
import type { Saved } from './saved.ts'
import { keyId } from './seal.ts'
import { loadSnapshot, snapshotLines } from './tables/snapshot.ts'
import { type State, stateCounts } from './tables/state.ts'

export interface RestoreOptions {
  /** Must not exist, or be empty; its parent must exist. */
  readonly dir: string
  readonly id: number
  readonly node: string
  /** Ids of all nodes. */
  readonly members: readonly number[]
  readonly key: Uint8Array
  readonly lineage: string
}

/** What of a snapshot a new cluster begins with. */
export function carriedOver(state: State): readonly string[] {
  return [...snapshotLines({ ...state, calls: new Map(), nodes: new Map(), sessions: new Map() })]
}

/** Makes the directory, whole or not at all; returns the rows that it has. Throws one sentence when it cannot. */
export async function restore(saved: Saved, options: RestoreOptions): Promise<Readonly<Record<string, number>>> {
  const { dir, id, node, members, key, lineage } = options
  const { index, term } = saved.head
  const lines = carriedOver(loadSnapshot(saved.lines))
  const making = `${dir}.restoring`
  await rm(making, { recursive: true, force: true })
  const failed = Promise.withResolvers<never>()
  const log = await openLog({
    dir: making,
    identity: { version: 1, cluster: keyId(key), id, node, members: [...members].sort((a, b) => a - b) },
    keep: 0,
    onFatal: (error) => failed.reject(error),
  })
  const meta = { index, term, conf: confOf(members) }
  const snapshot = { meta, data: Buffer.from(lines.join('\n')) }
  const append = message('storage-append', LOCAL_APPEND, { term, commit: index, snapshot })
  const written = async (): Promise<void> => {
    await new Promise<void>((done) => log.adopt(lineage, done))
    await new Promise<void>((done) => log.append(append, done))
    await new Promise<void>((done) => log.join(done))
  }
  try {
    await Promise.race([written(), failed.promise])
  } finally {
    await log.close()
  }
  // An empty directory may be in the way.
  await rename(making, dir)
  await syncDirectory(path.dirname(dir))
  return stateCounts(loadSnapshot(lines))
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
