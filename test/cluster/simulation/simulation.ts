/**
 * One seed: a cluster of real replicas in a simulated world, under a storm and then in calm. Throws a Violation at the first
 * thing that must not be.
 */
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Operation } from '../../../cluster/log/disk.ts'
import type { Message } from '../../../cluster/raft/types.ts'
import { check } from '../linearizability/checker.ts'
import { registrar } from '../linearizability/models.ts'
import { report } from '../linearizability/report.ts'
import { type Random, randomOf } from '../raft/simulator/random.ts'
import { Client, type Histories } from './clients.ts'
import { Events } from './clock.ts'
import { plan } from './histories.ts'
import { fail, Invariants, Violation } from './invariants.ts'
import { Ether } from './network.ts'
import { Node, nameOf, type Witness } from './node.ts'
import { Storm } from './storm.ts'
import { MILD, type Weather, weatherOf } from './weather.ts'

export interface Report {
  readonly seed: number
  /** Equal whenever the same seed runs the same program. */
  readonly trace: string
  readonly events: number
  readonly entries: number
  readonly answered: number
  readonly faults: ReadonlyMap<string, number>
}

/** Ticks after which a healed cluster must be whole again. */
const CALM_TICKS = 1500
/** Some ten times what the busiest seeds need. */
const EVENTS_MAX = 300_000

export class Simulation implements Witness {
  readonly weather: Weather
  readonly nodes: Node[] = []
  readonly #seed: number
  readonly #events = new Events()
  readonly #ether: Ether
  readonly #invariants: Invariants
  readonly #storm: Storm
  readonly #histories: Histories = { registrar: [], plan: [] }
  readonly #clients: Client[] = []
  readonly #say: ((line: string) => void) | null
  #violation: Error | null = null
  #trace = 0x811c9dc5

