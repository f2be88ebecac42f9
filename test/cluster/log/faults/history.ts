/**
 * A data directory that the real log wrote over several lives: votes, entries of five terms, conflicts that were
 * overwritten, snapshots of its own and of a leader, tables that LevelDB merged. And what of it was acknowledged.
 */
import { createHash, randomBytes } from 'node:crypto'
import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { realDisk } from '../../../../cluster/log/disk.ts'
import type { DurableLog } from '../../../../cluster/log/log.ts'
import { writeMember } from '../../../../cluster/log/member.ts'
import { openLog } from '../../../../cluster/log/open.ts'
import { inPieces } from '../../../../cluster/log/pieces.ts'
import type { Identity } from '../../../../cluster/log/recover.ts'
import { keepOwnMember, ownMember } from '../../../../cluster/own-member.ts'
import { confOf } from '../../../../cluster/raft/memory.ts'
import { message } from '../../../../cluster/raft/message.ts'
import { type Entry, LOCAL_APPEND, type Snapshot } from '../../../../cluster/raft/types.ts'

export const IDENTITY: Identity = {
  version: 1,
  cluster: 'c',
  id: 1,
  node: 'n1',
  members: [1, 2, 3],
  directory: 'd'.repeat(32),
}
const LIVES = 6

/** What a directory must hold, as plain data. */
export interface Acknowledged {
  readonly term: number
  readonly vote: number
  readonly last: number
  readonly first: number
  /** `term data`, by index. */
  readonly entries: Record<number, string>
  readonly snapshot: { readonly index: number; readonly text: string }
}

export interface History {
  /** The directory at its end, closed. */
  readonly dir: string
  /** Copies taken earlier, oldest first. */
  readonly older: readonly string[]
  readonly acknowledged: Acknowledged
}

/** As a node does it that knows from its directory alone who it is. */
export async function openAt(dir: string, onFatal: (error: Error) => void): Promise<DurableLog> {
  const whose = { dataDir: dir, node: 'n1', nodes: [], address: '', cluster: 'c', randomBytes }
  const own = await ownMember(realDisk, whose)
  const log = await openLog({ dir, identity: own.expected, keep: 20, onFatal })
  try {
    await keepOwnMember(realDisk, whose, own, log.identity)
    return log
  } catch (error) {
    await log.close()
    throw error
  }
}

/** The file `member` as of a life: the others are reached elsewhere in each. */
async function writeMemberOf(dir: string, life: number): Promise<void> {
  const { cluster, id, node, members: founders, directory = '' } = IDENTITY
  const members = founders.map((id) => ({ id, name: `n${id}`, address: `n${id}:${life}` }))
  await mkdir(dir, { recursive: true })
  await writeMember(realDisk, dir, { cluster, id, node, directory, founders, members, lineage: null })
}

/** Writes it below `root`. The same every time, but for what LevelDB says to itself in its LOG. */
export async function writeHistory(root: string): Promise<History> {
  const dir = path.join(root, 'data')
  const older: string[] = []
  const keep = async () => {
    const copy = path.join(root, `older-${older.length}`)
    await cp(dir, copy, { recursive: true })
    older.push(copy)
  }
  const entries: Record<number, string> = {}
  let snapshot = { index: 0, text: '' }
  let last = 0
  let log!: DurableLog
  let [term, vote] = [0, 0]
  const append = async (count: number) => {
    const list = Array.from({ length: count }, (_, i) => made(last + 1 + i, term))
    await written(log, { term, vote, commit: last, entries: list })
    for (const entry of list) entries[entry.index] = textOf(entry)
    last += count
  }
  const save = async () => {
    const text = lines(last, 30 + (last % 50))
    await log.saveSnapshot(
      { index: last, term: termOf(entries[last]!), conf: confOf([1, 2, 3]) },
      inPieces(text.split('\n')),
    )
    snapshot = { index: last, text }
  }
  for (let life = 1; life <= LIVES; life++) {
    await writeMemberOf(dir, life)
    log = await openAt(dir, fail)
    term = life * 10
    vote = (life % 3) + 1
    await written(log, { term, vote, commit: last, entries: [] })
    for (let batch = 0; batch < 6; batch++) {
      await append(3 + ((life + batch) % 4))
      if (batch === 2 && life % 2 === 0) {
        // A newer leader overwrites the tail, and has less than was there.
        for (let index = last - 1; index <= last; index++) delete entries[index]
        last -= 2
        term++
        vote = 0
        await append(1)
      }
      if (batch === 3) await save()
      if (life === LIVES) await keep()
    }
    if (life === 4) {
      const text = lines(last, 120)
      const meta = { index: last + 40, term, conf: confOf([1, 2, 3]) }
      await written(log, { term, vote, commit: 1, entries: [], snapshot: { meta, data: Buffer.from(text) } })
      snapshot = { index: meta.index, text }
      last = meta.index
    }
    await log.close()
    if (life < LIVES) await keep()
  }
  return { dir, older, acknowledged: { term, vote, last, first: snapshot.index - 19, entries, snapshot } }
}

/** What is wrong with an opened log; null when it has all that was acknowledged, byte for byte, and nothing else. */
export async function missingIn(log: DurableLog, must: Acknowledged): Promise<string | null> {
  const { storage } = log
  const { term, vote } = storage.initialState().hardState
  const { id, node, directory } = log.identity
  if (id !== IDENTITY.id || node !== IDENTITY.node || directory !== IDENTITY.directory)
    return `it is ${id} ${directory}`
  if (term !== must.term || vote !== must.vote)
    return `term ${term} and vote ${vote}, not ${must.term} and ${must.vote}`
  if (storage.lastIndex() !== must.last) return `ends at ${storage.lastIndex()}, not at ${must.last}`
  if (storage.firstIndex() > must.first) return `begins at ${storage.firstIndex()}, not at ${must.first}`
  const all = storage.entries(must.first, must.last + 1, Number.POSITIVE_INFINITY)
  if (typeof all === 'string') return all
  for (const entry of all) if (must.entries[entry.index] !== textOf(entry)) return `entry ${entry.index} is another`
  if (all.length !== must.last + 1 - must.first) return `${all.length} entries`
  if (log.snapshot?.index !== must.snapshot.index) return `snapshot at ${log.snapshot?.index}`
  const pieces: string[] = []
  for await (const piece of log.snapshotPieces(log.snapshot)) pieces.push(piece.toString())
  return pieces.join('\n') === must.snapshot.text ? null : 'the snapshot is another'
}

function written(
  log: DurableLog,
  what: { term: number; vote: number; commit: number; entries: readonly Entry[]; snapshot?: Snapshot },
): Promise<void> {
  return new Promise((done) => log.append(message('storage-append', LOCAL_APPEND, { from: 1, ...what }), done))
}

function made(index: number, term: number): Entry {
  return { index, term, type: 'normal', data: Buffer.from(noise(`${term}/${index}`, 1 + ((index * 7) % 9))) }
}

function textOf({ term, data }: Entry): string {
  return `${term} ${Buffer.from(data).toString()}`
}

function termOf(text: string): number {
  return Number.parseInt(text, 10)
}

function lines(seed: number, count: number): string {
  return Array.from({ length: count }, (_, i) => `${i} ${noise(`${seed}/${i}`, 1)}`).join('\n')
}

/** Text that cannot be compressed much, the same for the same seed. */
function noise(seed: string, times: number): string {
  return Array.from({ length: times }, (_, i) => createHash('sha256').update(`${seed}/${i}`).digest('base64')).join('')
}

function fail(error: Error): never {
  throw error
}
