/** Records a run of the writer, and opens what a power failure could have left of it at many places. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { openLog } from '../../../../cluster/log/open.ts'
import { imageAt, type Luck, writeImage } from './disk.ts'
import { IDENTITY, KEEP, script, wrongWith } from './script.ts'
import { CALLS, parseTrace, type Trace } from './trace.ts'

const WRITER = path.join(import.meta.dirname, 'writer.ts')

export interface Recording {
  /** Where it wrote; the names in the trace are of there. */
  readonly dir: string
  readonly trace: Trace
}

/** Of the writer, unless another program is named; `dir` may be there already. */
export async function record(root: string, dir = path.join(root, 'data'), program = WRITER): Promise<Recording> {
  const before = await contentsOf(dir)
  const file = path.join(root, 'trace')
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', program, dir]
  const run = spawnSync('strace', ['-f', '-xx', '-s', '10000000', '-o', file, '-e', `trace=${CALLS}`, ...node], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (run.status !== 0) throw new Error(`the writer ended with ${run.status ?? run.signal}: ${run.stderr}`)
  return { dir, trace: parseTrace(await readFile(file, 'latin1'), dir, before) }
}

async function contentsOf(dir: string): Promise<Map<string, Buffer | null>> {
  const found = new Map<string, Buffer | null>()
  if (!existsSync(dir)) return found
  found.set(dir, null)
  for (const name of (await readdir(dir, { recursive: true })).sort()) {
    const file = path.join(dir, name)
    found.set(file, (await stat(file)).isFile() ? await readFile(file) : null)
  }
  return found
}

export interface Judged {
  readonly line: number
  readonly luck: Luck
  readonly acknowledged: number
  /** Null: all that was acknowledged is there, and nothing that was never written. */
  readonly wrong: string | null
}

/** One image at that line. A refusal is wrong too: no crash is a damage. */
export async function judge(
  root: string,
  { dir, trace }: Recording,
  line: number,
  luck: Luck,
  random: () => number,
): Promise<Judged> {
  const image = path.join(root, 'image')
  await writeImage(image, imageAt(trace, dir, line, luck, random))
  const told = (what: string) => {
    const said = trace.said.filter(({ at, text }) => at <= line && text.startsWith(`${what} `))
    return Math.max(-1, ...said.map(({ text }) => Number(text.slice(what.length))))
  }
  const [done, begun] = [told('done'), told('begun')]
  try {
    const log = await openLog({ dir: image, identity: IDENTITY, keep: KEEP, onFatal: () => {} })
    const wrong = await wrongWith(log, script(), done, begun).finally(() => log.close())
    return { line, luck, acknowledged: done, wrong }
  } catch (error) {
    return { line, luck, acknowledged: done, wrong: String(error) }
  } finally {
    await rm(image, { recursive: true })
  }
}
