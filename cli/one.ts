/** What commands about one thing do alike: ask, and print what is there then. */
import type { Command } from 'commander'
import { openClient, type Send } from './client.ts'
import { globals } from './globals.ts'
import { record, type Value } from './print.ts'

/** `once`: it must not be asked of a second node, see `Client.ask`. */
export async function tellOne<Wire>(
  self: Command,
  send: Send<Wire>,
  row: (wire: Wire) => object,
  may?: 'once',
): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    process.stdout.write(record(given.output, row(await client.ask(send, may)) as Readonly<Record<string, Value>>))
  } finally {
    client.close()
  }
}
