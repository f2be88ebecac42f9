/** `raftel credit`: prepaid accounts. */
import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { Command } from 'commander'
import type { Credit__Output } from '../../proto/types/raftel/v1/Credit.ts'
import type { Grant__Output } from '../../proto/types/raftel/v1/Grant.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { addList } from '../lists.ts'
import { amountIn, money } from '../money.ts'
import { tellOne } from '../one.ts'
import { authorOf } from '../plan/document.ts'
import { type Column, iso, list } from '../print.ts'

/** Amounts as text: exactly. */
interface Row {
  readonly account: string
  readonly currency: string
  readonly granted: string
  readonly spent: string
  /** By calls that run. */
  readonly reserved: string
  readonly balance: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'ACCOUNT', text: (row) => row.account },
  { title: 'BALANCE', text: (row) => row.balance, right: true },
  { title: 'RESERVED', text: (row) => row.reserved, right: true },
  { title: 'SPENT', text: (row) => row.spent, right: true },
  { title: 'GRANTED', text: (row) => row.granted, right: true },
  { title: 'CURRENCY', text: (row) => row.currency },
]

interface GrantRow {
  readonly at: string | null
  readonly amount: string
  readonly reason: string
  readonly by: string
  readonly id: string
}

const GRANTS: readonly Column<GrantRow>[] = [
  { title: 'AT', text: (row) => row.at ?? '-' },
  { title: 'AMOUNT', text: (row) => row.amount, right: true },
  { title: 'BY', text: (row) => row.by },
  { title: 'REASON', text: (row) => row.reason },
  { title: 'ID', text: (row) => row.id },
]

export function creditCommand(): Command {
  const add = new Command('add')
    .description('grant an amount, or take one back as far as it is there')
    .argument('<account>', 'user:NAME@DOMAIN or tenant:DOMAIN')
    .argument('<amount>', 'like 25 or 12.50', amountIn)
    .requiredOption('--reason <text>', 'stands in the history of the account')
    .option('--currency <code>', 'like EUR; an account keeps its first', 'EUR')
    .option('--id <text>', 'the same id is granted once, however often it is said; by default a new one')
    .option('--take-back', 'the amount goes from the balance')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel credit add user:alice@pbx.test 25 --reason "invoice 4711" --id invoice-4711\n  raftel credit add tenant:pbx.test 5 --take-back --reason mistake',
    )
    .action(addCredit)
  const show = new Command('show')
    .description('one account')
    .argument('<account>')
    .addHelpText('after', '\nExamples:\n  raftel credit show tenant:pbx.test -o json')
    .action(async (account: string, _: object, self: Command) => {
      await tellOne(self, (control, limits, done) => control.getCredit({ account }, limits, done), rowOf)
    })
  const ls = new Command('ls')
    .description('all accounts')
    .addHelpText('after', '\nExamples:\n  raftel credit ls --sort balance\n  raftel credit ls -o json')
  addList<Credit__Output, Row>(ls, {
    page: (control, request, limits, done) => control.listCredit(request, limits, done),
    row: rowOf,
    columns: COLUMNS,
  })
  const history = new Command('history')
    .description('the last hundred grants of an account, oldest first')
    .argument('<account>')
    .addHelpText('after', '\nExamples:\n  raftel credit history user:alice@pbx.test -o ndjson')
    .action(showHistory)
  return new Command('credit')
    .description('prepaid credit, exact over all nodes')
    .addCommand(add)
    .addCommand(show)
    .addCommand(ls)
    .addCommand(history)
}

async function addCredit(
  account: string,
  amount: number,
  options: { reason: string; currency: string; id?: string; takeBack?: boolean },
  self: Command,
): Promise<void> {
  const by = authorOf(() => userInfo().username)
  const request = {
    account,
    amount: options.takeBack ? -amount : amount,
    currency: options.currency,
    reason: options.reason,
    id: options.id ?? randomUUID(),
    by,
  }
  try {
    // It may be asked of another node: under its id it is granted once.
    await tellOne(self, (control, limits, done) => control.addCredit(request, limits, done), rowOf)
  } catch (error) {
    if (!(error instanceof Failure) || (error.kind !== 'no quorum' && error.kind !== 'timeout')) throw error
    throw new Failure(error.kind, `${error.message}\nto ask again without granting twice: --id ${request.id}`)
  }
}

async function showHistory(account: string, _: object, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const { grants } = await client.ask<Credit__Output>((control, limits, done) =>
      control.getCredit({ account }, limits, done),
    )
    process.stdout.write(list(given.output, GRANTS, grants.map(grantRow)))
  } finally {
    client.close()
  }
}

function rowOf({ account, currency, granted, spent, reserved, balance }: Credit__Output): Row {
  return {
    account,
    currency,
    granted: money(granted),
    spent: money(spent),
    reserved: money(reserved),
    balance: money(balance),
  }
}

function grantRow({ id, amount, reason, by, at }: Grant__Output): GrantRow {
  return { at: iso(at), amount: money(amount), reason, by, id }
}
