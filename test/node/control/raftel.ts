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

/** `before`: other endpoints, which are tried first. */
export function raftelAt(
  client: ControlClient,
  before: readonly string[] = [],
): (args: readonly string[], stdin?: string) => Promise<Said> {
  const endpoints = [...before, client.getChannel().getTarget().replace(/^dns:/, '')].join(',')
  return (args, stdin = '') => {
    const child = spawn(process.execPath, [MAIN, ...args, '--endpoints', endpoints, '--timeout', '30'])
    child.stdin.end(stdin)
    let [out, err] = ['', '']
    child.stdout.on('data', (bytes: Buffer) => (out += bytes))
    child.stderr.on('data', (bytes: Buffer) => (err += bytes))
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  }
}
