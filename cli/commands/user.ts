/** `raftel user`: who may register and call. */
import { Command, Option } from 'commander'
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { Profile__Output } from '../../proto/types/raftel/v1/Profile.ts'
import type { Registration__Output } from '../../proto/types/raftel/v1/Registration.ts'
import type { User__Output } from '../../proto/types/raftel/v1/User.ts'
import type { UserDetail__Output } from '../../proto/types/raftel/v1/UserDetail.ts'
import { openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { addList, allRows } from '../lists.ts'
import { type Column, iso, record, table } from '../print.ts'
import { secretOfStdin } from '../stdin.ts'
import { onOff } from '../switches.ts'
import { COLUMNS, writeCsv, writeJson, writeYaml } from '../users/file.ts'
import { type ImportOptions, importFile } from '../users/import.ts'

interface Row {
  readonly aor: string
  readonly createdAt: string | null
  /** Contacts registered now. */
  readonly contacts: number
}

const IMPORT_EXAMPLES = `
Examples:
  raftel user import users.csv --dry-run
  raftel user import users.csv --generate-passwords passwords.csv
  raftel user import users.yaml --replace --tenant acme

Columns: aor, password, ${Object.keys(COLUMNS).join(', ')}.`

const SET_EXAMPLES = `
Examples:
  raftel user set alice@pbx.test --name "Alice Smith" --class national --caller-id +493012345678
  raftel user set alice@pbx.test --forward-no-answer bob@pbx.test --after 20
  raftel user set alice@pbx.test --forward-always off --dnd off
  echo 4711 | raftel user set alice@pbx.test --pin-stdin

A field is unset with off, or an empty text.`

interface SetOptions {
  readonly name?: string
  readonly class?: string
  readonly callerId?: string
  readonly forwardAlways?: string
  readonly forwardBusy?: string
  readonly forwardNoAnswer?: string
  readonly after?: string
  readonly forwardUnregistered?: string
  readonly dnd?: boolean
  readonly waiting?: boolean
  readonly language?: string
  readonly zone?: string
  readonly pinStdin?: boolean
  readonly pin?: boolean
  readonly group?: readonly string[]
}

function setCommand(): Command {
  const several = (one: string, before: readonly string[] = []): readonly string[] => [...before, one]
  return new Command('set')
    .description('change what a user has set; what is not named stays')
    .argument('<name@domain>')
    .option('--name <text>', 'shown with his calls')
    .option('--class <name>', 'calling class of the plan: what he may dial')
    .option('--caller-id <number>', 'shown to other networks, like +493012345678')
    .option('--forward-always <target>', 'a number, NAME@DOMAIN, or off')
    .option('--forward-busy <target>', 'the same, while he talks')
    .option('--forward-no-answer <target>', 'the same, when he does not answer')
    .option('--after <seconds>', 'how long it rings before that')
    .option('--forward-unregistered <target>', 'the same, while no phone of his is there')
    .option('--dnd <on|off>', 'nobody rings him', onOff)
    .option('--waiting <on|off>', 'whether a second call rings while he talks', onOff)
    .option('--language <tag>', 'like de or pt-BR')
    .option('--zone <zone>', 'like Europe/Berlin')
    .option('--pin-stdin', 'read the voicemail PIN from stdin')
    .option('--no-pin', 'unset the voicemail PIN')
    .option('--group <name>', 'may be given more than once; all are replaced', several)
    .addHelpText('after', SET_EXAMPLES)
    .action(setUser)
}

export function userCommand(): Command {
  const add = new Command('add')
    .description('add a user; the password is one line of stdin')
    .argument('<name@domain>')
    .option('--password-stdin', 'read the password from stdin (required)')
    .option('--replace', 'give a user who is there already the new password')
    .addHelpText('after', '\nExamples:\n  raftel user add alice@pbx.test --password-stdin < alice.password')
    .action(addUser)
  const ls = new Command('ls').description('all users').addHelpText('after', '\nExamples:\n  raftel user ls -o json')
  addList<User__Output, Row>(ls, {
    table: 'users',
    byTenant: true,
    page: (control, request, options, done) => control.listUsers(request, options, done),
    row,
    changed: (change) => change.user,
    columns: [
      { title: 'AOR', text: (user) => user.aor },
      { title: 'CONTACTS', text: (user) => String(user.contacts), right: true },
      { title: 'CREATED', text: (user) => user.createdAt ?? '-' },
    ],
  })
  const show = new Command('show')
    .description('one user: what is set, contacts, live calls')
    .argument('<name@domain>')
    .addHelpText('after', '\nExamples:\n  raftel user show alice@pbx.test -o json')
    .action(showUser)
  const remove = new Command('rm')
    .alias('remove')
    .description('remove a user, with what is set and what is registered')
    .argument('<name@domain>')
    .addHelpText('after', '\nExamples:\n  raftel user rm alice@pbx.test --reason "left the company"')
    .action(removeUser)
  const bring = new Command('import')
    .description('add many users from CSV or YAML; with a fault in any line nothing is changed')
    .argument('<file>', 'its first line names the columns; .yaml and .yml are YAML; - for CSV on stdin')
    .option('--dry-run', 'only say what would be done, and what is wrong')
    .option('--replace', 'users that are there already get password and settings anew; else they stay as they are')
    .option('--tenant <name>', 'all must be of domains of this tenant')
    .option(
      '--generate-passwords <file>',
      'make passwords where there is none; they are written to this new file, once',
    )
    .addHelpText('after', IMPORT_EXAMPLES)
    .action(importUsers)
  const save = new Command('export')
    .description('all users with what is set, as raftel user import reads them; never a password')
    .addOption(new Option('--format <format>', 'by default csv, or what -o says').choices(['csv', 'yaml']))
    .option('--tenant <name>', 'only those of the domains of this tenant')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel user export > users.csv\n  raftel user export --format yaml --tenant acme',
    )
    .action(exportUsers)
  const user = new Command('user').description('users of the cluster')
  for (const verb of [add, ls, show, setCommand(), remove, bring, save]) user.addCommand(verb)
  return user
}

