/**
 * A node's disk: a database like LevelDB and a file of slots, as the log sees them, and everything that can befall them. What
 * was synced stays; what was not is there after a kill and, batch by batch, there or not after a loss of power.
 */
import path from 'node:path'
import type { Database, Disk, Files, Operation, Range, SlotFile } from '../../../cluster/log/disk.ts'
import { checkedText, MEMBER, type MemberFile, parseChecked } from '../../../cluster/log/member.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Life } from './clock.ts'
import { Store } from './store.ts'
import type { DiskWeather } from './weather.ts'

/** Does something after so long, unless the process is over by then. */
type Turn = <T>(ms: number, act: () => T) => Promise<T>

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
  /** A repair begins: the database is set aside. */
  onSetAside: () => void = () => {}
  /** The plug is pulled at a write: see crashAtWrite(). */
  onCrash: (power: boolean) => void = () => {}
  #crash: { writes: number; readonly isDone: boolean; readonly power: boolean } | null = null
  readonly #random: Random
  readonly #weather: DiskWeather
  readonly #stallMs: number
  #store: Store | null = null
  #slots: Buffer | null = null
  #olderSlots: Buffer[] = []
  #pending: Pending[] = []
  #pendingSlot: { readonly bytes: Buffer; readonly position: number } | null = null
  /** The files `repair` and `member`, by name, and the directories with what was set aside: see cluster/log/repair.ts. */
  readonly #texts = new Map<string, string>()
  readonly #aside = new Set<string>()
  #holder: Life | null = null
  #isCalm = false
  #extraMs = 0

  constructor(random: Random, weather: DiskWeather, tickMs: number) {
    this.#random = random
    this.#weather = weather
    this.#stallMs = weather.stallTicks * tickMs
  }

  /** What a read would find. */
  get(key: Buffer): Buffer | undefined {
    return this.#store?.get(key)
  }

  /** A first start that was cut off before it came to the database promised nothing. */
  get hasDatabase(): boolean {
    return this.#store !== null
  }

  /** The log was set aside, and the peers have not yet given everything again. */
  get isUnderRepair(): boolean {
    return this.#texts.has('repair')
  }

  rows(range: Range): [Buffer, Buffer][] {
    return this.#store?.rows(range) ?? []
  }

  /** The disk as one process sees it; `settled` is called whenever a promise was kept or broken. */
  seenBy(life: Life, settled: () => void): Disk {
    const turn: Turn = (ms, act) =>
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
      exists: () => turn(0, () => this.#store !== null),
      openDatabase: () =>
        turn(this.#latency(), () => {
          if (this.#holder?.alive) throw troubleOf('LEVEL_LOCKED', 'lock is held by another process')
          this.#demandSpace()
          this.#store ??= new Store(this.#random)
          this.#holder = life
          // To open it is to read the log back and write it out as a table, with a sync.
          this.#store.settle()
          return this.#database(life, this.#store, turn)
        }),
      openSlots: (_, create) =>
        turn(0, () => {
          if (!this.#slots && !create) return null
          if (!this.#slots) this.#demandSpace()
          this.#slots ??= Buffer.alloc(0)
          return this.#slotFile(turn)
        }),
      files: this.#files(turn),
    }
  }

  /** From now on it is quick and sound, but for what it holds. */
  calmDown(): void {
    this.full = false
    this.failing = false
    this.#isCalm = true
    this.#crash = null
  }

  /** The next write takes so much longer, ms. */
  stall(ms: number): void {
    this.#extraMs = ms
  }

  get hasRewritten(): boolean {
    return this.#store?.hasRewritten ?? false
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
      this.#store?.put(operations, false)
    }
    this.#pending = []
    if (this.#pendingSlot) this.#tear()
    this.#pendingSlot = null
  }

  /** The power goes. Of what was not synced any part may be there, in no order. */
  losePower(): void {
    this.#store?.losePower(this.#weather.survives)
    this.kill()
    this.#store?.settle()
  }

  /** Another disk was put in, or the directory was moved away. */
  wipe(): void {
    this.#store = null
    this.#texts.clear()
    this.#aside.clear()
    this.#dropSlots()
    this.#pending = []
    this.#pendingSlot = null
  }

  /** The file `member`; null when it is not there, or damaged. */
  get member(): MemberFile | null {
    const text = this.#texts.get(MEMBER)
    return text === undefined ? null : parseChecked<MemberFile>(text)
  }

  /** What an operator writes before the first start. */
  set member(member: MemberFile) {
    this.#texts.set(MEMBER, checkedText(member))
  }

  /** The file `member` is gone, or one bit of it is not what it was. */
  loseMember(): string | null {
    const text = this.#texts.get(MEMBER)
    if (text === undefined) return null
    if (this.#random.chance(0.5)) {
      this.#texts.delete(MEMBER)
      return 'gone'
    }
    const bytes = Buffer.from(text)
    const at = this.#random.below(bytes.length)
    bytes[at]! ^= 1 << this.#random.below(8)
    this.#texts.set(MEMBER, bytes.toString())
    return `bit at ${at}`
  }

  /** One bit of a value, or of a slot, is not what it was. */
  flip(): string | null {
    if (this.#slots && this.#slots.length > 0 && this.#random.chance(0.1)) {
      // The part of a slot that means something: numbers, and often a write.
      const at = (this.#random.chance(0.5) ? 4096 : 0) + this.#random.below(400)
      if (at >= this.#slots.length) return null
      this.#slots[at]! ^= 1 << this.#random.below(8)
      return `bit of the frontier at ${at}`
    }
    return this.#store?.flip() ?? null
  }

  /** One batch was never written, though the frontier says that it was. */
  loseBatch(): string | null {
    return this.#store?.loseBatch() ?? null
  }

  /** The database is as it was some batches ago, the frontier is not. */
  rollBack(): string | null {
    return this.#store?.rollBack() ?? null
  }

  /** The frontier is as it was some writes ago, the database is not. */
  rollBackFrontier(): string | null {
    if (this.#olderSlots.length === 0) return null
    this.#slots = Buffer.from(this.#random.pick(this.#olderSlots))
    this.#store?.uncover()
    return 'the frontier is an older one'
  }

  #database(life: Life, store: Store, turn: Turn): Database {
    let broken: Error | null = null
    let last: Promise<unknown> = Promise.resolve()
    return {
      batch: (operations, { sync }) => {
        const pending = { operations }
        this.#pending.push(pending)
        // LevelDB's writers wait for each other, and after an error it takes no more writes until it is opened again.
        const done = last.then(() =>
          turn(sync ? this.#latency() : 0, () => {
            if (this.#crashes(false)) return
            this.#pending.splice(this.#pending.indexOf(pending), 1)
            broken ??= this.#writeTrouble()
            const rewrites = !broken && store.put(operations, sync)
            // Written or not, nobody can tell.
            if (broken && this.#random.chance(0.3)) store.put(operations, this.#random.chance(0.5))
            if (broken) throw broken
            if (sync) this.onDurable(operations)
            if (rewrites && !this.#isCalm && this.#random.chance(this.#weather.crashAtRewrite))
              this.onCrash(this.#random.chance(0.5))
            else this.#crashes(true)
          }),
        )
        last = done.catch(() => {})
        return done
      },
      get: (key) => turn(0, () => store.get(key)),
      // As they are now, whatever is cleared before the first is asked for.
      iterator: (range) => {
        const rows = store.rows(range)
        return iterate(() => turn(0, () => rows))
      },
      clear: (range) =>
        turn(0, () => {
          broken ??= this.#writeTrouble()
          if (broken) throw broken
          // Row by row, and no sync.
          for (const key of store.keys(range)) store.put([{ type: 'del', key }], false)
        }),
      close: async () => {
        await last
        if (this.#holder === life) this.#holder = null
      },
    }
  }

  #slotFile(turn: Turn): SlotFile {
    return {
      read: (length) =>
        turn(0, () => {
          const bytes = Buffer.alloc(length)
          this.#slots?.copy(bytes)
          return bytes
        }),
      write: (bytes, position) => {
        const pending = { bytes, position }
        const covers = this.#store?.beginCover()
        this.#pendingSlot = pending
        return turn(this.#latency(), () => {
          if (this.#crashes(false)) return
          const trouble = this.#writeTrouble()
          if (trouble && this.#random.chance(0.5)) this.#tear()
          this.#pendingSlot = null
          if (trouble) throw trouble
          this.#keepSlots()
          this.#slots = written(this.#slots!, bytes, position)
          covers?.()
          this.#crashes(true)
        })
      },
      close: async () => {},
    }
  }

  /** Each change is all there or not at all, and synced. */
  #files(turn: Turn): Files {
    const change = (act: () => void): Promise<void> =>
      turn(this.#latency(), () => {
        if (this.#crashes(false)) return
        const trouble = this.#writeTrouble()
        if (trouble) throw trouble
        act()
        this.#crashes(true)
      })
    return {
      list: () =>
        turn(0, () => [
          ...(this.#store ? ['log'] : []),
          ...(this.#slots ? ['frontier'] : []),
          ...this.#texts.keys(),
          ...this.#aside,
        ]),
      read: (location) => turn(0, () => this.#texts.get(path.basename(location)) ?? null),
      write: (location, text) => change(() => void this.#texts.set(path.basename(location), text)),
      move: (from, to) =>
        change(() => {
          this.#aside.add(path.basename(path.dirname(to)))
          if (path.basename(from) === 'log') {
            this.#store = null
            this.onSetAside()
          } else this.#dropSlots()
        }),
      remove: (location) =>
        change(() => {
          const name = path.basename(location)
          if (!this.#texts.delete(name)) this.#aside.delete(name)
        }),
    }
  }

  #dropSlots(): void {
    this.#slots = null
    this.#olderSlots = []
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

  #latency(): number {
    const { syncMs, stall } = this.#weather
    if (this.#isCalm) return 0.1
    const ms = syncMs * (0.1 + 0.9 * this.#random.next()) + this.#extraMs
    this.#extraMs = 0
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

/** The rows as they are when the first is asked for. */
async function* iterate(rows: () => Promise<[Buffer, Buffer][]>): AsyncGenerator<[Buffer, Buffer]> {
  yield* await rows()
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
