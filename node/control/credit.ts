/** AddCredit, GetCredit, ListCredit: prepaid accounts. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { CreditRow, Grant } from '../../cluster/tables/admission-rows.ts'
import { AMOUNT_MAX } from '../../cluster/tables/rating.ts'
import { clean } from '../../proto/text.ts'
import type { AddCreditRequest__Output } from '../../proto/types/raftel/v1/AddCreditRequest.ts'
import type { Credit } from '../../proto/types/raftel/v1/Credit.ts'
import type { CreditPage } from '../../proto/types/raftel/v1/CreditPage.ts'
import type { ListRequest__Output } from '../../proto/types/raftel/v1/ListRequest.ts'
import { keyIn, mustKnow } from './limits.ts'
import type { Needs } from './needs.ts'
import { page } from './page.ts'
import { agreed, cannot, conflict, invalid, notFound } from './refusal.ts'

type CreditNeeds = Pick<Needs, 'cluster'>

const ACCOUNTS = ['user', 'tenant']

/** `now`: wall clock, ms; `within`: milliseconds that agreeing may take. */
export async function addCredit(
  { cluster }: CreditNeeds,
  request: AddCreditRequest__Output,
  now: number,
  within: number,
): Promise<Credit> {
  const account = keyIn(request.account, ACCOUNTS)
  const { amount } = request
  const currency = currencyIn(request.currency)
  if (!Number.isSafeInteger(amount) || amount === 0 || Math.abs(amount) > AMOUNT_MAX) {
    throw invalid(`an amount is a number other than 0, at most ${AMOUNT_MAX / 1_000_000}`)
  }
  const id = clean(request.id, 64)
  const reason = clean(request.reason, 128)
  if (id === '' || id !== request.id) throw invalid('give an id of 1 to 64 characters: the same one is granted once')
  if (reason === '') throw invalid('give the reason: it stands in the history of the account')
  mustKnow(cluster)
  const grant: Grant = { id, amount, reason, by: clean(request.by, 64), at: now }
  const result = agreed(await cluster.propose({ type: 'credit-add', account, currency, grant }, within))
  switch (result.kind) {
    case 'other currency':
      throw conflict(`${account} is kept in ${result.currency}; give the amount in that`)
    case 'granted otherwise':
      throw conflict(`under that id ${result.amount / 1_000_000} was granted already; use another id for another grant`)
    case 'no such amount':
      throw cannot(
        `the balance is ${result.balance / 1_000_000}: no more than that can be taken back, nor more granted than an account holds`,
      )
    case 'too many accounts':
      throw cannot(`there are ${result.max} accounts already`)
    default:
      return getCredit({ cluster }, account)
  }
}

/** With its last grants. */
export function getCredit({ cluster }: CreditNeeds, given: string): Credit {
  const account = keyIn(given, ACCOUNTS)
  const row = cluster.tables.credit.get(account)
  if (!row) throw notFound(`${account} has no account; raftel credit add opens one`)
  const grants = (cluster.tables.ledgers.get(account)?.grants ?? []).map(({ id, amount, reason, by, at }) => {
    return { id: clean(id), amount, reason: clean(reason), by: clean(by), at }
  })
  return { ...creditView(cluster, row), grants }
}

export function listCredit({ cluster }: CreditNeeds, request: ListRequest__Output): CreditPage {
  const fields = {
    account: (row: CreditRow) => row.account,
    balance: (row: CreditRow) => row.balance,
    spent: (row: CreditRow) => row.spent,
  }
  const words = (row: CreditRow): string[] => [row.account, row.currency]
  const { rows, next, total } = page<CreditRow>(cluster.tables.credit.values(), request, fields.account, fields, words)
  return { rows: rows.map((row) => creditView(cluster, row)), next, total, applied: cluster.status().applied }
}

function creditView(cluster: Pick<Cluster, 'tables'>, row: CreditRow): Credit {
  const { account, currency, granted, spent, balance } = row
  return { account: clean(account), currency, granted, spent, balance, reserved: cluster.tables.held.amount(account) }
}

export function currencyIn(said: string): string {
  if (!/^[A-Z]{3}$/.test(said)) throw invalid('a currency is three capital letters, like EUR')
  return said
}
