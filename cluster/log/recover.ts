/**
 * What a directory holds, read once at boot and believed only if it holds together: whose it is, every record sound, the
 * entries without a hole and chained, the snapshot complete, and nothing less than the frontier remembers.
 */
import type { ConfState, Entry, HardState } from '../raft/types.ts'
import type { Database, Operation } from './disk.ts'
import type { Reached } from './frontier.ts'
import {
  CHUNKS,
  chunkKey,
  decodeBytes,
  decodeEntry,
  ENTRIES,
  encodeBytes,
  entryKey,
  indexOfKey,
  metaKey,
} from './records.ts'
import { refuse, writeTrouble } from './trouble.ts'

/** Whose log it is. `members` are the ids of all nodes; they cannot change while the log lives. */
export interface Identity {
  readonly version: 1
  readonly cluster: string
  readonly id: number
  readonly node: string
  readonly members: readonly number[]
}

/** The place before the first entry kept: index, term and CRC of the entry that was there. */
export interface Base {
  readonly index: number
  readonly term: number
  readonly crc: number
}

/** A complete snapshot in the database. */
export interface Kept {
  readonly index: number
  readonly term: number
  readonly conf: ConfState
  readonly pieces: number
  readonly bytes: number
}

export interface Recovered {
  readonly hardState: HardState
  readonly base: Base
  readonly entries: readonly Entry[]
  readonly last: { readonly index: number; readonly crc: number }
  readonly snapshot: Kept | null
  /** The pieces of that snapshot. */
  readonly pieces: readonly Buffer[]
  /** Whether this directory may vote, see cluster/rebuild.ts. */
  readonly joined: boolean
  /** Null: it was never said; see DurableLog.lineage. */
  readonly lineage: string | null
}

export const META = {
  identity: metaKey('identity'),
  state: metaKey('state'),
  base: metaKey('base'),
  snapshot: metaKey('snapshot'),
  joined: metaKey('joined'),
  lineage: metaKey('lineage'),
}

export function metaRow(key: Buffer, value: object): Operation {
  return { type: 'put', key, value: encodeBytes(key, Buffer.from(JSON.stringify(value))) }
}

export const NO_STATE: HardState = { term: 0, vote: 0, commit: 0 }

/** Reads and checks everything. `dir` is named in refusals. */
export async function recover(db: Database, dir: string, own: Identity, reached: Reached): Promise<Recovered> {
  const trouble = (error: unknown): never => {
    throw writeTrouble(dir, error)
  }
  const identity = await readMeta<Identity>(db, dir, META.identity)
  if (identity) checkIdentity(dir, identity, own)
  else if (reached.term > 0) throw refuse(dir, `${dir} no longer says whose it is`)
  else await db.batch([metaRow(META.identity, own)], { sync: true }).catch(trouble)

  const hardState = (await readMeta<HardState>(db, dir, META.state)) ?? NO_STATE
  const base = (await readMeta<Base>(db, dir, META.base)) ?? { index: 0, term: 0, crc: 0 }
  const snapshot = await readMeta<Kept>(db, dir, META.snapshot)
  const { entries, last, crcAtReached } = await readEntries(db, dir, base, reached.last)

  if (last.index < reached.last) {
    throw refuse(dir, `the log in ${dir} ends at entry ${last.index}, but entry ${reached.last} had been written`)
  }
  if (reached.last >= base.index && reached.last > 0 && crcAtReached !== reached.crc) {
    throw refuse(dir, `entry ${reached.last} of the log in ${dir} is not the one that had been written`)
  }
  if (
    hardState.term < reached.term ||
    (hardState.term === reached.term && reached.vote && hardState.vote !== reached.vote)
  ) {
    throw refuse(
      dir,
      `${dir} has forgotten a vote: it says term ${hardState.term}, but term ${reached.term} had been written`,
    )
  }
  if ((snapshot?.index ?? 0) < reached.snapshot) {
    throw refuse(dir, `the snapshot at entry ${reached.snapshot} is missing in ${dir}`)
  }
  if (base.index > 0 && (!snapshot || snapshot.index < base.index)) {
    throw refuse(dir, `${dir} begins after entry ${base.index} and has no snapshot of what was before`)
  }
  const restored: Buffer[] = []
  // In blocks of their own, so that they can change hands to another thread: all of them are as large as the tables.
  if (snapshot) {
    for await (const piece of pieces(db, dir, snapshot)) restored.push(Buffer.from(new Uint8Array(piece).buffer))
  }
  await forgetOthers(db, base, snapshot).catch(trouble)
  const commit = Math.min(Math.max(hardState.commit, snapshot?.index ?? 0), last.index)
  const joined = (await readMeta<object>(db, dir, META.joined)) !== null
  const lineage = (await readMeta<{ lineage: string }>(db, dir, META.lineage))?.lineage ?? null
  return { hardState: { ...hardState, commit }, base, entries, last, snapshot, pieces: restored, joined, lineage }
}

