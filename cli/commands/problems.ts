/** The calls of a list that something is wrong with: what is asked of the cluster for each, some at a time. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'
import type { Overview__Output } from '../../proto/types/raftel/v1/Overview.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import type { Client } from '../client.ts'
import { type Seen, storyOf } from '../trace/merge.ts'
import { type Problem, problemsOf } from '../trace/problems.ts'

export interface ProblemOptions {
  readonly problem?: boolean
  readonly oneWay?: boolean
  readonly nat?: boolean
  /** Seconds, or true for the default. */
  readonly slowSetup?: number | true
}

const SLOW_SECONDS = 4
const AT_ONCE = 8
const TRACE_MS = 3_000

export function addProblems(command: Command): Command {
  return command
    .option(
      '--problem',
      'only calls with any of the problems below, that ring for more than 20 s, or that nobody sends audio in',
    )
    .option('--one-way', 'only calls in which one side alone sends audio')
    .option('--nat', 'only calls of a phone whose Contact has an address that it does not send from')
    .option('--slow-setup [seconds]', `only calls that took longer to ring or be answered (${SLOW_SECONDS})`, seconds)
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('write seconds, like 4 or 0.5')
  return value
}

/** Null: none was asked for. */
export function wantedProblems({ problem, oneWay, nat, slowSetup }: ProblemOptions): ReadonlySet<Problem> | null {
  const all: Problem[] = ['ringing long', 'no media', 'one-way', 'nat', 'slow set-up']
  const wanted = problem
    ? all
    : all.filter(
        (one) => (one === 'one-way' && oneWay) || (one === 'nat' && nat) || (one === 'slow set-up' && slowSetup),
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
  const control = await client.connection()
  const slowMs = 1000 * (typeof options.slowSetup === 'number' ? options.slowSetup : SLOW_SECONDS)
  const found: (Troubled | null)[] = calls.map(() => null)
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < calls.length; i = next++) {
      const row = calls[i]!
      const [call, seen] = await Promise.all([whole(control, row), traced(control, row.id)])
      const problems = problemsOf({ call, story: seen.length === 0 ? null : storyOf(seen), now, slowMs })
      if (problems.some((problem) => wanted.has(problem))) found[i] = { ...row, problems }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return found.filter((one) => one !== null)
}

/** With its streams; a call that is over meanwhile stays what it was. */
function whole(control: ControlClient, row: Call__Output): Promise<Call__Output> {
  return new Promise((resolve) => {
    control.getCall({ id: row.id }, { deadline: Date.now() + TRACE_MS }, (error, call) => {
      resolve(error === null && call ? call : row)
    })
  })
}

async function traced(control: ControlClient, id: string): Promise<Seen[]> {
  const seen: Seen[] = []
  try {
    const stream = control.traceCall({ id }, { deadline: Date.now() + TRACE_MS })
    for await (const { node, message } of stream as AsyncIterable<Traced__Output>) {
      if (message) seen.push({ node, ...message })
    }
  } catch {
    // What is not remembered is no problem of the call.
  }
  return seen
}
