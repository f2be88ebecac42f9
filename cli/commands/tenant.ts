/** `raftel tenant`: whose domains are which. */
import { Command } from 'commander'
import type { Tenant__Output } from '../../proto/types/raftel/v1/Tenant.ts'
import type { TenantPage__Output } from '../../proto/types/raftel/v1/TenantPage.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { tellOne } from '../one.ts'
import { iso, record } from '../print.ts'
import { onOff } from '../switches.ts'

interface Row {
  readonly name: string
  readonly display: string | null
  readonly domains: string
  readonly users: number
  readonly disabled: boolean
  readonly currency: string | null
  readonly language: string | null
  readonly zone: string | null
  readonly limits: string | null
  readonly createdAt: string | null
}

interface Options {
  readonly display?: string
  readonly limits?: string
  readonly currency?: string
  readonly language?: string
  readonly zone?: string
  readonly disabled?: boolean
}

export function tenantCommand(): Command {
  const add = fields(new Command('add'))
    .description('add a tenant; its domains are those of the plan document that says `tenant: NAME`')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel tenant add acme --display "Acme Ltd." --currency EUR --zone Europe/Berlin',
    )
    .action((name: string, options: Options, self: Command) => put(name, options, self, false))
  const set = fields(new Command('set'))
    .description('change what is named; an empty text unsets it')
    .option('--disabled <on|off>', 'on: its users can neither register nor call, but for help', onOff)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel tenant set acme --disabled on --reason "not paid"\n  raftel tenant set acme --display ""',
    )
    .action((name: string, options: Options, self: Command) => put(name, options, self, true))
  const ls = new Command('ls')
    .description('all tenants')
    .addHelpText('after', '\nExamples:\n  raftel tenant ls -o json')
  addList<Tenant__Output, Row>(ls, {
    page: (control, request, options, done) => control.listTenants(request, options, done),
    row,
    columns: [
      { title: 'NAME', text: (tenant) => tenant.name },
      { title: 'DISPLAY', text: (tenant) => tenant.display ?? '-' },
      { title: 'USERS', text: (tenant) => String(tenant.users), right: true },
      { title: 'DOMAINS', text: (tenant) => tenant.domains || '-' },
      { title: 'STATE', text: (tenant) => (tenant.disabled ? 'disabled' : 'active') },
    ],
  })
  const show = new Command('show')
    .description('one tenant')
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  raftel tenant show acme -o json')
    .action(showTenant)
  const remove = new Command('rm')
    .alias('remove')
    .description('remove a tenant that has no plan document any more')
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  raftel tenant rm acme')
    .action((name: string, _: object, self: Command) =>
      tellOne(self, (control, limits, done) => control.removeTenant({ name }, limits, done), row, 'once'),
    )
  const tenant = new Command('tenant').description('tenants: domains, users and plans that are isolated from others')
  for (const verb of [ls, show, add, set, remove]) tenant.addCommand(verb)
  return tenant
}

function fields(command: Command): Command {
  return command
    .argument('<name>', '1 to 64 of a-z, 0-9, ., _ and -')
    .option('--display <text>', 'how it is shown')
    .option('--limits <name>', 'the limit that holds for all its calls together')
    .option('--currency <code>', 'like EUR')
    .option('--language <tag>', 'of users that have set none, like de')
    .option('--zone <zone>', 'of users that have set none, like Europe/Berlin')
}

async function put(name: string, options: Options, self: Command, replace: boolean): Promise<void> {
  const { display, limits: limit, currency, language, zone, disabled } = options
  const tenant = { name, display, limits: limit, currency, language, zone, disabled }
  await tellOne(self, (control, limits, done) => control.putTenant({ tenant, replace }, limits, done), row, 'once')
}

async function showTenant(name: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const page = await client.ask<TenantPage__Output>((control, limits, done) =>
      control.listTenants({ filter: name, tenant: name }, limits, done),
    )
    const [tenant] = page.rows
    if (!tenant) throw new Failure('not found', `there is no tenant ${name}; raftel tenant ls shows those there are`)
    process.stdout.write(record(given.output, { ...row(tenant) }))
  } finally {
    client.close()
  }
}

function row({ name, domains, users, disabled, createdAt, ...texts }: Tenant__Output): Row {
  const { display = null, currency = null, language = null, zone = null, limits = null } = texts
  return {
    name,
    display,
    domains: domains.join(','),
    users,
    disabled: disabled === true,
    currency,
    language,
    zone,
    limits,
    createdAt: iso(createdAt),
  }
}
