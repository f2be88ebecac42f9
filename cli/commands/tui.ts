/** `raftel tui`: the cluster live on a terminal. */
import { Command } from 'commander'
import { openClient } from '../client.ts'
import { usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { runTui } from '../tui/run.tsx'
import { fallingOver } from '../tui-client.ts'

export function tuiCommand(): Command {
  return new Command('tui')
    .description('the cluster live on this terminal; q ends it, ? helps')
    .option('--read-only', 'show, and change nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel tui\n  raftel tui --endpoints 127.0.0.1:7060,127.0.0.1:7061 --read-only',
    )
    .action(tui)
}

async function tui(options: { readOnly?: boolean }, self: Command): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw usage('the terminal screen needs a terminal; in a pipe use raftel call ls, reg ls, or cluster status -o json')
  }
  const given = globals(self)
  // Reached before the screen is taken, so that an error stays readable.
  const client = openClient(given)
  try {
    await client.connection()
  } finally {
    client.close()
  }
  const source = fallingOver(given)
  try {
    process.exitCode = await runTui({ client: source, readOnly: options.readOnly === true })
  } finally {
    source.close()
  }
}
