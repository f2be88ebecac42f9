/**
 * All that a replica takes from the machine it runs on: time, chance, turns of the event loop, a disk, a network. Whoever
 * brings another world (the simulation) can repeat a run to the bit.
 */
import { randomBytes } from 'node:crypto'
import type { Peer } from './hello.ts'
import { type Disk, realDisk } from './log/disk.ts'
import { Peers, type PeersOptions } from './peers.ts'
import type { Id, Message } from './raft/types.ts'

export interface World {
  /** Monotonic, ms. */
  now(): number
  /** By the wall clock, ms: only a new cluster and the name of a life look at it. */
  wall(): number
  /** Uniform in [0, 1). */
  random(): number
  randomBytes(count: number): Buffer
  /** At the end of this turn, after what has come in meanwhile. */
  soon(act: () => void): void
  /** Again and again; returns how to stop it. */
  every(ms: number, act: () => void): () => void
  readonly disk: Disk
  /** Listens, and dials every peer. */
  network(options: PeersOptions): Promise<Network>
}

/** The streams to the other nodes. What is lost is lost: the core repeats what matters. */
export interface Network {
  /** Names of the peers in reach, sorted. */
  readonly connected: readonly string[]
  /** Says something to a peer at the next flush, or starts to send it a snapshot. */
  send(message: Message): void
  /** Whether proposals can be passed on to that peer now. */
  canForward(to: Id): boolean
  /** Passes proposals on to the leader; false when they were dropped. */
  forward(to: Id, proposals: readonly Uint8Array[]): boolean
  flush(): void
  /** From now on these peers are dialled, and no others. */
  reach(peers: readonly Peer[]): void
  close(): void
}

export const realWorld: World = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: Math.random,
  randomBytes: (count) => randomBytes(count),
  soon: (act) => void setImmediate(act),
  every(ms, act) {
    const timer = setInterval(act, ms)
    return () => clearInterval(timer)
  },
  disk: realDisk,
  network: (options) => Peers.start(options),
}
