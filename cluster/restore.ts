/**
 * A data directory from a saved snapshot, for a cluster that begins anew: every one of its nodes is restored from the same file. It
 * is another founding of the cluster, and says so with a name of its own, its lineage, in every hello: a node that still has the old
 * directory is refused, and refuses, so that neither history can overwrite the other.
 *
 * What was going on when it was saved is over: calls, who was up, sessions of proposals and the members are left out: those are the ones
 * that the new cluster is configured with. Users, routing plan and registrations stay; those expire by cluster time, as ever.
 */
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { type Files, realDisk } from './log/disk.ts'
import { type Acquaintance, MEMBER, writeMember } from './log/member.ts'
import { openLog } from './log/open.ts'
import { confOf } from './raft/memory.ts'
import { message } from './raft/message.ts'
import { LOCAL_APPEND } from './raft/types.ts'
import type { Saved } from './saved.ts'
import { keyId } from './seal.ts'
import { loadSnapshot, snapshotLines } from './tables/snapshot.ts'
import { type State, stateCounts } from './tables/state.ts'

export interface RestoreOptions {
  /** Must not exist, or be empty but for what an earlier try left. */
  readonly dir: string
  readonly node: string
  /** All nodes of the new cluster, this one among them. */
  readonly nodes: readonly Acquaintance[]
  readonly key: Uint8Array
  readonly lineage: string
}

/** In the directory, while it is being made. */
const MAKING = 'restoring'

/** Whether a directory may be restored into. */
export async function isFree(dir: string, files: Files = realDisk.files!): Promise<boolean> {
  if (!(await realDisk.exists(dir))) return true
  return (await files.list(dir)).every((name) => name === MAKING)
}

/**
 * Fills the directory; returns the rows that it has. Throws one sentence when it cannot. If it is interrupted the directory is
 * still free, or, between the last two steps, one that its node refuses and repairs from its peers.
 */
export async function restore(saved: Saved, options: RestoreOptions): Promise<Readonly<Record<string, number>>> {
  const { dir, node, nodes, key, lineage } = options
  const { index, term } = saved.head
  const files = realDisk.files!
  if (!(await isFree(dir))) throw new Error(`${dir} is not empty: move it away first`)
  const founders = nodes.map(({ id }) => id).sort((a, b) => a - b)
  const id = nodes.find(({ name }) => name === node)?.id
  if (id === undefined) throw new Error(`${node} is not among the nodes of the new cluster: name it in cluster.nodes`)
  const own = { cluster: keyId(key), id, node, directory: randomBytes(16).toString('hex') }
  const begin = carriedOver(loadSnapshot(saved.lines))
  const lines = [...snapshotLines(begin)]
  await realDisk.makeDirectory(dir)
  const making = path.join(dir, MAKING)
  await files.remove(making)
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const log = await openLog({
    dir: making,
    identity: { ...own, members: founders },
    keep: 0,
    onFatal: (error) => failed.reject(error),
  })
  const meta = { index, term, conf: confOf(founders) }
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
  await writeMember(realDisk, making, { ...own, founders, members: nodes, lineage })
  // A frontier without its log is refused; a log without its frontier would be, too, but might be one that has yet to get it. Who it is the log
  // knows as well.
  for (const part of ['frontier', 'log', MEMBER]) await files.move(path.join(making, part), path.join(dir, part))
  await files.remove(making)
  return stateCounts(begin)
}

/** What of a snapshot a new cluster begins with. */
function carriedOver(state: State): State {
  return { ...state, calls: new Map(), nodes: new Map(), sessions: new Map(), members: null }
}
