/** Directories, entries and writes for the tests of the durable log. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { DurableLog } from '../../../cluster/log/log.ts'
import { openLog } from '../../../cluster/log/open.ts'
import type { Identity } from '../../../cluster/log/recover.ts'
import { message } from '../../../cluster/raft/message.ts'
import { type Entry, LOCAL_APPEND, type Snapshot } from '../../../cluster/raft/types.ts'

export const IDENTITY: Identity = { version: 1, cluster: 'c', id: 1, node: 'n1', members: [1, 2, 3] }

export async function newDir(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-log-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

export function openAt(
  dir: string,
  more: { identity?: Identity; keep?: number; onFatal?: (error: Error) => void } = {},
) {
  const onFatal = (error: Error) => {
    throw error
  }
  return openLog({ dir, identity: IDENTITY, keep: 5, onFatal, ...more })
}

export function entries(from: number, to: number, term: number, size = 40): Entry[] {
  const list: Entry[] = []
  for (let index = from; index <= to; index++) {
    list.push({ index, term, type: 'normal', data: Buffer.alloc(size, `${term}/${index} `) })
  }
  return list
}

/** Resolves when it is on the disk. */
export function write(log: DurableLog, list: readonly Entry[], term: number, snapshot?: Snapshot): Promise<void> {
  const fields = { from: 1, term, vote: 1, commit: list[0]?.index ?? 1, entries: list, ...(snapshot && { snapshot }) }
  return new Promise((done) => log.append(message('storage-append', LOCAL_APPEND, fields), done))
}

export function terms(log: DurableLog): string {
  const { storage } = log
  const all = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Number.POSITIVE_INFINITY)
  return typeof all === 'string' ? all : all.map((entry) => `${entry.index}:${entry.term}`).join(' ')
}

/** A directory with 100 entries, written in ten batches and closed. */
export async function written(t: ExecutionContext): Promise<string> {
  const dir = await newDir(t)
  const log = await openAt(dir)
  for (let i = 0; i < 10; i++) await write(log, entries(i * 10 + 1, i * 10 + 10, 1), 1)
  await log.close()
  return dir
}

export const REFUSED = /does not start: restore a snapshot in the place of .*, or have it replaced by a new one/
