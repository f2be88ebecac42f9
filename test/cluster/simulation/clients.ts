/** Phones and operators: what they ask of the nodes, one thing at a time each, and what they remember of the answers. */
import type { Agreed, Cluster } from '../../../cluster/cluster.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import type { Operation } from '../linearizability/history.ts'
import type { RegistrarInput, RegistrarOutput } from '../linearizability/models.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Events } from './clock.ts'
import type { PlanInput, PlanOutput } from './histories.ts'
import { fail } from './invariants.ts'
import type { Node } from './node.ts'
import type { Weather } from './weather.ts'

export interface Town {
  readonly events: Events
  readonly weather: Weather
  readonly nodes: readonly Node[]
  readonly isCalm: () => boolean
  readonly trace: (line: () => string) => void
  /** A client was told of it. */
  readonly acknowledges: (index: number, command: Command) => void
  /** The highest index that anybody was told of. */
  readonly acknowledged: () => number
  /** Runs what may find that something is wrong. */
  readonly watched: (act: () => void) => void
}

export interface Histories {
  readonly registrar: Operation<RegistrarInput, RegistrarOutput>[]
  readonly plan: Operation<PlanInput, PlanOutput>[]
}

export class Client {
  readonly name: string
  answered = 0
  unanswered = 0
  readonly #town: Town
  readonly #random: Random
  readonly #histories: Histories
  #home: number
  readonly #timeoutMs: number
  #cseq = 0
  #count = 0
  #seenVersion = 0
  #isDone = false
  #known = false
  /** How to give up what is under way, when its node is gone. */
  #giveUp: { readonly node: Node; readonly act: () => void } | null = null

  constructor(name: string, town: Town, random: Random, histories: Histories) {
    this.name = name
    this.#town = town
    this.#random = random
    this.#histories = histories
    this.#home = random.below(town.nodes.length)
    this.#timeoutMs = town.weather.clients.timeoutTicks * town.weather.tickMs
    this.#next()
  }

  /** Asks nothing more; what has not been answered by now may have been done or not. */
  stop(): void {
    this.#isDone = true
    this.#giveUp?.act()
  }

  nodeEnded(node: Node): void {
    if (this.#giveUp?.node === node) this.#giveUp.act()
  }

  #next(): void {
    const { events, weather } = this.#town
    const { thinkTicks } = weather.clients
    // Snapshots are small and often here: a node that comes must not be outrun for ever.
    const slower = this.#town.isCalm() ? 10 : 1
    events.after(slower * thinkTicks * weather.tickMs * 2 * this.#random.next(), () => {
      if (this.#isDone) return
      const node = this.#choose()
      if (node) this.#act(node)
      else this.#next()
    })
  }

