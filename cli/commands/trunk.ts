/** `raftel trunk`: carriers and other PBXs. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { parse, stringify } from 'yaml'
import type { PutTrunkRequest } from '../../proto/types/raftel/v1/PutTrunkRequest.ts'
import type { Trunk__Output } from '../../proto/types/raftel/v1/Trunk.ts'
import { type Client, openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { type Globals, globals } from '../globals.ts'
import { addList, allRows } from '../lists.ts'
import { type Column, list, record, span } from '../print.ts'
import { secretOfStdin } from '../stdin.ts'

interface Row {
  readonly name: string
  readonly tenant: string | null
  readonly state: string
  /** Nodes that are up and cannot reach it. */
  readonly unreachableFrom: readonly string[]
  readonly targets: readonly string[]
  readonly registers: boolean
  readonly registeredBy: string | null
  /** Null: as many as there are. */
  readonly maxCalls: number | null
  readonly version: number
}

/** What one node says of one trunk. */
interface Cell {
  readonly trunk: string
  readonly state: string
  readonly node: string
  readonly reach: string
  /** Seconds; null: it has not said yet. */
  readonly since: number | null
  readonly why: string
  readonly registration: string | null
  readonly registrationWhy: string
}

type Document = Record<string, unknown>

interface Given {
  readonly target?: readonly string[]
  readonly source?: readonly string[]
  readonly user?: string
  readonly passwordStdin?: boolean
  readonly register?: boolean
  readonly dryRun?: boolean
}

export function trunkCommand(): Command {
  const add = shaped(new Command('add'))
    .description('a new trunk; nothing of it is there before')
    .argument('<name>', 'a-z, 0-9 and -')
    .argument('[field=value...]', 'any field of docs/trunks.md, like out.prefix=9')
    .addHelpText('after', ADD_EXAMPLES)
    .action((name: string, fields: string[], options: Given, self: Command) => put(self, name, fields, options, true))
  const set = shaped(new Command('set'))
    .description('change some fields of a trunk; a field that is set to nothing goes')
    .argument('<name>')
    .argument('[field=value...]', 'any field of docs/trunks.md, like out.prefix=9')
    .addHelpText('after', SET_EXAMPLES)
    .action((name: string, fields: string[], options: Given, self: Command) => put(self, name, fields, options, false))
  const apply = new Command('apply')
    .description('the trunks of a file as they are written there; others are not touched')
    .argument('<file>', 'YAML: a mapping of names to trunks; - for stdin')
    .option('--dry-run', 'only say what is wrong with it')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel trunk apply trunks.yaml --dry-run\n  raftel trunk apply - < trunks.yaml',
    )
    .action(applyFile)
  const show = new Command('show')
    .description('one trunk as it is written, without its password')
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  raftel trunk show carrier-a\n  raftel trunk show carrier-a -o json')
    .action(showTrunk)
  const ls = new Command('ls')
    .alias('list')
    .description('all trunks, and whether they can be reached')
    .addHelpText('after', LS_EXAMPLES)
  addList<Trunk__Output, Row>(ls, {
    table: 'trunks',
    page: (control, request, options, done) => control.listTrunks(request, options, done),
    row,
    changed: (change) => change.trunk,
    columns: COLUMNS,
  })
  const remove = new Command('rm')
    .alias('remove')
    .description('take a trunk away; it is unregistered, and calls under way go on')
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  raftel trunk rm carrier-a')
    .action(removeTrunk)
  const switches = [
    ['enable', 'calls go there again'],
    ['disable', 'no call goes there or is taken from there; it is unregistered, and calls under way go on'],
  ].map(([verb = '', about = '']) =>
    new Command(verb)
      .description(about)
      .argument('<name>')
      .addHelpText('after', `\nExamples:\n  raftel trunk ${verb} carrier-a`)
      .action((name: string, _: object, self: Command) =>
        put(self, name, [`disabled=${verb === 'disable' ? 'true' : ''}`], {}, false),
      ),
  )
  const status = new Command('status')
    .description('which node reaches which trunk, since when, and who registers it')
    .argument('[name]', 'one trunk; without it all')
    .addHelpText('after', STATUS_EXAMPLES)
    .action(showStatus)
  const all = [ls, add, set, show, apply, status, ...switches, remove]
  return all.reduce((trunk, one) => trunk.addCommand(one), new Command('trunk').description('carriers and other PBXs'))
}

const more = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

function shaped(command: Command): Command {
  return command
    .option(
      '--target <uri>',
      'where calls go, like sip:sip.example.com:5060;transport=tcp; again for the next to try',
      more,
    )
    .option('--source <network>', 'calls from there need no password; again for more', more)
    .option('--user <name>', 'who we are there')
    .option('--password-stdin', 'the password is one line of stdin')
    .option('--register', 'one node registers there')
    .option('--dry-run', 'only say what is wrong with it')
}

