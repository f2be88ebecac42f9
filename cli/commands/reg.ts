/** `raftel reg`: who is registered where. */
import { Command } from 'commander'
import type { Registration__Output } from '../../proto/types/raftel/v1/Registration.ts'
import { addList } from '../lists.ts'

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
  return new Command('reg').description('registrations').addCommand(ls)
}

const EXAMPLES = `
Examples:
  raftel reg ls
  raftel reg ls --filter alice -o json
  raftel reg ls --linearizable
  raftel reg ls --watch -o ndjson

STATE   kept        the node that was asked holds the phone, and EXPIRES is what the phone was told
        leased      another node does; EXPIRES is the lease, the most that is left
        unverified  the node that held it is down; it is called after others, until its lease ends`
