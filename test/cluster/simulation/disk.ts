/**
 * A node's disk: a database like LevelDB and a file of slots, as the log sees them, and everything that can befall them. What
 * was synced stays; what was not is there after a kill and, piece by piece, there or not after a loss of power.
 *
 * The database is a base and the batches on top, so that a batch in the middle can be missing, as when a bit of LevelDB's
 * write-ahead log flips and it reads over it (measured; see cluster/log/README.md).
 */
import type { Database, Disk, Operation, Range, SlotFile } from '../../../cluster/log/disk.ts'
import { ENTRIES } from '../../../cluster/log/records.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Life } from './clock.ts'
import type { DiskWeather } from './weather.ts'

/** Batches that a fault can reach; older ones have gone into tables, which are only flipped. */
const REACH = 24

interface Batch {
  readonly operations: readonly Operation[]
  /** On the disk, whatever happens to the power. */
  durable: boolean
  /** How many writes of the frontier began after this batch was durable, and are durable themselves. */
  coveredBy: number
  /** It wrote entries where there were others. */
  readonly rewrites: boolean
}

/** A write that was asked for and not yet answered. */
interface Pending {
  readonly operations: readonly Operation[]
}

/** What is on a disk, with or without a process that uses it. */
export class SimulatedDisk {
  /** Every write fails for want of space. */
  full = false
  /** The next write fails, and all after it until the process ends. */
  failing = false
  /** Tells of each batch when it is durable. */
  onDurable: (operations: readonly Operation[]) => void = () => {}
  /** The plug is pulled at a write: see crashAtWrite(). */
  onCrash: (power: boolean) => void = () => {}
  #crash: { writes: number; readonly isDone: boolean; readonly power: boolean } | null = null
  readonly #random: Random
  readonly #weather: DiskWeather
  readonly #stallMs: number
  #base: Map<string, Buffer> | null = null
  #batches: Batch[] = []
  #view = new Map<string, Buffer>()
  #slots: Buffer | null = null
  #olderSlots: Buffer[] = []
  #pending: Pending[] = []
  #pendingSlot: { readonly bytes: Buffer; readonly position: number } | null = null
  #holder: Life | null = null
  /** Its disks are quick and sound from now on. */
  calm = false

  constructor(random: Random, weather: DiskWeather, tickMs: number) {
    this.#random = random
    this.#weather = weather
    this.#stallMs = weather.stallTicks * tickMs
  }

  /** What a read would find. */
  get(key: Buffer): Buffer | undefined {
    return this.#view.get(nameOf(key))
  }

  /** A first start that was cut off before it came to the database promised nothing. */
  get hasDatabase(): boolean {
    return this.#base !== null
  }

  rows(range: Range): [Buffer, Buffer][] {
    return this.#keys(range).map((name) => [Buffer.from(name, 'latin1'), this.#view.get(name)!])
  }

