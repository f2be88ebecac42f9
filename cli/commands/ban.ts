/** `raftel ban`: sources that no node hears for a while. */
import { Command } from 'commander'
import type { Ban__Output } from '../../proto/types/raftel/v1/Ban.ts'
import { openClient, type Send } from '../client.ts'
import { duration, globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { record } from '../print.ts'

interface Row {
  readonly source: string
  readonly reason: string
  readonly by: string
  /** Seconds left. */
  readonly expires: number
}

export function banCommand(): Command {
  const add = new Command('add')
    .description('no node hears this address for a while, also when phones are registered from it')
    .argument('<address>', 'IPv4 or IPv6; of IPv6 its /64')
    .option('--for <time>', 'how long: 90s, 30m, 12h, 7d', duration, 3600)
    .option('--reason <text>', 'shown in the list', 'by hand')
    .addHelpText('after', '\nExamples:\n  raftel ban add 192.0.2.7 --for 7d --reason "password guessing"')
    .action(addBan)
  const remove = new Command('remove')
    .alias('rm')
    .description('hear it again, at once')
    .argument('<address>')
    .addHelpText('after', '\nExamples:\n  raftel ban remove 192.0.2.7\n  raftel ban remove 2001:db8:1:2::/64')
    .action(removeBan)
  const ls = new Command('ls')
    .alias('list')
    .description('who is banned, by whom, why, for how long')
    .addHelpText('after', EXAMPLES)
  addList<Ban__Output, Row>(ls, {
    table: 'bans',
    page: (control, request, options, done) => control.listBans(request, options, done),
    row,
    changed: (change) => change.ban,
    columns: [
      { title: 'SOURCE', text: (ban) => ban.source },
      { title: 'EXPIRES', text: (ban) => `${ban.expires}s`, right: true },
      { title: 'BY', text: (ban) => ban.by },
      { title: 'REASON', text: (ban) => ban.reason },
    ],
  })
  return new Command('ban').description('who is not heard').addCommand(ls).addCommand(add).addCommand(remove)
}

const EXAMPLES = `
Examples:
  raftel ban ls
  raftel ban ls --filter 192.0.2. -o json
  raftel ban ls --sort -expires --watch`

async function addBan(source: string, options: { for: number; reason: string }, self: Command) {
  const { for: seconds, reason } = options
  await change(self, (control, limits, done) => control.addBan({ source, seconds, reason }, limits, done))
}

async function removeBan(source: string, _: object, self: Command) {
  await change(self, (control, limits, done) => control.removeBan({ source }, limits, done))
}

async function change(self: Command, send: Send<Ban__Output>) {
  const given = globals(self)
  const client = openClient(given)
  try {
    const ban = await client.ask(send, 'once')
    process.stdout.write(record(given.output, { ...row(ban) }))
  } finally {
    client.close()
  }
}

function row({ source, reason, by, expires }: Ban__Output): Row {
  return { source, reason, by, expires }
}
