/**
 * One replica in a process of its own, for tests that hurt the process: it does what it is told by IPC. To block is to read from
 * standard input as one thread that waits does, until there is something or its other end is closed.
 */
import { readSync } from 'node:fs'
import type { Cluster, ReplicaStatus } from '../../cluster/cluster.ts'
import type { Peer } from '../../cluster/hello.ts'
import { startCluster } from '../../cluster/replica.ts'
import type { Command } from '../../cluster/tables/commands.ts'
import { realWorld } from '../../cluster/world.ts'
import { agreed, QUIET } from './nodes.ts'

export interface Start {
  readonly node: string
  readonly id: number
  readonly nodes: readonly Peer[]
  readonly listen: string
  readonly dataDir: string
  /** Hex. */
  readonly key: string
  readonly tickMs: number
  readonly nodeDownMs?: number
  /** Whether the consensus half has a thread. */
  readonly threads: 1 | 2
}

export type Order =
  | { readonly kind: 'propose'; readonly command: Command }
  | { readonly kind: 'look' }
  | { readonly kind: 'block' }
  | { readonly kind: 'end' }

export interface Seen {
  readonly status: ReplicaStatus
  readonly incarnation: string
  /** Cluster time, ms. */
  readonly time: number
  readonly users: number
  /** Names of the nodes that are up. */
  readonly up: readonly string[]
}

const { key, threads, ...start } = JSON.parse(process.argv[2] ?? '') as Start
const cluster: Cluster = await startCluster({
  ...start,
  key: Buffer.from(key, 'hex'),
  log: QUIET,
  onFatal: (error) => {
    console.error(error.message)
    process.exit(1)
  },
  ...(threads === 1 && { world: { ...realWorld } }),
})
process.on('message', (order: Order) => void obey(order))
// It ends with whoever started it.
const orphaned = (): never => process.exit(1)
process.on('disconnect', orphaned)
answer(see())

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'propose':
      await agreed(cluster, order.command)
      return answer(see())
    case 'look':
      return answer(see())
    case 'block':
      // From when this has left.
      return answer(see(), () => readSync(0, Buffer.alloc(1)))
    case 'end':
      await cluster.close()
      // Nothing may be left that keeps this process.
      process.off('disconnect', orphaned).disconnect()
      // In one thread a socket to a peer that stood still may outlive its channel; a thread takes it along.
      if (threads === 1) process.exit()
  }
}

function answer(seen: Seen, then = (): void => {}): void {
  process.send!(seen, then)
}

function see(): Seen {
  const { tables, incarnation } = cluster
  const up = [...tables.nodes.keys()].sort()
  return { status: cluster.status(), incarnation, time: cluster.now(), users: tables.users.size, up }
}
