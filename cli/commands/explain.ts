/** `raftel call explain`: why a call went where it went. */
import { Command } from 'commander'
import { clean } from '../../proto/text.ts'
import type { Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'
import { openClient } from '../client.ts'
import { globals } from '../globals.ts'
import { iso } from '../print.ts'
import { explained } from '../trace/explained.ts'

export function explainCommand(): Command {
  return new Command('explain')
    .description('why a call went where it went: what was asked, what decided, who was rung, and when; live or over')
    .argument('<id>', 'of the call, or the SIP Call-ID of one of its legs')
    .addHelpText('after', '\nExamples:\n  raftel call explain 4f1c…\n  raftel call explain 4f1c… -o json')
    .action(explainCall)
}

async function explainCall(id: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const told = await client.ask<Explanation__Output>((control, options, done) =>
      control.explainCall({ id }, options, done),
    )
    if (given.output === 'table') {
      process.stdout.write(
        `${explained(told)
          .map((line) => clean(line, 400))
          .join('\n')}\n`,
      )
      return
    }
    const { asked, attempts, marks, ...rest } = told
    const json = {
      ...rest,
      asked: asked ? { ...asked, at: iso(asked.at) } : null,
      attempts: attempts.map(({ at, over, ...one }) => ({ at: iso(at), ...one, over: iso(over) })),
      marks: marks.map(({ at, what }) => ({ at: iso(at), what })),
    }
    process.stdout.write(JSON.stringify(json, null, given.output === 'json' ? 2 : 0) + '\n')
  } finally {
    client.close()
  }
}
