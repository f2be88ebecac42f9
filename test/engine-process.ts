/** `raftel engine` as a process of its own, from the sources. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

const MAIN = path.join(import.meta.dirname, '..', 'cli', 'main.ts')
/** UDP and TCP on one free port, applications on another. */
export const FREE = ['--listen', 'udp:127.0.0.1:0,tcp:127.0.0.1:0', '--drachtio', '127.0.0.1:0', '--log-level', 'error']

export function spawnEngine(
  t: { teardown(run: () => unknown): void },
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): ChildProcess {
  const child = spawn(process.execPath, [MAIN, 'engine', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.exitCode === null && child.kill('SIGKILL'))
  return child
}

/** The ports of the one line that it prints with `-o json`. */
export async function listening(child: ChildProcess): Promise<{ sip: number; apps: number }> {
  const lines = createInterface({ input: child.stdout! })
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(60_000) })) as [string]
  const said = JSON.parse(line) as { listening: string[]; drachtio: string }
  const port = (point: string): number => Number(point.slice(point.lastIndexOf(':') + 1))
  return { sip: port(said.listening[0]!), apps: port(said.drachtio) }
}
