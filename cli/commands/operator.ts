/** `raftel operator`: who may ask the control service. */
import { Command, Option } from 'commander'
import type { Operator__Output } from '../../proto/types/raftel/v1/Operator.ts'
import type { OperatorPage__Output } from '../../proto/types/raftel/v1/OperatorPage.ts'
import type { OperatorToken__Output } from '../../proto/types/raftel/v1/OperatorToken.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { duration, globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { iso, record } from '../print.ts'
import { onOff } from '../switches.ts'

interface Row {
  readonly name: string
  readonly roles: string
  /** Empty: all. */
  readonly tenants: string
  readonly token: boolean
  readonly certificate: string | null
  readonly disabled: boolean
  /** Seconds left; null: it has no end. */
  readonly expires: number | null
  readonly createdAt: string | null
}

interface Options {
  readonly role?: readonly string[]
  readonly tenant?: readonly string[]
  readonly allTenants?: boolean
  readonly certificate?: string
  readonly expires?: number
  readonly disabled?: boolean
  /** False: `--no-token`. */
  readonly token?: boolean
}

const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const

export function operatorCommand(): Command {
  const add = fields(new Command('add'))
    .description('add an operator; the token is told once, and nowhere kept but as its hash')
    .option('--no-token', 'only by certificate')
    .addHelpText('after', ADD_EXAMPLES)
    .action(addOperator)
  const set = fields(new Command('set'))
    .description('change what is named; the token stays')
    .option('--all-tenants', 'for all tenants, and what is of none')
    .option('--disabled <on|off>', 'on: may do nothing', onOff)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel operator set bob --disabled on\n  raftel operator set bob --role viewer --tenant acme',
    )
    .action(setOperator)
  const ls = new Command('ls')
    .description('all operators')
    .addHelpText('after', '\nExamples:\n  raftel operator ls -o json')
  addList<Operator__Output, Row>(ls, {
    page: (control, request, options, done) => control.listOperators(request, options, done),
    row,
    columns: [
      { title: 'NAME', text: (one) => one.name },
      { title: 'ROLES', text: (one) => one.roles },
      { title: 'TENANTS', text: (one) => one.tenants || 'all' },
      {
        title: 'BY',
        text: (one) => [one.token && 'token', one.certificate && 'certificate'].filter(Boolean).join(',') || '-',
      },
      {
        title: 'EXPIRES',
        text: (one) => (one.expires === null ? '-' : one.expires < 0 ? 'over' : `${one.expires}s`),
        right: true,
      },
      { title: 'STATE', text: (one) => (one.disabled ? 'disabled' : 'active') },
    ],
  })
  const rotate = new Command('rotate')
    .description('a new token; the old one is none from now on')
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  (umask 077; raftel operator rotate alice > alice.token)')
    .action(rotateOperator)
  const remove = new Command('rm')
    .alias('remove')
    .description('remove an operator; the last admin for all tenants stays as long as there are others')
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  raftel operator rm bob')
    .action(removeOperator)
  const operator = new Command('operator').description('who may look, and who may change what')
  for (const verb of [ls, add, set, rotate, remove]) operator.addCommand(verb)
  return operator
}

const ADD_EXAMPLES = `
Examples:
  (umask 077; raftel operator add alice --role admin > alice.token)   the first one must be an admin
  raftel operator add bob --role operator --tenant acme --expires 90d -o json
  raftel operator add ci --role viewer --certificate CN=ci --no-token`

const several = (one: string, before: readonly string[] = []): readonly string[] => [...before, ...one.split(',')]

function fields(command: Command): Command {
  return command
    .argument('<name>', '1 to 64 of a-z, 0-9, ., _ and -')
    .addOption(new Option('--role <role>', `${ROLES.join(', ')}; may be given more than once`).argParser(several))
    .option('--tenant <name>', 'only for this tenant; may be given more than once', several)
    .option('--certificate <name>', 'client certificate: its SHA-256, or CN=NAME of its subject')
    .option('--expires <time>', 'for how long from now: 12h, 90d', duration)
}

async function addOperator(name: string, options: Options, self: Command): Promise<void> {
  const { role = [], tenant = [], certificate = '', expires = 0, token } = options
  await told(self, (control, limits, done) =>
    control.putOperator(
      { name, roles: [...role], tenants: [...tenant], certificate, expires, noToken: token === false },
      limits,
      done,
    ),
  )
}

async function setOperator(name: string, options: Options, self: Command): Promise<void> {
  const client = openClient(globals(self))
  let old: Operator__Output | undefined
  try {
    const page = await client.ask<OperatorPage__Output>((control, limits, done) =>
      control.listOperators({ filter: name, limit: 10_000 }, limits, done),
    )
    old = page.rows.find((one) => one.name === name)
  } finally {
    client.close()
  }
  if (!old) throw new Failure('not found', `there is no operator ${name}; raftel operator ls shows those there are`)
  const request = {
    name,
    roles: [...(options.role ?? old.roles)],
    tenants: options.allTenants ? [] : [...(options.tenant ?? old.tenants)],
    certificate: options.certificate ?? old.certificate,
    ...(options.expires !== undefined && { expires: options.expires }),
    disabled: options.disabled ?? old.disabled,
    replace: true,
  }
  await told(self, (control, limits, done) => control.putOperator(request, limits, done))
}

async function rotateOperator(name: string, _: object, self: Command): Promise<void> {
  await told(self, (control, limits, done) => control.rotateOperator({ name }, limits, done))
}

/** To stdout goes the token alone, so that it can be sent to a file; JSON has everything. */
async function told(self: Command, send: Parameters<ReturnType<typeof openClient>['ask']>[0]): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const { operator, token } = (await client.ask(send, 'once')) as OperatorToken__Output
    if (given.output !== 'table') {
      const fields = operator ? { ...row(operator) } : {}
      process.stdout.write(record(given.output, token === '' ? fields : { ...fields, token }))
    } else if (token !== '') process.stdout.write(`${token}\n`)
    else if (operator) process.stdout.write(record('table', { ...row(operator) }))
  } finally {
    client.close()
  }
}

async function removeOperator(name: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const gone = await client.ask<Operator__Output>(
      (control, limits, done) => control.removeOperator({ name }, limits, done),
      'once',
    )
    process.stdout.write(record(given.output, { ...row(gone) }))
  } finally {
    client.close()
  }
}

function row({ name, roles, tenants, hasToken, certificate, disabled, expires, createdAt }: Operator__Output): Row {
  return {
    name,
    roles: roles.join(','),
    tenants: tenants.join(','),
    token: hasToken,
    certificate: certificate || null,
    disabled,
    expires: expires === 0 ? null : expires,
    createdAt: iso(createdAt),
  }
}
