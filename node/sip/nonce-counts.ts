/**
 * How often each nonce was used here (RFC 7616 §3.4, nc), so that an overheard answer is not taken twice. Only answers that verified come here,
 * but a node may have more phones than it can remember nonces of, so they are kept in two generations: when the younger is full the elder is
 * forgotten, and from then on none is taken that is as old and not remembered. A nonce that is used goes on in the younger.
 */
export interface NonceCounts {
  /** False when this count, or a higher one, was used before, or that is no longer known. `at`: when the nonce was made. */
  use(nonce: { readonly id: number; readonly at: number }, count: number): boolean
}

/** `max`: of a generation. A full one has 4 MB. */
export function nonceCounts(max = 131_072): NonceCounts {
  let young = new Generation(SLOTS_MIN)
  let old = new Generation(SLOTS_MIN)
  /** The youngest that may have been forgotten was made then. */
  let forgotten = Number.NEGATIVE_INFINITY
  return {
    use({ id, at }, count) {
      // Some phones begin with nc=00000000.
      const uses = count + 1
      const known = young.uses(id) || old.uses(id)
      if (uses <= known || (known === 0 && at <= forgotten)) return false
      young.set(id, uses, at)
      if (young.size >= max) {
        forgotten = Math.max(forgotten, old.latest)
        old = young
        // As large as the last one came to be: it will be as full.
        young = new Generation(old.slots)
      }
      return true
    },
  }
}

const SLOTS_MIN = 1024

/** Numbers to numbers by open addressing, at most half full. */
class Generation {
  size = 0
  /** When the youngest nonce in it was made. */
  latest = Number.NEGATIVE_INFINITY
  /** An id and one; 0: free. */
  #ids: Float64Array
  #uses: Float64Array

  constructor(slots: number) {
    this.#ids = new Float64Array(slots)
    this.#uses = new Float64Array(slots)
  }

  get slots(): number {
    return this.#ids.length
  }

  /** 0: it is not there. */
  uses(id: number): number {
    return this.#uses[this.#slotOf(id + 1)]!
  }

  set(id: number, uses: number, at: number): void {
    let slot = this.#slotOf(id + 1)
    if (this.#ids[slot] === 0) {
      if (2 * ++this.size > this.slots) {
        this.#grow()
        slot = this.#slotOf(id + 1)
      }
      this.#ids[slot] = id + 1
    }
    this.#uses[slot] = uses
    this.latest = Math.max(this.latest, at)
  }

  /** Ids are random, so their low bits are as good as a hash. */
  #slotOf(key: number): number {
    const mask = this.slots - 1
    let slot = (key >>> 0) & mask
    while (this.#ids[slot] !== 0 && this.#ids[slot] !== key) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const [ids, uses] = [this.#ids, this.#uses]
    this.#ids = new Float64Array(2 * ids.length)
    this.#uses = new Float64Array(2 * ids.length)
    for (let i = 0; i < ids.length; i++) {
      const key = ids[i]!
      if (key === 0) continue
      const slot = this.#slotOf(key)
      this.#ids[slot] = key
      this.#uses[slot] = uses[i]!
    }
  }
}
