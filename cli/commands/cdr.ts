/** `raftel cdr`: records of calls that are over, and where they go. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { FIELDS, type Told } from '../../proto/cdr.ts'
import { csv } from '../../proto/csv.ts'
import type { Cdr__Output } from '../../proto/types/raftel/v1/Cdr.ts'
import type { CdrPage__Output } from '../../proto/types/raftel/v1/CdrPage.ts'
import type { ListCdrsRequest } from '../../proto/types/raftel/v1/ListCdrsRequest.ts'
import { type Client, openClient } from '../client.ts'
import { usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { list, record, span } from '../print.ts'
import { quality } from '../quality.ts'
import { isBehindNat, SLOW_MS } from '../trace/problems.ts'
import { storiesOf } from '../tui/judged.ts'
import { tuiClient } from '../tui/source.ts'
import { sinkCommand } from './cdr-sink.ts'
import { seconds } from './problems.ts'

interface Filters {
  readonly since?: number
  readonly until?: number
  readonly from?: string
  readonly to?: string
  readonly tenant?: string
  readonly cause?: number
  readonly disposition?: string
  readonly problem?: boolean
  readonly oneWay?: boolean
  readonly nat?: boolean
  /** Seconds, or true for the default. */
  readonly slowSetup?: number | true
  readonly linearizable?: boolean
}

/** A record as it is told, and what is wrong with the call. */
type Row = Told & { readonly problem: string | null }

const PAGE = 1000
const SHOWN = 50
const NAT_PAGE = 100
const AT_ONCE = 8

export function cdrCommand(): Command {
  const ls = filtered(new Command('ls').alias('list').description('calls that are over, newest first'))
    .option(
      '--nat',
      'only calls of a phone whose Contact has an address that it does not send from, as far as nodes remember their SIP',
    )
    .option('--limit <count>', 'so many at most', whole, SHOWN)
    .addHelpText(
      'after',
      examples(
        'ls --since 1h',
        'ls --problem',
        'ls --slow-setup 8 --since 1d',
        'ls --nat',
        'ls --to +4930 --cause 17 -o json',
      ),
    )
    .action((options: Filters & { limit: number }, self: Command) => listCdrs(options, self))
  const show = new Command('show')
    .description('one of them, with why it went where it went')
    .argument('<id>', 'of the call, or the number of the record')
    .addHelpText('after', examples('show 4f1c…', 'show 1812 -o json'))
    .action((id: string, _: object, self: Command) => showCdr(id, self))
  const exported = filtered(
    new Command('export').description('all that are kept, oldest first, as a sink would have them'),
  )
    .addOption(new Option('--format <format>', 'by default csv, or what -o says').choices(['csv', 'jsonl']))
    .addHelpText('after', examples('export > cdrs.csv', 'export --format jsonl --since 2026-11-01'))
    .action((options: Filters & { format?: string }, self: Command) => exportCdrs(options, self))
  return new Command('cdr')
    .description('records of calls that are over')
    .addCommand(ls)
    .addCommand(show)
    .addCommand(exported)
    .addCommand(sinkCommand())
}

function filtered(command: Command): Command {
  return command
    .option('--since <time>', 'begun since: 90s, 30m, 12h, 7d ago, or ISO 8601', time)
    .option('--until <time>', 'begun before', time)
    .option('--from <text>', 'the caller contains it')
    .option('--to <text>', 'who was dialled, called or reached contains it')
    .option('--tenant <tenant>', 'of this tenant')
    .option('--cause <number>', 'Q.850: 16 is a hang-up, 17 busy, 18 and 19 no answer', whole)
    .addOption(
      new Option('--disposition <how>').choices(['answered', 'busy', 'no answer', 'refused', 'failed', 'cancelled']),
    )
    .option('--problem', 'that failed, whose node was lost, or in which somebody was not heard')
    .option('--one-way', 'in which one side alone was heard')
    .option(
      '--slow-setup [seconds]',
      `that took longer until they rang, were answered or were over (${SLOW_MS / 1000})`,
      seconds,
    )
    .option('--linearizable', 'nothing that was agreed on before is missing; needs a quorum')
}

async function listCdrs(options: Filters & { limit: number }, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const rows: Row[] = []
    const found = options.nat ? behindNat(client, options) : newestFirst(client, options, options.limit)
    for await (const row of found) if (rows.push(row) >= options.limit) break
    const columns = [
      { title: 'SEQ', text: (row: Row) => String(row.seq), right: true },
      { title: 'STARTED', text: (row: Row) => row.startedAt.slice(0, 19).replace('T', ' ') },
      { title: 'FROM', text: (row: Row) => row.from },
      { title: 'TO', text: (row: Row) => row.to },
      { title: 'HOW', text: (row: Row) => row.disposition },
      { title: 'TALKED', text: (row: Row) => (row.answeredAt === null ? '-' : span(row.billable * 1000)), right: true },
      { title: 'SET-UP', text: (row: Row) => (options.slowSetup ? setUp(row) : ''), right: true, ifAny: true },
      { title: 'CAUSE', text: (row: Row) => String(row.cause), right: true },
      { title: 'ENDED BY', text: (row: Row) => row.by },
      { title: 'REASON', text: (row: Row) => row.problem ?? row.reason },
    ]
    process.stdout.write(list(given.output, columns, rows))
  } finally {
    client.close()
  }
}

