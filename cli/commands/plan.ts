/** `raftel plan`: the routing plan that the whole cluster follows. */
import { createReadStream } from 'node:fs'
import { userInfo } from 'node:os'
import { Command } from 'commander'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals, whole } from '../globals.ts'
import { iso, record } from '../print.ts'

/** As many bytes as the nodes take. */
const READ_MAX = 1024 * 1024

export function planCommand(): Command {
  const commit = new Command('commit')
    .description('put a plan in force on every node; with faults none is, and all of them are told')
    .argument('<file>', 'YAML; - for stdin')
    .option('--expect <version>', 'commit only if this version is in force', whole)
    .addHelpText('after', '\nExamples:\n  raftel plan commit plan.yaml\n  raftel plan commit plan.yaml --expect 3')
    .action(commitPlan)
  const show = new Command('show')
    .description('the plan in force, as it was committed')
    .option('--linearizable', 'nothing that was agreed on before is missing; needs a quorum')
    .addHelpText('after', '\nExamples:\n  raftel plan show > plan.yaml\n  raftel plan show -o json')
    .action(showPlan)
  return new Command('plan').description('the routing plan').addCommand(commit).addCommand(show)
}

async function commitPlan(file: string, options: { expect?: number }, self: Command): Promise<void> {
  const given = globals(self)
  const text = await textOf(file)
  const client = openClient(given)
  try {
    const request = {
      text,
      author: authorOf(() => userInfo().username),
      ...(options.expect === undefined ? {} : options),
    }
    const plan = await client.ask<Plan__Output>(
      (control, limits, done) => control.commitPlan(request, limits, done),
      'once',
    )
    const { version, rules, author, committedAt } = plan
    process.stdout.write(record(given.output, { version, rules, author, committedAt: iso(committedAt) }))
  } catch (error) {
    // The node does not know the file's name; faults begin with `plan:line:column:`.
    // A file with faults is no wrong use of the command.
    if (error instanceof Failure) {
      const kind = error.kind === 'usage' ? 'failed' : error.kind
      throw new Failure(kind, error.message.replace(/^plan:/gm, `${file}:`))
    }
    throw error
  } finally {
    client.close()
  }
}

async function showPlan(options: { linearizable?: boolean }, self: Command): Promise<void> {
  const given = globals(self)
  const client = openClient(given)
  try {
    const plan = await client.ask<Plan__Output>((control, limits, done) => control.getPlan(options, limits, done))
    if (plan.version === 0) {
      throw new Failure('not found', 'no plan is in force; commit one with raftel plan commit FILE')
    }
    const { version, author, committedAt, rules, text } = plan
    const full = { version, author, committedAt: iso(committedAt), rules, text }
    process.stdout.write(given.output === 'table' ? text.replace(/\n?$/, '\n') : record(given.output, full))
  } finally {
    client.close()
  }
}

/** A container may run this under a number that has no name. */
export function authorOf(name: () => string): string {
  try {
    return name()
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Read as it comes: a pipe may have nothing in it yet, and a file that never ends is not read to its end. */
async function textOf(file: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    const source: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file)
    for await (const chunk of source) {
      chunks.push(chunk)
      size += chunk.length
      if (size > READ_MAX) break
    }
  } catch (error) {
    throw new Failure('failed', `${file} cannot be read: ${(error as Error).message}`)
  }
  if (size > READ_MAX) throw new Failure('failed', `${file} is larger than a plan may be (1 MiB); split or shorten it`)
  return Buffer.concat(chunks).toString('utf8')
}
