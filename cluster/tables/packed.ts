/**
 * A table of very many rows in a few bytes each, read like a map. A row has a number for as long as it is there; by number the table
 * knows where the record is (arena.ts) and the hash of its key; by key an index of open addressing knows the number. The index is in
 * shards, so that none of them takes long to grow. Reading makes the row anew each time: keep it if you need it twice.
 */
import { Arena } from './arena.ts'
import { DIGEST } from './hash.ts'
import { Reader, Words, Writer } from './packing.ts'
import type { RowCodec } from './row-codecs.ts'

const PACKED = 1
const JSON_TEXT = 0
/** The top bits of a hash choose the shard. */
const SHARD_BITS = 6
const SLOTS_MIN = 16

/** See PackedRows.freeze. */
export interface FrozenRows<Row> {
  entries(): Iterable<[string, Row]>
  release(): void
}

interface Shard {
  /** Numbers of rows; 0: free. A power of two of them, at most half full. */
  slots: Uint32Array
  used: number
}

export class PackedRows<Row extends object> implements ReadonlyMap<string, Row> {
  readonly #codec: RowCodec<Row>
  readonly #digestLength: number
  readonly #arena: Arena
  readonly #writer: Writer
  readonly #reader: Reader
  readonly #shards: Shard[] = []
  /** By number. 0: no row has it. */
  #refs = new Uint32Array(SLOTS_MIN)
  #hashes = new Uint32Array(SLOTS_MIN)
  /** Numbers below `#next` that no row has. */
  readonly #free: number[] = []
  #next = 1
  #size = 0

  /** `digestLength`: of what is given with each row; 0 for rows that are in no state hash. */
  constructor(codec: RowCodec<Row>, digestLength = DIGEST) {
    this.#digestLength = digestLength
    const words = new Words()
    this.#codec = codec
    this.#writer = new Writer(words)
    this.#reader = new Reader(words)
    this.#arena = new Arena(
      (number) => this.#refs[number]!,
      (number, ref) => void (this.#refs[number] = ref),
    )
    for (let i = 0; i < 2 ** SHARD_BITS; i++) this.#shards.push({ slots: new Uint32Array(SLOTS_MIN), used: 0 })
  }

  get size(): number {
    return this.#size
  }

  /** See Arena.size. */
  get bytes(): { readonly bytes: number; readonly garbage: number } {
    return this.#arena.size
  }

  has(key: string): boolean {
    return this.numberOf(key) !== 0
  }

  get(key: string): Row | undefined {
    const number = this.numberOf(key)
    return number === 0 ? undefined : this.#rowAt(this.#refs[number]!, key)
  }

  /** What was given with the row that is there: characters up to U+00FF, as many as the table was made for. */
  digest(key: string): string | undefined {
    const number = this.numberOf(key)
    return number === 0 ? undefined : this.#digestOf(number)
  }

  /** Writes a row; returns the digest of the one that was there. */
  put(key: string, row: Row, digest: string): string | undefined {
    this.#write(key, row, digest)
    const hash = hashOf(key)
    let number = this.#find(key, hash)
    const old = number === 0 ? undefined : this.#digestOf(number)
    if (number === 0) number = this.#add(hash)
    else this.#arena.drop(this.#refs[number]!)
    // A row that is let go must not be moved when the arena makes room.
    this.#refs[number] = 0
    this.#refs[number] = this.#arena.put(number, this.#writer.bytes, this.#writer.length)
    return old
  }

  /** Returns the digest of the row that was there. */
  remove(key: string): string | undefined {
    const hash = hashOf(key)
    const number = this.#find(key, hash)
    if (number === 0) return undefined
    const old = this.#digestOf(number)
    this.#unlink(number, hash)
    this.#arena.drop(this.#refs[number]!)
    this.#refs[number] = 0
    this.#free.push(number)
    this.#size--
    return old
  }

  /** The number of a row, above 0 and below twice the most rows there ever were; 0: there is none. */
  numberOf(key: string): number {
    return this.#find(key, hashOf(key))
  }

  /** The key of the row with this number. */
  keyOf(number: number): string {
    return this.#keyAt(this.#refs[number]!)
  }

  /** Rows that come or go meanwhile may be seen or not. */
  *entries(): MapIterator<[string, Row]> {
    for (let number = 1; number < this.#next; number++) {
      const ref = this.#refs[number]!
      if (ref !== 0) yield this.#entryAt(ref)
    }
  }