  constructor(seed: number, say: ((line: string) => void) | null = null) {
    this.#seed = seed
    this.#say = say
    const random = randomOf(seed)
    this.weather = weatherOf(random, randomOf(seed + 2 ** 20).chance(MILD))
    const { weather } = this
    const fork = (): Random => randomOf(random.below(2 ** 31))
    this.#ether = new Ether(this.#events, fork(), weather.network, {
      onSend: (message) => this.#sends(message),
      onFrame: (from, to, frame) => this.trace(() => `${nameOf(from)} → ${nameOf(to)}: ${frame()}`),
    })
    this.#invariants = new Invariants(this.#events, weather.nodes, weather.drift)
    const peers = Array.from({ length: weather.nodes }, (_, i) => ({ id: i + 1, name: nameOf(i + 1), address: '' }))
    for (const { id } of peers) this.nodes.push(new Node(peers, id, weather, this.#events, this.#ether, fork(), this))
    this.#storm = new Storm(weather, this.#events, this.#ether, this.nodes, fork(), {
      onDamage: (node) => this.#invariants.damaged(node),
      onFault: (fault) => this.trace(() => `* ${fault}`),
    })
    for (let i = 1; i <= weather.clients.count; i++)
      this.#clients.push(new Client(`c${i}`, this.#town(), fork(), this.#histories))
  }

  async run(): Promise<Report> {
    const { tickMs, stormTicks } = this.weather
    this.trace(() => `weather ${JSON.stringify(this.weather)}`)
    for (let tick = 0; tick < stormTicks; tick++) {
      this.#storm.tick()
      await this.#until(this.#events.now + tickMs)
    }
    this.trace(() => 'the storm is over')
    this.#storm.calm()
    await this.#becomesWhole()
    for (const client of this.#clients) client.stop()
    this.#checkHistories()
    return {
      seed: this.#seed,
      trace:
        (this.#trace >>> 0).toString(16).padStart(8, '0') + (this.nodes[0]!.cluster?.status().hash ?? '').slice(0, 8),
      events: this.#events.count,
      entries: this.#invariants.lastCommitted,
      answered: this.#clients.reduce((sum, { answered }) => sum + answered, 0),
      faults: new Map([...this.#storm.faults, ['overwritten', this.#invariants.overwritten]]),
    }
  }

  trace(line: () => string): void {
    this.#say?.(`${(this.#events.now / 1000).toFixed(4).padStart(9)} ${line()}`)
  }

  started(node: Node, cluster: Cluster): void {
    this.#watched(() => this.#invariants.started(node, cluster))
    cluster.watch((changes) => {
      this.#invariants.changed(node, changes)
      // It was away for long, or was taken for dead.
      if (changes.some(({ table, key }) => table === 'nodes' && key === node.name)) this.#saysThatItIsUp(node, cluster)
    })
    this.#saysThatItIsUp(node, cluster)
  }

  moved(node: Node): void {
    const { cluster } = node
    if (!cluster) return
    this.#watched(() => this.#mix(this.#invariants.moved(node, cluster)))
  }

  wrote(node: Node, operations: readonly Operation[]): void {
    this.#watched(() => this.#invariants.wrote(node, operations))
  }

  setAside(node: Node): void {
    this.trace(() => `${node.name} sets its database aside`)
    this.#invariants.damaged(node)
  }

  ended(node: Node): void {
    this.#invariants.ended(node)
    for (const client of this.#clients) client.nodeEnded(node)
  }

  broken(error: Error): void {
    this.#violation ??= error
  }

  #sends(message: Message): void {
    this.#watched(() => this.#invariants.says(this.nodes[message.from - 1]!, message))
  }

  /** The replica catches what is thrown in it, so what is found is kept and thrown outside. */
  #watched(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#violation ??= error as Error
    }
  }

  #town() {
    const invariants = this.#invariants
    return {
      events: this.#events,
      weather: this.weather,
      nodes: this.nodes,
      trace: (line: () => string) => this.trace(line),
      acknowledges: invariants.acknowledges.bind(invariants),
      acknowledged: () => invariants.acknowledged,
      watched: (act: () => void) => this.#watched(act),
    }
  }

  /** As node/presence.ts does, until the cluster knows. */
  #saysThatItIsUp(node: Node, cluster: Cluster): void {
    const { incarnation, tables } = cluster
    const row = { id: node.name, incarnation, sip: '', control: '', media: 'direct', startedAt: 0 } as const
    const again = (ms: number) =>
      node.life?.after(ms, () => {
        if (tables.nodes.get(node.name)?.incarnation === incarnation) return
        void cluster.propose({ type: 'node-up', node: row }).then(() => again(1000))
      })
    again(0)
  }

  /** Runs until a true time; between two events whatever waits for a promise goes on as far as it can. */
  async #until(time: number): Promise<void> {
    while (this.#events.next(time)) {
      this.#mix(Math.floor(this.#events.now * 1000))
      if (this.#events.settled) {
        this.#events.settled = false
        await new Promise((resume) => setImmediate(resume))
      }
      if (this.#violation) throw this.#violation
      if (this.#events.count > EVENTS_MAX)
        fail(`${EVENTS_MAX} events by ${this.#events.now} ms: something goes round and round`)
    }
  }

  /** Liveness: all nodes run, one leads, what is asked of any of them is agreed, and all tables are equal. */
  async #becomesWhole(): Promise<void> {
    const { tickMs } = this.weather
    const agreed = new Set<Node>()
    for (let tick = 0; tick < CALM_TICKS; tick++) {
      this.#storm.mendNodes()
      if (tick % 20 === 0) for (const node of this.nodes) this.#ask(node, () => agreed.add(node))
      await this.#until(this.#events.now + tickMs)
      if (agreed.size === this.nodes.length && this.#areEqual()) return
    }
    const states = this.nodes.map((node) => ({
      name: node.name,
      state: node.state,
      why: node.why,
      ...node.cluster?.status(),
      joined: node.hasJoined,
    }))
    fail(`calm brought no progress: ${JSON.stringify(states)}`)
  }

  #ask(node: Node, done: () => void): void {
    node.cluster?.propose({ type: 'call-end', id: `after-${node.name}` }, 5000).then((answer) => {
      if (answer.kind === 'agreed') done()
    })
  }

  #areEqual(): boolean {
    const states = this.nodes.map((node) => node.cluster?.status())
    const [first] = states
    const known = this.#invariants.lastCommitted
    return states.every(
      (state) => state && state.applied === known && state.hash === first!.hash && state.leader === first!.leader,
    )
  }

  #checkHistories(): void {
    const { registrar: registrations, plan: commits } = this.#histories
    const found = [check(registrar, registrations), check(plan, commits)] as const
    if (found[0].kind !== 'linearizable') fail(`registrations: ${report(registrar, found[0])}`)
    if (found[1].kind !== 'linearizable') fail(`plan: ${report(plan, found[1])}`)
  }

  #mix(number: number): void {
    this.#trace = Math.imul(this.#trace ^ number, 0x01000193)
  }
}

export { Violation }
