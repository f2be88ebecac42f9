/** replay: what the last calls would have come to. */
import type { ServiceError } from '@grpc/grpc-js'
import type { Command } from 'commander'
import { clean } from '../../proto/text.ts'
import type { Replay__Output } from '../../proto/types/raftel/v1/Replay.ts'
import type { ReplayChange__Output } from '../../proto/types/raftel/v1/ReplayChange.ts'
import type { ReplaySums__Output } from '../../proto/types/raftel/v1/ReplaySums.ts'
import type { RouteDecision__Output } from '../../proto/types/raftel/v1/RouteDecision.ts'
import { failureOf, openClient } from '../client.ts'
import { EXIT, Failure } from '../failure.ts'
import { type Globals, globals } from '../globals.ts'
import { iso } from '../print.ts'
import { MAIN, ofFile, textOf } from './document.ts'

export interface ReplayOptions {
  readonly document?: string
  readonly last: number
  readonly limit: number
  readonly show?: number
}

export async function replay(file: string, options: ReplayOptions, self: Command): Promise<void> {
  const given = globals(self)
  const { document = MAIN, last, limit, show } = options
  const text = await textOf(file)
  const client = openClient(given)
  try {
    const control = await client.connection()
    const stream = control.replayPlan({ text, document, last, limit: Math.max(limit, show ?? 0) })
    const changes: ReplayChange__Output[] = []
    let sums: ReplaySums__Output | null = null
    // As long as something comes it may take as long as it takes.
    const idle = setTimeout(
      () => stream.destroy(new Failure('timeout', `nothing came for ${given.timeout} s`)),
      given.timeout * 1000,
    )
    try {
      for await (const one of stream as AsyncIterable<Replay__Output>) {
        idle.refresh()
        if (one.change) changes.push(one.change)
        if (one.sums) sums = one.sums
        if (one.total > 0) bar(one.done, one.total)
      }
    } catch (error) {
      throw ofFile(error instanceof Failure ? error : failureOf(error as ServiceError, given.timeout), file)
    } finally {
      clearTimeout(idle)
      stream.cancel()
      wipe()
    }
    if (sums === null) throw new Failure('no quorum', 'the node that was asked went away; ask again')
    if (show === undefined) tell(sums, changes, given)
    else tellOne(changes, show, given)
    if (sums.fails > 0) process.exitCode = EXIT.failed
    for (const node of sums.missing)
      process.stderr.write(`raftel: ${node} could not be asked: its calls are not among these\n`)
  } finally {
    client.close()
  }
}

const WIDTH = 30

function bar(done: number, total: number): void {
  if (!process.stderr.isTTY) return
  const full = Math.round((WIDTH * done) / total)
  process.stderr.write(`\r[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${count(done)} of ${count(total)}`)
}

function wipe(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

/** `9,412 same, 31 changed, 2 now fail`. */
export function sumLine({ same, changed, fails, fixed, unread }: Omit<ReplaySums__Output, 'missing' | 'ms'>): string {
  const parts = [`${count(same)} same`, `${count(changed)} changed`, `${count(fails)} now fail`]
  if (fixed > 0) parts.push(`${count(fixed)} fixed`)
  if (unread > 0) parts.push(`${count(unread)} not read`)
  return parts.join(', ')
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}

function tell(sums: ReplaySums__Output, changes: readonly ReplayChange__Output[], { output }: Globals): void {
  const rows = changes.map(rowOf)
  if (output === 'ndjson') {
    process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  } else if (output === 'json') {
    process.stdout.write(`${JSON.stringify({ ...sums, changes: rows }, null, 2)}\n`)
  } else {
    const lines = changes.map((change, i) => `${String(i + 1).padStart(4)}  ${line(change)}`)
    const more = sums.changed + sums.fails + sums.fixed - changes.length
    if (more > 0) lines.push(`      and ${count(more)} more; --limit lists them`)
    process.stdout.write([...lines, sumLine(sums)].map((one) => `${clean(one, 1000)}\n`).join(''))
  }
}

function line({ kind, before, after, ...call }: ReplayChange__Output): string {
  return `${WORDS[kind] ?? kind}  ${sayCall(call)}: ${before?.outcome} -> ${after?.outcome}`
}
const WORDS: Readonly<Record<string, string>> = { fails: 'FAILS  ', changed: 'changed', fixed: 'fixed  ' }

function sayCall({
  from,
  dialled,
  domain,
  trunk,
}: Pick<ReplayChange__Output, 'from' | 'dialled' | 'domain' | 'trunk'>): string {
  return `${from || 'nobody'}${trunk && ` by ${trunk}`} to ${dialled}@${domain}`
}

function rowOf(change: ReplayChange__Output) {
  const { kind, from, dialled, domain, trunk, at, before, after } = change
  return {
    kind,
    from,
    dialled,
    domain,
    trunk: trunk || null,
    at: iso(at),
    before: sideOf(before),
    after: sideOf(after),
  }
}

function sideOf(side: RouteDecision__Output | null) {
  return side && { outcome: side.outcome, rule: side.rule, trace: side.trace }
}

function tellOne(changes: readonly ReplayChange__Output[], wanted: number, { output }: Globals): void {
  const change = changes[wanted - 1]
  if (change === undefined)
    throw new Failure('not found', `there are ${changes.length} that are listed, from 1 on; --limit lists more`)
  if (output !== 'table') {
    process.stdout.write(`${JSON.stringify(rowOf(change), null, output === 'json' ? 2 : 0)}\n`)
    return
  }
  const side = (name: string, one: RouteDecision__Output | null) => [
    `${name}: ${one?.outcome} (rule ${one?.rule})`,
    ...(one?.trace ?? []).map((why) => `  - ${why}`),
  ]
  const lines = [
    `${change.kind}: ${sayCall(change)} at ${iso(change.at)}`,
    ...side('before', change.before),
    ...side('after', change.after),
  ]
  process.stdout.write(lines.map((one) => `${clean(one, 1000)}\n`).join(''))
}
