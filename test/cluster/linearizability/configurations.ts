/** What the search has tried: which operations are placed and the state that this leads to; the order no longer matters (Lowe 2017, §4). */

const BITS = 16

/** Operations of one history that are placed, a bit for each. The first `returning` return, the others are of unknown outcome. */
export class PlacedSet {
  readonly #returned: Uint16Array
  readonly #unknown: Uint16Array
  readonly #returning: number
  /** Words of `#returned` below it are full. */
  #full = 0
  /** Words of `#returned` from here on are empty. */
  #end = 0

  constructor(returning: number, total: number) {
    this.#returning = returning
    this.#returned = new Uint16Array(Math.ceil(returning / BITS) + 1)
    this.#unknown = new Uint16Array(Math.ceil((total - returning) / BITS))
  }

  has(operation: number): boolean {
    const [words, word, bit] = this.#place(operation)
    return (words[word]! & bit) !== 0
  }

  add(operation: number): void {
    const [words, word, bit] = this.#place(operation)
    words[word]! |= bit
    if (words === this.#unknown) return
    this.#end = Math.max(this.#end, word + 1)
    while (this.#returned[this.#full] === 0xffff) this.#full++
  }

  remove(operation: number): void {
    const [words, word, bit] = this.#place(operation)
    words[word]! &= ~bit
    if (words === this.#unknown) return
    this.#full = Math.min(this.#full, word)
    while (this.#end > 0 && this.#returned[this.#end - 1] === 0) this.#end--
  }

  /**
   * A name for the operations that return, the same for the same set only. What returned long ago is in every set, and what is
   * called much later in none, so a name is as long as many operations were open at once, and not as long as the history. It
   * says how long it is, so that more can follow.
   */
  returnedName(): string {
    const end = Math.max(this.#full, this.#end)
    const window = this.#returned.subarray(this.#full, end)
    return String.fromCharCode(this.#full >>> BITS, this.#full & 0xffff, window.length, ...window)
  }

  unknownOnes(): Uint16Array {
    return this.#unknown.slice()
  }

  #place(operation: number): [Uint16Array, number, number] {
    const returns = operation < this.#returning
    const i = returns ? operation : operation - this.#returning
    return [returns ? this.#returned : this.#unknown, Math.floor(i / BITS), 1 << (i % BITS)]
  }
}

export class Configurations {
  /** Which operations that return are placed, and the state → which of unknown outcome were needed for it. */
  readonly #tried = new Map<string, Uint16Array[]>()
  size = 0

  /**
   * Whether it promises anything new. It does not if the same operations led to the same state before and needed no more of the
   * unknown ones: whatever is possible from here was possible from there, as nobody has to use what is left of those.
   */
  add(placed: PlacedSet, state: string): boolean {
    const name = placed.returnedName() + state
    const unknown = placed.unknownOnes()
    const known = this.#tried.get(name)
    if (known === undefined) {
      this.#tried.set(name, [unknown])
      this.size++
      return true
    }
    if (known.some((other) => isSubset(other, unknown))) return false
    const kept = known.filter((other) => !isSubset(unknown, other))
    kept.push(unknown)
    this.#tried.set(name, kept)
    this.size += kept.length - known.length
    return true
  }
}

function isSubset(a: Uint16Array, b: Uint16Array): boolean {
  for (let i = 0; i < a.length; i++) if ((a[i]! & ~b[i]!) !== 0) return false
  return true
}