  *keys(): MapIterator<string> {
    for (let number = 1; number < this.#next; number++) if (this.#refs[number] !== 0) yield this.keyOf(number)
  }

  *values(): MapIterator<Row> {
    for (const [, row] of this.entries()) yield row
  }

  [Symbol.iterator](): MapIterator<[string, Row]> {
    return this.entries()
  }

  forEach(act: (row: Row, key: string, map: ReadonlyMap<string, Row>) => void): void {
    for (const [key, row] of this.entries()) act(row, key, this)
  }

  /**
   * The rows as they are now, to be read while the table changes. Until it is released it costs 4 bytes a row, and the bytes of all that is
   * replaced meanwhile.
   */
  freeze(): FrozenRows<Row> {
    const refs = this.#refs.slice(0, this.#next)
    return { entries: () => this.#entriesOf(refs), release: this.#arena.hold() }
  }

  *#entriesOf(refs: Uint32Array): Generator<[string, Row]> {
    for (const ref of refs) if (ref !== 0) yield this.#entryAt(ref)
  }

  #write(key: string, row: Row, digest: string): void {
    const writer = this.#writer
    writer.length = 0
    writer.latin1(digest)
    writer.text(key)
    const start = writer.length
    writer.byte(PACKED)
    if (this.#codec.write(writer, key, row)) return
    writer.length = start
    writer.byte(JSON_TEXT)
    writer.text(JSON.stringify(row))
  }

  #digestOf(number: number): string {
    const ref = this.#refs[number]!
    return this.#reader.from(this.#arena.page(ref), this.#arena.offset(ref)).latin1(this.#digestLength)
  }

  #keyAt(ref: number): string {
    return this.#at(ref).text()
  }

  #entryAt(ref: number): [string, Row] {
    const key = this.#keyAt(ref)
    return [key, this.#rowAt(ref, key)]
  }

  #rowAt(ref: number, key: string): Row {
    const reader = this.#at(ref)
    reader.pass()
    return reader.byte() === PACKED ? this.#codec.read(reader, key) : (JSON.parse(reader.text()) as Row)
  }

  /** Behind the digest, where the key begins. */
  #at(ref: number): Reader {
    return this.#reader.from(this.#arena.page(ref), this.#arena.offset(ref) + this.#digestLength)
  }

  #find(key: string, hash: number): number {
    const { slots } = this.#shards[hash >>> (32 - SHARD_BITS)]!
    const mask = slots.length - 1
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const number = slots[i]!
      if (number === 0) return 0
      if (this.#hashes[number] === hash && this.#at(this.#refs[number]!).isNext(key)) return number
    }
  }

  /** A number for a row that was not there. */
  #add(hash: number): number {
    const number = this.#free.pop() ?? this.#next++
    if (number === this.#refs.length) {
      this.#refs = grown(this.#refs)
      this.#hashes = grown(this.#hashes)
    }
    this.#hashes[number] = hash
    this.#size++
    const shard = this.#shards[hash >>> (32 - SHARD_BITS)]!
    if (2 * ++shard.used > shard.slots.length) this.#grow(shard)
    link(shard.slots, number, hash)
    return number
  }

  #grow(shard: Shard): void {
    const { slots } = shard
    shard.slots = new Uint32Array(2 * slots.length)
    for (const number of slots) if (number !== 0) link(shard.slots, number, this.#hashes[number]!)
  }

  /** Those behind it that were pushed past this slot move up, so that a search never meets a hole (Knuth 6.4, algorithm R). */
  #unlink(number: number, hash: number): void {
    const shard = this.#shards[hash >>> (32 - SHARD_BITS)]!
    const { slots } = shard
    const mask = slots.length - 1
    let hole = hash & mask
    while (slots[hole] !== number) hole = (hole + 1) & mask
    for (let i = (hole + 1) & mask; slots[i] !== 0; i = (i + 1) & mask) {
      const home = this.#hashes[slots[i]!]! & mask
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      slots[hole] = slots[i]!
      hole = i
    }
    slots[hole] = 0
    shard.used--
  }
}

function link(slots: Uint32Array, number: number, hash: number): void {
  const mask = slots.length - 1
  let i = hash & mask
  while (slots[i] !== 0) i = (i + 1) & mask
  slots[i] = number
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length)
  larger.set(array)
  return larger
}

/** FNV-1a over the characters, then mixed so that every bit counts (the finish of MurmurHash3). */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
