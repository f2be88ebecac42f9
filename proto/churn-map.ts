/**
 * A Map for what comes and goes by the thousand: calls under way, questions that wait for an answer.
 *
 * V8's own keeps more alive than it holds. A Map moves to a new table now and then, and each table it leaves points to the next one. When one of them has grown
 * old enough that only a full collection of garbage looks at it, all that follow are kept by it, with whatever they held when they were left, and what is
 * kept for so long grows old itself: at 1,600 calls a second five sixths of what the small collections took for alive was dead.
 */

/** So many entries are set before the tables are left for good. */
const SETS = 256

export class ChurnMap<K, V> implements Map<K, V> {
  #map: Map<K, V>
  #left = SETS

  constructor(entries: Iterable<readonly [K, V]> = []) {
    this.#map = new Map(entries)
  }

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  set(key: K, value: V): this {
    if (--this.#left < 0) {
      this.#map = new Map(this.#map)
      // To copy them costs no more than to set them did.
      this.#left = Math.max(SETS, this.#map.size)
    }
    this.#map.set(key, value)
    return this
  }

  delete(key: K): boolean {
    return this.#map.delete(key)
  }

  clear(): void {
    this.#map = new Map()
    this.#left = SETS
  }

  /** Whoever sets entries while going through them copies them first: there may be other tables by then. */
  entries(): MapIterator<[K, V]> {
    return this.#map.entries()
  }

  keys(): MapIterator<K> {
    return this.#map.keys()
  }

  values(): MapIterator<V> {
    return this.#map.values()
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map.entries()
  }

  forEach(run: (value: V, key: K, map: Map<K, V>) => void, self?: unknown): void {
    for (const [key, value] of this.#map) run.call(self, value, key, this)
  }

  get [Symbol.toStringTag](): string {
    return 'ChurnMap'
  }
}
