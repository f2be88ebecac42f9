/** The decks in force, each made readable when it is first asked for, and again when another load of it is in force. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { DeckRow } from '../../cluster/tables/admission-rows.ts'
import { pieceKey } from '../../cluster/tables/decks.ts'
import { type Deck, type Price, priceOf, Trie } from './deck.ts'

export interface Decks {
  /** By name; null: there is none. */
  get(name: string): Deck | null
  /** That is used for the first of these that has one: `user:AOR`, `tenant:DOMAIN`, `trunk:NAME`. */
  usedFor(...uses: readonly string[]): Deck | null
  /** What a number costs us by a trunk; null: it is not known. */
  price(trunk: string, number: string, at: number): Price | null
}

export function readDecks({ tables }: Pick<Cluster, 'tables'>): Decks {
  const made = new Map<string, { readonly load: string; readonly deck: Deck }>()

  function get(name: string): Deck | null {
    const row = tables.decks.get(name)
    if (!row) {
      made.delete(name)
      return null
    }
    const known = made.get(name)
    if (known?.load === row.load) return known.deck
    const deck = { name, version: row.version, currency: row.currency, rates: trieOf(row) }
    made.set(name, { load: row.load, deck })
    return deck
  }

  function trieOf({ name, load, pieces }: DeckRow): Trie {
    const trie = new Trie()
    for (let piece = 0; piece < pieces; piece++) {
      for (const rate of tables.pieces.get(pieceKey(name, load, piece))?.rates ?? []) trie.add(rate)
    }
    return trie
  }

  function usedFor(...uses: readonly string[]): Deck | null {
    for (const use of uses) {
      for (const row of tables.decks.values()) if (row.uses.includes(use)) return get(row.name)
    }
    return null
  }

  return {
    get,
    usedFor,
    price(trunk, number, at) {
      const deck = usedFor(`trunk:${trunk}`)
      return deck && priceOf(deck, number, at)
    },
  }
}
