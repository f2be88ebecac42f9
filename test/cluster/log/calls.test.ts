import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import ava from 'ava'
import { openLog } from '../../../cluster/log/open.ts'
import { needing } from '../../peers.ts'
import { CALLS, type Case, casesOf } from './calls/cases.ts'
import { newRoot } from './faults/try.ts'
import { REFUSED } from './fixtures.ts'
import { IDENTITY, KEEP, script, wrongWith } from './images/script.ts'

// Its processes are waited for, two at a time.
const test = needing(ava, 'strace').serial

const WRITER = path.join(import.meta.dirname, 'images', 'writer.ts')
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning', WRITER]
/** One thread for the files and one of LevelDB's, since strace counts in each. */
const ENV = { ...process.env, UV_THREADPOOL_SIZE: '1' }
const BOUND = { timeout: 30_000, killSignal: 'SIGKILL' } as const

/**
 * Names the directory and what to do. Only where LevelDB fails to read what could be read a moment before may it be a refusal: it takes
 * a write-ahead log for one that ends there.
 */
const SENTENCE =
  /^(cannot (open|write to) .*see (to|that) the disk|disk full: free space on .* and start the node again|.* is in use by)/

type Outcome = 'stopped' | 'refused' | 'went on' | 'not reached'

test('whichever call fails once, the log stops with a sentence or goes on, and what was acknowledged is there', async (t) => {
  t.timeout(240_000)
  const root = await newRoot()
  t.teardown(() => rm(root, { recursive: true }))
  const dir = path.join(root, 'data')
  const trace = path.join(root, 'trace')
  const record = ['-f', '-y', '-o', trace, '-e', `trace=${CALLS.join()}`, ...NODE, dir]
  t.is(spawnSync('strace', record, { env: ENV, ...BOUND }).status, 0)
  const cases = casesOf(await readFile(trace, 'utf8'), dir)
  const all = new Set(cases.map(({ call }) => call))
  const came: { readonly one: Case; readonly outcome: Outcome }[] = []
  const wrong: object[] = []
  const next = async (own: string): Promise<void> => {
    for (let one = cases.pop(); one; one = cases.pop()) {
      const { outcome, why } = await tried(path.join(root, own), one)
      came.push({ one, outcome })
      if (why !== null) wrong.push({ ...one, outcome, why })
    }
  }
  await Promise.all([next('a'), next('b')])
  const tally = Map.groupBy(came, ({ one, outcome }) => `${one.phase}: ${outcome}`)
  t.log(
    [...tally]
      .map(([what, all]) => `${what} ${all.length}`)
      .sort()
      .join(', '),
  )
  t.deepEqual(wrong, [])
  // Two threads need not number their files alike in every run.
  const reached = came.filter(({ outcome }) => outcome !== 'not reached')
  t.true(reached.length > came.length * 0.8, `${reached.length} of ${came.length}`)
  for (const call of all)
    t.true(
      reached.some(({ one }) => one.call === call),
      call,
    )
})

/** One run in which one call fails, and the directory opened after it. */
async function tried(root: string, one: Case): Promise<{ outcome: Outcome; why: string | null }> {
  await mkdir(root)
  try {
    const dir = path.join(root, 'data')
    const trace = path.join(root, 'trace')
    const inject = `inject=${one.call}:error=${one.error}:when=${one.number}`
    const args = [
      '-f',
      '--seccomp-bpf',
      '-o',
      trace,
      '-P',
      path.join(dir, one.file),
      '-e',
      `trace=${one.call}`,
      '-e',
      inject,
    ]
    const run = spawn('strace', [...args, ...NODE, dir], { stdio: ['ignore', 'pipe', 'pipe'], env: ENV, ...BOUND })
    const ended = once(run, 'close')
    const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr)])
    const [status, signal] = await ended
    const wasReached = (await readFile(trace, 'utf8')).includes('(INJECTED)')
    const last = stderr.trim().split('\n').at(-1)!
    const isRefused = REFUSED.test(last)
    const outcome = !wasReached ? 'not reached' : status === 0 ? 'went on' : isRefused ? 'refused' : 'stopped'
    const isRight = status === 0 ? stderr === '' : status === 1 && (SENTENCE.test(last) || (isRefused && one.isAgain))
    if (!isRight) return { outcome, why: `ended with ${status ?? signal}: ${stderr}` }
    const why = await lost(dir, stdout)
    return { outcome, why: isRefused && why !== null && REFUSED.test(why) ? null : why }
  } finally {
    await rm(root, { recursive: true })
  }
}

/** What is wrong with what is there; null when it has all that was acknowledged. */
async function lost(dir: string, stdout: string): Promise<string | null> {
  const told = (word: string) => Number(new RegExp(`.*^${word} (\\d+)$`, 'ms').exec(stdout)?.[1] ?? -1)
  const fatal: string[] = []
  try {
    const log = await openLog({ dir, identity: IDENTITY, keep: KEEP, onFatal: ({ message }) => fatal.push(message) })
    const wrong = await wrongWith(log, script(), told('done'), told('begun')).finally(() => log.close())
    return wrong ?? fatal[0] ?? null
  } catch (error) {
    return String(error)
  }
}
