/**
 * Namespaces for the whole run: network, processes, mounts. What runs in them cannot outlive it, since the kernel ends the
 * processes of a pid namespace with its first one; nothing on the machine's own network is touched.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { missing } from '../peers.ts'

export const UNSHARE = ['--net', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc']
const MARK = 'RAFTEL_NEMESIS_INSIDE'

export const isInside = process.env[MARK] !== undefined

/** Why there can be no namespaces here; null: there can. */
export function whyOutside(): string | null {
  const absent = missing(['root', 'ip', 'nft', 'unshare', 'nsenter'])
  if (absent.length > 0) return `there is no ${absent.join(', no ')} here`
  const tried = spawnSync('unshare', [...UNSHARE, 'sh', '-c', 'ip link add br0 type bridge && nft add table ip x'])
  return tried.status === 0 ? null : `this machine allows no namespaces (${tried.stderr.toString().trim()})`
}

/** Runs this very command again inside; resolves with its exit code. */
export async function goInside(): Promise<number> {
  const [program = '', ...args] = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn('unshare', [...UNSHARE, program, ...args], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, [MARK]: '1' },
  })
  // Its stdin is how it learns that it should end: a signal to unshare would not reach it.
  let asked = 0
  const end = (): void => {
    if (++asked === 1) child.stdin.end()
    else child.kill('SIGKILL')
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  child.stdin.on('error', () => {})
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** What the kernel has of names for the whole machine, made this run's own. */
export function settleInside(): void {
  mkdirSync('/dev/shm', { recursive: true })
  // libfaketime leaves its shared memory behind when its process is killed.
  spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', '/dev/shm'])
}
