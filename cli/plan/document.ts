/** A plan document on this side: its text, from a file that may be anything; and who commits it. */
import { createReadStream } from 'node:fs'
import { userInfo } from 'node:os'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'

/** As many bytes as the nodes take. */
const READ_MAX = 1024 * 1024

/** The document that is meant where none is named. */
export const MAIN = 'main'

/** Read as it comes: a pipe may have nothing in it yet, and a file that never ends is not read to its end. */
export async function textOf(file: string): Promise<string> {
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

/** Who runs this. */
export function author(): string {
  return authorOf(() => userInfo().username)
}

/** A container may run this under a number that has no name. */
export function authorOf(name: () => string): string {
  try {
    return name()
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** A document that is in force, or a version that was. */
export function planFrom(
  client: Client,
  wanted: { document?: string; version?: number; at?: number; linearizable?: boolean },
): Promise<Plan__Output> {
  return client.ask<Plan__Output>((control, limits, done) => control.getPlan(wanted, limits, done))
}

/** The node does not know the file's name; faults begin with `plan:line:column:`. A file with faults is no wrong use of the command. */
export function ofFile(error: unknown, file: string): unknown {
  if (!(error instanceof Failure)) return error
  return new Failure(error.kind === 'usage' ? 'failed' : error.kind, named(error.message, file))
}

export function named(faults: string, file: string): string {
  return faults.replace(/^plan:/gm, `${file}:`)
}
