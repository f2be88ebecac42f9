/** ImportRates, ListDecks, ListRates, GetPrice, RemoveDeck: decks of prices. */
import { randomUUID } from 'node:crypto'
import type { handleClientStreamingCall } from '@grpc/grpc-js'
import type { DeckRate, DeckRow } from '../../cluster/tables/admission-rows.ts'
import type { Command, Result } from '../../cluster/tables/commands.ts'
import { PIECE_RATES_MAX, pieceKey } from '../../cluster/tables/decks.ts'
import { costOf } from '../../cluster/tables/rating.ts'
import { clean } from '../../proto/text.ts'
import type { Deck } from '../../proto/types/raftel/v1/Deck.ts'
import type { DeckPage } from '../../proto/types/raftel/v1/DeckPage.ts'
import type { ImportReport } from '../../proto/types/raftel/v1/ImportReport.ts'
import type { ListRatesRequest__Output } from '../../proto/types/raftel/v1/ListRatesRequest.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import type { Price } from '../../proto/types/raftel/v1/Price.ts'
import type { PriceRequest__Output } from '../../proto/types/raftel/v1/PriceRequest.ts'
import type { RatePage } from '../../proto/types/raftel/v1/RatePage.ts'
import type { RateRow } from '../../proto/types/raftel/v1/RateRow.ts'
import type { RatesHead__Output } from '../../proto/types/raftel/v1/RatesHead.ts'
import type { RatesPart__Output } from '../../proto/types/raftel/v1/RatesPart.ts'
import { readRates } from '../admission/csv.ts'
import { INTERNAL, priceOf } from '../admission/deck.ts'
import { readDecks } from '../admission/decks.ts'
import { currencyIn } from './credit.ts'
import { keyIn, mustKnow } from './limits.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, conflict, invalid, notFound, refusal } from './refusal.ts'

type RateNeeds = Pick<Needs, 'cluster' | 'log' | 'decks'>

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/
const USES = ['user', 'tenant', 'trunk']
const USES_MAX = 1_000
/** Of a file. */
const BYTES_MAX = 64 * 1024 * 1024
/** That agreeing on a piece may take. */
const WITHIN_MS = 5_000

export function importRates(needs: RateNeeds): handleClientStreamingCall<RatesPart__Output, ImportReport> {
  return (call, done) => {
    imported(needs, call as AsyncIterable<RatesPart__Output>).then(
      (report) => done(null, report),
      (error) => {
        done(refusal(error, needs.log, call.getPath()))
        // What still comes is not kept.
        call.resume()
      },
    )
  }
}

async function imported(needs: RateNeeds, parts: AsyncIterable<RatesPart__Output>): Promise<ImportReport> {
  const iterator = parts[Symbol.asyncIterator]()
  const begun = await iterator.next()
  const head = begun.done ? null : begun.value.head
  if (begun.done || !head) throw invalid('an import begins with what it is for')
  const checked = headIn(head)
  if (!head.dryRun) mustKnow(needs.cluster)
  const { rates, errors, lines } = await readRates(bytesOf(begun.value.csv, iterator))
  const report = { rates: rates.length, errors, lines: [...lines] }
  if (errors > 0 || head.dryRun) return { version: 0, ...report }
  return { version: await putInForce(needs, checked, rates), ...report }
}

async function* bytesOf(first: Buffer, rest: AsyncIterator<RatesPart__Output>): AsyncGenerator<Uint8Array> {
  let size = first.length
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    size += next.value.csv.length
    if (size > BYTES_MAX) throw invalid(`a deck is at most ${BYTES_MAX / 1024 / 1024} MiB; split it`)
    yield next.value.csv
  }
}

type Checked = Pick<DeckRow, 'name' | 'currency' | 'uses'>

function headIn({ deck, currency, uses }: RatesHead__Output): Checked {
  if (!NAME.test(deck))
    throw invalid('the name of a deck is lower case letters, digits, dots and dashes, like retail-2027')
  if (uses.length > USES_MAX) throw invalid(`a deck is used for at most ${USES_MAX}`)
  return { name: deck, currency: currencyIn(currency), uses: [...new Set(uses.map((use) => keyIn(use, USES)))].sort() }
}