async function put(self: Command, name: string, fields: readonly string[], options: Given, isNew: boolean) {
  await withClient(self, async (client, given) => {
    const password = options.passwordStdin ? await secretOfStdin() : ''
    const before = isNew ? null : await get(client, name)
    const document = (before ? parse(before.text, { schema: 'failsafe' }) : {}) as Document
    for (const [path, value] of asked(fields, options)) write(document, path, value)
    const { dryRun = false } = options
    const request = { name, text: stringify(document), password, expect: before?.version ?? 0, dryRun }
    const trunk = await send(client, request)
    say(given, trunk)
    if (dryRun) process.stderr.write('nothing was changed\n')
  })
}

function asked(fields: readonly string[], options: Given): [path: string, value: unknown][] {
  const { target, source, user, register } = options
  const named: [string, unknown][] = [
    ['targets', target],
    ['inbound.from', source],
    ['auth.user', user],
    ['register', register ? 'true' : undefined],
  ]
  const written = fields.map((field): [string, unknown] => {
    const at = field.indexOf('=')
    if (at < 1) throw usage(`${field} is no field=value, like out.prefix=9`)
    return [field.slice(0, at), fieldValue(field, field.slice(at + 1))]
  })
  return [...named.filter(([, value]) => value !== undefined), ...written]
}

