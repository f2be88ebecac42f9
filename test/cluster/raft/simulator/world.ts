/** Nodes, the links between them, time in steps, faults, and the rules that must hold whatever happens (figure 3). */

import { confOf } from '../../../../cluster/raft/memory.ts'
import type { ConfChangeSingle, Entry, Message, ReadState } from '../../../../cluster/raft/types.ts'
import { forgetProgress } from '../../../../cluster/rebuild.ts'
import { Host, type Witness } from './host.ts'
import { type Random, randomOf } from './random.ts'
import { type Weather, weatherOf } from './weather.ts'

interface Flight {
  readonly due: number
  readonly message: Message
}

export class World implements Witness {
  readonly weather: Weather
  readonly hosts: Host[] = []
  /** Every entry that was applied anywhere, by index: term and text. */
  readonly history = new Map<number, string>()
  lastApplied = 1
  readsServed = 0
  readonly #random: Random
  readonly #leaders = new Map<number, number>()
  readonly #terms = new Map<number, number>()
  /** For each read under way, what was committed somewhere when it was asked. */
  readonly #reads = new Map<string, number>()
  /** The lowest term in which an entry was applied anywhere: it was committed no later. */
  readonly #appliedIn = new Map<number, number>()
  readonly #cut = new Set<string>()
  readonly #pausedUntil = new Map<number, number>()
  #flights: Flight[] = []
  #now = 0
  #calm = false
  #proposals = 0

