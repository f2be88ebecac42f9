/**
 * Decks of prices. One comes in pieces, which nobody reads until `deck-use` puts all of them in force at once; those of the load before go
 * then, and so do those of a load that nobody finished.
 */
import type { DeckPiece, DeckUse, Result } from './commands.ts'
import { put, remove, type State } from './state.ts'

export const DECKS_MAX = 200
/** Pieces of all decks, those that are under way with them: a million rates. */
export const PIECES_MAX = 1_000
export const PIECE_RATES_MAX = 1_000

export function pieceKey(deck: string, load: string, piece: number): string {
  return `${deck} ${load} ${piece}`
}

export function putPiece(state: State, { deck, load, piece, rates }: DeckPiece): Result {
  const key = pieceKey(deck, load, piece)
  if (!state.pieces.has(key) && state.pieces.size >= PIECES_MAX)
    return { kind: 'too many rates', max: PIECES_MAX * PIECE_RATES_MAX }
  put(state, 'pieces', key, { deck, load, piece, rates })
  return { kind: 'done' }
}

/** What one deck is used for no other is. */
export function switchDeck(state: State, { name, load, pieces, currency, uses, at }: DeckUse): Result {
  const before = state.decks.get(name)
  if (before?.load === load) return { kind: 'committed', version: before.version }
  if (!before && state.decks.size >= DECKS_MAX) return { kind: 'too many decks', max: DECKS_MAX }
  let rates = 0
  for (let piece = 0; piece < pieces; piece++) {
    const row = state.pieces.get(pieceKey(name, load, piece))
    if (!row) return { kind: 'pieces missing' }
    rates += row.rates.length
  }
  for (const other of [...state.decks.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (other.name === name || !other.uses.some((use) => uses.includes(use))) continue
    put(state, 'decks', other.name, { ...other, uses: other.uses.filter((use) => !uses.includes(use)) })
  }
  const version = (before?.version ?? 0) + 1
  put(state, 'decks', name, { name, version, load, currency, uses, pieces, rates, importedAt: at })
  dropPieces(state, name, load)
  return { kind: 'committed', version }
}

export function removeDeck(state: State, name: string): Result {
  if (!state.decks.has(name)) return { kind: 'no such deck', name }
  remove(state, 'decks', name)
  dropPieces(state, name, null)
  return { kind: 'done' }
}

function dropPieces(state: State, deck: string, but: string | null): void {
  const keys: string[] = []
  for (const [key, piece] of state.pieces) if (piece.deck === deck && piece.load !== but) keys.push(key)
  for (const key of keys.sort()) remove(state, 'pieces', key)
}
