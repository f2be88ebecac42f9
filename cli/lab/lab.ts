/** A rehearsal cluster on loopback: one operating system process a node, brought up, broken on purpose, and brought down. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { Failure } from '../failure.ts'
import { secretOf } from '../tls.ts'
import { firstTaken, freeBlock } from './ports.ts'
import { endNodes, lastWords, processesOf, spawnNode } from './process.ts'
import { type Ready, untilReady, Watcher } from './ready.ts'
import {
  type LabNode,
  type LabState,
  makeDirectory,
  nodeOf,
  operatorOf,
  PORTS_PER_NODE,
  readState,
  writeLab,
} from './state.ts'

export interface LabOptions {
  readonly dir: string
  readonly nodes: number
  /** First of `nodes` × 3 ports; null: free ones are found. */
  readonly basePort: number | null
  readonly media: 'rtpengine' | 'direct'
  /** Certificates for nodes and command line; false by default. */
  readonly tls?: boolean
  /** Hears what is being waited for. */
  readonly note: (text: string) => void
}

export interface LabReport {
  readonly dir: string
  readonly nodes: readonly (Pick<LabNode, 'id' | 'sip' | 'control' | 'media'> & { readonly pid: number })[]
  readonly leader: string
}

/** A node of a lab and its process; null while it is not running. */
export type LabProcess = LabNode & { readonly pid: number | null }

const READY_MS = 60_000
const GRACE_MS = 8000

/** Writes and starts everything; resolves when it is ready. What it started it ends again when it fails. */
export async function labUp({ dir, nodes, basePort, media, tls = false, note }: LabOptions): Promise<LabReport> {
  makeDirectory(dir)
  refuseOther(dir, nodes)
  const count = nodes * PORTS_PER_NODE
  const base = basePort ?? (await freeBlock(count))
  const taken = await firstTaken(base, count)
  if (taken !== null) {
    throw new Failure('failed', `port ${taken} is in use; name another block of ${count} ports with --base-port`)
  }
  const state = writeLab({ dir, count: nodes, basePort: base, media, tls })
  for (const node of state.nodes) spawnNode(dir, node.id)
  try {
    return report(state, await ready(state, state.nodes, note))
  } catch (error) {
    await endNodes(dir, ids(state), 0)
    throw error
  }
}

export async function labDown(dir: string): Promise<LabState> {
  const state = readState(dir)
  await endNodes(dir, ids(state), GRACE_MS)
  return state
}

/** kill -9 of one node; its relay does not outlive it. */
export async function labKill(dir: string, id: string): Promise<{ readonly id: string; readonly pid: number }> {
  nodeOf(readState(dir), id)
  const pid = processesOf(dir, [id]).get(id)
  if (pid === undefined) throw new Failure('not found', `${id} is not running; start it with raftel lab start ${id}`)
  await endNodes(dir, [id], 0)
  return { id, pid }
}

/**
 * Brings a node back as it was configured; resolves when it has caught up and answers, or, where too few run for a
 * majority, when it answers.
 */
export async function labStart(dir: string, id: string, note: (text: string) => void): Promise<LabProcess> {
  const state = readState(dir)
  const node = nodeOf(state, id)
  const before = processesOf(dir, ids(state))
  if (before.has(id)) throw new Failure('conflict', `${id} runs already, as process ${before.get(id)}`)
  spawnNode(dir, id)
  // Those that were killed are not waited for.
  await ready(
    state,
    state.nodes.filter((one) => before.has(one.id) || one.id === id),
    note,
  )
  return { ...node, pid: processesOf(dir, [id]).get(id) ?? null }
}

export function labStatus(dir: string): LabProcess[] {
  const state = readState(dir)
  const running = processesOf(dir, ids(state))
  return state.nodes.map((node) => ({ ...node, pid: running.get(node.id) ?? null }))
}

/** A lab that runs is not brought up again, and one that was down comes up with the nodes that its data is of. */
function refuseOther(dir: string, count: number): void {
  if (!existsSync(path.join(dir, 'lab.json'))) return
  const there = labStatus(dir)
  const running = there.filter((node) => node.pid !== null)
  if (running.length > 0) {
    const names = running.map((node) => node.id).join(', ')
    throw new Failure('conflict', `a lab runs in ${dir} already (${names}); end it with raftel lab down --dir ${dir}`)
  }
  if (there.length !== count) {
    const remedy = `bring it up with --nodes ${there.length}, name another --dir, or remove ${dir} and begin anew`
    throw new Failure('conflict', `the lab in ${dir} is one of ${there.length}: ${remedy}`)
  }
}

async function ready(state: LabState, nodes: readonly LabNode[], note: (text: string) => void): Promise<Ready> {
  const majority = nodes.length > state.nodes.length / 2
  if (!majority) note(`${nodes.length} of ${state.nodes.length} nodes are no majority: start another`)
  const watcher = new Watcher(nodes, majority, secretOf(operatorOf(state)))
  const dead = (): LabNode | undefined => {
    const running = processesOf(state.dir, ids(state))
    return nodes.find((node) => !running.has(node.id))
  }
  try {
    const outcome = await untilReady(
      watcher,
      nodes,
      READY_MS,
      () => dead() !== undefined,
      (why) => note(`waiting for ${why}`),
    )
    if (typeof outcome !== 'string') return outcome
    const gone = dead()
    if (gone !== undefined) throw new Failure('failed', `${gone.id} ended: ${lastWords(state.dir, gone.id)}`)
    throw new Failure(
      'timeout',
      `still waiting for ${outcome} after ${READY_MS / 1000} s; the logs are in ${state.dir}/logs`,
    )
  } finally {
    watcher.close()
  }
}

function report(state: LabState, { leader, nodes }: Ready): LabReport {
  const running = processesOf(state.dir, ids(state))
  return {
    dir: state.dir,
    nodes: state.nodes.map(({ id, sip, control, media }) => {
      const told = nodes.find((node) => node.id === id)?.media
      return {
        id,
        pid: running.get(id) ?? 0,
        sip,
        control,
        media: told === 'rtpengine' || told === 'direct' ? told : media,
      }
    }),
    leader,
  }
}

function ids(state: LabState): string[] {
  return state.nodes.map((node) => node.id)
}
