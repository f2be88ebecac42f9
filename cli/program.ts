/** All commands of the command line, one noun a file, with what they share. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
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
import { addGlobals } from './globals.ts'

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

/** All commands, with the options that they share. */
export async function build(args: readonly string[]): Promise<Command> {
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
  'add set rm remove put commit rollback import rotate grant revoke hangup promote transfer-leader join unset test-call apply enable disable pause resume'.split(
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

const EXAMPLES = `
Examples:
  raftel lab up --detach              a rehearsal cluster of three nodes
  raftel user add alice@pbx.test --password-stdin < alice.password
  raftel plan commit plan.yaml
  raftel reg ls -o json
  raftel call ls --watch
  raftel tui

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 forbidden, 5 conflict, 6 no quorum, 7 timeout.`
