/** `raftel doctor`: what is wrong and what to do about it. Exit 1 when something is critical. */
import { Command } from 'commander'
import type { Health__Output } from '../../proto/types/raftel/v1/Health.ts'
import { openClient } from '../client.ts'
import { globals } from '../globals.ts'
import { table } from '../print.ts'

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check a node and its cluster; exit 1 when something is critical')
    .addHelpText('after', '\nExamples:\n  raftel doctor\n  raftel doctor --endpoints 127.0.0.1:7060 -o json')
    .action(doctor)
}

async function doctor(_: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const { node, checks } = await client.ask<Health__Output>((control, options, done) =>
      control.getHealth({}, options, done),
    )
    const healthy = checks.every((check) => check.verdict !== 'critical')
    if (given.output === 'json') process.stdout.write(JSON.stringify({ node, healthy, checks }, null, 2) + '\n')
    else if (given.output === 'ndjson')
      process.stdout.write(checks.map((check) => JSON.stringify(check) + '\n').join(''))
    else {
      const columns = [
        { title: 'CHECK', text: (check: (typeof checks)[number]) => check.name },
        { title: 'VERDICT', text: (check: (typeof checks)[number]) => check.verdict },
        { title: 'FOUND', text: (check: (typeof checks)[number]) => check.detail },
        { title: 'REMEDY', text: (check: (typeof checks)[number]) => check.remedy },
      ]
      process.stdout.write(`${node}\n\n${table(columns, checks)}`)
    }
    if (!healthy) process.exitCode = 1
  } finally {
    client.close()
  }
}
