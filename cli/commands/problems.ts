/** The calls of a list that something is wrong with. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { Overview__Output } from '../../proto/types/raftel/v1/Overview.ts'
import type { Client } from '../client.ts'
import { PROBLEMS, type Problem, SLOW_MS } from '../trace/problems.ts'
import { judged } from '../tui/judged.ts'
import { tuiClient } from '../tui/source.ts'

export interface ProblemOptions {
  readonly problem?: boolean
  readonly oneWay?: boolean
  readonly nat?: boolean
  /** Seconds, or true for the default. */
  readonly slowSetup?: number | true
}

const AT_ONCE = 8

export function addProblems(command: Command): Command {
  return command
    .option(
      '--problem',
      'only calls with any of the problems below, that ring for more than 20 s, or that nobody sends audio in',
    )
    .option('--one-way', 'only calls in which one side alone sends audio')
    .option('--nat', 'only calls of a phone whose Contact has an address that it does not send from')
    .option('--slow-setup [seconds]', `only calls that took longer to ring or be answered (${SLOW_MS / 1000})`, seconds)
}

export function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('write seconds, like 4 or 0.5')
  return value
}

/** Null: none was asked for. */
export function wantedProblems({ problem, oneWay, nat, slowSetup }: ProblemOptions): ReadonlySet<Problem> | null {
  const wanted = PROBLEMS.filter(
    (one) => problem || (one === 'one-way' && oneWay) || (one === 'nat' && nat) || (one === 'slow set-up' && slowSetup),
  )
  return wanted.length === 0 ? null : new Set(wanted)
}

export type Troubled = Call__Output & { readonly problems: readonly Problem[] }

/** Those with one of the wanted problems, each with all that it has. */
export async function troubled(
  client: Client,
  calls: readonly Call__Output[],
  options: ProblemOptions,
): Promise<Troubled[]> {
  const wanted = wantedProblems(options)
  if (wanted === null) return calls.map((call) => ({ ...call, problems: [] }))
  const { now } = await client.ask<Overview__Output>((control, given, done) => control.getOverview({}, given, done))
  const slowMs = typeof options.slowSetup === 'number' ? 1000 * options.slowSetup : SLOW_MS
  const found = await judged(calls, tuiClient(await client.connection()), { now, slowMs, atOnce: AT_ONCE })
  return calls.flatMap((call) => {
    const problems = found.get(call.id) ?? []
    return problems.some((problem) => wanted.has(problem)) ? [{ ...call, problems }] : []
  })
}
