/**
 * Two nodes that have all registrations and a third with an empty directory, a process each: how long until the third has the applied index and
 * the hash of the others, and what that costs it.
 */
import path from 'node:path'
import type { DurableLog } from '../cluster/log/log.ts'
import { openLog } from '../cluster/log/open.ts'
import { confOf } from '../cluster/raft/memory.ts'
import { message } from '../cluster/raft/message.ts'
import { LOCAL_APPEND } from '../cluster/raft/types.ts'
import { keyId } from '../cluster/seal.ts'
import { freePorts } from '../test/ports.ts'
import { ReplicaProcess } from './replica-process.ts'

const IDS = [1, 2, 3]
const PATIENCE_MS = 5 * 60_000

/** `from` has the snapshot that two of them begin with; figures by name. */
export async function join(from: DurableLog, root: string, key: Buffer): Promise<Record<string, number>> {
  const ports = await freePorts(IDS.length)
  const nodes = IDS.map((id, i) => ({ name: `n${id}`, id, address: `127.0.0.1:${ports[i]}` }))
  const specs = nodes.map(({ name: node, id }) => {
    return { node, id, nodes, dataDir: path.join(root, node), key: key.toString('base64') }
  })
  for (const { id, node, dataDir } of specs.slice(0, 2)) await fill(from, { id, node, dir: dataDir, key })
  await from.close()
  const running: ReplicaProcess[] = []
  try {
    running.push(...(await Promise.all(specs.slice(0, 2).map((spec) => ReplicaProcess.start(spec)))))
    await running[0]!.agree()
    const began = performance.now()
    const joined = await ReplicaProcess.start({ ...specs[2]!, watched: true })
    running.push(joined)
    let last = await joined.look()
    for (const others = running.slice(0, 2); ; last = await joined.look()) {
      const seen = await Promise.all(others.map((one) => one.look()))
      if (last.applied > 1 && seen.some(({ applied, hash }) => applied === last.applied && hash === last.hash)) break
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(`it is at ${last.applied}, not at ${seen[0]!.applied}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return {
      'an empty node has index and hash of the others, s': (performance.now() - began) / 1000,
      'CPU of its process, s': last.cpu,
      'its highest RSS, MB': last.peak,
      'its longest stall of the main thread, ms': last.stall.wall,
      'its longest stall of the main thread, ms, of CPU': last.stall.cpu,
    }
  } finally {
    for (const one of running) one.kill()
  }
}

/** A directory of that node with the snapshot in it, and nothing before it. */
async function fill(
  from: DurableLog,
  { id, node, dir, key }: { readonly id: number; readonly node: string; readonly dir: string; readonly key: Buffer },
): Promise<void> {
  const identity = { version: 1, cluster: keyId(key), id, node, members: IDS } as const
  const onFatal = (error: Error) => {
    throw error
  }
  const log = await openLog({ dir, identity, keep: 0, onFatal })
  const entry = { index: 1, term: 1, type: 'normal', data: new Uint8Array() } as const
  const fields = { from: id, term: 1, vote: 1, commit: 1, entries: [entry] }
  await new Promise<void>((done) => log.append(message('storage-append', LOCAL_APPEND, fields), done))
  await new Promise<void>((done) => log.join(done))
  await log.saveSnapshot({ index: 1, term: 1, conf: confOf(IDS) }, from.snapshotPieces(from.snapshot!))
  await log.close()
}
