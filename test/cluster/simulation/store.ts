/**
 * The rows of a simulated database: a base and the batches on top, so that a batch in the middle can be missing, as when a bit of
 * LevelDB's write-ahead log flips and it reads over it, and so that a crash can take what was not synced.
 */
import type { Operation, Range } from '../../../cluster/log/disk.ts'
import { ENTRIES } from '../../../cluster/log/records.ts'
import type { Random } from '../raft/simulator/random.ts'

/** Batches that a fault can reach; older ones have gone into tables, which are only flipped. */
const REACH = 24
/** A batch can rot when so many writes of the frontier have covered it: before, nobody could know that it was there. */
const COVERED = 3

interface Batch {
  readonly operations: readonly Operation[]
  /** On the disk, whatever happens to the power. */
  durable: boolean
  /** How many writes of the frontier began after this batch was durable, and are durable themselves. */
  coveredBy: number
  /** It wrote entries where there were others. */
  readonly rewrites: boolean
}

export class Store {
  readonly #random: Random
  readonly #base = new Map<string, Buffer>()
  #batches: Batch[] = []
  #view = new Map<string, Buffer>()

  constructor(random: Random) {
    this.#random = random
  }

  get(key: Buffer): Buffer | undefined {
    return this.#view.get(nameOf(key))
  }

  rows(range: Range): [Buffer, Buffer][] {
    return this.keys(range).map((key) => [key, this.get(key)!])
  }

  keys({ gte, gt, lt, lte }: Range): Buffer[] {
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
    return names.sort().map((name) => Buffer.from(name, 'latin1'))
  }

  /** A batch lands; a sync takes along whatever was written before it. True when it wrote entries where there were others. */
  put(operations: readonly Operation[], sync: boolean): boolean {
    const rewrites = operations.some(({ type, key }) => type === 'put' && isEntry(key) && this.#view.has(nameOf(key)))
    this.#batches.push({ operations, durable: false, coveredBy: 0, rewrites })
    land(this.#view, operations)
    if (sync) this.settle()
    return rewrites
  }

  /** All that was written is on the disk. */
  settle(): void {
    for (const batch of this.#batches) batch.durable = true
    while (this.#batches.length > REACH) land(this.#base, this.#batches.shift()!.operations)
  }

  /** Of what was not synced each batch survives with this chance: it is one record of a log, there or not. */
  losePower(survives: number): void {
    this.#keep(this.#batches.filter((batch) => batch.durable || this.#random.chance(survives)))
  }

  /** A write of the frontier begins; returns what to call when it is done. */
  beginCover(): () => void {
    const covered = this.#batches.filter((batch) => batch.durable)
    return () => {
      for (const batch of covered) batch.coveredBy++
    }
  }

  /** The frontier knows nothing of it any more. */
  uncover(): void {
    for (const batch of this.#batches) batch.coveredBy = 0
  }

  flip(): string | null {
    const names = [...this.#view.keys()]
    if (names.length === 0) return null
    const name = this.#random.pick(names)
    const value = Buffer.from(this.#view.get(name)!)
    if (value.length === 0) return null
    value[this.#random.below(value.length)]! ^= 1 << this.#random.below(8)
    const key = Buffer.from(name, 'latin1')
    this.put([{ type: 'put', key, value }], true)
    return `a bit of ${key.toString('hex')}`
  }

  /** One that replaced entries can be lost. */
  get hasRewritten(): boolean {
    return this.#batches.some((batch) => batch.rewrites && batch.coveredBy >= COVERED)
  }

  loseBatch(): string | null {
    const covered = this.#batches.filter((batch) => batch.coveredBy >= COVERED)
    if (covered.length === 0) return null
    // Those that replaced entries leave something behind that looks whole.
    const rewriting = covered.filter((batch) => batch.rewrites)
    const lost = this.#random.pick(rewriting.length > 0 && this.#random.chance(0.7) ? rewriting : covered)
    const after = this.#batches.length - this.#batches.indexOf(lost) - 1
    this.#keep(this.#batches.filter((batch) => batch !== lost))
    return `${lost.operations.length} rows, ${after} batches before the last`
  }

  rollBack(): string | null {
    const last = this.#batches.findLastIndex((batch) => batch.coveredBy >= COVERED)
    if (last < 0) return null
    const from = this.#random.below(last + 1)
    const gone = this.#batches.length - from
    this.#keep(this.#batches.slice(0, from))
    return `the last ${gone} batches`
  }

  #keep(batches: Batch[]): void {
    this.#batches = batches
    this.#view = new Map(this.#base)
    for (const { operations } of batches) land(this.#view, operations)
  }
}

/** A character a byte, so that names sort as keys do. */
function nameOf(key: Buffer): string {
  return key.toString('latin1')
}

function isEntry(key: Buffer): boolean {
  return key.compare(ENTRIES.gte) >= 0 && key.compare(ENTRIES.lt) < 0
}

function land(rows: Map<string, Buffer>, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') rows.set(nameOf(operation.key), operation.value)
    else rows.delete(nameOf(operation.key))
  }
}
