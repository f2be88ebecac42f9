/** One node: its disk, and the process that runs the real replica on it, again and again. */
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Peer } from '../../../cluster/hello.ts'
import type { Operation } from '../../../cluster/log/disk.ts'
import { decodeBytes } from '../../../cluster/log/records.ts'
import { type Identity, META } from '../../../cluster/log/recover.ts'
import { Refused } from '../../../cluster/log/trouble.ts'
import type { Logger } from '../../../cluster/logger.ts'
import type { Id } from '../../../cluster/raft/types.ts'
import { startCluster } from '../../../cluster/replica.ts'
import type { World } from '../../../cluster/world.ts'
import type { Random } from '../raft/simulator/random.ts'
import { type Events, Life } from './clock.ts'
import { SimulatedDisk } from './disk.ts'
import type { Ether } from './network.ts'
import type { Weather } from './weather.ts'

/** What a node tells of itself. */
export interface Witness {
  trace(line: () => string): void
  /** It takes part from now on. */
  started(node: Node, cluster: Cluster): void
  /** Something moved in it. */
  moved(node: Node): void
  /** A batch of its database is durable. */
  wrote(node: Node, operations: readonly Operation[]): void
  /** Its database is set aside: whatever was in it is promised no more. */
  setAside(node: Node): void
  ended(node: Node): void
  /** It stops because it is no member. */
  sentAway(node: Node, why: string): void
  /** What it threw is a bug, whatever the weather. */
  broken(error: Error): void
}

/** Whose a directory is. */
export interface Owner {
  readonly id: Id
  readonly name: string
  /** The founders as they are written down now; none: it joined, or is alone, and its directory knows. */
  readonly configured: () => readonly Peer[]
}

export type NodeState = 'down' | 'starting' | 'up' | 'stopping' | 'refused'

export class Node {
  readonly id: number
  readonly name: string
  readonly disk: SimulatedDisk
  state: NodeState = 'down'
  life: Life | null = null
  cluster: Cluster | null = null
  /** Its disk lost something, and it has not yet shown that it has everything again. */
  isDamaged = false
  /** It was removed, or another took its place: nobody sees to it any more. */
  isRetired = false
  /** Why it is down. */
  why = ''
  /** Where it listens. */
  address: string
  readonly #configured: () => readonly Peer[]
  readonly #weather: Weather
  readonly #events: Events
  readonly #ether: Ether
  readonly #random: Random
  readonly #witness: Witness
  readonly #rate: number
  #wallOffset: number

  constructor(
    { id, name, configured }: Owner,
    weather: Weather,
    events: Events,
    ether: Ether,
    random: Random,
    witness: Witness,
  ) {
    this.id = id
    this.name = name
    this.address = `${name}:1`
    this.#configured = configured
    this.#weather = weather
    this.#events = events
    this.#ether = ether
    this.#random = random
    this.#witness = witness
    this.#rate = 1 + weather.drift * (2 * random.next() - 1)
    this.#wallOffset = START + random.below(1000)
    this.disk = new SimulatedDisk(random, weather.disk, weather.tickMs)
    this.disk.onDurable = (operations) => witness.wrote(this, operations)
    this.disk.onSetAside = () => witness.setAside(this)
    this.disk.onCrash = (power) => this.crash(power)
  }

  /** Its log may vote: see cluster/rebuild.ts. */
  get hasJoined(): boolean {
    return this.disk.get(META.joined) !== undefined
  }

  /** Which directory it is; null: it has none yet. */
  get directory(): string | null {
    const row = this.disk.get(META.identity)
    const body = row && decodeBytes(META.identity, row)
    const { directory } = body ? (JSON.parse(body.toString()) as Identity) : (this.disk.member ?? {})
    return directory ?? null
  }

  /** It was told that it is no member, and ended. */
  get isSentAway(): boolean {
    return this.state === 'down' && SENT_AWAY.test(this.why)
  }

  get isUp(): boolean {
    return this.state === 'up'
  }