/** Lists are written like `[PCMA, PCMU]`; all else is text as it stands. */
function fieldValue(field: string, text: string): unknown {
  if (!/^[[{]/.test(text)) return text
  try {
    return parse(text, { schema: 'failsafe' })
  } catch {
    throw usage(`${field} does not read; write lists like 'codecs=[PCMA, PCMU]'`)
  }
}

/** Nothing takes the field away, and whatever held it alone. */
function write(document: Document, path: string, value: unknown): void {
  const [first = '', ...rest] = path.split('.')
  if (rest.length === 0) {
    if (value === '') delete document[first]
    else document[first] = value
    return
  }
  const below = document[first]
  const inner: Document =
    typeof below === 'object' && below !== null && !Array.isArray(below) ? (below as Document) : {}
  write(inner, rest.join('.'), value)
  if (Object.keys(inner).length > 0) document[first] = inner
  else delete document[first]
}

async function applyFile(file: string, options: { dryRun?: boolean }, self: Command): Promise<void> {
  const trunks = trunksIn(file)
  await withClient(self, async (client, given) => {
    const { dryRun = false } = options
    // All are looked at before one is changed.
    const rounds = dryRun ? [true] : [true, false]
    const faults: string[] = []
    const done: Trunk__Output[] = []
    for (const isLook of rounds) {
      for (const [name, text] of trunks) {
        try {
          const trunk = await send(client, { name, text, password: '', dryRun: isLook })
          if (isLook === dryRun) done.push(trunk)
        } catch (error) {
          if (!(error instanceof Failure) || !isLook || error.kind !== 'failed') throw error
          faults.push(error.message)
        }
      }
      if (faults.length > 0) throw new Failure('failed', `${faults.join('\n')}\nno trunk was changed`)
    }
    process.stdout.write(list(given.output, COLUMNS, done.map(row)))
    if (dryRun) process.stderr.write('nothing was changed\n')
  })
}

/** Bytes of a file of trunks: a thousand of them are less. */
const FILE_MAX = 1024 * 1024

function trunksIn(file: string): [name: string, text: string][] {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8')
  if (text.length > FILE_MAX) throw new Failure('failed', `${file} is larger than 1 MiB; split it`)
  let all: unknown
  try {
    all = parse(text, { schema: 'failsafe', maxAliasCount: 100 })
  } catch (error) {
    throw new Failure('failed', `${file}: ${(error as Error).message}`)
  }
  if (typeof all !== 'object' || all === null || Array.isArray(all)) {
    throw new Failure('failed', `${file} is no mapping of names to trunks: docs/trunks.md shows one`)
  }
  return Object.entries(all).map(([name, trunk]) => [name, stringify(trunk)])
}

async function send(client: Client, request: PutTrunkRequest & { name: string }): Promise<Trunk__Output> {
  try {
    return await client.ask<Trunk__Output>((control, limits, done) => control.putTrunk(request, limits, done), 'once')
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // Where it stands is a place in what was sent, which nobody has seen.
    const kind = error.kind === 'usage' ? 'failed' : error.kind
    throw new Failure(kind, error.message.replace(/^trunk:\d+:\d+:/gm, `${request.name}:`))
  }
}

function get(client: Client, name: string): Promise<Trunk__Output> {
  return client.ask<Trunk__Output>((control, limits, done) => control.getTrunk({ name }, limits, done))
}

async function showTrunk(name: string, _: object, self: Command): Promise<void> {
  await withClient(self, async (client, given) => {
    const trunk = await get(client, name)
    const { text, hasPassword } = trunk
    if (given.output === 'table') process.stdout.write(text)
    else process.stdout.write(json(given, { ...row(trunk), hasPassword, config: parse(text) }))
  })
}

async function removeTrunk(name: string, _: object, self: Command): Promise<void> {
  await withClient(self, async (client, given) => {
    say(
      given,
      await client.ask<Trunk__Output>((control, limits, done) => control.removeTrunk({ name }, limits, done), 'once'),
    )
  })
}

async function showStatus(name: string | undefined, _: object, self: Command): Promise<void> {
  await withClient(self, async (client, given) => {
    const trunks =
      name === undefined
        ? await allRows<Trunk__Output>(
            client,
            (control, request, limits, done) => control.listTrunks(request, limits, done),
            {
              filter: '',
              sort: '',
            },
          )
        : [await get(client, name)]
    const cells = trunks.flatMap((trunk) =>
      trunk.views.map(({ node, reach, since, why, registration, registrationWhy }): Cell => {
        const seconds = reach === 'unknown' ? null : Math.round(since / 1_000)
        const registered = registration === '' ? null : registration
        return {
          trunk: trunk.name,
          state: trunk.state,
          node,
          reach,
          since: seconds,
          why,
          registration: registered,
          registrationWhy,
        }
      }),
    )
    process.stdout.write(list(given.output, CELLS, cells))
  })
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', text: (row) => row.name },
  { title: 'TENANT', text: (row) => row.tenant ?? '-' },
  { title: 'STATE', text: (row) => row.state },
  { title: 'NOT FROM', text: (row) => row.unreachableFrom.join(', ') || '-' },
  { title: 'REGISTERED', text: (row) => (row.registers ? (row.registeredBy ?? 'no') : '-') },
  { title: 'CALLS MAX', text: (row) => (row.maxCalls === null ? '-' : String(row.maxCalls)), right: true },
  { title: 'TARGETS', text: (row) => row.targets.join(' ') },
]

const CELLS: readonly Column<Cell>[] = [
  { title: 'TRUNK', text: (cell) => cell.trunk },
  { title: 'STATE', text: (cell) => cell.state },
  { title: 'NODE', text: (cell) => cell.node },
  { title: 'REACH', text: (cell) => cell.reach },
  { title: 'SINCE', text: (cell) => (cell.since === null ? '-' : span(cell.since * 1_000)), right: true },
  { title: 'REGISTRATION', text: (cell) => [cell.registration ?? '-', cell.registrationWhy].join(' ').trim() },
  { title: 'WHY', text: (cell) => cell.why || '-' },
]

function row(trunk: Trunk__Output): Row {
  const { name, tenant, state, unreachableFrom, targets, registers, registeredBy, maxCalls, version } = trunk
  return {
    name,
    tenant: tenant || null,
    state,
    unreachableFrom,
    targets,
    registers,
    registeredBy: registeredBy || null,
    maxCalls: maxCalls ?? null,
    version,
  }
}

function say(given: Globals, trunk: Trunk__Output): void {
  const one = row(trunk)
  const text = { ...one, unreachableFrom: one.unreachableFrom.join(' '), targets: one.targets.join(' ') }
  process.stdout.write(given.output === 'table' ? record('table', text) : json(given, one))
}

function json({ output }: Globals, value: object): string {
  return `${JSON.stringify(value, null, output === 'json' ? 2 : 0)}\n`
}

async function withClient(self: Command, act: (client: Client, given: Globals) => Promise<void>): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    await act(client, given)
  } finally {
    client.close()
  }
}

const ADD_EXAMPLES = `
Examples:
  raftel trunk add carrier-a --target sip:sip.carrier.example --source 192.0.2.0/24
  raftel trunk add carrier-b --target 'sip:sip.carrier.example;transport=tcp' --user 4930123 --password-stdin --register < carrier-b.password
  raftel trunk add branch --target sip:pbx.branch.example out.format=national out.country=49 max_calls=30`

const SET_EXAMPLES = `
Examples:
  raftel trunk set carrier-a max_calls=30 out.prefix=9
  raftel trunk set carrier-a 'codecs=[PCMA, PCMU]' identity.trusted=true
  raftel trunk set carrier-a out.prefix=
  raftel trunk set carrier-b --password-stdin < carrier-b.password`

const LS_EXAMPLES = `
Examples:
  raftel trunk ls
  raftel trunk ls --filter carrier -o json
  raftel trunk ls --watch

STATE  up        every node reaches it
       partly    some do not (NOT FROM); their calls leave through another node
       down      most do not, and no call is sent there
       disabled  by an operator`

const STATUS_EXAMPLES = `
Examples:
  raftel trunk status
  raftel trunk status carrier-a -o json`
