/** What every list does alike: all pages, three formats, and `--watch`. */
import type { ServiceError } from '@grpc/grpc-js'
import { type Command, InvalidArgumentError } from 'commander'
import { readFilter } from '../proto/filter.ts'
import type { Change__Output } from '../proto/types/raftel/v1/Change.ts'
import type { ControlClient } from '../proto/types/raftel/v1/Control.ts'
import type { ListRequest } from '../proto/types/raftel/v1/ListRequest.ts'
import { broken, type Client, failureOf, openClient } from './client.ts'
import { Failure } from './failure.ts'
import { globals } from './globals.ts'
import { type Column, list, table } from './print.ts'

interface Page<Wire> {
  readonly rows: readonly Wire[]
  readonly next: string
}

/** A list command: what it asks, what it watches, and how a row is shown. */
export interface Listing<Wire, Row extends object> {
  /** Absent: it cannot be watched. */
  readonly table?: 'registrations' | 'calls' | 'users' | 'bans' | 'trunks'
  /** Whether rows of one tenant can be asked for. */
  readonly byTenant?: true
  readonly page: (
    control: ControlClient,
    request: ListRequest,
    options: { deadline: number },
    done: (error: ServiceError | null, reply?: Page<Wire>) => void,
  ) => void
  readonly row: (wire: Wire) => Row
  /** Of a table that can be watched. */
  readonly changed?: (change: Change__Output) => Wire | null | undefined
  /** Leaves out rows by what is asked of the cluster about each; null: these options leave out none. */
  readonly only?: (options: object) => ((client: Client, rows: readonly Wire[]) => Promise<readonly Wire[]>) | null
  readonly columns: readonly Column<Row>[]
}

interface ListOptions {
  readonly watch?: boolean
  readonly filter: string
  readonly sort: string
  readonly linearizable?: boolean
  readonly tenant?: string
}

const PAGE = 1000

function filter(text: string): string {
  const read = readFilter(text)
  if (read.kind === 'invalid') throw new InvalidArgumentError(read.why)
  return text
}

const WENT_AWAY = new Failure(
  'no quorum',
  'the node that was watched went away; watch again, it is then another node that answers',
)

export function addList<Wire, Row extends object>(command: Command, listing: Listing<Wire, Row>): Command {
  if (listing.byTenant) command.option('--tenant <name>', 'only rows of the domains of this tenant')
  if (listing.table) command.option('--watch', 'print the rows, then every change, until interrupted')
  return command
    .option(
      '--filter <text>',
      'only rows that contain it; "/RE" where this regular expression is found, "!…" all others, "-f abc" with these characters in this order',
      filter,
      '',
    )
    .option('--sort <field>', 'field to sort by; -field for descending', '')
    .option('--linearizable', 'nothing that was agreed on before is missing; needs a quorum')
    .action(async (options: ListOptions, self: Command) => {
      if (options.watch && options.linearizable)
        throw new Failure('usage', '--watch shows changes as they arrive; give it or --linearizable')
      if (options.watch && listing.only?.(options))
        throw new Failure('usage', '--watch shows rows as they change; what is asked about each is told without it')
      if (options.watch && options.tenant)
        throw new Failure('usage', '--watch shows the rows of all tenants; give it or --tenant')
      if (options.watch) await watchRows(self, options, listing)
      else await listRows(self, options, listing)
    })
}

async function listRows<Wire, Row extends object>(self: Command, options: ListOptions, listing: Listing<Wire, Row>) {
  const given = globals(self)
  const client = openClient(given)
  try {
    const { filter, sort, linearizable, tenant } = options
    const all = await allRows(client, listing.page, { filter, sort, linearizable, tenant })
    const only = listing.only?.(options)
    const rows = (only ? await only(client, all) : all).map(listing.row)
    process.stdout.write(list(given.output, listing.columns, rows))
  } finally {
    client.close()
  }
}

/** The rows of all pages. */
export async function allRows<Wire>(
  client: Client,
  ask: Listing<Wire, object>['page'],
  wanted: Pick<ListRequest, 'filter' | 'sort' | 'linearizable' | 'tenant'>,
): Promise<Wire[]> {
  const rows: Wire[] = []
  let after = ''
  do {
    const request = { ...wanted, limit: PAGE, after }
    const page = await client.ask<Page<Wire>>((control, limits, done) => ask(control, request, limits, done))
    for (const wire of page.rows) rows.push(wire)
    after = page.next
  } while (after !== '')
  return rows
}

async function watchRows<Wire, Row extends object>(self: Command, options: ListOptions, listing: Listing<Wire, Row>) {
  const given = globals(self)
  const client = openClient(given)
  let interrupted = false
  try {
    const control = await client.connection()
    const stream = control.watch({ table: listing.table, filter: options.filter })
    const stop = (): void => {
      interrupted = true
      stream.cancel()
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    process.stdout.once('error', stop)
    let first: Row[] | null = []
    for await (const change of stream as AsyncIterable<Change__Output>) {
      const wire = listing.changed?.(change)
      const row = wire ? listing.row(wire) : null
      if (given.output !== 'table') {
        process.stdout.write(JSON.stringify({ change: change.kind.toLowerCase(), key: change.key, ...row }) + '\n')
      } else if (change.kind === 'SYNCED') {
        process.stdout.write(table(listing.columns, first ?? []))
        first = null
      } else if (first !== null && row !== null) {
        first.push(row)
      } else {
        const said = row === null ? `- ${change.key}\n` : table(listing.columns, [row]).split('\n').slice(1).join('\n')
        process.stdout.write(said)
      }
    }
    if (!interrupted) throw WENT_AWAY
  } catch (error) {
    // Interrupting is how a watch ends.
    if (interrupted) return
    if (error instanceof Failure) throw error
    throw broken(error as ServiceError) ? WENT_AWAY : failureOf(error as ServiceError, given.timeout)
  } finally {
    client.close()
  }
}
