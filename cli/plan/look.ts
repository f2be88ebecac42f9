/** show, ls, log, diff, validate: they change nothing. */
import type { Command } from 'commander'
import { clean } from '../../proto/text.ts'
import type { Commit__Output } from '../../proto/types/raftel/v1/Commit.ts'
import type { CommitList__Output } from '../../proto/types/raftel/v1/CommitList.ts'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import type { PlanList__Output } from '../../proto/types/raftel/v1/PlanList.ts'
import type { PlanVerdict__Output } from '../../proto/types/raftel/v1/PlanVerdict.ts'
import { type Client, openClient } from '../client.ts'
import { EXIT, Failure } from '../failure.ts'
import { type Globals, globals } from '../globals.ts'
import { type Column, iso, list, record } from '../print.ts'
import { compare, type Side, sayComparison } from './compare.ts'
import { MAIN, named, planFrom, textOf } from './document.ts'

async function asking(self: Command, act: (client: Client, given: Globals) => Promise<void>): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    await act(client, given)
  } finally {
    client.close()
  }
}

export interface ShowOptions {
  readonly document?: string
  readonly version?: number
  readonly at?: number
  readonly linearizable?: boolean
}

export function show(options: ShowOptions, self: Command): Promise<void> {
  if (options.version !== undefined && options.at !== undefined) {
    throw new Failure('usage', 'a version was in force at its own time; give --version or --at')
  }
  return asking(self, async (client, given) => {
    const plan = await planFrom(client, options)
    if (plan.version === 0) {
      const where = options.document === undefined ? '' : ` --document ${options.document}`
      throw new Failure('not found', `no plan is in force; commit one with raftel plan commit FILE${where}`)
    }
    const { version, document, author, committedAt, reason, rules, text } = plan
    const full = { version, document, author, committedAt: iso(committedAt), reason, rules, text }
    process.stdout.write(given.output === 'table' ? text.replace(/\n?$/, '\n') : record(given.output, full))
  })
}

export function ls(options: { linearizable?: boolean }, self: Command): Promise<void> {
  return asking(self, async (client, given) => {
    const { rows } = await client.ask<PlanList__Output>((control, limits, done) =>
      control.listPlans(options, limits, done),
    )
    process.stdout.write(list(given.output, DOCUMENTS, rows.map(documentRow)))
  })
}

function documentRow({ document, version, rules, author, committedAt, reason }: Plan__Output) {
  return { document, version, rules, author, committedAt: iso(committedAt), reason }
}

const DOCUMENTS: readonly Column<ReturnType<typeof documentRow>>[] = [
  { title: 'DOCUMENT', text: (row) => row.document },
  { title: 'VERSION', text: (row) => String(row.version), right: true },
  { title: 'RULES', text: (row) => String(row.rules), right: true },
  { title: 'COMMITTED', text: (row) => row.committedAt ?? '-' },
  { title: 'AUTHOR', text: (row) => row.author },
  { title: 'REASON', text: (row) => row.reason },
]

export function log(
  options: { document?: string; limit: number; linearizable?: boolean },
  self: Command,
): Promise<void> {
  return asking(self, async (client, given) => {
    const { rows, total } = await client.ask<CommitList__Output>((control, limits, done) =>
      control.listCommits(options, limits, done),
    )
    process.stdout.write(list(given.output, COMMITS, rows.map(commitRow)))
    if (given.output === 'table' && rows.length < total) {
      process.stderr.write(`raftel: ${rows.length} of ${total}; --limit shows more\n`)
    }
  })
}

function commitRow(commit: Commit__Output) {
  const { version, document, kind, author, from, reason, committedAt, rules, bytes, previous, restored } = commit
  const what = { version, document, kind, author, from, reason, committedAt: iso(committedAt), rules, bytes, previous }
  const { passed, failed, breakGlass, kept } = commit
  return { ...what, restored: restored || null, passed, failed, breakGlass, kept }
}

const COMMITS: readonly Column<ReturnType<typeof commitRow>>[] = [
  { title: 'VERSION', text: (row) => String(row.version), right: true },
  { title: 'DOCUMENT', text: (row) => row.document },
  { title: 'WHAT', text: (row) => (row.restored ? `rollback to ${row.restored}` : row.kind) },
  { title: 'COMMITTED', text: (row) => row.committedAt ?? '-' },
  { title: 'AUTHOR', text: (row) => row.author },
  { title: 'RULES', text: (row) => String(row.rules), right: true },
  { title: 'TESTS', text: testsIn, right: true },
  { title: 'REASON', text: (row) => row.reason + (row.kept || row.kind === 'remove' ? '' : ' [text not kept]') },
]