async function showCdr(id: string, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const row = rowOf(await client.ask<Cdr__Output>((control, limits, done) => control.getCdr({ id }, limits, done)))
    if (given.output !== 'table') {
      process.stdout.write(JSON.stringify(row, null, given.output === 'json' ? 2 : 0) + '\n')
      return
    }
    const { decision, legs, media, cost, ...flat } = row
    const told: Record<string, string | number | null> = { ...flat }
    for (const [i, line] of decision.entries()) told[`decision ${i + 1}`] = line
    for (const leg of legs) told[`leg ${leg.role}`] = leg.callId
    for (const { side, packets, codec, errors, heard } of media ?? []) {
      told[`sent by ${side}`] = `${packets} packets ${codec}, ${errors} of no use`
      if (heard) told[`heard by ${side}`] = quality(heard)
    }
    told.cost = cost && `${(cost.amount / 1e6).toFixed(6)} ${cost.currency}`
    process.stdout.write(record('table', told))
  } finally {
    client.close()
  }
}

async function exportCdrs(options: Filters & { format?: string }, self: Command): Promise<void> {
  const given = globals(self)
  const format = options.format ?? (given.output === 'table' ? 'csv' : given.output)
  const client = openClient(given)
  try {
    const rows: Row[] = []
    for await (const row of newestFirst(client, options, Number.POSITIVE_INFINITY)) rows.push(row)
    const all = rows.reverse().map(({ problem: _, ...told }) => told)
    if (format === 'csv') process.stdout.write(csv([FIELDS]))
    if (format === 'json') process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
    else
      for (const told of all) {
        const line = format === 'csv' ? csv([FIELDS.map((name) => told[name])]) : JSON.stringify(told) + '\n'
        process.stdout.write(line)
      }
  } finally {
    client.close()
  }
}

async function* newestFirst(client: Client, filters: Filters, most: number): AsyncGenerator<Row> {
  const { nat: _, slowSetup, ...others } = filters
  const slowMs = slowSetup === true ? SLOW_MS : slowSetup && Math.ceil(slowSetup * 1000)
  const { since, until, from, to, tenant, cause, disposition, problem, oneWay, linearizable } = others
  const wanted: ListCdrsRequest = {
    ...{ since, until, from, to, tenant, cause, disposition, problem, oneWay, linearizable },
    slowSetup: slowMs,
  }
  let left = most
  let after = ''
  do {
    const request = { ...wanted, after, limit: Math.min(PAGE, left) }
    const page = await client.ask<CdrPage__Output>((control, limits, done) => control.listCdrs(request, limits, done))
    for (const wire of page.rows) yield rowOf(wire)
    left -= page.rows.length
    after = page.next
  } while (after !== '' && left > 0)
}

/** What was said is with the nodes, as long as they remember it: from the first page on that none remembers anything of, nothing is asked any more. */
async function* behindNat(client: Client, filters: Filters): AsyncGenerator<Row> {
  if (filters.problem || filters.oneWay || filters.slowSetup)
    throw usage('--nat is asked about each call on its own: leave out --problem, --one-way and --slow-setup')
  const witness = tuiClient(await client.connection())
  let remembered = 0
  let page: Row[] = []
  const judge = async (): Promise<Row[]> => {
    const stories = await storiesOf(
      page.map(({ id }) => id),
      witness,
      AT_ONCE,
    )
    const found = page.filter(({ id }) => stories.has(id) && isBehindNat(stories.get(id)!))
    remembered = stories.size
    page = []
    return found
  }
  for await (const row of newestFirst(client, filters, Number.POSITIVE_INFINITY)) {
    if (page.push(row) < NAT_PAGE) continue
    yield* await judge()
    if (remembered > 0) continue
    process.stderr.write(`no node remembers the SIP of calls before ${row.startedAt}: these were not looked at\n`)
    return
  }
  yield* await judge()
}

function setUp({ startedAt, ringingAt, answeredAt, endedAt }: Row): string {
  return `${((Date.parse(ringingAt ?? answeredAt ?? endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`
}

function rowOf({ told, problem }: Cdr__Output): Row {
  return { ...(JSON.parse(told) as Told), problem: problem === '' ? null : problem }
}

/** Unix ms, of `2h` ago or of a date. */
function time(text: string): number {
  const [, number, unit] = /^(\d{1,8})([smhd])$/.exec(text) ?? []
  const at = unit === undefined ? Date.parse(text) : Date.now() - Number(number) * (UNITS[unit] ?? 0)
  if (!(at >= 0)) throw new InvalidArgumentError('write it like 90s, 30m, 12h or 7d, or 2026-11-28T14:00:00Z')
  return at
}
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('write a number from 1 on')
  return Number(text)
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  raftel cdr ${line}`).join('\n')}`
}
