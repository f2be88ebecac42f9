/** A deck of prices as it is read: the longest prefix that is in force decides. */
import type { DeckRate } from '../../cluster/tables/admission-rows.ts'
import type { Rate } from '../../cluster/tables/rating.ts'

/** In place of a prefix: what calls cost that go out by no trunk. Without such a rate they cost nothing. */
export const INTERNAL = 'internal'

export interface Deck {
  readonly name: string
  readonly version: number
  readonly currency: string
  readonly rates: Trie
}

export interface Price extends Rate {
  readonly deck: string
  readonly version: number
  readonly currency: string
  readonly prefix: string
  readonly name: string
}

/** Of `number`, E.164 with or without its plus, or INTERNAL, at a time (Unix ms); null: the deck has no price for it. */
export function priceOf({ name: deck, version, currency, rates }: Deck, number: string, at: number): Price | null {
  const found = rates.find(number.replace(/^\+/, ''), at)
  if (!found) return null
  const [prefix, price, connect, first, increment, free, , , name] = found
  return { deck, version, currency, prefix, price, connect, first, increment, free, name }
}

/** Rates by prefix, a step a digit: a number of some digits costs some steps, however many rates there are. */
export class Trie {
  /** Ten a node: the number of the next node, 0: none. The root is node 0. */
  #next = new Int32Array(10 * 1024)
  #nodes = 1
  readonly #rates = new Map<number, DeckRate[]>()
  readonly #internal: DeckRate[] = []

  add(rate: DeckRate): void {
    if (rate[0] === INTERNAL) {
      this.#internal.push(rate)
      return
    }
    let node = 0
    for (const digit of rate[0]) node = this.#step(node, digit.charCodeAt(0) - ZERO)
    const rates = this.#rates.get(node)
    if (rates) rates.push(rate)
    else this.#rates.set(node, [rate])
  }

  find(number: string, at: number): DeckRate | null {
    if (number === INTERNAL) return this.#internal.find((rate) => inForce(rate, at)) ?? null
    let best: DeckRate | null = null
    let node = 0
    for (let i = 0; ; i++) {
      best = this.#rates.get(node)?.find((rate) => inForce(rate, at)) ?? best
      const digit = number.charCodeAt(i) - ZERO
      if (!(digit >= 0 && digit <= 9)) return best
      node = this.#next[node * 10 + digit]!
      if (node === 0) return best
    }
  }

  #step(node: number, digit: number): number {
    const at = node * 10 + digit
    if (this.#next[at] !== 0) return this.#next[at]!
    if ((this.#nodes + 1) * 10 > this.#next.length) {
      const larger = new Int32Array(2 * this.#next.length)
      larger.set(this.#next)
      this.#next = larger
    }
    return (this.#next[at] = this.#nodes++)
  }
}

const ZERO = 48

function inForce([, , , , , , from, to]: DeckRate, at: number): boolean {
  return from <= at && (to === 0 || at < to)
}
