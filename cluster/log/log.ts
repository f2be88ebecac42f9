/**
 * The durable log of one replica. It takes the core's storage messages in order, writes what has come up in the meantime
 * as one synced batch, and says that each is done when the frontier covers it too. Any error of the disk is the end: what a failed write left
 * behind is unknown, so the node stops and reads it again at the next start.
 */
import { confOf, MemoryStorage } from '../raft/memory.ts'
import type { HardState, Message, Snapshot, SnapshotMeta, Storage } from '../raft/types.ts'
import { type Database, type Disk, type Operation, realDisk } from './disk.ts'
import { type Frontier, REDO_MAX, type Reached } from './frontier.ts'
import { endRepair, markRepair } from './mark.ts'
import { type Cut, inPieces, linesOfPieces } from './pieces.ts'
import { chunkKey, decodeEntry, encodeBytes, encodeEntry, entryKey } from './records.ts'
import {
  type Base,
  clearBehind,
  clearTransfers,
  type Expected,
  type Identity,
  type Kept,
  META,
  metaRow,
  pieces,
  type Recovered,
} from './recover.ts'
import { packOperations } from './redo.ts'
import { type Incoming, Transfers } from './transfers.ts'
import { refuse, writeTrouble } from './trouble.ts'
import { mergeWrites, type Write } from './writes.ts'

export interface LogOptions {
  /** Holds `log/` (the database) and `frontier`. */
  readonly dir: string
  readonly identity: Expected
  /** There is nobody to repair it from; when left out, if it begins with one voter. */
  readonly isAlone?: boolean
  /** Entries kept behind a snapshot, for followers that are a little late. */
  readonly keep: number
  /** Called once, with a sentence; nothing is written or acknowledged afterwards. */
  readonly onFatal: (error: Error) => void
  /** Where the directory is; the machine's own disk unless a simulation brings another. */
  readonly disk?: Disk
  /** How snapshots are cut, if not as usual. */
  readonly cut?: Cut
}

type Job =
  | { readonly kind: 'append'; readonly message: Message; readonly done: () => void }
  /** `done` is called in any case: it says that nobody is at it any more. */
  | { readonly kind: 'switch'; readonly kept: Kept; readonly done: () => void }
  | { readonly kind: 'join'; readonly done: () => void }
  | { readonly kind: 'identity' }
  | { readonly kind: 'adopt'; readonly lineage: string; readonly done: () => void }

/** A snapshot that the tables are to begin anew from. */
export interface ToLoad {
  readonly index: number
  readonly term: number
  /** The first bytes of the first piece. */
  readonly head: Buffer
  /** Read as they are asked for, whatever becomes of the snapshot meanwhile. */
  readonly pieces: AsyncGenerator<Buffer>
}

export class DurableLog {
  readonly #options: LogOptions
  readonly #db: Database
  readonly #frontier: Frontier
  readonly #memory = new MemoryStorage()
  readonly #queue: Job[] = []
  #identity: Identity
  #hardState: HardState
  #last: { readonly index: number; readonly crc: number }
  #kept: Kept | null
  #joined: boolean
  #repair: string | null
  #lineage: string | null
  readonly #transfers: Transfers
  readonly #toLoad: ToLoad[] = []
  #pump: Promise<void> | null = null
  #dead = false
  #isDistrusted = false

  constructor(
    options: LogOptions,
    db: Database,
    from: Recovered & { readonly repair: string | null },
    frontier: (onError: (error: unknown) => void) => Frontier,
  ) {
    this.#options = options
    this.#db = db
    this.#frontier = frontier((error) => this.#fail(error))
    this.#identity = from.identity
    this.#hardState = from.hardState
    this.#last = from.last
    this.#kept = from.snapshot
    this.#joined = from.joined
    this.#repair = from.repair
    this.#lineage = from.lineage
    const { snapshot, base } = from
    this.#transfers = new Transfers(db, snapshot?.received ?? 0, (error) => this.#fail(error))
    if (snapshot) this.#loadLater(snapshot, from.head)
    const conf = snapshot?.conf ?? confOf(from.identity.members)
    // The memory begins at the base and has the snapshot, which may be younger than it, put on top.
    this.#memory.applySnapshot({ meta: { index: base.index, term: base.term, conf }, data: NO_BYTES })
    this.#memory.append(from.entries)
    if (snapshot && snapshot.index > base.index) this.#memory.createSnapshot(snapshot.index, conf, NO_BYTES)
    if (from.hardState.term > 0) this.#memory.setHardState(from.hardState)
    this.#frontier.note(this.#reached())
  }

