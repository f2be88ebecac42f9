/**
 * Hosts of the test's own: one network namespace for the nodes, with a bridge, and one for each phone. Nothing in them
 * reaches the machine's network, and they are gone when the test ends.
 */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'

export interface Host {
  readonly name: string
  readonly address: string
  spawn(program: string, args: readonly string[], options?: { cwd?: string; stdin?: 'pipe' | 'ignore' }): ChildProcess
  run(program: string, args: readonly string[]): string
}

export interface Network {
  readonly core: Host
  readonly phones: readonly Host[]
  close(): void
}

/** The machine itself: for what needs no network of its own, on ports that are free (ports.ts). */
export const LOOPBACK: Host = {
  name: 'loopback',
  address: '127.0.0.1',
  spawn: (program, args, options) =>
    spawn(program, args, { cwd: options?.cwd, stdio: [options?.stdin ?? 'ignore', 'pipe', 'pipe'] }),
  run: (program, args) => done(`${program} ${args.join(' ')}`, spawnSync(program, args, { encoding: 'utf8' })),
}

let opened = 0

export function openNetwork(phones: number): Network {
  const prefix = `rt${process.pid}x${opened++}`
  const made: string[] = []
  const add = (name: string): string => {
    ip('netns', 'add', name)
    made.push(name)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    return name
  }
  try {
    const core = add(`${prefix}c`)
    ip('-n', core, 'link', 'add', 'br0', 'type', 'bridge')
    ip('-n', core, 'addr', 'add', '10.99.0.1/24', 'dev', 'br0')
    ip('-n', core, 'link', 'set', 'br0', 'up')
    const hosts = Array.from({ length: phones }, (_, i) => {
      const name = add(`${prefix}p${i}`)
      const address = `10.99.0.${11 + i}`
      ip('-n', core, 'link', 'add', `v${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('-n', core, 'link', 'set', `v${i}`, 'master', 'br0', 'up')
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
      ip('-n', name, 'link', 'set', 'eth0', 'up')
      return host(name, address)
    })
    return { core: host(core, '10.99.0.1'), phones: hosts, close: () => remove(made) }
  } catch (error) {
    remove(made)
    throw error
  }
}

function host(name: string, address: string): Host {
  return {
    name,
    address,
    spawn: (program, args, options) =>
      spawn('ip', ['netns', 'exec', name, program, ...args], {
        cwd: options?.cwd,
        stdio: [options?.stdin ?? 'ignore', 'pipe', 'pipe'],
      }),
    run: (program, args) =>
      done(
        `${program} ${args.join(' ')} in ${name}`,
        spawnSync('ip', ['netns', 'exec', name, program, ...args], { encoding: 'utf8' }),
      ),
  }
}

function done(what: string, { status, stdout, stderr }: SpawnSyncReturns<string>): string {
  if (status !== 0) throw new Error(`${what}: exit ${status}: ${stderr}`)
  return stdout
}

function remove(names: readonly string[]): void {
  for (const name of names) spawnSync('ip', ['netns', 'del', name])
}

function ip(...args: string[]): void {
  const done = spawnSync('ip', args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`ip ${args.join(' ')}: ${done.stderr.trim()}`)
}
