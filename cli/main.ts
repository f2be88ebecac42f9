/** The command line: one noun a file, one catch for everything that goes wrong. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, CommanderError } from 'commander'
import { auditCommand } from './commands/audit.ts'
import { banCommand } from './commands/ban.ts'
import { callCommand } from './commands/call.ts'
import { cdrCommand } from './commands/cdr.ts'
import { certsCommand } from './commands/certs.ts'
import { clusterCommand } from './commands/cluster.ts'
import { completionCommand } from './commands/completion.ts'
import { creditCommand } from './commands/credit.ts'
import { doctorCommand } from './commands/doctor.ts'
import { limitCommand } from './commands/limit.ts'
import { operatorCommand } from './commands/operator.ts'
import { planCommand } from './commands/plan.ts'
import { rateCommand } from './commands/rate.ts'
import { regCommand } from './commands/reg.ts'
import { routeCommand } from './commands/route.ts'
import { statsCommand } from './commands/stats.ts'
import { tenantCommand } from './commands/tenant.ts'
import { trunkCommand } from './commands/trunk.ts'
import { userCommand } from './commands/user.ts'
import { EXIT, Failure, type Kind, sayFailure } from './failure.ts'
import { addGlobals } from './globals.ts'
import type { Format } from './print.ts'

/** Commands that bring half the project with them are loaded when they are named: the others stay quick. */
const HEAVY: Readonly<Record<string, { about: string; load: () => Promise<Command> }>> = {
  node: { about: 'one node', load: async () => (await import('./commands/node.ts')).nodeCommand() },
  engine: {
    about: 'the SIP engine alone, for applications on drachtio-srf',
    load: async () => (await import('./commands/engine.ts')).engineCommand(),
  },
  lab: {
    about: 'a rehearsal cluster on this machine',
    load: async () => (await import('./commands/lab.ts')).labCommand(),
  },
  demo: {
    about: 'a cluster with phones that call each other, and the screen on it',
    load: async () => (await import('./commands/demo.ts')).demoCommand(),
  },
  phone: {
    about: 'one phone: register, call or answer, and say whether the other side was heard',
    load: async () => (await import('./commands/phone.ts')).phoneCommand(),
  },
  schema: {
    about: 'JSON Schema of what is written by hand, for editors',
    load: async () => (await import('./commands/schema.ts')).schemaCommand(),
  },
  tui: {
    about: 'the cluster live on this terminal',
    load: async () => (await import('./commands/tui.ts')).tuiCommand(),
  },
}

export async function main(args: readonly string[]): Promise<void> {
  // They are for those who write programs. One comes with every TLS connection to an IP address (DEP0123, by grpc-js).
  process.noDeprecation = true
  // A reader that goes away (`| head`) ends the command, quietly.
  process.stdout.on('error', () => process.exit(0))
  const program = await build(args)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    fail(error, formatOf(args))
  }
}

async function build(args: readonly string[]): Promise<Command> {
  const program = addGlobals(new Command('raftel'))
    .description('A SIP server that is a cluster of equal nodes.')
    .addHelpText('after', EXAMPLES)
  // A plan has versions of its own, and an option of the program is one wherever it stands.
  if (!args.includes('plan')) program.version(version(), '--version', 'print the version of this program')
  for (const command of [
    clusterCommand(),
    userCommand(),
    tenantCommand(),
    operatorCommand(),
    auditCommand(),
    planCommand(),
    routeCommand(),
    regCommand(),
    banCommand(),
    trunkCommand(),
    limitCommand(),
    creditCommand(),
    rateCommand(),
    statsCommand(),
    callCommand(),
    cdrCommand(),
    doctorCommand(),
    certsCommand(),
    completionCommand(() => program),
  ]) {
    program.addCommand(command)
  }
  for (const [name, { about, load }] of Object.entries(HEAVY)) {
    program.addCommand(args.includes(name) ? await load() : new Command(name).description(about))
  }
  giveReasons(program)
  quiet(program)
  return program
}

/** Of the package that this file is in: it lies above cli/ as written, and above dist/cli/ as built. */
function version(): string {
  for (const up of ['..', '../..']) {
    const file = path.join(import.meta.dirname, up, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  }
  throw new Error('the package of this program has no package.json')
}

const CHANGES: ReadonlySet<string> = new Set(
  'add set rm remove put commit rollback import rotate grant revoke hangup promote transfer-leader unset test-call'.split(
    ' ',
  ),
)

/** What is changed by hand is in the audit, and may say why there; commands that have a reason of their own give that one. */
function giveReasons(command: Command): void {
  const has = command.options.some(({ long }) => long === '--reason')
  if (command.commands.length === 0 && CHANGES.has(command.name()) && !has)
    command.option('--reason <text>', 'why, for the audit')
  for (const one of command.commands) giveReasons(one as Command)
}

/** Errors of usage are told like all others; help shows the global options everywhere. */
function quiet(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
  for (const one of command.commands) quiet(one as Command)
}

function fail(error: unknown, format: Format): void {
  if (error instanceof CommanderError) {
    // Help and version were asked for and printed; help that stands in for a missing verb was not.
    if (error.exitCode === 0) return
    const said = error.message.replace(/^error: /, '')
    say('usage', said === '(outputHelp)' ? 'name what to do, as shown above' : `${said}; see --help`, format)
  } else if (error instanceof Failure) {
    say(error.kind, error.message, format)
  } else if (isOfFiles(error)) {
    say('failed', `${error.message}; name another file or directory`, format)
  } else {
    say('failed', `this is a bug: ${(error as Error)?.stack ?? String(error)}`, format)
  }
}

/** What a file system refuses is the user's to mend. */
function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error
}

function say(kind: Kind, message: string, format: Format): void {
  process.stderr.write(sayFailure(kind, message, format) + '\n')
  process.exitCode = EXIT[kind]
}

/** The arguments may be what is wrong, so this does not depend on their being parsed. */
function formatOf(args: readonly string[]): Format {
  const at = args.findIndex((one) => one === '-o' || one === '--output')
  const text = at >= 0 ? args[at + 1] : args.find((one) => /^(-o|--output=)(json|ndjson)$/.test(one))
  if (text?.endsWith('ndjson')) return 'ndjson'
  return text?.endsWith('json') ? 'json' : 'table'
}

const EXAMPLES = `
Examples:
  raftel lab up --detach              a rehearsal cluster of three nodes
  raftel user add alice@pbx.test --password-stdin < alice.password
  raftel plan commit plan.yaml
  raftel reg ls -o json
  raftel call ls --watch
  raftel tui

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 forbidden, 5 conflict, 6 no quorum, 7 timeout.`

await main(process.argv.slice(2))
