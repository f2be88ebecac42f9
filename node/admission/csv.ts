/**
 * A deck of prices as CSV: a line a rate, named by its first line. Every line is looked at, whatever is wrong with others; of what is wrong the
 * first hundred are told, and how many there are.
 */
import { parse } from 'csv-parse'
import type { DeckRate } from '../../cluster/tables/admission-rows.ts'
import { isRate } from '../../cluster/tables/rating.ts'
import { clean } from '../../proto/text.ts'
import { INTERNAL } from './deck.ts'

export interface ReadRates {
  readonly rates: readonly DeckRate[]
  readonly errors: number
  /** The first of them. */
  readonly lines: readonly { readonly line: number; readonly text: string }[]
}

export const RATES_MAX = 200_000
const ERRORS_TOLD = 100
const COLUMNS = ['prefix', 'price', 'connect', 'first', 'increment', 'free', 'from', 'to', 'name']
const RECORD_MAX = 4_096

export async function readRates(chunks: AsyncIterable<Uint8Array>): Promise<ReadRates> {
  const rates: DeckRate[] = []
  const lines: { line: number; text: string }[] = []
  /** By prefix: the times that are taken. */
  const taken = new Map<string, DeckRate[]>()
  let errors = 0
  const wrong = (line: number, text: string): void => {
    errors++
    if (lines.length < ERRORS_TOLD) lines.push({ line, text: clean(text) })
  }

  const parser = parse({
    bom: true,
    trim: true,
    info: true,
    skip_empty_lines: true,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: RECORD_MAX,
    skip_records_with_error: true,
  })
  parser.on('skip', (error: { lines?: number; message: string }) => wrong(error.lines ?? 0, error.message))
  const feeding = feed(chunks, parser)
  feeding.catch((error: Error) => parser.destroy(error))

  let columns: readonly string[] | null = null
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    const line = info.lines
    if (columns === null) {
      columns = record.map((name) => name.toLowerCase())
      const unknown = columns.find((name) => !COLUMNS.includes(name))
      if (unknown !== undefined)
        wrong(line, `there is no column ${JSON.stringify(unknown)}; known are ${COLUMNS.join(', ')}`)
      for (const name of ['prefix', 'price']) if (!columns.includes(name)) wrong(line, `the column ${name} is missing`)
      if (errors > 0) break
      continue
    }
    if (rates.length >= RATES_MAX) {
      wrong(line, `a deck has at most ${RATES_MAX} rates; split it`)
      break
    }
    const values = Object.fromEntries(columns.map((name, i) => [name, record[i] ?? '']))
    const rate = rateIn(values)
    if (typeof rate === 'string') wrong(line, rate)
    else if (taken.get(rate[0])?.some((other) => overlap(rate, other))) {
      wrong(line, `the prefix ${rate[0]} has a price for that time already`)
    } else {
      rates.push(rate)
      const same = taken.get(rate[0])
      if (same) same.push(rate)
      else taken.set(rate[0], [rate])
    }
  }
  if (columns === null && errors === 0)
    wrong(1, `there is nothing in it; its first line names columns: ${COLUMNS.join(',')}`)
  return { rates, errors, lines }
}

async function feed(chunks: AsyncIterable<Uint8Array>, parser: ReturnType<typeof parse>): Promise<void> {
  for await (const chunk of chunks) {
    if (parser.destroyed) return
    if (!parser.write(chunk)) await new Promise<void>((resolve) => parser.once('drain', resolve).once('close', resolve))
  }
  parser.end()
}

/** Or what is wrong with it. */
function rateIn(values: Readonly<Record<string, string>>): DeckRate | string {
  const prefix = (values.prefix ?? '').replace(/^\+/, '')
  if (prefix !== INTERNAL && !/^\d{1,15}$/.test(prefix)) {
    return `${JSON.stringify(values.prefix)} is no prefix: 1 to 15 digits of an E.164 number, or ${INTERNAL}`
  }
  const [price, connect] = [micro(values.price ?? ''), micro(values.connect || '0')]
  if (price === null || connect === null) return 'a price is a number with at most six decimals, like 0.0125'
  const [first, increment, free] = [count(values.first, 60), count(values.increment, 60), count(values.free, 0)]
  const rate = { price, connect, first, increment, free }
  if (!isRate(rate)) return 'prices are at most 1000 a minute; first and increment 1 to 3600 s, free 0 to 86400 s'
  const [from, to] = [timeIn(values.from), timeIn(values.to)]
  if (from === null || to === null) return 'from and to are dates or times, like 2027-01-01 or 2027-01-01T00:00:00Z'
  if (to !== 0 && to <= from) return 'it ends before it begins'
  return [prefix, price, connect, first, increment, free, from, to, clean(values.name ?? '', 64)]
}

/** Micro-units; null: it is no such number. */
export function micro(text: string): number | null {
  const [, whole, rest = ''] = /^(-?\d{1,9})(?:\.(\d{1,6}))?$/.exec(text) ?? []
  if (whole === undefined) return null
  const amount = Number(whole.replace('-', '')) * 1_000_000 + Number(rest.padEnd(6, '0'))
  return whole.startsWith('-') ? -amount : amount
}

function count(text: string | undefined, otherwise: number): number {
  return text ? (/^\d{1,6}$/.test(text) ? Number(text) : Number.NaN) : otherwise
}

function timeIn(text: string | undefined): number | null {
  if (!text) return 0
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isSafeInteger(at) && at > 0 ? at : null
}

function overlap([, , , , , , from, to]: DeckRate, [, , , , , , since, until]: DeckRate): boolean {
  return (until === 0 || from < until) && (to === 0 || since < to)
}