async function addUser(aor: string, options: { passwordStdin?: boolean; replace?: boolean }, self: Command) {
  if (!options.passwordStdin) {
    throw usage(`give --password-stdin and the password on stdin: raftel user add ${aor} --password-stdin < FILE`)
  }
  const given = globals(self)
  const password = await secretOfStdin()
  const client = openClient(given)
  try {
    const request = { aor, password, replace: options.replace === true }
    const user = await client.ask<User__Output>(
      (control, limits, done) => control.addUser(request, limits, done),
      'once',
    )
    process.stdout.write(record(given.output, { ...row(user) }))
  } finally {
    client.close()
  }
}

async function setUser(aor: string, options: SetOptions, self: Command): Promise<void> {
  const given = globals(self)
  const set: Record<string, unknown> = { aor }
  const unset: string[] = []
  const texts: readonly (readonly [string, string, string | undefined])[] = [
    ['name', 'name', options.name],
    ['class', 'class', options.class],
    ['callerId', 'caller_id', options.callerId],
    ['forwardAlways', 'forward_always', options.forwardAlways],
    ['forwardBusy', 'forward_busy', options.forwardBusy],
    ['forwardNoAnswer', 'forward_no_answer', options.forwardNoAnswer],
    ['forwardAfter', 'forward_after', options.after],
    ['forwardUnregistered', 'forward_unregistered', options.forwardUnregistered],
    ['language', 'language', options.language],
    ['zone', 'zone', options.zone],
  ]
  for (const [field, name, text] of texts) {
    if (text === '' || text === 'off') unset.push(name)
    else if (text !== undefined) set[field] = field === 'forwardAfter' ? secondsIn(text) : text
  }
  if (options.dnd !== undefined) set.dnd = options.dnd
  if (options.waiting !== undefined) set.waiting = options.waiting
  const groups = options.group?.filter((one) => one !== '')
  if (groups?.length === 0) unset.push('groups')
  else if (groups) set.groups = groups
  if (options.pinStdin) set.pin = await secretOfStdin('PIN')
  else if (options.pin === false) unset.push('pin')
  const client = openClient(given)
  try {
    const profile = await client.ask<Profile__Output>((control, limits, done) =>
      control.setProfile({ aor, set, unset }, limits, done),
    )
    process.stdout.write(record(given.output, flat(profile)))
  } finally {
    client.close()
  }
}

function secondsIn(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw usage(`--after ${text}: a whole number of seconds, like 20`)
  return Number(text)
}

