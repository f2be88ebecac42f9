/** Faults of a disk: a sync that fails, a directory that is gone, a file that is not what was written. */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../node.ts'
import type { Random } from '../random.ts'
import { until } from '../until.ts'
import { always, type Fault, type Scene } from './fault.ts'
import { join } from './members.ts'
import { traced } from './strace.ts'

/** How long a node whose disk fails may go on before it must have noticed: there are writes all the time. */
const NOTICE_MS = 20_000
const MEND_MS = 120_000
/** For so long the others agree on what some do not hear. */
const AGREE_MS = 1500

/** What a node says when it votes again, and when it finds that it must not (cluster/joining.ts, cluster/log/repair.ts). */
const VOTES = /this node votes from now on|this node is repaired and votes again/
const REPAIRS = /does not vote and repairs itself/
const STARTED = /this node has started/
/** What it says when it may not be what it was (cluster/roster.ts, cluster/own-member.ts). */
const REFUSED = /is not the one that is a member|this node is of no cluster yet/

/** Every fdatasync fails from now on, until the node has noticed; it must stop, and not go on with what it cannot keep. */
export const disk: Fault = {
  kind: 'disk',
  sort: 'process',
  absent: ({ strace }) => (strace ? null : 'needs strace, and the right to trace'),
  async begin({ dir, random, found }, target) {
    const error = random.pick(['EIO', 'ENOSPC'])
    target.expect('disk failed')
    const trace = await traced(target, `fdatasync:error=${error}`, dir)
    return {
      said: `fdatasync of ${target.name} fails with ${error}`,
      async end() {
        const gone = await target.gone(NOTICE_MS)
        await trace.end()
        const goesOn = trace.struck() ? 'goes on' : 'goes on, without one fdatasync'
        const said = `${target.name}, ${error}${gone ? '' : `: ${goesOn} after ${NOTICE_MS / 1000} s`}`
        found({ what: 'a node whose fdatasync fails stops', good: gone, said })
        if (target.runs) await target.end()
        await target.start()
      },
    }
  },
}

/**
 * kill -9 and an empty disk. The node must be given everything again before it votes; once there are founders it is not let in as what it
 * was, and takes the place of that with `raftel cluster join --replace`.
 */
export const wipe: Fault = {
  kind: 'wipe',
  sort: 'process',
  harmsDisks: true,
  absent: always,
  async begin(scene, target) {
    const isFounded = scene.cluster.isFounded()
    await target.end()
    rmSync(target.files.data, { recursive: true, force: true })
    const from = target.logEnd()
    return { said: `${target.name} killed, its disk wiped`, end: () => mended(scene, target, from, true, isFounded) }
  },
}

/**
 * What a node that forgot could do at worst. Some stand still while the others agree; then all are killed, one of those that
 * knew is wiped, and it comes up alone with those that do not know: a majority by number. No leader may come of it
 * before one of the others is back (cluster/rebuild.ts).
 */
export const amnesia: Fault = {
  kind: 'amnesia',
  sort: 'process',
  alone: true,
  harmsDisks: true,
  absent: always,
  async begin(scene, target) {
    const isFounded = scene.cluster.isFounded()
    // A leader that stands still would keep the others from agreeing.
    const leader = await scene.cluster.leader()
    const others = scene.cluster.nodes
      .filter((node) => node !== target)
      .sort((a, b) => +(a === leader) - +(b === leader))
    if (others.some(({ busy, runs }) => busy || !runs)) return await wipe.begin(scene, target)
    const behind = others.slice(0, Math.floor(others.length / 2))
    const rest = others.slice(behind.length)
    for (const node of others) node.busy = true
    for (const node of behind) node.signal('SIGSTOP')
    await pause(AGREE_MS)
    await Promise.all([target, ...others].map((node) => node.end()))
    rmSync(target.files.data, { recursive: true, force: true })
    const from = target.logEnd()
    await Promise.all([target, ...behind].map((node) => node.start()))
    target.expect('other directory')
    const names = behind.map(({ name }) => name).join(', ')
    return {
      said: `all killed, the disk of ${target.name} wiped, and only it and ${names} started, which did not hear what it forgot`,
      async end() {
        await Promise.all(rest.map((node) => node.start()))
        await mended(scene, target, from, true, isFounded)
        for (const node of others) node.busy = false
      },
    }
  },
}

/** kill -9 and one bit or a file's tail changed. The node recovers everything, or repairs itself from its peers. */
export const damage: Fault = {
  kind: 'damage',
  sort: 'process',
  harmsDisks: true,
  absent: always,
  async begin(scene, target) {
    await target.end()
    const said = harm(target.files.data, scene.random)
    return { said: `${target.name} killed, ${said}`, end: () => mended(scene, target, target.logEnd(), false) }
  },
}

/** Starts it, again if it stops for what it finds, and waits until it votes. */
async function mended(
  scene: Scene,
  target: NodeProcess,
  from: number,
  isWiped: boolean,
  wasFounded = false,
): Promise<void> {
  const { found, say } = scene
  let good = true
  let said = target.name
  try {
    let replaces = false
    await until(
      `${target.name} votes again`,
      async () => {
        const lines = target.saidSince(from)
        if (isWiped && REFUSED.test(lines) && !target.runs) return (replaces = true)
        if (!target.runs) {
          await target.start()
          // Damage that is found late ends the process; the next start looks at everything.
          target.expect(isWiped ? 'other directory' : 'disk failed')
        }
        return VOTES.test(lines) || (!isWiped && STARTED.test(lines) && !REPAIRS.test(lines))
      },
      MEND_MS,
    )
    if (isWiped && wasFounded) {
      const what = 'a wiped directory is refused under its old identity, once there are founders'
      found({ what, good: replaces, said: target.name })
    }
    if (replaces) {
      say(`${target.name} is refused`)
      say(await join(scene, target, true))
    }
  } catch (error) {
    good = false
    said = (error as Error).message
  }
  if (target.runs) target.expect('by itself')
  found({ what: 'a node whose disk was wiped or damaged votes again', good, said })
}

function harm(data: string, random: Random): string {
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => name === 'frontier' || name === 'member' || /^log\/.*(\.log|\.ldb|MANIFEST-\d+|CURRENT)$/.test(name),
    )
    .filter((name) => statSync(path.join(data, name)).size > 0)
  if (files.length === 0) return 'it had nothing on its disk'
  const name = random.pick(files.sort())
  const file = openSync(path.join(data, name), 'r+')
  try {
    const { size } = fstatSync(file)
    const at = random.below(size)
    if (random.chance(0.3)) {
      ftruncateSync(file, at)
      return `${name} cut from ${size} to ${at} bytes`
    }
    const byte = Buffer.alloc(1)
    readSync(file, byte, 0, 1, at)
    const bit = random.below(8)
    byte[0] = byte[0]! ^ (1 << bit)
    writeSync(file, byte, 0, 1, at)
    return `bit ${bit} of byte ${at} of ${name} flipped`
  } finally {
    closeSync(file)
  }
}
