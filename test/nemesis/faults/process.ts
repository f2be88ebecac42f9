/** Faults of a process: killed, stopped, slowed, run from another build. */
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../node.ts'
import { always, type Fault } from './fault.ts'
import { traced } from './strace.ts'

/** kill -9; one time in four of every node at once, as when the power fails. */
export const kill: Fault = {
  kind: 'kill',
  sort: 'process',
  absent: always,
  async begin({ cluster, random }, target) {
    const others = cluster.nodes.filter((node) => node !== target && !node.busy)
    const victims = random.chance(0.25) ? [target, ...others] : [target]
    for (const node of victims) node.busy = true
    await Promise.all(victims.map((node) => node.end()))
    return {
      said: `kill -9 of ${names(victims)}`,
      async end() {
        await Promise.all(victims.map((node) => node.start()))
        for (const node of victims) node.busy = false
      },
    }
  },
}

/** SIGSTOP and SIGCONT: whoever was stopped still believes what it believed. */
export const stop: Fault = {
  kind: 'pause',
  sort: 'process',
  absent: always,
  async begin(_, target) {
    target.signal('SIGSTOP')
    return { said: `${target.name} stopped (SIGSTOP)`, end: async () => target.signal('SIGCONT') }
  },
}

/** A slow processor, a slow disk or a slow line, as this machine allows. */
export const slow: Fault = {
  kind: 'slow',
  sort: 'process',
  absent: always,
  async begin(scene, target) {
    const { means, random, dir } = scene
    const ways = ['processor', ...(means.strace ? ['disk'] : []), ...(means.links ? ['line'] : [])]
    const way = random.pick(ways)
    if (way === 'line') {
      const kbits = random.pick([64, 256, 1024])
      target.machine.link?.narrow(kbits)
      return { said: `${target.name} sends at ${kbits} kbit/s`, end: async () => target.machine.link?.narrow(null) }
    }
    if (way === 'disk') {
      const ms = random.pick([20, 100, 300])
      const trace = await traced(target, `fdatasync:delay_enter=${1000 * ms}`, dir)
      return { said: `every fdatasync of ${target.name} takes ${ms} ms more`, end: () => trace.end() }
    }
    const share = random.pick([20, 50, 80])
    return { said: `${target.name} stands still for ${share} of 100 ms`, end: stutter(target, share) }
  },
}

/** Stops and continues a process again and again; what ends it is returned. */
function stutter(target: NodeProcess, share: number): () => Promise<void> {
  let over = false
  const ended = (async () => {
    while (!over) {
      target.signal('SIGSTOP')
      await pause(share)
      target.signal('SIGCONT')
      await pause(100 - share)
    }
  })()
  return async () => {
    over = true
    await ended
  }
}

const names = (nodes: readonly NodeProcess[]): string => nodes.map(({ name }) => name).join(', ')