/** In pieces, which nobody reads before all are there. */
async function putInForce(
  { cluster }: RateNeeds,
  { name, currency, uses }: Checked,
  rates: readonly DeckRate[],
): Promise<number> {
  const load = randomUUID()
  const propose = async (command: Command): Promise<Result> => agreed(await cluster.propose(command, WITHIN_MS))
  let pieces = 0
  for (let at = 0; at < rates.length; at += PIECE_RATES_MAX) {
    const piece = rates.slice(at, at + PIECE_RATES_MAX)
    const result = await propose({ type: 'deck-piece', deck: name, load, piece: pieces++, rates: piece })
    if (result.kind === 'too many rates')
      throw cannot(`all decks together have at most ${result.max} rates; remove one`)
  }
  const result = await propose({ type: 'deck-use', name, load, pieces, currency, uses, at: Date.now() })
  if (result.kind === 'committed') return result.version
  if (result.kind === 'too many decks') throw cannot(`there are ${result.max} decks already; remove one`)
  throw conflict('somebody else imported that deck at the same time; look at it, and import again')
}

export function listDecks({ cluster }: RateNeeds, request: ListRequest__Output): DeckPage {
  const fields = {
    name: (row: DeckRow) => row.name,
    rates: (row: DeckRow) => row.rates,
    importedAt: (row: DeckRow) => row.importedAt,
  }
  const words = (row: DeckRow): string[] => [row.name, row.currency, ...row.uses]
  const { rows, next, total } = page<DeckRow>(cluster.tables.decks.values(), request, fields.name, fields, words)
  return { rows: rows.map(deckView), next, total, applied: cluster.status().applied }
}

export function listRates({ cluster }: RateNeeds, request: ListRatesRequest__Output): RatePage {
  const row = cluster.tables.decks.get(request.deck)
  if (!row) throw noDeck(request.deck)
  const rates: DeckRate[] = []
  for (let piece = 0; piece < row.pieces; piece++) {
    rates.push(...(cluster.tables.pieces.get(pieceKey(row.name, row.load, piece))?.rates ?? []))
  }
  const list = request.list ?? { filter: '', limit: 0, after: '', sort: '', linearizable: false }
  const fields = {
    prefix: (rate: DeckRate) => rate[0],
    price: (rate: DeckRate) => rate[1],
    name: (rate: DeckRate) => rate[8],
  }
  const key = ([prefix, , , , , , from]: DeckRate): string => `${prefix} ${String(from).padStart(15, '0')}`
  const { rows, next, total } = page<DeckRate>(rates, list, key, fields, (rate) => [rate[0], rate[8]])
  return { rows: rows.map(rateView), next, total, applied: cluster.status().applied }
}

/** `now`: wall clock, ms. */
export function getPrice(
  { cluster, decks = readDecks(cluster) }: RateNeeds,
  request: PriceRequest__Output,
  now: number,
): Price {
  const { number, deck: name, use, at, seconds } = request
  if (number !== INTERNAL && !/^\+?\d{1,15}$/.test(number))
    throw invalid(`a number is E.164, like +4930123456, or ${INTERNAL}`)
  if (name === '' && use === '') throw invalid('say in which deck, or whose')
  const deck = name === '' ? decks.usedFor(...usesOf(keyIn(use, USES))) : decks.get(name)
  if (!deck)
    throw name === '' ? notFound(`${clean(use)} has no deck; raftel rate ls shows what each is used for`) : noDeck(name)
  const price = priceOf(deck, number, at || now)
  if (!price) throw notFound(`the deck ${deck.name} has no price for that number then`)
  const { prefix, price: minute, connect, first, increment, free, name: text } = price
  return {
    deck: deck.name,
    version: deck.version,
    currency: deck.currency,
    rate: { prefix, price: minute, connect, first, increment, free, name: clean(text) },
    cost: costOf(price, seconds),
  }
}

/** A user without a deck of his own is charged by that of his tenant. */
function usesOf(use: string): readonly string[] {
  return use.startsWith('user:') ? [use, `tenant:${use.slice(use.lastIndexOf('@') + 1)}`] : [use]
}

/** What was removed is told once more. */
export async function removeDeck({ cluster }: RateNeeds, name: string, within: number): Promise<Deck> {
  mustKnow(cluster)
  const row = cluster.tables.decks.get(name)
  const result = agreed(await cluster.propose({ type: 'deck-remove', name }, within))
  if (result.kind === 'no such deck') throw noDeck(name)
  return row ? deckView(row) : { name: clean(name) }
}

function deckView({ name, version, currency, uses, rates, importedAt }: DeckRow): Deck {
  return { name, version, currency, uses: uses.map((use) => clean(use)), rates, importedAt }
}

function rateView([prefix, price, connect, first, increment, free, from, to, name]: DeckRate): RateRow {
  return { prefix, price, connect, first, increment, free, from, to, name: clean(name) }
}

function noDeck(name: string): Error {
  return notFound(`there is no deck ${clean(name)}; raftel rate ls shows which there are`)
}
