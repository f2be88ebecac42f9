/**
 * One seed: a cluster of real replicas in a simulated world, under a storm and then in calm. Throws a Violation at the first
 * thing that must not be.
 */
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Peer } from '../../../cluster/hello.ts'
import type { Operation } from '../../../cluster/log/disk.ts'
import type { Message } from '../../../cluster/raft/types.ts'
import { keyId } from '../../../cluster/seal.ts'
import type { MembersRow } from '../../../cluster/tables/members.ts'
import { check } from '../linearizability/checker.ts'
import { registrar } from '../linearizability/models.ts'
import { report } from '../linearizability/report.ts'
import { type Random, randomOf } from '../raft/simulator/random.ts'
import { Client, type Histories } from './clients.ts'
import { Events } from './clock.ts'
import { Configurations } from './configurations.ts'
import { plan } from './histories.ts'
import { fail, Invariants, Violation } from './invariants.ts'
import { Ether } from './network.ts'
import { KEY, Node, nameOf, type Owner, type Witness } from './node.ts'
import { Operator } from './operator.ts'
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
  /** How often the members changed, the founding included. */
  readonly memberChanges: number
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
  readonly #configurations: Configurations
  readonly #operator: Operator
  readonly #fork: () => Random
  readonly #storm: Storm
  readonly #histories: Histories = { registrar: [], plan: [] }
  readonly #clients: Client[] = []
  readonly #say: ((line: string) => void) | null
  #isCalm = false
  #violation: Error | null = null
  #trace = 0x811c9dc5

  constructor(seed: number, say: ((line: string) => void) | null = null) {
    this.#seed = seed
    this.#say = say
    const random = randomOf(seed)
    this.weather = weatherOf(random, randomOf(seed + 2 ** 20).chance(MILD))
    const { weather } = this
    const fork = (): Random => randomOf(random.below(2 ** 31))
    this.#fork = fork
    this.#ether = new Ether(this.#events, fork(), weather.network, {
      onSend: (message) => this.#sends(message),
      onFrame: (from, to, frame) => this.trace(() => `${nameOf(from)} → ${nameOf(to)}: ${frame()}`),
      onHear: (from, to, { messages }) => this.#watched(() => this.#invariants.hears(this.#node(to), from, messages)),
    })
    const founders = Array.from({ length: weather.nodes }, (_, i) => i + 1)
    this.#configurations = new Configurations(founders)
    this.#invariants = new Invariants(this.#events, this.#configurations, weather.drift)
    for (const id of founders) this.#found(id)
    this.#operator = new Operator(
      {
        weather,
        events: this.#events,
        nodes: this.nodes,
        configurations: this.#configurations,
        add: (row, directory) => this.#join(row, directory),
        onFault: (fault, what) => {
          this.#storm.faults.set(fault, (this.#storm.faults.get(fault) ?? 0) + 1)
          this.trace(() => `* ${fault} ${what}`)
        },
      },
      fork(),
    )
    this.#storm = new Storm(weather, this.#events, this.#ether, this.nodes, fork(), {
      configurations: this.#configurations,
      leaving: () => (this.#operator.removes === null ? [] : [this.#operator.removes]),
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
      this.#operator.tick()
      await this.#until(this.#events.now + tickMs)
    }
    this.trace(() => 'the storm is over')
    this.#isCalm = true
    this.#storm.calm()
    this.#operator.calm()
    await this.#becomesWhole()
    for (const client of this.#clients) client.stop()
    this.#checkHistories()
    return {
      seed: this.#seed,
      trace:
        (this.#trace >>> 0).toString(16).padStart(8, '0') +
        (this.#members[0]!.cluster?.status().hash ?? '').slice(0, 8),
      events: this.#events.count,
      entries: this.#invariants.lastCommitted,
      answered: this.#clients.reduce((sum, { answered }) => sum + answered, 0),
      faults: new Map([...this.#storm.faults, ['overwritten', this.#invariants.overwritten]]),
      memberChanges: this.#configurations.changes,
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
    this.#operator.nodeEnded(node)
  }

  sentAway(node: Node, why: string): void {
    this.#watched(() => this.#invariants.sentAway(node, why))
  }

  broken(error: Error): void {
    this.#violation ??= error
  }

  #sends(message: Message): void {
    this.#watched(() => this.#invariants.says(this.#node(message.from), message))
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
      isCalm: () => this.#isCalm,
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
      this.#operator.tick()
      const members = this.#members
      if (tick % 20 === 0) for (const node of members) this.#ask(node, () => agreed.add(node))
      await this.#until(this.#events.now + tickMs)
      if (members.every((node) => agreed.has(node)) && this.#areEqual() && this.#areSettled()) return
    }
    const states = this.nodes.map((node) => ({
      name: node.name,
      state: node.state,
      why: node.why,
      ...node.cluster?.status(),
      joined: node.hasJoined,
      isRetired: node.isRetired,
    }))
    fail(`calm brought no progress: ${JSON.stringify(this.#configurations.conf)} ${JSON.stringify(states)}`)
  }

  #ask(node: Node, done: () => void): void {
    node.cluster?.propose({ type: 'call-end', id: `after-${node.name}` }, 5000).then((answer) => {
      if (answer.kind === 'agreed') done()
    })
  }

  #areEqual(): boolean {
    const states = this.#members.map((node) => node.cluster?.status())
    const [first] = states
    const known = this.#invariants.lastCommitted
    return states.every(
      (state) => state && state.applied === known && state.hash === first!.hash && state.leader === first!.leader,
    )
  }

  /** No change is under way or due, and whoever is no member any more and can hear of it has ended. */
  #areSettled(): boolean {
    const { newest, conf } = this.#configurations
    const isPromoted = newest?.all.every(({ id, vote }) => !vote || conf.voters.includes(id)) ?? true
    if (!this.#operator.isIdle || conf.votersOutgoing.length > 0 || !isPromoted) return false
    if (newest?.all.some(({ id, address }) => this.#node(id).address !== address)) return false
    const members = this.#members
    return this.nodes.every((node) => {
      if (members.includes(node) || !node.cluster) return true
      const others = node.cluster.members().filter(({ id }) => id !== node.id)
      const there = others.filter((one) => members.some(({ id, address }) => id === one.id && address === one.address))
      return 2 * there.length <= others.length
    })
  }

  /** The members, as the log has them. */
  get #members(): readonly Node[] {
    const { newest } = this.#configurations
    if (!newest) return this.nodes
    return this.nodes.filter((node) => newest.all.some(({ id }) => id === node.id))
  }

  #node(id: number): Node {
    return this.nodes.find((node) => node.id === id)!
  }

  /** A founder, as it is configured; one that is alone is what `raftel cluster init` makes. */
  #found(id: number): void {
    const { nodes } = this.weather
    const all = () => this.nodes.filter((node) => node.id <= nodes)
    const configured = () => (nodes === 1 ? [] : all().map(({ id, name, address }) => ({ id, name, address })))
    const node = this.#add({ id, name: nameOf(id), configured })
    if (nodes > 1) return
    const { name, address } = node
    this.#write(node, [id], [{ id, name, address }], '0'.repeat(32))
  }

  /** What `raftel cluster join` does with the answer. */
  #join(row: MembersRow, directory: string): Node {
    const { id, name, address } = row.all.find((member) => member.directory === directory)!
    const known = this.nodes.find((node) => node.id === id)
    if (known) return known
    const node = this.#add({ id, name, configured: () => [] })
    node.address = address
    if (this.#isCalm) node.disk.calmDown()
    this.#write(node, row.founders, row.all, directory)
    return node
  }

  #write(node: Node, founders: readonly number[], all: readonly Peer[], directory: string): void {
    const members = all.map(({ id, name, address }) => ({ id, name, address }))
    const { id, name } = node
    node.disk.member = { cluster: keyId(KEY), id, node: name, directory, founders, members, lineage: null }
  }

  #add(owner: Owner): Node {
    const node = new Node(owner, this.weather, this.#events, this.#ether, this.#fork(), this)
    this.nodes.push(node)
    return node
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
