/**
 * Inflicts faults on copies of a directory and opens each with the real log. A process of its own, since LevelDB may end it:
 * before each case its number goes to stdout, and after it what came of it. Arguments: the file of the work, and the case
 * to begin with.
 */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { Refused } from '../../../../cluster/log/trouble.ts'
import { type Fault, inflict } from './cases.ts'
import { type Acknowledged, missingIn, openAt } from './history.ts'

export interface Work {
  readonly root: string
  readonly dir: string
  readonly faults: readonly Fault[]
  readonly acknowledged: Acknowledged
}

export type Verdict =
  | { readonly kind: 'recovered' }
  | { readonly kind: 'refused'; readonly why: string }
  /** Something is missing and it was not said, or the error is not one of ours. */
  | { readonly kind: 'wrong'; readonly why: string }

const [file, first] = process.argv.slice(2) as [string, string]
const work = JSON.parse(await readFile(file, 'utf8')) as Work
for (let i = Number(first); i < work.faults.length; i++) {
  process.stdout.write(`${i}\n`)
  process.stdout.write(`${i} ${JSON.stringify(await judge(work.faults[i]!))}\n`)
}

async function judge(fault: Fault): Promise<Verdict> {
  const scratch = await mkdtemp(path.join(work.root, 'case-'))
  const dir = path.join(scratch, 'data')
  try {
    await cp(work.dir, dir, { recursive: true })
    await inflict(dir, fault)
    const verdict = await opened(dir)
    if (verdict.kind !== 'refused') return verdict
    // Looking at it must not make it look sound.
    const again = await opened(dir)
    return again.kind === 'refused' ? verdict : { kind: 'wrong', why: `refused, and then ${again.kind}` }
  } finally {
    await rm(scratch, { recursive: true })
  }
}

async function opened(dir: string): Promise<Verdict> {
  try {
    const log = await openAt(dir, () => {})
    const missing = await missingIn(log, work.acknowledged).finally(() => log.close())
    return missing === null ? { kind: 'recovered' } : { kind: 'wrong', why: missing }
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', why: error.what }
    return { kind: 'wrong', why: String(error) }
  }
}
