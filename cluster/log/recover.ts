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
  RECEIVEDS,
  receivedKey,
} from './records.ts'
import { refuse, writeTrouble } from './trouble.ts'

/** Whose log it is. `members` are the voters that it begins with. */
export interface Identity {
  /** 2: its members were changed, or may be; programs before that do not understand it. */
  readonly version: 1 | 2
  readonly cluster: string
  readonly id: number
  readonly node: string
  readonly members: readonly number[]
  /** See member.ts; empty in a directory of a program that knew none. */
  readonly directory?: string
}

/** What a node expects of its log. Null: it does not know, the log says it. */
export interface Expected extends Omit<Identity, 'version' | 'id' | 'members'> {
  readonly id: number | null
  readonly members: readonly number[] | null
  /** What is expected is as the cluster was begun: no file says what this node has become since. */
  readonly isOfFounding?: boolean
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
  /** The transfer that it came with from another node; absent: it is our own. */
  readonly received?: number
}

export interface Recovered {
  readonly identity: Identity
  readonly hardState: HardState
  readonly base: Base
  readonly entries: readonly Entry[]
  readonly last: { readonly index: number; readonly crc: number }
  readonly snapshot: Kept | null
  /** How that snapshot begins; empty when there is none. */
  readonly head: Buffer
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
export async function recover(db: Database, dir: string, own: Expected, reached: Reached): Promise<Recovered> {
  const trouble = (error: unknown): never => {
    throw writeTrouble(dir, error)
  }
  const found = await readMeta<Identity>(db, dir, META.identity)
  if (found) checkIdentity(dir, found, own)
  else if (reached.term > 0) throw refuse(dir, `${dir} no longer says whose it is`)
  const identity = found ? { ...found, directory: found.directory ?? own.directory } : newIdentity(dir, own)
  if (found?.directory !== identity.directory || !found)
    await db.batch([metaRow(META.identity, identity)], { sync: true }).catch(trouble)

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
  // Looked at one by one and let go: all of them are as large as the tables. Whoever wants them reads them again.
  let head: Buffer = NO_BYTES
  if (snapshot) for await (const piece of pieces(db, dir, snapshot)) if (head.length === 0) head = headOf(piece)
  await forgetOthers(db, base, snapshot).catch(trouble)
  const commit = Math.min(Math.max(hardState.commit, snapshot?.index ?? 0), last.index)
  const joined = (await readMeta<object>(db, dir, META.joined)) !== null
  const lineage = (await readMeta<{ lineage: string }>(db, dir, META.lineage))?.lineage ?? null
  return { identity, hardState: { ...hardState, commit }, base, entries, last, snapshot, head, joined, lineage }
}

const NO_BYTES = Buffer.alloc(0)
/** More than the first line of a snapshot has. */
const HEAD_MAX = 64 * 1024

/** A copy of how a snapshot begins. */
export function headOf(first: Uint8Array): Buffer {
  return Buffer.from(first.subarray(0, HEAD_MAX))
}

/** The pieces of a snapshot in order, each checked; as they are now, also when they are cleared while they are read. */
export function pieces(db: Database, dir: string, kept: Kept): AsyncGenerator<Buffer> {
  return checked(db.iterator({ gte: keyOf(kept, 0), lt: keyOf(kept, kept.pieces) }), dir, kept)
}

function keyOf({ index, received }: Kept, piece: number): Buffer {
  return received === undefined ? chunkKey(index, piece) : receivedKey(received, piece)
}

async function* checked(rows: AsyncIterable<[Buffer, Buffer]>, dir: string, kept: Kept): AsyncGenerator<Buffer> {
  let piece = 0
  let bytes = 0
  const missing = (what: 'damaged' | 'missing'): Error =>
    refuse(dir, `piece ${piece} of the snapshot at entry ${kept.index} in ${dir} is ${what}`)
  for await (const [key, value] of rows) {
    if (!key.equals(keyOf(kept, piece))) throw missing('missing')
    const body = decodeBytes(key, value)
    if (!body) throw missing('damaged')
    piece++
    bytes += body.length
    yield body
  }
  if (piece < kept.pieces) throw missing('missing')
  if (bytes !== kept.bytes)
    throw refuse(dir, `the snapshot at entry ${kept.index} in ${dir} has ${bytes} bytes, not ${kept.bytes}`)
}

function newIdentity(dir: string, { cluster, id, node, members, directory }: Expected): Identity {
  if (id === null || members === null) throw refuse(dir, `${dir} no longer says whose it is`)
  return { version: 1, cluster, id, node, members, ...(directory !== undefined && { directory }) }
}

function checkIdentity(dir: string, found: Identity, own: Expected): void {
  if (found.version !== 1 && found.version !== 2) {
    throw new Error(`${dir} has format ${found.version}, this program reads formats 1 and 2: run a newer version`)
  }
  if (found.cluster !== own.cluster) {
    throw new Error(
      `${dir} belongs to the cluster with key ${found.cluster}, this node has key ${own.cluster}: use its own directory`,
    )
  }
  // A founder that was replaced has another id than it is configured with; then the log alone knows.
  const hasReplaced = own.isOfFounding === true && !found.members.includes(found.id)
  if ((own.id !== null && found.id !== own.id && !hasReplaced) || found.node !== own.node) {
    throw new Error(
      `${dir} belongs to node ${found.node} (id ${found.id}), this is ${own.node} (id ${own.id}): use its own directory`,
    )
  }
  if (found.version === 1 && own.members !== null && found.members.join() !== own.members.join()) {
    throw new Error(
      `${dir} was made for nodes with ids ${found.members.join(', ')}, the configuration names ${own.members.join(', ')}: ` +
        'leave cluster.nodes as it was; members change with raftel cluster join and raftel cluster remove (docs/membership.md)',
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
  const { index = 0, received = 0 } = snapshot ?? {}
  await clearBehind(db, base.index, snapshot)
  await db.clear({ gte: chunkKey(index + 1, 0), lt: CHUNKS.lt })
  await db.clear({ gte: receivedKey(received + 1, 0), lt: RECEIVEDS.lt })
}

/** Clears entries up to `base`, and the pieces of snapshots that `kept` took the place of. */
export async function clearBehind(db: Database, base: number, kept: Kept | null): Promise<void> {
  const { index = 0, received = 0 } = kept ?? {}
  await db.clear({ gte: ENTRIES.gte, lte: entryKey(base) })
  await db.clear({ gte: CHUNKS.gte, lt: chunkKey(index, 0) })
  await clearTransfers(db, 0, received - 1)
}

/** Clears what came in the transfers from one number to another. */
export async function clearTransfers(db: Database, from: number, to: number): Promise<void> {
  await db.clear({ gte: receivedKey(from, 0), lt: receivedKey(to + 1, 0) })
}