  /** Whose it is. */
  get identity(): Identity {
    return this.#identity
  }

  /**
   * Its members changed, which older programs do not understand: they do not open it any more. That it is committed is written too:
   * whoever was removed cannot be asked again after a crash.
   */
  found(): void {
    this.#identity = { ...this.#identity, version: 2 }
    this.#add({ kind: 'identity' })
  }

  /** What the core reads. Its snapshots carry no data: the data is read with snapshotPieces(). */
  get storage(): Storage {
    return this.#memory
  }

  /** Index and size of the newest snapshot; null when there is none. */
  get snapshot(): Kept | null {
    return this.#kept
  }

  get last(): number {
    return this.#last.index
  }

  /** Nothing was ever promised with this directory, nor with one that this one took the place of. */
  get untouched(): boolean {
    return this.#hardState.term === 0 && this.#last.index === 0 && this.#repair === null
  }

  /** Whether this directory may vote: see cluster/rebuild.ts. */
  get joined(): boolean {
    return this.#joined && this.#repair === null
  }

  /** What was damaged, while that is under repair: see repair.ts. */
  get repair(): string | null {
    return this.#repair
  }

  /**
   * Which founding of its cluster this directory is of, see cluster/restore.ts: empty for the first. Null while there is nothing
   * in it, so that it may become part of any.
   */
  get lineage(): string | null {
    const isEmpty = this.#hardState.term === 0 && this.#last.index === 0
    return this.#lineage ?? (isEmpty ? null : '')
  }

  /** It is of that founding from now on; `done` when that is on the disk, before anything that is appended later. */
  adopt(lineage: string, done: () => void): void {
    this.#lineage = lineage
    this.#add({ kind: 'adopt', lineage, done })
  }

  /** From now on, also after a restart, this directory may vote; `done` when that is on the disk. */
  join(done: () => void): void {
    this.#add({ kind: 'join', done })
  }

  /** Takes a storage-append message; `done` is called when all it asks for is on the disk, in the order of the calls. */
  append(message: Message, done: () => void): void {
    this.#add({ kind: 'append', message, done })
  }

