/** `raftel stats`: what the queues of SIP on one node hold, and whom it refused. */
import { Command } from 'commander'
import type { Overview__Output } from '../../proto/types/raftel/v1/Overview.ts'
import { openClient } from '../client.ts'
import { globals } from '../globals.ts'
import { record } from '../print.ts'

export function statsCommand(): Command {
  return new Command('stats')
    .description('what the queues of SIP on a node hold now, and what it counted since its start')
    .addHelpText('after', EXAMPLES)
    .action(stats)
}

const EXAMPLES = `
Examples:
  raftel stats
  raftel stats -o json | jq .unanswered
  raftel stats --endpoints 192.0.2.1:7070 -o json

The names are in docs/cli.md.`

async function stats(_: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const overview = await client.ask<Overview__Output>((control, limits, done) =>
      control.getOverview({}, limits, done),
    )
    const refused = sorted(overview.refused).map(([reason, times]) => [`refused: ${reason}`, times] as const)
    process.stdout.write(
      record(given.output, {
        node: overview.node,
        ...Object.fromEntries(sorted(overview.sip)),
        ...Object.fromEntries(refused),
        bans: overview.bans,
      }),
    )
  } finally {
    client.close()
  }
}

function sorted(counters: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counters).sort(([a], [b]) => (a < b ? -1 : 1))
}
