/** `raftel cdr sink`: where records of calls go. */
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Sink__Output } from '../../proto/types/raftel/v1/Sink.ts'
import type { SinkPage__Output } from '../../proto/types/raftel/v1/SinkPage.ts'
import { openClient, type Send } from '../client.ts'
import { usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { iso, list, record, span } from '../print.ts'

interface Adding {
  readonly kind: string
  readonly target: string
  readonly node: string
  readonly table: string
  readonly tenant: string
  readonly fields: readonly string[]
  readonly secretStdin?: boolean
  readonly from?: number
  readonly replace?: boolean
}

interface Row {
  readonly name: string
  readonly kind: string
  readonly target: string
  readonly node: string
  readonly state: string
  readonly cursor: number
  readonly lag: number
  readonly lost: number
  readonly parked: number
  readonly trouble: string | null
  readonly troubleSince: string | null
}

export function sinkCommand(): Command {
  const add = new Command('add')
    .description('records go there from now on, and those that are kept')
    .argument('<name>')
    .addOption(new Option('--kind <kind>').choices(['jsonl', 'csv', 'http', 'postgres']).makeOptionMandatory())
    .requiredOption('--target <where>', 'a directory, a URL, or postgres://user@host/database')
    .option('--node <node>', 'the node that has the files, by default the one that is asked', '')
    .option('--table <table>', 'of the database, by default raftel_cdrs', '')
    .option('--tenant <tenant>', 'only calls of this tenant', '')
    .option('--fields <names>', 'only these, with commas between; seq and id always come first', names, [])
    .option('--secret-stdin', 'a line of stdin is the password of the database, or the Authorization header')
    .option('--from <seq>', 'records from this number on', whole)
    .option('--replace', 'change the sink of that name; what it has got stays got')
    .addHelpText(
      'after',
      examples(
        'add files --kind jsonl --target /var/spool/raftel/cdr',
        'add billing --kind postgres --target postgres://raftel@db.example.net/billing --secret-stdin < password',
        'add hook --kind http --target https://billing.example.net/cdrs --secret-stdin < authorization',
      ),
    )
    .action(addSink)
  const ls = new Command('ls')
    .alias('list')
    .description('how far each is, and what is wrong')
    .addHelpText('after', examples('ls', 'ls -o json'))
    .action((_: object, self: Command) => listSinks(self))
  const remove = new Command('rm')
    .alias('remove')
    .description('nothing goes there any more')
    .argument('<name>')
    .addHelpText('after', examples('rm hook'))
    .action((name: string, _: object, self: Command) =>
      change(self, (control, limits, done) => control.removeSink({ name }, limits, done)),
    )
  const pause = (paused: boolean) => (name: string, _: object, self: Command) =>
    change(self, (control, limits, done) => control.pauseSink({ name, paused }, limits, done))
  return new Command('sink')
    .description('where records go')
    .addCommand(add)
    .addCommand(ls)
    .addCommand(remove)
    .addCommand(
      new Command('pause')
        .description('keep for it what comes, up to what there is room for')
        .argument('<name>')
        .addHelpText('after', examples('pause hook'))
        .action(pause(true)),
    )
    .addCommand(
      new Command('resume')
        .description('deliver again, from where it was')
        .argument('<name>')
        .addHelpText('after', examples('resume hook'))
        .action(pause(false)),
    )
}

async function addSink(name: string, options: Adding, self: Command): Promise<void> {
  const { kind, target, node, table, tenant, fields, from, replace = false } = options
  const secret = options.secretStdin ? line() : ''
  const request = { name, kind, target, node, table, tenant, fields: [...fields], secret, from, replace }
  await change(self, (control, limits, done) => control.addSink(request, limits, done))
}

async function listSinks(self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const page = await client.ask<SinkPage__Output>((control, limits, done) => control.listSinks({}, limits, done))
    const columns = [
      { title: 'NAME', text: (row: Row) => row.name },
      { title: 'KIND', text: (row: Row) => row.kind },
      { title: 'STATE', text: (row: Row) => row.state },
      { title: 'NODE', text: (row: Row) => row.node },
      { title: 'LAG', text: (row: Row) => String(row.lag), right: true },
      { title: 'LOST', text: (row: Row) => String(row.lost), right: true },
      { title: 'PARKED', text: (row: Row) => String(row.parked), right: true },
      { title: 'TARGET', text: (row: Row) => row.target },
      { title: 'TROUBLE', text: trouble },
    ]
    process.stdout.write(list(given.output, columns, page.rows.map(rowOf)))
  } finally {
    client.close()
  }
}

async function change(self: Command, send: Send<Sink__Output>): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    process.stdout.write(record(given.output, { ...rowOf(await client.ask(send, 'once')) }))
  } finally {
    client.close()
  }
}

function rowOf(sink: Sink__Output): Row {
  const { name, kind, target, node, state, cursor, lag, lost, parked, trouble, troubleSince } = sink
  return {
    ...{ name, kind, target, node, state, cursor, lag, lost, parked },
    trouble: trouble === '' ? null : trouble,
    troubleSince: iso(troubleSince),
  }
}

function trouble({ trouble, troubleSince }: Row): string {
  if (trouble === null) return ''
  return troubleSince === null ? trouble : `${trouble}, since ${span(Date.now() - Date.parse(troubleSince))}`
}

function names(text: string): string[] {
  return text.split(',').map((one) => one.trim())
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('write the number of a record, from 1 on')
  return Number(text)
}

function line(): string {
  const [first = ''] = readFileSync(0, 'utf8').split('\n')
  const secret = first.replace(/\r$/, '')
  if (secret === '') throw usage('stdin has no line; give it with --secret-stdin < FILE')
  return secret
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((one) => `  raftel cdr sink ${one}`).join('\n')}`
}
