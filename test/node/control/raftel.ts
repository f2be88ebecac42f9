/** The command line from its sources, as it would be typed. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import type { ControlClient } from '../../../proto/types/raftel/v1/Control.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts')

export interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export function raftelAt(client: ControlClient): (args: readonly string[], stdin?: string) => Promise<Said> {
  const endpoint = client.getChannel().getTarget().replace(/^dns:/, '')
  return (args, stdin = '') => {
    const child = spawn(process.execPath, [MAIN, ...args, '--endpoints', endpoint, '--timeout', '30'])
    child.stdin.end(stdin)
    let [out, err] = ['', '']
    child.stdout.on('data', (bytes: Buffer) => (out += bytes))
    child.stderr.on('data', (bytes: Buffer) => (err += bytes))
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  }
}