async function showUser(aor: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const { user, profile, tenant, registrations, calls } = await client.ask<UserDetail__Output>(
      (control, limits, done) => control.getUser({ aor }, limits, done),
    )
    if (!user || !profile) throw new Failure('failed', 'the node answered without a user; upgrade all nodes')
    const head = { ...row(user), tenant: tenant || null }
    if (given.output !== 'table') {
      const { aor: _aor, ...settings } = flat(profile)
      const phones = registrations.map(({ contact, transport, node, expires, state, received, userAgent }) => {
        return { contact, transport, node, expires, state, received, userAgent }
      })
      const live = calls.map(({ id, state, from, to, node }) => ({ id, state, from, to, node }))
      const whole = { ...head, profile: settings, registrations: phones, calls: live }
      process.stdout.write(`${JSON.stringify(whole, null, given.output === 'json' ? 2 : 0)}\n`)
      return
    }
    const { aor: _aor, ...settings } = flat(profile)
    const there = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== ''))
    process.stdout.write(record('table', { ...head, ...there }))
    if (registrations.length > 0) process.stdout.write(`\n${table(PHONES, registrations)}`)
    if (calls.length > 0) process.stdout.write(`\n${table(CALLS, calls)}`)
  } finally {
    client.close()
  }
}

const PHONES: readonly Column<Registration__Output>[] = [
  { title: 'CONTACT', text: (one) => one.contact },
  { title: 'VIA', text: (one) => one.transport },
  { title: 'NODE', text: (one) => one.node },
  { title: 'EXPIRES', text: (one) => `${one.state === 'kept' ? '' : '≤'}${one.expires}s`, right: true },
  { title: 'AGENT', text: (one) => one.userAgent },
]

const CALLS: readonly Column<Call__Output>[] = [
  { title: 'CALL', text: (one) => one.id },
  { title: 'STATE', text: (one) => one.state },
  { title: 'FROM', text: (one) => one.from },
  { title: 'TO', text: (one) => one.to },
  { title: 'NODE', text: (one) => one.node },
]

/** Settings as the command line names them; null: not set. */
function flat(profile: Profile__Output): Record<string, string | number | boolean | null> {
  const { aor, name = null, class: called = null, callerId = null, language = null, zone = null } = profile
  const { forwardAlways = null, forwardBusy = null, forwardNoAnswer = null, forwardUnregistered = null } = profile
  const { forwardAfter = null, dnd = null, waiting = null, hasPin, groups } = profile
  const forwards = { forwardAlways, forwardBusy, forwardNoAnswer, forwardAfter, forwardUnregistered }
  const rest = { dnd, waiting, language, zone, pin: hasPin ? '(sealed)' : null, groups: groups.join(',') || null }
  return { aor, name, class: called, callerId, ...forwards, ...rest }
}

async function removeUser(aor: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const gone = await client.ask<User__Output>(
      (control, limits, done) => control.removeUser({ aor }, limits, done),
      'once',
    )
    process.stdout.write(record(given.output, { ...row(gone) }))
  } finally {
    client.close()
  }
}

async function importUsers(file: string, options: ImportOptions, self: Command): Promise<void> {
  const given = globals(self)
  const done = await importFile(given, file, options)
  process.stdout.write(record(given.output, { ...done }))
}

async function exportUsers(options: { format?: 'csv' | 'yaml'; tenant?: string }, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const wanted = { filter: '', sort: '', linearizable: false, tenant: options.tenant ?? '' }
    const users = await allRows<User__Output>(
      client,
      (control, request, limits, done) => control.listUsers(request, limits, done),
      wanted,
    )
    const profiles = await allRows<Profile__Output>(
      client,
      (control, request, limits, done) => control.getProfiles(request, limits, done),
      wanted,
    )
    const byAor = new Map(profiles.map((profile) => [profile.aor, profile]))
    const all = users.map(({ aor }) => byAor.get(aor) ?? { aor, hasPin: false, groups: [] })
    const { output } = given
    const { format = 'csv' } = options
    if (options.format === undefined && output !== 'table') process.stdout.write(writeJson(all, output))
    else process.stdout.write(format === 'csv' ? writeCsv(all) : writeYaml(all))
  } finally {
    client.close()
  }
}

function row({ aor, createdAt, contacts }: User__Output): Row {
  return { aor, createdAt: iso(createdAt), contacts }
}