  /**
   * Keeps a snapshot of the tables at an applied index, then forgets the entries that are far enough behind it. Its
   * pieces (see pieces.ts) are taken one at a time.
   */
  async saveSnapshot(meta: SnapshotMeta, all: AsyncIterable<Buffer>): Promise<void> {
    if (this.#dead) return
    try {
      const written = await this.#writePieces(meta.index, all)
      if (this.#dead) return
      await new Promise<void>((done) => this.#add({ kind: 'switch', kept: { ...meta, ...written }, done }))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Begins to take a snapshot from another node. It is installed by an append that names the number of its transfer. */
  receive(): Incoming {
    return this.#transfers.begin()
  }

  /** A transfer that will not be installed. */
  forget(transfer: number): void {
    void this.#transfers.drop(transfer)
  }

  /** The snapshot that was found at the start, then each one that came and is installed, in order; null: no more. */
  takeToLoad(): ToLoad | null {
    return this.#toLoad.shift() ?? null
  }

  /** The newest snapshot, piece by piece, as it is now. */
  snapshotPieces(kept: Kept): AsyncGenerator<Buffer> {
    return this.#read(pieces(this.#db, this.#options.dir, kept))
  }

  /** What is damaged on the disk of a node that runs is the end of it. */
  async *#read(all: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* all
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #loadLater(kept: Kept, head: Buffer): void {
    this.#toLoad.push({ index: kept.index, term: kept.term, head, pieces: this.snapshotPieces(kept) })
  }

  /** This directory is not what its peers have its word for: the next start repairs it. Ends the log. */
  async distrust(what: string): Promise<void> {
    const { disk = realDisk, dir } = this.#options
    if (this.#dead || this.#isDistrusted) return
    this.#isDistrusted = true
    if (disk.files) await markRepair(disk.files, dir, what).catch((error) => this.#fail(error))
    this.#fail(refuse(dir, what))
  }

  /** Waits for what is being written, and closes the files. */
  async close(): Promise<void> {
    do {
      await this.#pump
      await this.#frontier.settled()
    } while (this.#pump)
    this.#dead = true
    await this.#frontier.close()
    await this.#db.close()
  }

  #add(job: Job): void {
    if (this.#dead) {
      if (job.kind === 'switch') job.done()
      return
    }
    this.#queue.push(job)
    this.#pump ??= this.#run()
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0 && !this.#dead) await this.#next()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#pump = null
    }
  }

  async #next(): Promise<void> {
    const first = this.#queue[0]!
    if (first.kind !== 'append') {
      this.#queue.shift()
      if (first.kind === 'identity') await this.#writeIdentity()
      else if (first.kind === 'switch') await this.#switch(first.kept).finally(first.done)
      else if (first.kind === 'join') await this.#join().then(() => this.#acknowledge([first]))
      else await this.#adopt(first.lineage).then(() => this.#acknowledge([first]))
      return
    }
    const jobs = takeAppends(this.#queue)
    const write = mergeWrites(jobs.map((job) => job.message))
    if (write.snapshot) await this.#install(write.snapshot, write.hardState)
    if (!write.snapshot || write.entries.length > 0) await this.#write(write)
    this.#acknowledge(jobs)
  }

  /** The next batch need not wait for the frontier; whoever was promised something does. */
  #acknowledge(jobs: readonly Exclude<Job, { kind: 'identity' }>[]): void {
    this.#frontier.after(() => {
      for (const job of jobs) if (!this.#dead) job.done()
    })
  }

  async #write({ entries, hardState }: Write): Promise<void> {
    const next = hardState ?? this.#hardState
    const voted = next.term !== this.#hardState.term || next.vote !== this.#hardState.vote
    // The frontier must not say a term, or a vote, that neither the database nor the slot itself has.
    const reached = this.#reached()
    this.#hardState = next
    // A commit index alone is no promise: it rides with the next batch.
    if (entries.length === 0 && !voted) return

    const first = entries[0]
    let crc = this.#last.crc
    if (first && first.index <= this.#last.index) {
      crc = await this.#crcAt(first.index - 1)
      await this.#frontier.retreat({ ...reached, last: first.index - 1, crc })
      if (this.#dead) return
    }
    const batch: Operation[] = [metaRow(META.state, next)]
    for (const entry of entries) {
      const key = entryKey(entry.index)
      const record = encodeEntry(key, entry, crc)
      batch.push({ type: 'put', key, value: record.value })
      crc = record.crc
    }
    const last = entries.at(-1)?.index ?? this.#last.index
    for (let index = last + 1; index <= this.#last.index; index++) batch.push({ type: 'del', key: entryKey(index) })
    const after = { ...reached, last, crc, term: next.term, vote: next.vote }
    // Not the first of all, which is what tells a database of ours from a new one, nor one that replaces others: they are rare.
    const isPlain = reached.term > 0 && !(first && first.index <= reached.last)
    const operations = isPlain ? packOperations(batch, REDO_MAX) : null
    if (operations) this.#frontier.note(after, { before: reached, operations })
    await this.#db.batch(batch, { sync: true })

    this.#last = { index: last, crc }
    this.#memory.append(entries)
    this.#memory.setHardState(next)
    if (!operations) this.#frontier.note(after)
  }

  /** A snapshot that came from the leader replaces the whole log. */
  async #install(snapshot: Snapshot, hardState: HardState | null): Promise<void> {
    const { meta } = snapshot
    const received = snapshot.received ?? (await this.#receiveInline(snapshot.data))
    const arrived = this.#transfers.take(received)
    if (!arrived) throw new Error(`the snapshot at entry ${meta.index} did not arrive`)
    const kept: Kept = { ...meta, pieces: arrived.pieces, bytes: arrived.bytes, received }
    const base: Base = { index: meta.index, term: meta.term, crc: 0 }
    const next = hardState ?? this.#hardState
    const state = { ...next, commit: Math.max(next.commit, meta.index) }
    await this.#frontier.retreat({ ...this.#reached(), last: 0, crc: 0 })
    if (this.#dead) return
    const batch: Operation[] = [metaRow(META.state, state), metaRow(META.base, base), metaRow(META.snapshot, kept)]
    for (let index = meta.index + 1; index <= this.#last.index; index++)
      batch.push({ type: 'del', key: entryKey(index) })
    await this.#db.batch(batch, { sync: true })

    this.#hardState = state
    this.#last = { index: meta.index, crc: 0 }
    this.#kept = kept
    this.#memory.applySnapshot({ meta, data: NO_BYTES })
    this.#memory.setHardState(state)
    this.#frontier.note(this.#reached())
    this.#loadLater(kept, arrived.head)
    await clearBehind(this.#db, meta.index, kept)
  }

  /** A snapshot that is small enough to come within its message. */
  async #receiveInline(data: Uint8Array): Promise<number> {
    const incoming = this.#transfers.begin()
    for await (const piece of inPieces(linesOfPieces([data]), this.#options.cut)) await incoming.write(piece)
    incoming.end()
    return incoming.number
  }

  async #writeIdentity(): Promise<void> {
    const rows = [metaRow(META.identity, this.#identity)]
    if (this.#hardState.term > 0) rows.push(metaRow(META.state, this.#hardState))
    await this.#db.batch(rows, { sync: true })
  }

  async #adopt(lineage: string): Promise<void> {
    await this.#db.batch([metaRow(META.lineage, { lineage })], { sync: true })
  }

  async #join(): Promise<void> {
    await this.#db.batch([metaRow(META.joined, {})], { sync: true })
    const { disk = realDisk, dir } = this.#options
    if (this.#repair !== null) await endRepair(disk, dir)
    this.#joined = true
    this.#repair = null
  }

  /** Makes a snapshot that is written the one that counts. */
  async #switch(kept: Kept): Promise<void> {
    // One that came from the leader in the meantime is newer.
    if (kept.index <= (this.#kept?.index ?? 0)) return
    const first = this.#memory.firstIndex()
    const baseIndex = Math.max(first - 1, kept.index - this.#options.keep)
    const term = this.#memory.term(baseIndex)
    if (typeof term !== 'number') throw new Error(`entry ${baseIndex} is ${term}, log begins at ${first}`)
    const batch: Operation[] = [metaRow(META.snapshot, kept)]
    const moves = baseIndex >= first
    if (moves) batch.push(metaRow(META.base, { index: baseIndex, term, crc: await this.#crcAt(baseIndex) }))
    await this.#db.batch(batch, { sync: true })

    const before = this.#kept?.received
    this.#kept = kept
    this.#memory.createSnapshot(kept.index, kept.conf, NO_BYTES)
    if (moves) this.#memory.compact(baseIndex)
    this.#frontier.note(this.#reached())
    await clearBehind(this.#db, moves ? baseIndex : 0, kept)
    if (before !== undefined) await clearTransfers(this.#db, before, before)
  }

  async #writePieces(index: number, all: AsyncIterable<Buffer>): Promise<{ pieces: number; bytes: number }> {
    let count = 0
    let bytes = 0
    for await (const piece of all) {
      if (this.#dead) break
      const key = chunkKey(index, count)
      await this.#db.batch([{ type: 'put', key, value: encodeBytes(key, piece) }], { sync: true })
      count++
      bytes += piece.length
    }
    return { pieces: count, bytes }
  }

  async #crcAt(index: number): Promise<number> {
    if (index === this.#last.index) return this.#last.crc
    const key = entryKey(index)
    const value = await this.#db.get(key)
    if (value) {
      const record = decodeEntry(key, value)
      if (!record) throw refuse(this.#options.dir, `entry ${index} of the log in ${this.#options.dir} is damaged`)
      return record.crc
    }
    const base = await this.#db.get(META.base)
    if (!base) return 0
    return (JSON.parse(base.subarray(4).toString()) as Base).crc
  }

  #reached(): Reached {
    const { term, vote } = this.#hardState
    return { last: this.#last.index, crc: this.#last.crc, term, vote, snapshot: this.#kept?.index ?? 0 }
  }

  #fail(error: unknown): void {
    if (this.#dead) return
    this.#dead = true
    for (const job of this.#queue.splice(0)) if (job.kind === 'switch') job.done()
    this.#options.onFatal(writeTrouble(this.#options.dir, error))
  }
}

const NO_BYTES = new Uint8Array()

/** The appends at the head of the queue; a snapshot in one ends the run, since it replaces what was before it. */
function takeAppends(queue: Job[]): (Job & { kind: 'append' })[] {
  const jobs: (Job & { kind: 'append' })[] = []
  while (queue[0]?.kind === 'append') {
    if (queue[0].message.snapshot && jobs.length > 0) break
    const job = queue.shift() as Job & { kind: 'append' }
    jobs.push(job)
    if (job.message.snapshot) break
  }
  return jobs
}