  /** The disk as one process sees it; `settled` is called whenever a promise was kept or broken. */
  seenBy(life: Life, settled: () => void): Disk {
    const turn = <T>(ms: number, act: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        life.after(ms, () => {
          settled()
          let result: () => void
          try {
            const value = act()
            result = () => resolve(value)
          } catch (error) {
            result = () => reject(error)
          }
          // It may have died of this.
          if (life.alive) result()
        })
      })
    return {
      makeDirectory: () => turn(0, () => {}),
      exists: () => turn(0, () => this.#base !== null),
      openDatabase: () =>
        turn(this.#latency(), () => {
          if (this.#holder?.alive) throw troubleOf('LEVEL_LOCKED', 'lock is held by another process')
          this.#demandSpace()
          this.#base ??= new Map()
          this.#holder = life
          // To open it is to read the log back and write it out as a table, with a sync.
          this.#settle()
          return this.#database(life, turn)
        }),
      openSlots: (_, create) =>
        turn(0, () => {
          if (!this.#slots && !create) return null
          if (!this.#slots) this.#demandSpace()
          this.#slots ??= Buffer.alloc(0)
          return this.#slotFile(turn)
        }),
    }
  }

  /** At one of the next writes, when it is done or when it is not, before the process hears of it. */
  crashAtWrite(writes: number, isDone: boolean, power: boolean): void {
    this.#crash = { writes, isDone, power }
  }

  /** The process ends. What was written is there; what was being written may be. */
  kill(): void {
    this.#holder = null
    this.#crash = null
    this.failing = false
    // They were written one after the other.
    for (const { operations } of this.#pending) {
      if (this.#random.chance(0.5)) break
      this.#put(operations, false)
    }
    this.#pending = []
    if (this.#pendingSlot) this.#tear()
    this.#pendingSlot = null
  }

  /** The power goes. Of what was not synced any part may be there, in no order. */
  losePower(): void {
    const { survives } = this.#weather
    // A batch is one record of the write-ahead log: there or not.
    this.#batches = this.#batches.filter((batch) => batch.durable || this.#random.chance(survives))
    this.#rebuild((batch) => batch.operations)
    this.kill()
    this.#settle()
  }

  /** Another disk was put in, or the directory was moved away. */
  wipe(): void {
    this.#base = null
    this.#batches = []
    this.#view = new Map()
    this.#slots = null
    this.#olderSlots = []
    this.#pending = []
    this.#pendingSlot = null
  }

  /** One bit of a value, or of a slot, is not what it was. */
  flip(): string | null {
    if (this.#slots && this.#slots.length > 0 && this.#random.chance(0.1)) {
      // The part of a slot that means something.
      const at = (this.#random.chance(0.5) ? 4096 : 0) + this.#random.below(52)
      if (at >= this.#slots.length) return null
      this.#slots[at]! ^= 1 << this.#random.below(8)
      return `bit of the frontier at ${at}`
    }
    const names = [...this.#view.keys()]
    if (names.length === 0) return null
    const name = this.#random.pick(names)
    const value = Buffer.from(this.#view.get(name)!)
    if (value.length === 0) return null
    value[this.#random.below(value.length)]! ^= 1 << this.#random.below(8)
    const key = Buffer.from(name, 'latin1')
    this.#batches.push({ operations: [{ type: 'put', key, value }], durable: true, coveredBy: 9, rewrites: false })
    this.#view.set(name, value)
    this.#trim()
    return `bit of ${key.toString('hex')}`
  }

  /** One batch was never written, though the frontier says that it was. */
  loseBatch(): string | null {
    const covered = this.#batches.filter((batch) => batch.coveredBy >= 3)
    if (covered.length === 0) return null
    // Those that replaced entries leave something behind that looks whole.
    const rewriting = covered.filter((batch) => batch.rewrites)
    const lost = this.#random.pick(rewriting.length > 0 && this.#random.chance(0.7) ? rewriting : covered)
    this.#rebuild((batch) => (batch === lost ? [] : batch.operations))
    return `batch of ${lost.operations.length} rows, ${this.#batches.length - this.#batches.indexOf(lost) - 1} before the last`
  }

  /** The database is as it was some batches ago, the frontier is not. */
  rollBack(): string | null {
    const last = this.#batches.findLastIndex((batch) => batch.coveredBy >= 3)
    if (last < 0) return null
    const from = this.#random.below(last + 1)
    const gone = this.#batches.length - from
    this.#batches = this.#batches.slice(0, from)
    this.#rebuild((batch) => batch.operations)
    return `the last ${gone} batches`
  }

  /** The frontier is as it was some writes ago, the database is not. */
  rollBackFrontier(): string | null {
    if (this.#olderSlots.length === 0) return null
    this.#slots = Buffer.from(this.#random.pick(this.#olderSlots))
    for (const batch of this.#batches) batch.coveredBy = 0
    return 'the frontier is an older one'
  }

  #database(life: Life, turn: <T>(ms: number, act: () => T) => Promise<T>): Database {
    let broken: Error | null = null
    let last: Promise<unknown> = Promise.resolve()
    const base = this.#base
    const mine = () => {
      if (this.#base !== base) throw troubleOf('LEVEL_IO_ERROR', 'IO error: No such file or directory')
    }
    return {
      batch: (operations, { sync }) => {
        const pending = { operations }
        this.#pending.push(pending)
        // LevelDB's writers wait for each other, and after an error it takes no more writes until it is opened again.
        const done = last.then(() =>
          turn(sync ? this.#latency() : 0, () => {
            mine()
            if (this.#crashes(false)) return
            this.#pending.splice(this.#pending.indexOf(pending), 1)
            broken ??= this.#writeTrouble()
            if (!broken) this.#put(operations, sync)
            // Written or not, nobody can tell.
            else if (this.#random.chance(0.3)) this.#put(operations, this.#random.chance(0.5))
            if (broken) throw broken
            if (sync) this.onDurable(operations)
            this.#crashes(true)
          }),
        )
        last = done.catch(() => {})
        return done
      },
      get: (key) => turn(0, () => this.get(key)),
      iterator: (range) => this.#iterate(range, turn),
      clear: (range) =>
        turn(0, () => {
          mine()
          broken ??= this.#writeTrouble()
          if (broken) throw broken
          // Row by row, and no sync.
          for (const name of this.#keys(range)) this.#put([{ type: 'del', key: Buffer.from(name, 'latin1') }], false)
        }),
      close: async () => {
        await last
        if (this.#holder === life) this.#holder = null
      },
    }
  }

  async *#iterate(range: Range, turn: <T>(ms: number, act: () => T) => Promise<T>): AsyncGenerator<[Buffer, Buffer]> {
    yield* await turn(0, () => this.rows(range))
  }

  #slotFile(turn: <T>(ms: number, act: () => T) => Promise<T>): SlotFile {
    const slots = this.#slots
    return {
      read: (length) =>
        turn(0, () => {
          const bytes = Buffer.alloc(length)
          this.#slots?.copy(bytes)
          return bytes
        }),
      write: (bytes, position) => {
        const pending = { bytes, position }
        const covered = this.#batches.filter((batch) => batch.durable)
        this.#pendingSlot = pending
        return turn(this.#latency(), () => {
          if (slots !== this.#slots && this.#slots === null) throw troubleOf('EIO', 'EIO: i/o error, write')
          if (this.#crashes(false)) return
          const trouble = this.#writeTrouble()
          if (trouble && this.#random.chance(0.5)) this.#tear()
          this.#pendingSlot = null
          if (trouble) throw trouble
          this.#keepSlots()
          this.#slots = written(this.#slots!, bytes, position)
          for (const batch of covered) batch.coveredBy++
          this.#crashes(true)
        })
      },
      close: async () => {},
    }
  }

  /** Counts down to the crash that was ordered; true when it was now. */
  #crashes(isDone: boolean): boolean {
    const crash = this.#crash
    if (!crash || crash.isDone !== isDone || --crash.writes > 0) return false
    this.#crash = null
    this.onCrash(crash.power)
    return true
  }

  #keepSlots(): void {
    this.#olderSlots.push(this.#slots!)
    if (this.#olderSlots.length > 6) this.#olderSlots.shift()
  }

  /** The slot that was being written holds some of the new sectors and some of the old. */
  #tear(): void {
    const { bytes, position } = this.#pendingSlot!
    if (!this.#slots) return
    const { sector } = this.#weather
    let torn = this.#slots
    // All that means something is in the first bytes. Some disks write a part of a sector and stop.
    if (sector === 1) torn = written(torn, bytes.subarray(0, this.#random.below(65)), position)
    else {
      for (let at = 0; at < 512; at += sector) {
        if (this.#random.chance(0.5)) torn = written(torn, bytes.subarray(at, at + sector), position + at)
      }
    }
    this.#slots = torn
  }

  #put(operations: readonly Operation[], sync: boolean): void {
    if (!this.#base) return
    const rewrites = operations.some(({ type, key }) => type === 'put' && isEntry(key) && this.#view.has(nameOf(key)))
    this.#batches.push({ operations, durable: sync, coveredBy: 0, rewrites })
    // A sync takes along whatever was written before it.
    land(this.#view, operations)
    if (sync) this.#settle()
    else this.#trim()
  }

  #settle(): void {
    for (const batch of this.#batches) batch.durable = true
    this.#trim()
  }

  /** What is far behind goes into the base. */
  #trim(): void {
    while (this.#batches.length > REACH && this.#batches[0]!.durable)
      land(this.#base!, this.#batches.shift()!.operations)
  }

  #rebuild(kept: (batch: Batch) => readonly Operation[]): void {
    if (!this.#base) return
    this.#batches = this.#batches.map((batch) => ({ ...batch, operations: kept(batch) }))
    this.#view = new Map(this.#base)
    for (const { operations } of this.#batches) land(this.#view, operations)
  }

  #keys({ gte, gt, lt, lte }: Range): string[] {
    const names: string[] = []
    const [from, after] = [gte && nameOf(gte), gt && nameOf(gt)]
    const [to, upTo] = [lt && nameOf(lt), lte && nameOf(lte)]
    for (const name of this.#view.keys()) {
      if (from !== undefined && name < from) continue
      if (after !== undefined && name <= after) continue
      if (to !== undefined && name >= to) continue
      if (upTo !== undefined && name > upTo) continue
      names.push(name)
    }
    return names.sort()
  }

  #latency(): number {
    const { syncMs, stall } = this.#weather
    if (this.calm) return 0.1
    const ms = syncMs * (0.1 + 0.9 * this.#random.next())
    return this.#random.chance(stall) ? ms + this.#stallMs * this.#random.next() : ms
  }

  #demandSpace(): void {
    if (this.full) throw troubleOf('ENOSPC', 'ENOSPC: no space left on device')
  }

  #writeTrouble(): Error | null {
    if (this.full) return troubleOf('LEVEL_IO_ERROR', 'IO error: No space left on device')
    return this.failing ? troubleOf('LEVEL_IO_ERROR', 'IO error: Input/output error') : null
  }
}

function isEntry(key: Buffer): boolean {
  return key.compare(ENTRIES.gte) >= 0 && key.compare(ENTRIES.lt) < 0
}

/** A character a byte, so that names sort as keys do. */
function nameOf(key: Buffer): string {
  return key.toString('latin1')
}

function land(rows: Map<string, Buffer>, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') rows.set(nameOf(operation.key), operation.value)
    else rows.delete(nameOf(operation.key))
  }
}

function written(slots: Buffer, bytes: Buffer, position: number): Buffer {
  const after = Buffer.alloc(Math.max(slots.length, position + bytes.length))
  slots.copy(after)
  bytes.copy(after, position)
  return after
}

function troubleOf(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
