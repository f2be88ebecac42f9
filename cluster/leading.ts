/** What only a leader does: it stamps every command with cluster time, and sees to what is due. */
import { ClusterClock } from './clock.ts'
import { encodeProposal, stamp, stampOf } from './codec.ts'
import { duties } from './duties.ts'
import { type ClusterOptions, DUTY_TICKS, NODE_DOWN_MS, TICK_MS } from './options.ts'
import { type Entry, type Id, NONE } from './raft/types.ts'
import { seal } from './seal.ts'
import type { Proposer } from './tables/sessions.ts'
import type { State } from './tables/state.ts'
import type { World } from './world.ts'

export class Leading {
  readonly #options: ClusterOptions
  readonly #world: World
  readonly #clock: ClusterClock
  readonly #heardAt = new Map<Id, number>()
  #dutiesAgainAt = 0

  constructor(options: ClusterOptions, world: World) {
    this.#options = options
    this.#world = world
    this.#clock = new ClusterClock(0, world.now())
  }

  /** A peer said something. */
  heard(from: Id): void {
    this.#heardAt.set(from, this.#world.now())
  }

  /** `unapplied` are the entries in the log that the tables do not show yet: time does not go back behind them either. */
  begin(unapplied: readonly Entry[]): void {
    const at = this.#world.now()
    for (const { data } of unapplied) this.#clock.see(stampOf(data), at)
    this.#clock.lead(at, this.#world.wall())
    this.#dutiesAgainAt = 0
    for (const { id } of this.#options.nodes) this.#heardAt.set(id, at)
  }

  end(): void {
    this.#clock.follow()
  }

  /** The tables are at cluster time `time` now. */
  see(time: number): void {
    this.#clock.see(time, this.#world.now())
  }

  /** Cluster time as far as this node can tell, ms. */
  now(): number {
    return this.#clock.now(this.#world.now())
  }

  /** Proposals as they go into the log; what cannot be one is left out. */
  stamped(proposals: readonly Uint8Array[]): Uint8Array[] {
    const time = this.#clock.stamp(this.#world.now())
    const stamped: Uint8Array[] = []
    for (const proposal of proposals) {
      const bytes = stamp(proposal, time)
      if (bytes) stamped.push(bytes)
    }
    return stamped
  }

  /** What is due, stamped; asked for again only when it was applied, or is long overdue. */
  duties(state: State, self: Pick<Proposer, 'node' | 'incarnation'>): Uint8Array[] {
    const at = this.#world.now()
    if (at < this.#dutiesAgainAt) return []
    const { nodeDownMs = NODE_DOWN_MS, tickMs = TICK_MS, key, nodes, node: own } = this.#options
    const silence = (node: string) => {
      const heard = this.#heardAt.get(nodes.find((peer) => peer.name === node)?.id ?? NONE)
      return node === own || heard === undefined ? null : at - heard
    }
    const draw = (count: number) => this.#world.randomBytes(count)
    const nonceKey = () => seal(key, 'nonce key', draw(32).toString('base64'), draw)
    const due = duties({ state, time: this.#clock.stamp(at), silence, nodeDownMs }, nonceKey)
    if (due.length > 0) this.#dutiesAgainAt = at + DUTY_TICKS * tickMs
    const proposer = { ...self, seq: 0, floor: 0 }
    return this.stamped(due.map((command) => encodeProposal(proposer, command)))
  }

  dutiesDone(): void {
    this.#dutiesAgainAt = 0
  }
}