  #choose(): Node | null {
    const { nodes, weather } = this.#town
    const home = nodes[this.#home]!
    if (home.isRetired && this.#random.chance(0.5)) this.#home = this.#random.below(nodes.length)
    const node = this.#random.chance(weather.clients.roam) ? this.#random.pick(nodes) : home
    // One that stands still takes connections, too.
    return node.isUp ? node : null
  }

  #act(node: Node): void {
    const random = this.#random
    const aor = aorOf(random.below(this.#town.weather.clients.aors))
    const dice = random.next()
    if (!this.#known) this.#addUser(node)
    else if (dice < 0.25) this.#lookUp(node, aor)
    else if (dice < 0.55) this.#bind(node, aor, { kind: 'register', contact: this.#contact() })
    else if (dice < 0.65) this.#bind(node, aor, { kind: 'de-register', contact: this.#contact() })
    else if (dice < 0.67) this.#bind(node, aor, { kind: 'de-register-all' })
    else if (dice < 0.78) this.#commitPlan(node)
    else if (dice < 0.83) this.#readPlan(node)
    else if (dice < 0.9) this.#brief(node)
    else if (dice < 0.96) this.#newUser(node)
    else this.#call(node)
  }

  /** Whoever comes first adds the users that all share. */
  #addUser(node: Node): void {
    const missing = aorOf(this.#count % (this.#town.weather.clients.aors + 1))
    this.#propose(node, user(missing, true), () => {
      this.#count++
      this.#known = this.#count > this.#town.weather.clients.aors
    })
  }

  #bind(node: Node, aor: string, input: Exclude<RegistrarInput, { kind: 'look-up' }>): void {
    const expires = input.kind === 'register' ? 3600 : 0
    const changes = input.kind === 'de-register-all' ? 'all' : [{ contact: input.contact, q: 1, expires }]
    const called = this.#town.events.now
    const record = (outcome: Operation<RegistrarInput, RegistrarOutput>['outcome']) =>
      this.#histories.registrar.push({ process: this.name, key: aor, input, called, outcome })
    this.#propose(
      node,
      this.#register(aor, changes),
      (result, at) => {
        // A phone counts up, so only the same request landing twice can be late.
        if (result.kind !== 'bound') fail(`${this.name} registers ${aor} and is told: ${result.kind}`)
        record({ at, output: result.registration.bindings.map(({ contact }) => contact) })
      },
      () => record('unknown'),
    )
  }

  #lookUp(node: Node, aor: string): void {
    const called = this.#town.events.now
    this.#read(node, (cluster, at) => {
      const output = (cluster.tables.registrations.get(aor)?.bindings ?? []).map(({ contact }) => contact)
      this.#histories.registrar.push({
        process: this.name,
        key: aor,
        input: { kind: 'look-up' },
        called,
        outcome: { at, output },
      })
    })
  }

  #commitPlan(node: Node): void {
    const expect = this.#random.chance(0.3) ? null : this.#seenVersion
    const text = `${this.name}-${++this.#count}`
    const called = this.#town.events.now
    const record = (outcome: Operation<PlanInput, PlanOutput>['outcome']) =>
      this.#histories.plan.push({
        process: this.name,
        key: 'plan',
        input: { kind: 'commit', expect, text },
        called,
        outcome,
      })
    this.#propose(
      node,
      { type: 'plan-commit', expect, text, plan: NO_PLAN, author: this.name, at: 0 },
      (result, at) => {
        if (result.kind !== 'committed' && result.kind !== 'conflict') fail(`a plan is answered with ${result.kind}`)
        this.#seenVersion = result.version
        record({ at, output: { kind: result.kind, version: result.version } })
      },
      () => record('unknown'),
    )
  }

  #readPlan(node: Node): void {
    const called = this.#town.events.now
    this.#read(node, ({ tables }, at) => {
      const { version, text } = tables.plans.get('main') ?? { version: 0, text: '' }
      this.#seenVersion = version
      const input = { kind: 'read' } as const
      this.#histories.plan.push({
        process: this.name,
        key: 'plan',
        input,
        called,
        outcome: { at, output: { kind: 'plan', version, text } },
      })
    })
  }

  /** A binding that expires while all this goes on; the invariants look after it. */
  #brief(node: Node): void {
    const changes = [{ contact: `sip:brief-${this.name}@192.0.2.9`, q: 1, expires: 1 + this.#random.below(10) }]
    this.#propose(node, this.#register(aorOf(this.#town.weather.clients.aors), changes), () => {})
  }

  /** Nobody else ever adds that one: if it exists already, it was added twice. */
  #newUser(node: Node): void {
    const aor = `${this.name}-${++this.#count}@pbx.test`
    this.#propose(node, user(aor, false), (result) => {
      if (result.kind !== 'done') fail(`${aor} was added once and is told: ${result.kind}`)
    })
  }

  #call(node: Node): void {
    const { incarnation } = node.cluster!
    const call = {
      id: `${this.name}-${++this.#count}`,
      state: 'ringing',
      from: 'a',
      to: 'b',
      node: node.name,
      incarnation,
    } as const
    const rest = {
      startedAt: 1,
      answeredAt: null,
      media: 'direct',
      planVersion: 1,
      rule: '',
      target: '',
      legs: [],
    } as const
    const command: Command = this.#random.chance(0.5)
      ? { type: 'call-put', call: { ...call, ...rest } }
      : { type: 'call-end', id: `${this.name}-${this.#count - 1}` }
    this.#propose(node, command, () => {})
  }

  #register(aor: string, changes: Extract<Command, { type: 'bind' }>['changes']): Command {
    const cseq = ++this.#cseq
    return {
      ...{ type: 'bind', aor, callId: this.name, cseq, changes, node: 'n1', transport: 'udp' },
      ...{ received: '192.0.2.1:5060', userAgent: '', contactsMax: 100 },
    }
  }

  #contact(): string {
    return `sip:${this.name}@192.0.2.${this.#random.below(2)}`
  }

  #propose(
    node: Node,
    command: Command,
    known: (result: Extract<Agreed, { kind: 'agreed' }>['result'], at: number) => void,
    unknown: () => void = () => {},
  ): void {
    const { events, acknowledges, trace, watched } = this.#town
    trace(() => `${this.name} asks ${node.name}: ${brief(command)}`)
    const end = this.#begin(node, unknown)
    node.cluster!.propose(command, this.#timeoutMs).then((agreed) =>
      end(() =>
        watched(() => {
          trace(() => `${node.name} answers ${this.name}: ${brief(agreed)}`)
          if (agreed.kind === 'no quorum') return unknown()
          if (agreed.kind === 'overloaded') return
          this.answered++
          acknowledges(agreed.index, command)
          known(agreed.result, events.now)
        }),
      ),
    )
  }

  #read(node: Node, known: (cluster: Cluster, at: number) => void): void {
    const { events, watched, acknowledged } = this.#town
    const atLeast = acknowledged()
    const cluster = node.cluster!
    const end = this.#begin(node, () => {})
    cluster.catchUp(this.#timeoutMs).then((caught) =>
      end(() =>
        watched(() => {
          if (caught === 'no quorum') return
          const { applied } = cluster.status()
          if (applied < atLeast) fail(`${node.name} reads at ${applied}, when ${atLeast} was already acknowledged`)
          this.answered++
          known(cluster, events.now)
        }),
      ),
    )
  }

  /** Waits for one answer, or for the end of the node; returns what takes the answer. */
  #begin(node: Node, unknown: () => void): (answer: () => void) => void {
    let isOpen = true
    const close = (act: () => void) => {
      if (!isOpen) return
      isOpen = false
      this.#giveUp = null
      act()
      this.#next()
    }
    this.#giveUp = {
      node,
      act: () =>
        close(() => {
          this.unanswered++
          unknown()
        }),
    }
    return close
  }
}

function brief(value: object): string {
  return JSON.stringify(value, (key, inner) => (key === 'plan' ? undefined : inner)).slice(0, 200)
}

function aorOf(i: number): string {
  return `u${i}@pbx.test`
}

function user(aor: string, replace: boolean): Command {
  return { type: 'user-put', user: { aor, user: aor, domain: 'pbx.test', credentials: '' }, replace }
}

const NO_PLAN = { domains: [], users: [], rules: [], emergency: null }
