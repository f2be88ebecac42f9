/** `raftel reg`: who is registered where. */
import { Command } from 'commander'
import type { Registration__Output } from '../../proto/types/raftel/v1/Registration.ts'
import { openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { addList, allRows } from '../lists.ts'
import { type Column, list } from '../print.ts'

interface Row {
  readonly aor: string
  readonly contact: string
  readonly transport: string
  readonly node: string
  /** Seconds left: the phone's own when `state` is kept, else of the lease. */
  readonly expires: number
  readonly state: string
  readonly received: string
}

export function regCommand(): Command {
  const ls = new Command('ls').description('registered contacts, one row each').addHelpText('after', EXAMPLES)
  addList<Registration__Output, Row>(ls, {
    table: 'registrations',
    byTenant: true,
    page: (control, request, options, done) => control.listRegistrations(request, options, done),
    row: ({ aor, contact, transport, node, expires, state, received }) => ({
      aor,
      contact,
      transport,
      node,
      expires,
      state,
      received,
    }),
    changed: (change) => change.registration,
    columns: [
      { title: 'AOR', text: (row) => row.aor },
      { title: 'CONTACT', text: (row) => row.contact },
      { title: 'VIA', text: (row) => row.transport },
      { title: 'NODE', text: (row) => row.node },
      { title: 'EXPIRES', text: (row) => `${row.state === 'kept' ? '' : '≤'}${row.expires}s`, right: true },
      { title: 'STATE', text: (row) => row.state },
      { title: 'RECEIVED', text: (row) => row.received },
    ],
  })
  const show = new Command('show')
    .description('the contacts of one address of record, with all that is known of them')
    .argument('<aor>')
    .addHelpText('after', SHOW_EXAMPLES)
    .action((aor: string, _: object, self: Command) => showAor(aor, self))
  return new Command('reg').description('registrations').addCommand(ls).addCommand(show)
}

const DETAILS: readonly Column<Registration__Output>[] = [
  { title: 'CONTACT', text: (row) => row.contact },
  { title: 'VIA', text: (row) => row.transport },
  { title: 'NODE', text: (row) => row.node },
  { title: 'EXPIRES', text: (row) => `${row.state === 'kept' ? '' : '≤'}${row.expires}s`, right: true },
  { title: 'STATE', text: (row) => row.state },
  { title: 'RECEIVED', text: (row) => row.received },
  { title: 'Q', text: (row) => String(row.q), right: true },
  { title: 'INSTANCE', text: (row) => row.instance || '-' },
  { title: 'FLOW', text: (row) => (row.regId === 0 ? '-' : String(row.regId)), right: true },
  { title: 'PATH', text: (row) => row.path || '-' },
  { title: 'AGENT', text: (row) => row.userAgent },
]

async function showAor(text: string, self: Command): Promise<void> {
  const at = text.lastIndexOf('@')
  if (at < 1 || at === text.length - 1) throw usage(`${text} is no address; write it like alice@pbx.test`)
  // Domains have no case.
  const aor = text.slice(0, at) + text.slice(at).toLowerCase()
  const given = globals(self)
  const client = openClient(given)
  try {
    // A filter finds other names too, which contain this one.
    const found = await allRows<Registration__Output>(
      client,
      (control, request, options, done) => control.listRegistrations(request, options, done),
      { filter: aor },
    )
    const rows = found.filter((row) => row.aor === aor)
    if (rows.length === 0) throw new Failure('not found', `${aor} is not registered; raftel reg ls shows who is`)
    process.stdout.write(list(given.output, DETAILS, rows))
  } finally {
    client.close()
  }
}

const SHOW_EXAMPLES = `
Examples:
  raftel reg show alice@pbx.test
  raftel reg show alice@pbx.test -o json

INSTANCE  the phone says which one it is; FLOW is which of its connections
PATH      it is behind these proxies, and called through them`

const EXAMPLES = `
Examples:
  raftel reg ls
  raftel reg ls --filter alice -o json
  raftel reg ls --linearizable
  raftel reg ls --watch -o ndjson

STATE   kept        the node that was asked holds the phone, and EXPIRES is what the phone was told
        leased      another node does; EXPIRES is the lease, the most that is left
        unverified  the node that held it is down; it is called after others, until its lease ends`
