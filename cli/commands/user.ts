/** `raftel user`: who may register and call. */
import { Command } from 'commander'
import type { User__Output } from '../../proto/types/raftel/v1/User.ts'
import { openClient } from '../client.ts'
import { usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { iso, record } from '../print.ts'
import { secretOfStdin } from '../stdin.ts'

interface Row {
  readonly aor: string
  readonly createdAt: string | null
  /** Contacts registered now. */
  readonly contacts: number
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
    page: (control, request, options, done) => control.listUsers(request, options, done),
    row,
    changed: (change) => change.user,
    columns: [
      { title: 'AOR', text: (user) => user.aor },
      { title: 'CONTACTS', text: (user) => String(user.contacts), right: true },
      { title: 'CREATED', text: (user) => user.createdAt ?? '-' },
    ],
  })
  return new Command('user').description('users of the cluster').addCommand(add).addCommand(ls)
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

function row({ aor, createdAt, contacts }: User__Output): Row {
  return { aor, createdAt: iso(createdAt), contacts }
}