  constructor(seed: number) {
    this.#random = randomOf(seed)
    this.weather = weatherOf(this.#random)
    const ids = Array.from({ length: this.weather.nodes }, (_, i) => i + 1)
    const snapshot = { meta: { index: 1, term: 1, conf: confOf(ids) }, data: new Uint8Array() }
    for (const id of ids) this.hosts.push(new Host(id, snapshot, this.weather, this.#random, this))
  }

  step(): void {
    this.#now++
    if (!this.#calm) this.#storm()
    // A snapshot from before a member came is refused by it: only a newer one brings it in.
    else if (this.#now % 100 === 0) for (const host of this.hosts) host.compact()
    const awake = this.hosts.filter(({ id }) => (this.#pausedUntil.get(id) ?? 0) <= this.#now)
    for (const host of awake) {
      if (this.#calm || this.#random.chance(this.weather.pace)) host.raw?.tick()
    }
    this.#deliver()
    for (const host of awake) {
      host.work(this.#now)
      this.#check(host)
    }
  }

  /** From now on nothing is lost, nobody crashes, and every node runs. */
  calm(): void {
    this.#calm = true
    this.#cut.clear()
    this.#pausedUntil.clear()
    for (const host of this.hosts) {
      host.calm = true
      if (host.raw === undefined) host.start()
    }
  }

  /** Whether every member has applied the same and there was something to apply after `index`. */
  converged(index: number): boolean {
    const leader = this.leader()
    if (leader === undefined || this.lastApplied <= index) return false
    const members = this.hosts.filter((host) => leader.raw!.raft.membership.progress.has(host.id))
    return members.every((host) => host.appliedIndex === this.lastApplied)
  }

  leader(): Host | undefined {
    const leaders = this.hosts.filter((host) => host.raw?.raft.role === 'leader')
    return leaders.sort((a, b) => b.raw!.raft.term - a.raw!.raft.term)[0]
  }

  propose(host: Host): void {
    host.raw?.propose(new TextEncoder().encode(`p${this.#proposals++}`))
  }

  send(sent: Message): void {
    const message = frozen(sent)
    const { loss, twice, delay } = this.weather
    const copies = this.#calm ? 1 : this.#random.chance(loss) ? 0 : this.#random.chance(twice) ? 2 : 1
    if (copies === 0) this.#lost(message)
    for (let copy = 0; copy < copies; copy++) {
      this.#flights.push({ due: this.#now + (this.#calm ? 1 : 1 + this.#random.below(delay + 1)), message })
    }
  }

  /** State machine safety: at one index every node applies one entry. */
  applied(host: Host, entry: Entry): void {
    const text = `${entry.term} ${entry.type} ${new TextDecoder().decode(entry.data)}`
    const known = this.history.get(entry.index)
    if (known !== undefined && known !== text) {
      throw new Error(`node ${host.id} applied "${text}" at ${entry.index}, where another applied "${known}"`)
    }
    this.history.set(entry.index, text)
    const { term } = host.raw!.raft
    this.#appliedIn.set(entry.index, Math.min(term, this.#appliedIn.get(entry.index) ?? term))
    this.lastApplied = Math.max(this.lastApplied, entry.index)
  }

  /** Linearizable: the index covers all that was applied anywhere before the read was asked. */
  read(host: Host, { index, context }: ReadState): void {
    const asked = new TextDecoder().decode(context)
    const atLeast = this.#reads.get(asked)
    if (atLeast === undefined) throw new Error(`node ${host.id} answers the read "${asked}", which nobody waits for`)
    if (index < atLeast) throw new Error(`node ${host.id} reads at ${index}, when ${atLeast} was already applied`)
    this.readsServed++
  }

  #storm(): void {
    const random = this.#random
    const { weather } = this
    if (random.chance(weather.cut)) this.#cutLinks()
    if (random.chance(weather.mend)) this.#cut.clear()
    if (random.chance(weather.propose)) this.propose(random.pick(this.hosts))
    if (random.chance(weather.read)) this.#askRead(random.pick(this.hosts))
    if (random.chance(weather.confChange)) this.#changeMembers()
    if (random.chance(weather.transfer)) random.pick(this.hosts).raw?.transferLeader(random.pick(this.hosts).id)
    if (random.chance(weather.lateHello)) this.#helloLate()
    for (const host of this.hosts) {
      if (host.raw === undefined) {
        if (random.chance(weather.restart)) host.start()
      } else if (random.chance(weather.crash)) host.crash()
      else if (random.chance(weather.pause)) this.#pausedUntil.set(host.id, this.#now + random.below(60))
      else if (random.chance(weather.compact)) host.compact()
    }
  }

  /** Some directed links: a node alone, halves, or one way only. */
  #cutLinks(): void {
    const group = new Set(this.hosts.filter(() => this.#random.chance(0.4)).map(({ id }) => id))
    const oneWay = this.#random.chance(0.3)
    for (const a of this.hosts) {
      for (const b of this.hosts) {
        if (group.has(a.id) === group.has(b.id)) continue
        if (!oneWay || group.has(a.id)) this.#cut.add(`${a.id}>${b.id}`)
      }
    }
  }

  #helloLate(): void {
    const leader = this.leader()
    const from = this.#random.pick(this.hosts)
    if (leader?.raw !== undefined && from !== leader) forgetProgress(leader.raw.raft, from.id)
  }

  #askRead(host: Host): void {
    const context = `r${this.#reads.size}`
    this.#reads.set(context, this.lastApplied)
    host.raw?.readIndex(new TextEncoder().encode(context))
  }

  /**
   * By the leader and not about itself: one that removes itself may step down before the others hear that its removal is
   * committed, and those who could vote for them are no voters any more. Operators hand over first, and so do we.
   */
  #changeMembers(): void {
    const leader = this.leader()
    if (leader === undefined) return
    const random = this.#random
    const others = this.hosts.filter((host) => host !== leader)
    if (others.length === 0) return
    const types = ['add-voter', 'add-voter', 'add-learner', 'remove'] as const
    const one = (): ConfChangeSingle => ({ type: random.pick(types), id: random.pick(others).id })
    const transition = random.pick(['auto', 'auto', 'joint-implicit', 'joint-explicit'] as const)
    leader.raw?.proposeConfChange({ transition, changes: Array.from({ length: random.below(4) }, one) })
  }

  #deliver(): void {
    const isDue = ({ due, message }: Flight): boolean =>
      due <= this.#now && (this.#pausedUntil.get(message.to) ?? 0) <= this.#now
    const due = this.#flights.filter(isDue)
    this.#flights = this.#flights.filter((flight) => !isDue(flight))
    for (const { message } of due) {
      const host = this.hosts[message.to - 1]
      if (host?.raw === undefined || this.#cut.has(`${message.from}>${message.to}`)) this.#lost(message)
      else {
        host.raw.step(message)
        if (message.type === 'snap') this.hosts[message.from - 1]?.raw?.reportSnapshot(message.to, 'finish')
      }
    }
  }

  #lost({ type, from, to }: Message): void {
    const sender = this.hosts[from - 1]?.raw
    if (type === 'snap') sender?.reportSnapshot(to, 'failure')
    else if (type === 'app' && this.#random.chance(0.3)) sender?.reportUnreachable(to)
  }

  #check(host: Host): void {
    const raft = host.raw?.raft
    if (raft === undefined) return
    const before = this.#terms.get(host.id) ?? 0
    if (raft.term < before) throw new Error(`node ${host.id} went back from term ${before} to ${raft.term}`)
    // Only what is durable must survive; what a peer was told is.
    this.#terms.set(host.id, host.disk.initialState().hardState.term)
    if (raft.role !== 'leader') return
    const elected = this.#leaders.get(raft.term)
    if (elected === host.id) return
    // Election safety.
    if (elected !== undefined) throw new Error(`nodes ${elected} and ${host.id} both lead term ${raft.term}`)
    this.#leaders.set(raft.term, host.id)
    this.#checkCompleteness(host)
  }

  /** Leader completeness: whatever was applied in an earlier term is in the log. Votes may come when later terms are under way. */
  #checkCompleteness(host: Host): void {
    const { log, term } = host.raw!.raft
    const entries = new Map<number, Entry>()
    const { unstable } = log
    const stored = host.disk.entries(host.disk.firstIndex(), host.disk.lastIndex() + 1, Number.POSITIVE_INFINITY)
    if (typeof stored !== 'string') for (const entry of stored) entries.set(entry.index, entry)
    for (const entry of unstable.entries) entries.set(entry.index, entry)
    for (const [index, text] of this.history) {
      if (index < host.disk.firstIndex() || index < unstable.offset - host.disk.lastIndex()) continue
      if (this.#appliedIn.get(index)! >= term) continue
      const entry = entries.get(index)
      if (entry === undefined) throw new Error(`leader ${host.id} lacks the applied entry ${index}`)
      if (!text.startsWith(`${entry.term} `))
        throw new Error(`leader ${host.id} of term ${term} has term ${entry.term} at ${index}: ${text}`)
    }
  }
}

/** A message is a value: whoever changes one that was sent, or received, is found out. */
function frozen(message: Message): Message {
  for (const entry of message.entries) Object.freeze(entry)
  Object.freeze(message.entries)
  return Object.freeze(message)
}
