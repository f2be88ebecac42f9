/**
 * Records in pages of bytes: a million rows are a few thousand objects to the collector, which looks into none of them. A record is
 * written once, at the end of the page that is being filled, and stays as it is; what replaces it is another record. Once an eighth of
 * all bytes is of records that were let go, the page that has most of those is emptied: what lives in it is written again. Pages that
 * somebody holds are not emptied, and every record in them stays readable: that is what a snapshot costs, however long it takes. What is
 * written later is in other pages.
 */

/** Where a record is: never 0. */
export type Ref = number

const UNIT = 8
const UNITS_A_PAGE = 2 ** 15
const PAGE_BYTES = UNIT * UNITS_A_PAGE
/** Units of the record, then its owner. */
const HEAD = 8
/** Bytes of garbage for which a page is emptied. */
const WORTH_IT = PAGE_BYTES / 16
/** Emptied pages that are kept for the next records. */
const SPARE_MAX = 16

interface Page {
  readonly bytes: Buffer
  /** How many had held the arena when it was begun. */
  readonly born: number
  end: number
  /** Bytes of records that nobody let go. */
  live: number
}

export class Arena {
  /** Page 0 is never there, so that no record is at 0. */
  readonly #pages: (Page | null)[] = [null]
  readonly #unused: number[] = []
  readonly #spare: Buffer[] = []
  readonly #owned: (owner: number) => Ref
  readonly #moved: (owner: number, ref: Ref) => void
  #filling = 0
  #bytes = 0
  #garbage = 0
  /** Of each who holds it, how many had done so before; those are all later than the pages that they hold. */
  readonly #holds = new Set<number>()
  #held = 0
  /** Where nothing was to be emptied, one looks again when there is more garbage. */
  #lookAt = 0

  /** `owned` is the record of an owner, `moved` tells where it is from now on. */
  constructor(owned: (owner: number) => Ref, moved: (owner: number, ref: Ref) => void) {
    this.#owned = owned
    this.#moved = moved
  }

  /** Bytes of all pages that hold records; of these, bytes of records that were let go. */
  get size(): { readonly bytes: number; readonly garbage: number } {
    return { bytes: this.#bytes, garbage: this.#garbage }
  }

  /** The page of a record; its bytes begin at `offset`. */
  page(ref: Ref): Buffer {
    return this.#pages[ref >>> 15]!.bytes
  }

  offset(ref: Ref): number {
    return (ref % UNITS_A_PAGE) * UNIT + HEAD
  }

  /** Keeps the first `length` bytes for an owner, who has let go of its record before. */
  put(owner: number, bytes: Buffer, length: number): Ref {
    if (this.#garbage > this.#bytes / 8 && this.#garbage > PAGE_BYTES && this.#garbage >= this.#lookAt) this.#emptyOne()
    return this.#write(owner, bytes, 0, length)
  }

  drop(ref: Ref): void {
    const page = this.#pages[ref >>> 15]!
    const size = page.bytes.readUInt32LE(this.offset(ref) - HEAD) * UNIT
    page.live -= size
    this.#garbage += size
  }

  /** Every record of now stays readable until what this returns is called. */
  hold(): () => void {
    const hold = this.#held++
    this.#holds.add(hold)
    this.#filling = 0
    return () => {
      this.#holds.delete(hold)
      this.#lookAt = 0
    }
  }

  #write(owner: number, from: Buffer, start: number, length: number): Ref {
    const units = Math.ceil((HEAD + length) / UNIT)
    const size = units * UNIT
    let page = this.#pages[this.#filling]
    if (!page || page.end + size > page.bytes.length) page = this.#newPage(size)
    const at = page.end
    page.bytes.writeUInt32LE(units, at)
    page.bytes.writeUInt32LE(owner, at + 4)
    from.copy(page.bytes, at + HEAD, start, start + length)
    page.end += size
    page.live += size
    this.#bytes += size
    return this.#filling * UNITS_A_PAGE + at / UNIT
  }

  /** A record that is larger than a page has one of its own. */
  #newPage(size: number): Page {
    const bytes = size > PAGE_BYTES ? Buffer.alloc(size) : (this.#spare.pop() ?? Buffer.alloc(PAGE_BYTES))
    const page = { bytes, born: this.#held, end: 0, live: 0 }
    this.#filling = this.#unused.pop() ?? this.#pages.length
    this.#pages[this.#filling] = page
    return page
  }

  #emptyOne(): void {
    const chosen = this.#mostGarbage()
    this.#lookAt = chosen === 0 ? this.#garbage + WORTH_IT : 0
    if (chosen === 0) return
    const page = this.#pages[chosen]!
    for (let at = 0; at < page.end; ) {
      const size = page.bytes.readUInt32LE(at) * UNIT
      const owner = page.bytes.readUInt32LE(at + 4)
      const lives = this.#owned(owner) === chosen * UNITS_A_PAGE + at / UNIT
      if (lives) this.#moved(owner, this.#write(owner, page.bytes, at + HEAD, size - HEAD))
      at += size
    }
    this.#bytes -= page.end
    this.#garbage -= page.end - page.live
    this.#pages[chosen] = null
    this.#unused.push(chosen)
    if (page.bytes.length === PAGE_BYTES && this.#spare.length < SPARE_MAX) this.#spare.push(page.bytes)
  }

  #mostGarbage(): number {
    const newest = Math.max(-1, ...this.#holds)
    let chosen = 0
    let most = WORTH_IT
    for (let i = 1; i < this.#pages.length; i++) {
      const page = this.#pages[i]
      if (!page || i === this.#filling || page.born <= newest || page.end - page.live <= most) continue
      chosen = i
      most = page.end - page.live
    }
    return chosen
  }
}
