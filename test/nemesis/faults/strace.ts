/** System calls of a running node that fail or are late: strace's injection. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { NodeProcess } from '../node.ts'
import { until } from '../until.ts'

export interface Trace {
  /** Whether any call was tampered with yet. */
  struck(): boolean
  end(): Promise<void>
}

let serial = 0

/** Resolves when strace holds the process. */
export async function traced({ pid, name }: NodeProcess, inject: string, dir: string): Promise<Trace> {
  if (pid === null) throw new Error(`${name} does not run`)
  const file = path.join(dir, 'logs', `strace-${name}-${serial++}.txt`)
  const call = inject.split(':')[0]
  const args = ['-f', '-o', file, '-p', String(pid), '-e', `trace=${call}`, '-e', `inject=${inject}`]
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  strace.stderr.on('data', (data) => (said += data))
  const gone = once(strace, 'exit')
  await until(`strace holds ${name}`, () => {
    // A node whose very first call fails may be gone, and strace with it, by the time that this is read.
    if (said.includes('attached')) return true
    if (strace.exitCode !== null) throw new Error(`strace ended: ${said.trim()}`)
    return false
  })
  return {
    struck: () => existsSync(file) && /\((INJECTED|DELAYED)\)/.test(readFileSync(file, 'utf8')),
    async end() {
      // It lets go of the process, which goes on.
      if (strace.exitCode === null) strace.kill('SIGINT')
      await gone
    },
  }
}
