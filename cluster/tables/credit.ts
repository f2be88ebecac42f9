/** Prepaid credit: what is granted, each time with a reason; what is spent, see reservations.ts. */
import type { CreditAdd, Result } from './commands.ts'
import { AMOUNT_MAX } from './rating.ts'
import { put, type State } from './state.ts'

/** More are refused: each is in every snapshot. */
export const ACCOUNTS_MAX = 100_000
/** Grants of an account that are kept, and known again when they come twice. */
export const GRANTS_MAX = 100

/** A grant under a name that was granted already is granted. A negative one takes back what is not spent nor set aside. */
export function addCredit(state: State, { account, currency, grant }: CreditAdd): Result {
  const before = state.credit.get(account)
  if (!before && state.credit.size >= ACCOUNTS_MAX) return { kind: 'too many accounts', max: ACCOUNTS_MAX }
  if (before && before.currency !== currency) return { kind: 'other currency', currency: before.currency }
  const grants = state.ledgers.get(account)?.grants ?? []
  const { id, amount, reason, by, at } = grant
  const again = grants.find((one) => one.id === id)
  if (again) return again.amount === amount ? { kind: 'done' } : { kind: 'granted otherwise', amount: again.amount }
  const balance = (before?.balance ?? 0) + amount
  const granted = (before?.granted ?? 0) + amount
  if (balance < 0 || granted > AMOUNT_MAX) return { kind: 'no such amount', balance: before?.balance ?? 0 }
  put(state, 'credit', account, { account, currency, granted, spent: before?.spent ?? 0, balance })
  const kept = [...grants, { id, amount, reason, by, at }].slice(-GRANTS_MAX)
  put(state, 'ledgers', account, { account, grants: kept })
  return { kind: 'done' }
}
