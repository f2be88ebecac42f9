/** `raftel rate`: decks of prices. */
import { createReadStream } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import type { Deck__Output } from '../../proto/types/raftel/v1/Deck.ts'
import type { ImportReport__Output } from '../../proto/types/raftel/v1/ImportReport.ts'
import type { Price__Output } from '../../proto/types/raftel/v1/Price.ts'
import type { RatePage__Output } from '../../proto/types/raftel/v1/RatePage.ts'
import type { RateRow__Output } from '../../proto/types/raftel/v1/RateRow.ts'
import { openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { globals, whole } from '../globals.ts'
import { addList, allRows } from '../lists.ts'
import { money } from '../money.ts'
import { tellOne } from '../one.ts'
import { type Column, iso, list, record } from '../print.ts'

interface DeckLine {
  readonly name: string
  readonly version: number
  readonly currency: string
  readonly rates: number
  readonly uses: string
  readonly importedAt: string | null
}

const DECKS: readonly Column<DeckLine>[] = [
  { title: 'DECK', text: (row) => row.name },
  { title: 'VERSION', text: (row) => String(row.version), right: true },
  { title: 'RATES', text: (row) => String(row.rates), right: true },
  { title: 'CURRENCY', text: (row) => row.currency },
  { title: 'IMPORTED', text: (row) => row.importedAt ?? '-' },
  { title: 'USED FOR', text: (row) => row.uses },
]

/** Amounts as text: exactly. */
interface RateLine {
  readonly prefix: string
  /** A minute. */
  readonly price: string
  readonly connect: string
  readonly first: number
  readonly increment: number
  readonly free: number
  readonly from: string | null
  readonly to: string | null
  readonly name: string
}

const RATES: readonly Column<RateLine>[] = [
  { title: 'PREFIX', text: (row) => row.prefix },
  { title: 'A MINUTE', text: (row) => row.price, right: true },
  { title: 'CONNECT', text: (row) => row.connect, right: true },
  { title: 'FIRST', text: (row) => String(row.first), right: true },
  { title: 'THEN', text: (row) => String(row.increment), right: true },
  { title: 'FREE', text: (row) => String(row.free), right: true },
  { title: 'FROM', text: (row) => row.from ?? '-' },
  { title: 'TO', text: (row) => row.to ?? '-' },
  { title: 'NAME', text: (row) => row.name },
]

export function rateCommand(): Command {
  const load = new Command('import')
    .description('put a deck of prices in force, all of it or, when a line is wrong, nothing')
    .argument('<deck>', 'its name')
    .argument('<file>', 'CSV; - for stdin')
    .option('--currency <code>', 'like EUR', 'EUR')
    .option(
      '--for <key,…>',
      'who is charged by it: tenant:DOMAIN, user:NAME@DOMAIN; or what costs us that: trunk:NAME',
      '',
    )
    .option('--dry-run', 'look at every line, and change nothing')
    .addHelpText('after', IMPORT)
    .action(importRates)
  const ls = new Command('ls').description('all decks').addHelpText('after', '\nExamples:\n  raftel rate ls -o json')
  addList<Deck__Output, DeckLine>(ls, {
    page: (control, request, limits, done) => control.listDecks(request, limits, done),
    row: deckLine,
    columns: DECKS,
  })
  const show = new Command('show')
    .description('the prices of a deck')
    .argument('<deck>')
    .option('--filter <text>', 'only rows that contain it', '')
    .option('--sort <field>', 'field to sort by (prefix, price, name); -field for descending', '')
    .addHelpText('after', '\nExamples:\n  raftel rate show retail --filter 4917\n  raftel rate show retail -o ndjson')
    .action(showDeck)
  const price = new Command('price')
    .description('what a call to a number costs')
    .argument('<number>', 'E.164, like +4930123456; or internal')
    .option('--deck <name>', 'in this deck')
    .option('--for <key>', 'or in that of user:NAME@DOMAIN, tenant:DOMAIN, trunk:NAME')
    .option('--at <time>', 'ISO 8601; by default now', timeIn)
    .option('--seconds <number>', 'of a call of that length', whole, 60)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel rate price +4917012345 --for tenant:pbx.test --seconds 95\n  raftel rate price +4312345 --deck retail --at 2027-01-01',
    )
    .action(showPrice)
  const rm = new Command('rm')
    .description('remove a deck')
    .argument('<deck>')
    .addHelpText('after', '\nExamples:\n  raftel rate rm retail-2025')
    .action(removeDeck)
  return new Command('rate')
    .description('prices of calls')
    .addCommand(load)
    .addCommand(ls)
    .addCommand(show)
    .addCommand(price)
    .addCommand(rm)
}

