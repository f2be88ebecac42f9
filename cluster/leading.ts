/** What only a leader does with time: it stamps every command with cluster time, and knows for how long each node was silent. */
import { ClusterClock } from './clock.ts'
import { stampAll, stampOf } from './codec.ts'
import type { Peer } from './hello.ts'
import type { Entry, Id } from './raft/types.ts'
import type { World } from './world.ts'

export class Leading {
  readonly #peers: () => readonly Peer[]
  readonly #world: Pick<World, 'now' | 'wall'>
  readonly #clock: ClusterClock
  readonly #heardAt = new Map<Id, number>()

  constructor(peers: () => readonly Peer[], world: Pick<World, 'now' | 'wall'>) {
    this.#peers = peers
    this.#world = world
    this.#clock = new ClusterClock(0, world.now())
  }

  /** A peer said something. */
  heard(from: Id): void {
    this.#heardAt.set(from, this.#world.now())
  }

  /** `unseen` are the entries in the log after what was seen: time does not go back behind them either. */
  begin(unseen: readonly Entry[]): void {
    const at = this.#world.now()
    this.see(unseen)
    this.#clock.lead(at, this.#world.wall())
    for (const { id } of this.#peers()) this.#heardAt.set(id, at)
  }

  end(): void {
    this.#clock.follow()
  }

  /** A snapshot came by, of that cluster time. */
  seeTime(time: number): void {
    this.#clock.see(time, this.#world.now())
  }

  /** Entries came by, on their way to the tables. */
  see(entries: readonly Entry[]): void {
    this.seeTime(
      entries.reduce((time, { type, data }) => (type === 'normal' ? Math.max(time, stampOf(data)) : time), 0),
    )
  }

  /** Cluster time as far as this node can tell, ms. */
  now(): number {
    return this.#clock.now(this.#world.now())
  }

  /** For how long each peer has not been heard, ms; only while this node leads. */
  silence(): ReadonlyMap<string, number> {
    const at = this.#world.now()
    return new Map(this.#peers().map(({ id, name }) => [name, at - (this.#heardAt.get(id) ?? at)]))
  }

  /** Proposals as they go into the log; what cannot be one is left out. */
  stamped(proposals: readonly Uint8Array[]): Uint8Array[] {
    return stampAll(proposals, this.#clock.stamp(this.#world.now()))
  }
}