/** The pieces of a snapshot in order, each checked. */
export async function* pieces(db: Database, dir: string, kept: Kept): AsyncGenerator<Buffer> {
  let bytes = 0
  for (let piece = 0; piece < kept.pieces; piece++) {
    const key = chunkKey(kept.index, piece)
    const value = await db.get(key)
    const body = value && decodeBytes(key, value)
    if (!body) {
      throw refuse(
        dir,
        `piece ${piece} of the snapshot at entry ${kept.index} in ${dir} is ${value ? 'damaged' : 'missing'}`,
      )
    }
    bytes += body.length
    yield body
  }
  if (bytes !== kept.bytes)
    throw refuse(dir, `the snapshot at entry ${kept.index} in ${dir} has ${bytes} bytes, not ${kept.bytes}`)
}

function checkIdentity(dir: string, found: Identity, own: Identity): void {
  if (found.version !== own.version) {
    throw new Error(`${dir} has format ${found.version}, this program reads format ${own.version}`)
  }
  if (found.cluster !== own.cluster) {
    throw new Error(
      `${dir} belongs to the cluster with key ${found.cluster}, this node has key ${own.cluster}: use its own directory`,
    )
  }
  if (found.id !== own.id || found.node !== own.node) {
    throw new Error(
      `${dir} belongs to node ${found.node} (id ${found.id}), this is ${own.node} (id ${own.id}): use its own directory`,
    )
  }
  if (found.members.join() !== own.members.join()) {
    throw new Error(
      `${dir} was made for nodes with ids ${found.members.join(', ')}, the configuration names ${own.members.join(', ')}: ` +
        'the members of a cluster cannot change yet',
    )
  }
}

/** Null when it is not there; refuses when it is damaged. */
export async function readMeta<T>(db: Database, dir: string, key: Buffer): Promise<T | null> {
  const value = await db.get(key)
  if (!value) return null
  const body = decodeBytes(key, value)
  if (!body) throw refuse(dir, `the row ${key.subarray(2).toString()} in ${dir} is damaged`)
  return JSON.parse(body.toString()) as T
}

async function readEntries(db: Database, dir: string, base: Base, reachedLast: number) {
  const entries: Entry[] = []
  let last = { index: base.index, crc: base.crc }
  let crcAtReached = reachedLast === base.index ? base.crc : undefined
  for await (const [key, value] of db.iterator(ENTRIES)) {
    const index = indexOfKey(key)
    // Cut off behind a snapshot, but not cleared yet.
    if (index <= base.index) continue
    if (index !== last.index + 1) throw refuse(dir, `entry ${last.index + 1} is missing in the log in ${dir}`)
    const record = decodeEntry(key, value)
    if (!record) throw refuse(dir, `entry ${index} of the log in ${dir} is damaged`)
    if (record.before !== last.crc)
      throw refuse(dir, `entry ${index} of the log in ${dir} does not follow the one before it`)
    entries.push(record.entry)
    last = { index, crc: record.crc }
    if (index === reachedLast) crcAtReached = record.crc
  }
  return { entries, last, crcAtReached }
}

/** Entries behind the base and pieces of a snapshot that was never finished, or is replaced. */
async function forgetOthers(db: Database, base: Base, snapshot: Kept | null): Promise<void> {
  await clearBehind(db, base.index, snapshot?.index ?? 0)
  await db.clear({ gte: chunkKey((snapshot?.index ?? 0) + 1, 0), lt: CHUNKS.lt })
}

/** Clears entries up to `base` and pieces of snapshots older than `snapshot`. */
export async function clearBehind(db: Database, base: number, snapshot: number): Promise<void> {
  await db.clear({ gte: ENTRIES.gte, lte: entryKey(base) })
  await db.clear({ gte: CHUNKS.gte, lt: chunkKey(snapshot, 0) })
}
