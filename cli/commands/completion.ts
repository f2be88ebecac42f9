/** `raftel completion`: what a shell needs to complete commands, options, and the names that the cluster knows. */
import { Argument, Command } from 'commander'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import { type Client, openClient } from '../client.ts'
import { matching, type Names, nextOf, SCRIPTS, type Shell } from '../completion.ts'
import { type Globals, globals } from '../globals.ts'

/** Nobody waits longer for a key. */
const WITHIN_SECONDS = 2
const NAMES_MAX = 1_000

/** `program` is asked when all commands are there. */
export function completionCommand(program: () => Command): Command {
  const words = new Command('words')
    .description('what can stand in the place of the last word; the scripts call it')
    .argument('[words...]', 'after --: the command line as far as it is written, without raftel')
    .addHelpText('after', '\nExamples:\n  raftel completion words -- trunk show ca')
    .action((line: string[]) => completeWords(program(), line))
  return new Command('completion')
    .description('a script that has your shell complete commands, options and names')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addCommand(words)
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell) => void process.stdout.write(SCRIPTS[shell]))
}

async function completeWords(program: Command, line: readonly string[]): Promise<void> {
  const current = line.at(-1) ?? ''
  const { words, names } = nextOf(program, line)
  const known = names === null ? [] : matching(await namesOf(program, line, names), current)
  process.stdout.write([...words, ...known].map((word) => `${word}\n`).join(''))
}

/** Of the cluster that the line is about. None where it does not answer: a shell shows no errors. */
async function namesOf(program: Command, line: readonly string[], names: Names): Promise<readonly string[]> {
  try {
    program.parseOptions([...line.slice(0, -1)])
    const given: Globals = { ...globals(program), timeout: WITHIN_SECONDS }
    const client = openClient(given)
    try {
      const all = await ask(client, names)
      // A word with a blank in it would be two.
      return all.filter((name) => /^\S+$/.test(name)).slice(0, NAMES_MAX)
    } finally {
      client.close()
    }
  } catch {
    return []
  }
}

async function ask(client: Client, names: Names): Promise<string[]> {
  const request = { filter: '', sort: '', limit: NAMES_MAX, after: '' }
  if (names === 'nodes') {
    const { nodes } = await client.ask<ClusterStatus__Output>((control, limits, done) =>
      control.getCluster({}, limits, done),
    )
    return nodes.map(({ id }) => id)
  }
  const { rows } = await client.ask<{ readonly rows: readonly Named[] }>((control, limits, done) => {
    if (names === 'trunks') control.listTrunks(request, limits, done)
    else if (names === 'calls') control.listCalls(request, limits, done)
    else if (names === 'users') control.listUsers(request, limits, done)
    else if (names === 'bans') control.listBans(request, limits, done)
    else if (names === 'documents') control.listPlans({}, limits, done)
    else if (names === 'tenants') control.listTenants(request, limits, done)
    else if (names === 'operators') control.listOperators(request, limits, done)
    else if (names === 'limits') control.listLimits(request, limits, done)
    else if (names === 'accounts') control.listCredit(request, limits, done)
    else if (names === 'decks') control.listDecks(request, limits, done)
    else if (names === 'sinks') control.listSinks(request, limits, done)
    else control.listRegistrations(request, limits, done)
  })
  return rows.map((row) => row.name ?? row.document ?? row.key ?? row.account ?? row.id ?? row.aor ?? row.source ?? '')
}

/** Each row has one of these. */
interface Named {
  readonly name?: string
  readonly document?: string
  readonly key?: string
  readonly account?: string
  readonly id?: string
  readonly aor?: string
  readonly source?: string
}

const EXAMPLES = `
Examples:
  raftel completion bash > /etc/bash_completion.d/raftel
  raftel completion zsh > "\${fpath[1]}/_raftel"
  raftel completion fish > ~/.config/fish/completions/raftel.fish

Names of trunks, users, calls, nodes, bans, plan documents, tenants, operators, limits, accounts, decks and sinks are asked of the cluster that the line is about (--endpoints, --dir).`