  start(): void {
    if (this.state !== 'down') return
    const life = new Life(this.#events, this.#rate, this.#random.below(1_000_000))
    this.life = life
    this.state = 'starting'
    this.why = ''
    const { tickMs, snapshotEvery, keepEntries, nodeDownMs, limits } = this.#weather
    startCluster({
      node: this.name,
      nodes: this.#configured(),
      listen: this.address,
      dataDir: `/${this.name}`,
      key: KEY,
      tickMs,
      snapshotEvery,
      keepEntries,
      nodeDownMs,
      limits,
      log: this.#logger(),
      onFatal: (error) => this.#fatal(life, error),
      world: this.#world(life),
    }).then(
      (cluster) => {
        if (!life.alive) return
        this.state = 'up'
        this.cluster = cluster
        // A crash alone must never make a directory useless.
        if (this.disk.isUnderRepair && !this.isDamaged)
          this.#witness.broken(new Error(`nothing befell the disk of ${this.name}, and yet it is under repair`))
        // It was read, and what it holds is believed.
        if (this.hasJoined) this.isDamaged = false
        this.#witness.trace(() => `${this.name} is up as ${cluster.incarnation} at ${cluster.status().applied}`)
        this.#witness.started(this, cluster)
      },
      (error: Error) => {
        if (!life.alive) return
        this.#end(error.message)
        if (SENT_AWAY.test(error.message)) this.#witness.sentAway(this, error.message)
        if (!(error instanceof Refused)) {
          if (!SENT_AWAY.test(error.message) && !EXPECTED.test(error.message)) this.#witness.broken(error)
          return
        }
        this.state = 'refused'
        // A crash alone must never make a directory useless.
        if (!this.isDamaged && this.disk.hasDatabase)
          this.#witness.broken(new Error(`nothing befell the disk of ${this.name}, and yet: ${error.message}`))
      },
    )
  }

  /** kill -9, or the plug. */
  crash(power: boolean): void {
    if (!this.life) return
    this.#end(power ? 'the power went' : 'killed', power)
  }

  /** In order, as for an upgrade. */
  stop(): void {
    if (!this.isUp) return
    const { life, cluster } = this
    this.state = 'stopping'
    cluster!.close().then(() => {
      if (life!.alive) this.#end('stopped')
    })
  }

  /** What the operator does with a node that refuses to start, as its last words say. */
  moveAway(): void {
    if (this.life) return
    this.disk.wipe()
    this.isDamaged = true
    this.state = 'down'
  }

  setWall(ms: number): void {
    this.#wallOffset += ms
  }

  #end(why: string, power = false): void {
    this.#witness.trace(() => `${this.name} is down: ${why}`)
    const { life } = this
    this.life = null
    this.cluster = null
    this.state = 'down'
    this.why = why
    life!.end()
    this.#ether.gone(this.id)
    if (power) this.disk.losePower()
    else this.disk.kill()
    this.#witness.ended(this)
  }

  #fatal(life: Life, error: Error): void {
    if (!life.alive) return
    if (SENT_AWAY.test(error.message)) this.#witness.sentAway(this, error.message)
    else if (!EXPECTED.test(error.message) && !(this.isDamaged && DAMAGED.test(error.message)))
      this.#witness.broken(error)
    // It says so and exits.
    life.after(0, () => this.#end(error.message))
  }

  #world(life: Life): World {
    const random = this.#random
    return {
      now: () => life.now(),
      wall: () => this.#wallOffset + this.#events.now,
      random: () => random.next(),
      randomBytes: (count) => Buffer.from(Array.from({ length: count }, () => random.below(256))),
      soon: (act) =>
        life.after(0, () => {
          this.#events.settled = true
          act()
          if (life.alive) this.#witness.moved(this)
        }),
      every: (ms, act) =>
        life.every(ms, () => {
          this.#events.settled = true
          act()
        }),
      disk: this.disk.seenBy(life, () => (this.#events.settled = true)),
      network: async (options) => this.#ether.open(life, options),
    }
  }

  #logger(): Logger {
    const say = (fields: object, message: string) =>
      this.#witness.trace(() => `${this.name}: ${message} ${JSON.stringify(fields)}`)
    return { debug: say, info: say, warn: say, error: say }
  }
}

export function nameOf(id: number): string {
  return `n${id}`
}

export const KEY = Buffer.alloc(32, 7)
/** Any day will do. */
const START = 1_700_000_000_000
/** What a node may end with that is told that it is no member. */
const SENT_AWAY = /was removed from the cluster|is not the (one|directory) that is a member/
/** What it ends with when it reads something that rotted while it ran. */
const DAMAGED = /is damaged\. This node has stopped: start it again/
/** What a node may end with when its disk fails it. */
const EXPECTED = /^(disk full|cannot write to|cannot open|.* is in use by another process)/
