/**
 * commit, rollback, remove. Each says which version of the document was seen, so that nobody overwrites what he has not read; when another was faster, what
 * he changed is told.
 */
import type { Command } from 'commander'
import type { PlanChanged__Output } from '../../proto/types/raftel/v1/PlanChanged.ts'
import { type Client, openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { iso, record } from '../print.ts'
import { compare, sayComparison } from './compare.ts'
import { author, MAIN, ofFile, planFrom, textOf } from './document.ts'

export interface ChangeOptions {
  readonly document?: string
  readonly expect?: number
  readonly reason?: string
  readonly breakGlass?: boolean
  readonly force?: boolean
}

export async function commit(file: string, options: ChangeOptions, self: Command): Promise<void> {
  needReason(options)
  const text = await textOf(file)
  const { document = MAIN } = options
  await change(self, options, document, file, (client, said) =>
    client.ask<PlanChanged__Output>(
      (control, limits, done) => control.commitPlan({ ...said, text, document }, limits, done),
      'once',
    ),
  )
}

export async function rollback(version: number, options: ChangeOptions, self: Command): Promise<void> {
  needReason(options)
  const given = globals(self)
  const client = openClient(given)
  let document: string
  try {
    ;({ document } = await planFrom(client, { version }))
  } finally {
    client.close()
  }
  if (options.document !== undefined && options.document !== document) {
    throw new Failure('usage', `version ${version} is of the document ${document}, not ${options.document}`)
  }
  await change(self, options, document, `version ${version}`, (again, said) =>
    again.ask<PlanChanged__Output>(
      (control, limits, done) => control.rollbackPlan({ ...said, version }, limits, done),
      'once',
    ),
  )
}

export async function removeDocument(document: string, options: ChangeOptions, self: Command): Promise<void> {
  needReason(options)
  await change(self, options, document, document, (client, said) =>
    client.ask<PlanChanged__Output>(
      (control, limits, done) => control.removePlan({ ...said, document }, limits, done),
      'once',
    ),
  )
}

interface Said {
  readonly author: string
  readonly reason: string
  readonly breakGlass: boolean
  readonly expect?: number
}

/** `file`: what faults are told of. */
async function change(
  self: Command,
  options: ChangeOptions,
  document: string,
  file: string,
  send: (client: Client, said: Said) => Promise<PlanChanged__Output>,
): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const expect = await seen(client, options, document)
    const { reason = '', breakGlass = false } = options
    const said = { author: author(), reason, breakGlass, ...(expect !== undefined && { expect }) }
    const changed = await send(client, said).catch(async (error: unknown) => {
      throw ofFile(await withDifference(client, error, document, expect), file)
    })
    const { version, rules, committedAt, tests, failed, warnings } = changed
    const row = {
      version,
      document: changed.document || document,
      rules,
      author: changed.author,
      committedAt: iso(committedAt),
    }
    process.stdout.write(record(given.output, { ...row, reason: changed.reason, tests, failed }))
    for (const line of warnings) process.stderr.write(`raftel: warning: ${line.replace(/^plan:/, `${file}:`)}\n`)
  } finally {
    client.close()
  }
}

/** The version that the change is based on: that which was given, else that which is there now; undefined: any. */
async function seen(client: Client, { expect, force }: ChangeOptions, document: string): Promise<number | undefined> {
  if (expect !== undefined && force) throw new Failure('usage', '--force takes no notice of --expect; give one of them')
  if (force) return undefined
  return expect ?? (await planFrom(client, { document, linearizable: true })).version
}

/** What is in force, against what was expected there. */
async function withDifference(client: Client, error: unknown, document: string, expect?: number): Promise<unknown> {
  if (!(error instanceof Failure) || error.kind !== 'conflict' || !expect) return error
  try {
    const [old, now] = [await planFrom(client, { version: expect }), await planFrom(client, { document })]
    // A version of another document was never what this one was based on.
    if (old.document !== document) return error
    const told = compare(
      { name: `version ${expect}`, text: old.text },
      { name: `version ${now.version} by ${now.author}${now.reason && ` (${now.reason})`}`, text: now.text },
    )
    const lines = [error.message, ...(told.same ? [] : [told.diff.trimEnd(), sayComparison(told)])]
    return new Failure('conflict', lines.filter((line) => line !== '').join('\n'))
  } catch {
    // The conflict is what has to be told, also when the text of before is not kept.
    return error
  }
}

function needReason({ breakGlass, reason = '' }: ChangeOptions): void {
  if (breakGlass && reason.trim() === '') {
    throw new Failure('usage', '--break-glass needs --reason TEXT, which everybody will read in raftel plan log')
  }
}
