/** `raftel audit`: what operators changed. */
import { Command, Option } from 'commander'
import { diffJson } from 'diff'
import { clean } from '../../proto/text.ts'
import type { AuditEntry__Output } from '../../proto/types/raftel/v1/AuditEntry.ts'
import type { AuditPage__Output } from '../../proto/types/raftel/v1/AuditPage.ts'
import type { Change__Output } from '../../proto/types/raftel/v1/Change.ts'
import { type Client, openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals, moment, whole } from '../globals.ts'
import { type Column, iso, list } from '../print.ts'

interface Row {
  readonly seq: number
  readonly at: string | null
  readonly index: number
  readonly who: string
  readonly from: string
  readonly why: string
  readonly what: string
  readonly table: string
  readonly key: string
  readonly before: unknown
  readonly after: unknown
}

interface Wanted {
  readonly since?: number
  readonly who: string
  readonly what: string
  readonly limit: number
  readonly watch?: boolean
}

const PAGE = 10_000

const COLUMNS: readonly Column<Row>[] = [
  { title: 'SEQ', text: (row) => String(row.seq), right: true },
  { title: 'AT', text: (row) => row.at ?? '-' },
  { title: 'WHO', text: (row) => row.who },
  { title: 'FROM', text: (row) => row.from },
  { title: 'WHAT', text: (row) => row.what },
  { title: 'KEY', text: (row) => (row.table === '' ? row.key : `${row.table} ${row.key}`) },
  { title: 'WHY', text: (row) => row.why },
]

export function auditCommand(): Command {
  const since = new Option('--since <time>', 'only what is not older: 2026-01-31, 2026-01-31T12:00Z, 24h').argParser(
    moment,
  )
  const narrowed = (command: Command): Command =>
    command
      .addOption(since)
      .option('--who <text>', 'only of operators whose name contains it', '')
      .option('--what <text>', 'only commands, tables and rows whose name contains it', '')
  const ls = narrowed(new Command('ls'))
    .description('what operators changed, the newest first')
    .addOption(new Option('--limit <rows>', 'how many at most').argParser(whole).default(100))
    .option('-w, --watch', 'print the rows, then every change as it is made, until interrupted')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel audit ls --since 24h\n  raftel audit ls --who alice --what plan -o json\n  raftel audit ls -w',
    )
    .action(listAudit)
  const show = new Command('show')
    .description('one change: who, from where, why, and the row before and after')
    .argument('<seq>', 'as raftel audit ls shows it', whole)
    .addHelpText('after', '\nExamples:\n  raftel audit show 42\n  raftel audit show 42 -o json')
    .action(showAudit)
  const save = narrowed(new Command('export'))
    .description('all of them as lines of JSON, the oldest first: the oldest are forgotten when there are too many')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel audit export > audit.ndjson\n  raftel audit export --since 24h >> audit.ndjson',
    )
    .action(exportAudit)
  return new Command('audit').description('who changed what').addCommand(ls).addCommand(show).addCommand(save)
}

async function listAudit(options: Wanted, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const rows = (await entries(client, options, options.limit)).map(row)
    if (!options.watch) {
      process.stdout.write(list(given.output, COLUMNS, rows))
      return
    }
    const print = (shown: readonly Row[], heads: boolean): void => {
      if (given.output !== 'table') for (const one of shown) process.stdout.write(`${JSON.stringify(one)}\n`)
      else process.stdout.write(list('table', COLUMNS, shown).replace(heads ? /^$/ : /^.*\n/, ''))
    }
    print([...rows].reverse(), true)
    await follow(client, Math.max(0, ...rows.map(({ seq }) => seq)), options, (one) => print([one], false))
  } finally {
    client.close()
  }
}

/** Those after `last`, as they come. */
async function follow(client: Client, last: number, { who, what }: Wanted, print: (row: Row) => void): Promise<void> {
  const control = await client.connection()
  const stream = control.watch({ table: 'audit' })
  let interrupted = false
  const stop = (): void => {
    interrupted = true
    stream.cancel()
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  process.stdout.once('error', stop)
  const has = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase())
  try {
    for await (const { audit } of stream as AsyncIterable<Change__Output>) {
      if (!audit || audit.seq <= last) continue
      if (has(audit.who, who) && has(`${audit.what} ${audit.table} ${audit.key}`, what)) print(row(audit))
    }
  } catch (error) {
    if (!interrupted) throw new Failure('no quorum', `the node that was watched went away: ${(error as Error).message}`)
  }
}

async function showAudit(seq: number, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const page = await client.ask<AuditPage__Output>((control, limits, done) =>
      control.listAudit({ seq }, limits, done),
    )
    const [entry] = page.rows
    if (!entry)
      throw new Failure('not found', `there is no entry ${seq} in the audit; raftel audit ls shows those there are`)
    const shown = row(entry)
    process.stdout.write(
      given.output === 'table' ? sayEntry(shown) : `${JSON.stringify(shown, null, given.output === 'json' ? 2 : 0)}\n`,
    )
  } finally {
    client.close()
  }
}

async function exportAudit(options: Wanted, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const all = (await entries(client, options, Number.POSITIVE_INFINITY)).reverse()
    if (given.output === 'json') process.stdout.write(`${JSON.stringify(all.map(row), null, 2)}\n`)
    else for (const entry of all) process.stdout.write(`${JSON.stringify(row(entry))}\n`)
  } finally {
    client.close()
  }
}

/** The newest first, in as many pages as it takes. */
async function entries(client: Client, { since = 0, who, what }: Wanted, most: number): Promise<AuditEntry__Output[]> {
  const rows: AuditEntry__Output[] = []
  for (let before = 0; rows.length < most; ) {
    const request = { since, who, what, before, limit: Math.min(PAGE, most - rows.length) }
    const page = await client.ask<AuditPage__Output>((control, limits, done) =>
      control.listAudit(request, limits, done),
    )
    rows.push(...page.rows)
    if (page.rows.length < request.limit) break
    before = page.rows.at(-1)!.seq
  }
  return rows
}

function row({ seq, at, index, who, from, why, what, table, key, before, after }: AuditEntry__Output): Row {
  return { seq, at: iso(at), index, who, from, why, what, table, key, before: parsed(before), after: parsed(after) }
}

/** Text where it was cleaned into something else than JSON. */
function parsed(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function sayEntry({ before, after, ...fields }: Row): string {
  const head = Object.entries(fields).map(([name, value]) => `${name.padEnd(6)} ${clean(String(value ?? '-'))}\n`)
  const lines = diffJson((before ?? {}) as object, (after ?? {}) as object).flatMap(({ added, removed, value }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${added ? '+' : removed ? '-' : ' '} ${clean(line, 1_000)}\n`),
  )
  return before === null && after === null ? head.join('') : [...head, '\n', ...lines].join('')
}
