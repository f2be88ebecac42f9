/** What a call costs, in whole micro-units of a currency (a millionth of a euro, a dollar …): no fraction is ever kept, so nothing is ever lost. */

export interface Rate {
  /** Micro-units a minute. */
  readonly price: number
  /** Micro-units, for being answered at all. */
  readonly connect: number
  /** Seconds that the first piece is charged for at least, and each after it. */
  readonly first: number
  readonly increment: number
  /** Seconds at its beginning that cost nothing. */
  readonly free: number
}

/** Largest price and connect fee, micro-units, and longest call, s: a minute of these times 60 is still a whole number exactly. */
export const PRICE_MAX = 1_000_000_000
export const SECONDS_MAX = 1_000_000
/** Largest sum of an account, micro-units. */
export const AMOUNT_MAX = 100_000_000_000_000

/** Of an answered call of so many whole seconds, rounded up to a micro-unit. One that nobody answered costs nothing, and is not asked for here. */
export function costOf({ price, connect, first, increment, free }: Rate, seconds: number): number {
  return connect + Math.ceil((price * billed({ first, increment, free }, Math.min(seconds, SECONDS_MAX))) / 60)
}

function billed({ first, increment, free }: Pick<Rate, 'first' | 'increment' | 'free'>, seconds: number): number {
  const talk = seconds - free
  if (talk <= 0) return 0
  return talk <= first ? first : first + Math.ceil((talk - first) / increment) * increment
}

/** The most seconds that do not cost more than `amount`; 0 also when not even being answered is paid for. */
export function secondsFor({ price, connect, first, increment, free }: Rate, amount: number): number {
  if (amount < connect) return 0
  if (price === 0) return SECONDS_MAX
  const paid = Math.floor(((Math.min(amount, AMOUNT_MAX) - connect) * 60) / price)
  const talk = paid < first ? 0 : first + Math.floor((paid - first) / increment) * increment
  return Math.min(free + talk, SECONDS_MAX)
}

/** Whether all of it is in bounds: what an import lets in. */
export function isRate(rate: Rate): boolean {
  const within = (n: number, least: number, most: number): boolean => Number.isInteger(n) && n >= least && n <= most
  return (
    within(rate.price, 0, PRICE_MAX) &&
    within(rate.connect, 0, PRICE_MAX) &&
    within(rate.first, 1, 3600) &&
    within(rate.increment, 1, 3600) &&
    within(rate.free, 0, 86_400)
  )
}
