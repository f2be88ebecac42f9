/** Clusters in one process: real streams on loopback, real directories. */
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Agreed, Cluster, ReplicaStatus } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import { type ClusterOptions, startCluster } from '../../cluster/replica.ts'
import type { Bind, Command } from '../../cluster/tables/commands.ts'
import type { World } from '../../cluster/world.ts'

/** How the replicas of a test are arranged: each with a thread for its consensus half, unless a world is named. */
export const arrangement: { world?: World } = {}

export const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Each process has a slice of the ports, so that tests of other files that run beside it mostly have others. */
const SLICES = 44
const SLICE = 500
const given = new Set<number>()

/**
 * A port that is free, was not given before, and is below those that the system gives to outgoing connections: a node that is started again must not
 * find its port taken by one of those.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    if (given.size >= SLICE) given.clear()
    const port = 10_000 + (process.pid % SLICES) * SLICE + randomInt(SLICE)
    if (given.has(port)) continue
    given.add(port)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}

export interface Lab {
  readonly nodes: Map<string, Cluster>
  readonly dir: (name: string) => string
  readonly key: Buffer
  /** `host:port` of its cluster listener. */
  readonly address: (name: string) => string
  start(name: string, more?: Partial<ClusterOptions>): Promise<Cluster>
  stop(name: string): Promise<void>
  end(): Promise<void>
}

/** A cluster of that many nodes, n1, n2 …, none of them started. */
export async function newLab(count: number, common: Partial<ClusterOptions> = {}): Promise<Lab> {
  const root = await mkdtemp(path.join(tmpdir(), 'raftel-cluster-'))
  const key = randomBytes(32)
  const peers: { name: string; id: number; address: string }[] = []
  for (let id = 1; id <= count; id++) peers.push({ name: `n${id}`, id, address: `127.0.0.1:${await freePort()}` })
  const nodes = new Map<string, Cluster>()
  const dir = (name: string) => path.join(root, name)
  return {
    nodes,
    dir,
    key,
    address: (name) => peers.find((peer) => peer.name === name)!.address,
    async start(name, more = {}) {
      // One that joined later brings its own.
      const address = peers.find((peer) => peer.name === name)?.address ?? ''
      const options = { node: name, nodes: peers, listen: address, dataDir: dir(name), key, tickMs: 20, log: QUIET }
      const cluster = await startCluster({ ...options, onFatal: () => {}, ...arrangement, ...common, ...more })
      nodes.set(name, cluster)
      return cluster
    },
    async stop(name) {
      await nodes.get(name)?.close()
      nodes.delete(name)
    },
    async end() {
      await Promise.all([...nodes.values()].map((node) => node.close()))
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** Waits until `holds` does, looking whenever the node says that something happened; fails after 20 s. */
export function until(node: Cluster, what: string, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (then: () => void) => {
      clearTimeout(bound)
      stops.forEach((stop) => {
        stop()
      })
      then()
    }
    const look = () => {
      if (holds()) finish(resolve)
    }
    const bound = setTimeout(() => finish(() => reject(new Error(`waited in vain until ${what}`))), 20_000)
    const stops = [node.watch(look), node.onStatus(look)]
    look()
  })
}

/** The leader, once there is one that all these nodes know. */
export async function leaderOf(nodes: Iterable<Cluster>): Promise<Cluster> {
  const all = [...nodes]
  const known = () => {
    const names = new Set(all.map((node) => node.status().leader))
    return names.size === 1 ? all.find((node) => names.has(node.node) && node.status().role === 'leader') : undefined
  }
  for (const node of all) await until(node, 'there is a leader', () => node.status().leader !== null)
  const leader = known()
  if (leader) return leader
  await new Promise<void>((resolve) => setImmediate(resolve))
  return leaderOf(all)
}

/** Waits until every node has applied what was agreed at `index`, and all have applied the same: leaders add entries of their own. */
export async function applied(nodes: Iterable<Cluster>, index: number): Promise<ReplicaStatus[]> {
  const all = [...nodes]
  const reach = (node: Cluster) => until(node, `${node.node} applies ${index}`, () => node.status().applied >= index)
  await Promise.all(all.map(reach))
  // An entry that changes no row tells nobody, so it is looked for.
  for (;;) {
    const states = all.map((node) => node.status())
    if (new Set(states.map((state) => state.applied)).size === 1) return states
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export async function agreed(node: Cluster, command: Command): Promise<Extract<Agreed, { kind: 'agreed' }>> {
  const answer = await node.propose(command, 20_000)
  if (answer.kind !== 'agreed') throw new Error(`${command.type} at ${node.node}: ${answer.kind}`)
  return answer
}

export function user(name: string): Command {
  const credentials = 'v1.none.none'
  return {
    type: 'user-put',
    user: { aor: `${name}@pbx.test`, user: name, domain: 'pbx.test', credentials },
    replace: false,
  }
}

export function register(name: string, cseq: number, more: Partial<Bind> = {}): Bind {
  return {
    type: 'bind',
    aor: `${name}@pbx.test`,
    callId: `${name}-call`,
    cseq,
    changes: [{ contact: `sip:${name}@192.0.2.1:5060`, q: 1, expires: 3600 }],
    node: 'n1',
    transport: 'udp',
    received: '192.0.2.1:5060',
    userAgent: 'test',
    contactsMax: 10,
    ...more,
  }
}

/** Proposes at every node, eight at a time each, until it is told to end or is refused; returns all answers. */
export function load(lab: Lab): { answered(): number; end(): Promise<Agreed[]> } {
  let over = false
  const answers: Agreed[] = []
  let count = 0
  const workers = [...lab.nodes.values()].flatMap((node) =>
    Array.from({ length: 8 }, async () => {
      while (!over) {
        const answer = await node.propose(user(`caller${++count}`))
        answers.push(answer)
        // A node that has stopped answers at once, and nothing else would ever have its turn.
        if (answer.kind !== 'agreed') return
      }
    }),
  )
  return {
    answered: () => answers.length,
    async end() {
      over = true
      await Promise.all(workers)
      return answers
    },
  }
}