const IMPORT = `
The first line names the columns: prefix and price (a minute), and if you like connect, first, increment (seconds, 60), free (seconds),
from, to (dates) and name. The prefix internal is what calls cost that go out by no trunk.

Examples:
  raftel rate import retail retail.csv --for tenant:pbx.test --dry-run
  raftel rate import retail retail.csv --for tenant:pbx.test,tenant:other.test
  raftel rate import carrier-a a.csv --currency USD --for trunk:carrier-a`

async function importRates(
  deck: string,
  file: string,
  options: { currency: string; for: string; dryRun?: boolean },
  self: Command,
): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  const uses = options.for
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)
  const head = { deck, currency: options.currency, uses, dryRun: options.dryRun === true }
  let unread: Error | null = null
  try {
    const report = await client.ask<ImportReport__Output>((control, limits, done) => {
      const call = control.importRates(limits, done)
      call.write({ head })
      const source: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file)
      void (async () => {
        try {
          for await (const csv of source) {
            if (!call.write({ csv })) await new Promise((resolve) => call.once('drain', resolve).once('close', resolve))
          }
          call.end()
        } catch (error) {
          unread = error as Error
          call.cancel()
        }
      })()
    }, 'once')
    const { version, rates, errors, lines } = report
    if (errors > 0) throw new Failure('failed', faults(file, errors, lines))
    process.stdout.write(record(given.output, { deck, version: version || null, rates, dryRun: head.dryRun }))
  } catch (error) {
    throw unread === null ? error : new Failure('failed', `${file} cannot be read: ${(unread as Error).message}`)
  } finally {
    client.close()
  }
}

function faults(file: string, errors: number, lines: ImportReport__Output['lines']): string {
  const told = lines.map(({ line, text }) => `${file}:${line}: ${text}`)
  const more = errors > lines.length ? [`and ${errors - lines.length} more`] : []
  return [...told, ...more, `${errors} lines are wrong; nothing was changed`].join('\n')
}

async function showDeck(deck: string, options: { filter: string; sort: string }, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const rows = await allRows<RateRow__Output>(
      client,
      (control, request, limits, done) =>
        control.listRates({ deck, list: request }, limits, (error, reply?: RatePage__Output) => done(error, reply)),
      options,
    )
    process.stdout.write(list(given.output, RATES, rows.map(rateLine)))
  } finally {
    client.close()
  }
}

async function showPrice(
  number: string,
  options: { deck?: string; for?: string; at?: number; seconds: number },
  self: Command,
): Promise<void> {
  const { deck = '', for: use = '', at = 0, seconds } = options
  if ((deck === '') === (use === '')) throw usage('say with --deck in which deck, or with --for whose')
  const given = globals(self)
  const client = openClient(given)
  try {
    const price = await client.ask<Price__Output>((control, limits, done) =>
      control.getPrice({ number, deck, use, at, seconds }, limits, done),
    )
    const { version, currency, rate, cost } = price
    if (!rate) throw new Failure('failed', 'the node answered without a price; upgrade all nodes')
    const { from: _, to: __, ...line } = rateLine(rate)
    process.stdout.write(
      record(given.output, { number, deck: price.deck, version, currency, ...line, seconds, cost: money(cost) }),
    )
  } finally {
    client.close()
  }
}

function removeDeck(name: string, _: object, self: Command): Promise<void> {
  return tellOne(self, (control, limits, done) => control.removeDeck({ name }, limits, done), deckLine, 'once')
}

function deckLine({ name, version, currency, rates, uses, importedAt }: Deck__Output): DeckLine {
  return { name, version, currency, rates, uses: uses.join(','), importedAt: iso(importedAt) }
}

function rateLine({ prefix, price, connect, first, increment, free, from, to, name }: RateRow__Output): RateLine {
  const [since, until] = [iso(from), iso(to)]
  return { prefix, price: money(price), connect: money(connect), first, increment, free, from: since, to: until, name }
}

function timeIn(text: string): number {
  const at = Date.parse(text)
  if (!(at > 0)) throw new InvalidArgumentError('write it like 2027-01-01 or 2027-01-01T12:00:00Z')
  return at
}
