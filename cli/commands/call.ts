/** `raftel call`: live calls, one of them, and its end. */
import { Command } from 'commander'
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { HangUpCallReply__Output } from '../../proto/types/raftel/v1/HangUpCallReply.ts'
import { openClient } from '../client.ts'
import { globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { iso, record, span } from '../print.ts'
import { quality } from '../quality.ts'
import { explainCommand } from './explain.ts'
import { addProblems, troubled, wantedProblems } from './problems.ts'
import { traceCommand } from './trace.ts'

interface Row {
  readonly id: string
  readonly state: string
  readonly from: string
  readonly to: string
  readonly node: string
  readonly startedAt: string | null
  readonly answeredAt: string | null
  readonly media: string
  /** Only of a list of those that have some. */
  readonly problems?: readonly string[]
}

export function callCommand(): Command {
  const ls = new Command('ls')
    .description('live calls')
    .addHelpText(
      'after',
      examples(
        'ls',
        'ls --watch -o ndjson',
        "ls --filter '/^\\+49'",
        "ls --filter '!bob'",
        'ls --problem',
        'ls --slow-setup 2',
      ) + '\n\nCalls that are over: raftel cdr ls, with the same --problem, --one-way, --nat and --slow-setup.',
    )
  addProblems(ls)
  addList<Call__Output, Row>(ls, {
    table: 'calls',
    byTenant: true,
    page: (control, request, options, done) => control.listCalls(request, options, done),
    row,
    changed: (change) => change.call,
    only: (options) => (wantedProblems(options) === null ? null : (client, calls) => troubled(client, calls, options)),
    columns: [
      { title: 'ID', text: (call) => call.id },
      { title: 'STATE', text: (call) => call.state },
      { title: 'FROM', text: (call) => call.from },
      { title: 'TO', text: (call) => call.to },
      { title: 'NODE', text: (call) => call.node },
      { title: 'TALKING', text: (call) => since(call.answeredAt), right: true },
      { title: 'MEDIA', text: (call) => call.media },
      { title: 'PROBLEMS', text: (call) => call.problems?.join(', ') ?? '', ifAny: true },
    ],
  })
  const show = new Command('show')
    .description('one call with its rule, its legs and the media that was counted')
    .argument('<id>')
    .addHelpText('after', examples('show 4f1c… -o json'))
    .action((id: string, _: object, self: Command) => showCall(id, self))
  const hangup = new Command('hangup')
    .description('end a call')
    .argument('<id>')
    .addHelpText('after', examples('hangup 4f1c…'))
    .action((id: string, _: object, self: Command) => hangUp(id, self))
  return new Command('call')
    .description('live calls, and what became of others')
    .addCommand(ls)
    .addCommand(show)
    .addCommand(explainCommand())
    .addCommand(traceCommand())
    .addCommand(hangup)
}

async function showCall(id: string, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const call = await client.ask<Call__Output>((control, options, done) => control.getCall({ id }, options, done))
    const { rule, target, planVersion, legs, streams } = call
    const { problems: _, ...plain } = row(call)
    const full = { ...plain, rule, target, planVersion }
    if (given.output !== 'table') {
      process.stdout.write(JSON.stringify({ ...full, legs, streams }, null, given.output === 'json' ? 2 : 0) + '\n')
      return
    }
    const told: Record<string, string | number | null> = { ...full }
    for (const leg of legs) told[`leg ${leg.role}`] = `${leg.contact} (${leg.callId})`
    for (const stream of streams) {
      told[`sent by ${stream.side}`] = `${stream.packets} packets ${stream.codec} from ${stream.endpoint}`
      if (stream.heard) told[`heard by ${stream.side}`] = quality(stream.heard)
    }
    process.stdout.write(record('table', told))
  } finally {
    client.close()
  }
}

async function hangUp(id: string, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const ended = await client.ask<HangUpCallReply__Output>(
      (control, options, done) => control.hangUpCall({ id }, options, done),
      'once',
    )
    process.stdout.write(record(given.output, { id: ended.id, node: ended.node }))
  } finally {
    client.close()
  }
}

function row(call: Call__Output & { readonly problems?: readonly string[] }): Row {
  const { id, state, from, to, node, startedAt, answeredAt, media, problems } = call
  return {
    ...{ id, state, from, to, node, startedAt: iso(startedAt), answeredAt: iso(answeredAt), media },
    ...(problems && { problems }),
  }
}

function since(at: string | null): string {
  return at === null ? '-' : span(Date.now() - Date.parse(at))
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  raftel call ${line}`).join('\n')}`
}
