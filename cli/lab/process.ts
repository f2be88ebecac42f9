/** The processes of a lab: started, recognised, ended. No signal goes to a pid that was not found to be ours just before. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { configOf, dataOf, logOf } from './state.ts'

const LOOK_EVERY_MS = 25
/** What an operator has set for nodes of his own is not for those of a lab; these are. */
const PASSED_ON = /^RAFTEL_(LOG_LEVEL$|SIP_REGISTRATION_)/

/** Starts one node, apart from this process's terminal and file descriptors; its output goes to its log. */
export function spawnNode(dir: string, id: string): void {
  const main = path.join(import.meta.dirname, '..', 'main' + path.extname(import.meta.filename))
  const log = openSync(logOf(dir, id), 'a')
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('RAFTEL_') || PASSED_ON.test(name)),
  )
  const child = spawn(process.execPath, [...process.execArgv, main, 'node', 'start', '--config', configOf(dir, id)], {
    detached: true,
    stdio: ['ignore', log, log],
    env,
  })
  closeSync(log)
  child.unref()
}

/**
 * The process of each node of a lab that runs, by its command line. Asked of the system every time: what a file remembers
 * would be wrong after a crash, and whenever two commands write it at once.
 */
export function processesOf(dir: string, ids: readonly string[]): ReadonlyMap<string, number> {
  const nodeOf = new Map(ids.map((id) => [configOf(dir, id), id]))
  const found = new Map<string, number>()
  for (const [pid, words] of commandLines()) {
    const id = words.includes('start') ? nodeOf.get(words[words.indexOf('--config') + 1] ?? '') : undefined
    if (id !== undefined && !found.has(id)) found.set(id, pid)
  }
  return found
}

/** The relays that belong to some nodes, by the pidfile on their command lines. */
function relaysOf(dir: string, ids: readonly string[]): number[] {
  const marks = ids.map((id) => `--pidfile=${path.join(dataOf(dir, id), 'rtpengine.pid')}`)
  return commandLines()
    .filter(([, words]) => marks.some((mark) => words.includes(mark)))
    .map(([pid]) => pid)
}

/** SIGTERM, and SIGKILL after `graceMs`; the relays go with their nodes. Resolves when nothing of these nodes runs. */
export async function endNodes(dir: string, ids: readonly string[], graceMs: number): Promise<void> {
  const running = (): number[] => [...processesOf(dir, ids).values()]
  if (graceMs > 0) {
    for (const pid of running()) send(pid, 'SIGTERM')
    await within(graceMs, () => running().length === 0)
  }
  for (const pid of running()) send(pid, 'SIGKILL')
  await within(5000, () => running().length === 0)
  // A relay dies with its node by the kernel's doing where that is possible; here it is made sure of.
  const relays = (): number[] => relaysOf(dir, ids)
  if (await within(500, () => relays().length === 0)) return
  for (const pid of relays()) send(pid, 'SIGKILL')
  await within(5000, () => relays().length === 0)
}

export async function within(ms: number, good: () => boolean): Promise<boolean> {
  const end = performance.now() + ms
  while (!good()) {
    if (performance.now() > end) return false
    await pause(LOOK_EVERY_MS)
  }
  return true
}

/** The end of a node's log: what it said before it died. */
export function lastWords(dir: string, id: string): string {
  const lines = readFileSync(logOf(dir, id), 'utf8').trimEnd().split('\n')
  const said = lines.filter((line) => line.startsWith('raftel: '))
  return said.at(-1)?.slice('raftel: '.length) ?? lines.at(-1)?.slice(0, 500) ?? 'it said nothing'
}

function commandLines(): [pid: number, words: readonly string[]][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), commandLine(name)])
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It went by itself between the look and the signal.
  }
}
