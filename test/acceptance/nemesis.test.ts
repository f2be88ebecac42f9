/** The short run of the nemesis that CI makes. Its seed is fixed, so that every kind of fault is in its minute. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import test from 'ava'
import { ROOT } from './lab.ts'

const SEED = 35
/** It takes about two minutes on two cores with nothing else on them. Whatever it waits for has a bound of its own. */
const BOUND_MS = 600_000

test('under a minute of faults of every kind, three nodes lose nothing that they acknowledged', async (t) => {
  t.timeout(BOUND_MS)
  const run = path.join(ROOT, 'test', 'nemesis', 'run.ts')
  const args = [run, '--nodes', '3', '--minutes', '1', '--seed', String(SEED)]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { stdio: 'pipe' })
  t.teardown(() => child.kill())
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.is(code, 0, said)
  t.regex(said.trimEnd().split('\n').at(-1) ?? '', /^\d+ passed, 0 failed$/)
  // What this machine allows is drawn in a minute of this seed.
  const struck = /^faults: (.*)$/m.exec(said)?.[1] ?? ''
  const planned = said.split('\n').flatMap((line) => /^ +\d+\.\d s to +\d+\.\d s {2}(\S+)/.exec(line)?.[1] ?? [])
  for (const kind of new Set(planned)) t.regex(struck, new RegExp(`\\b${kind} \\d`), said)
})