function testsIn({ passed, failed, breakGlass }: ReturnType<typeof commitRow>): string {
  if (breakGlass) return failed > 0 ? `${failed} FAILED, glass broken` : 'glass broken'
  return passed + failed === 0 ? '-' : `${passed} ok`
}

export interface DiffOptions {
  readonly document?: string
  readonly version?: readonly number[]
}

/** Exit codes as `diff` has them: 1 is that they differ, and what is no answer is never 1. */
export function diff(file: string | undefined, options: DiffOptions, self: Command): Promise<void> {
  const { version: versions = [], document = MAIN } = options
  if (
    versions.length > 2 ||
    (file !== undefined && versions.length > 1) ||
    (file === undefined && versions.length === 0)
  ) {
    throw new Failure('usage', 'two are compared: a file or a --version with what is in force, or two --version')
  }
  return asking(self, async (client, given) => {
    try {
      const [first, second] = versions
      const from = first === undefined ? await inForce(client, document) : await sideOf(client, first)
      const to =
        file !== undefined ? { name: file, text: await textOf(file), document } : await other(client, second, from)
      const told = compare(from, to)
      if (given.output === 'table') {
        const text = [...told.diff.trimEnd().split('\n'), sayComparison(told)].filter((line) => line !== '')
        process.stdout.write(
          text
            .flatMap((line) => line.split('\n'))
            .map((line) => `${clean(line, 1000)}\n`)
            .join(''),
        )
      } else {
        const { same, diff: lines, rules, sections } = told
        const said = { same, from: from.name, to: to.name, rules, sections, diff: lines }
        process.stdout.write(`${JSON.stringify(said, null, given.output === 'json' ? 2 : 0)}\n`)
      }
      if (!told.same) process.exitCode = EXIT.failed
    } catch (error) {
      throw error instanceof Failure && error.kind === 'failed' ? new Failure('usage', error.message) : error
    }
  })
}

type Named = Side & { readonly document: string }

async function sideOf(client: Client, version: number): Promise<Named> {
  const { text, document } = await planFrom(client, { version })
  return { name: `version ${version}`, text, document }
}

async function inForce(client: Client, document: string): Promise<Named> {
  const { text, version } = await planFrom(client, { document })
  return { name: version === 0 ? 'nothing' : `version ${version}`, text, document }
}

function other(client: Client, second: number | undefined, { document }: Named): Promise<Named> {
  return second === undefined ? inForce(client, document) : sideOf(client, second)
}

export async function validate(
  file: string,
  options: { document?: string; limit: number },
  self: Command,
): Promise<void> {
  const text = await textOf(file)
  await asking(self, async (client, given) => {
    const request = { text, document: options.document ?? MAIN, limit: options.limit }
    const verdict = await client.ask<PlanVerdict__Output>((control, limits, done) =>
      control.validatePlan(request, limits, done),
    )
    sayVerdict(verdict, file, given)
  })
}

export function sayVerdict(verdict: PlanVerdict__Output, file: string, { output }: Pick<Globals, 'output'>): void {
  const { faultsTotal, warningsTotal, rules, version } = verdict
  const faults = verdict.faults.map((line) => named(line, file))
  const warnings = verdict.warnings.map((line) => named(line, file))
  if (output === 'table') {
    const more = (total: number, shown: number) => (total > shown ? [`and ${total - shown} more`] : [])
    const lines = [
      ...faults,
      ...more(faultsTotal, faults.length),
      ...warnings.map((line) => `warning: ${line}`),
      ...more(warningsTotal, warnings.length),
    ]
    const end = faultsTotal > 0 ? `${faultsTotal} faults` : `good: ${rules} rules, ${warningsTotal} warnings`
    process.stdout.write([...lines, end].map((line) => `${clean(line, 1000)}\n`).join(''))
  } else {
    const said = { ok: faultsTotal === 0, rules, version, faults, faultsTotal, warnings, warningsTotal }
    process.stdout.write(`${JSON.stringify(said, null, output === 'json' ? 2 : 0)}\n`)
  }
  if (faultsTotal > 0) process.exitCode = EXIT.failed
}
