/** `raftel user`: who may register and call. */
import { Command } from 'commander'
import type { User__Output } from '../../proto/types/raftel/v1/User.ts'
import { openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { iso, record } from '../print.ts'

interface Row {
  readonly aor: string
  readonly createdAt: string | null
  /** Contacts registered now. */
  readonly contacts: number
}

const LINE_MAX = 1024

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
  const password = await lineOfStdin()
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

/** The first line, without its end. Anything after it is not looked at. */
async function lineOfStdin(): Promise<string> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.includes(LINE_END) || bytes.length > LINE_MAX) break
  }
  const end = bytes.indexOf(LINE_END)
  const line = (end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1').replace(/\r$/, '')
  if (line === '') throw new Failure('failed', 'stdin has no password; give it as one line')
  if (line.length > LINE_MAX) throw new Failure('failed', `the password is longer than ${LINE_MAX} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(line, 'latin1'))
  } catch {
    // A phone would send other bytes than those that were stored, and never be let in.
    throw new Failure('failed', 'the password is not UTF-8; write it in UTF-8, as phones do (RFC 7616)')
  }
}
const LINE_END = 10

function row({ aor, createdAt, contacts }: User__Output): Row {
  return { aor, createdAt: iso(createdAt), contacts }
}
