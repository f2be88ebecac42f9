/**
 * Whoever changes the members, as `raftel cluster join`, `promote` and `remove` do it: draws a directory, asks whoever leads until it is
 * done, writes the file `member`, starts the node. It may die between any two steps, and begins again with the same directory. A node
 * whose directory was lost is replaced, as its last words say.
 */
import type { MemberRequest, MembersChanged, MembersRow } from '../../../cluster/cluster.ts'
import { MEMBERS_MAX, type NewMember, standingOf } from '../../../cluster/tables/members.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Events } from './clock.ts'
import type { Configurations } from './configurations.ts'
import type { Node } from './node.ts'
import type { Weather } from './weather.ts'

export interface Estate {
  readonly weather: Weather
  readonly events: Events
  /** All that ever were. */
  readonly nodes: readonly Node[]
  readonly configurations: Configurations
  /** A node with that directory, which the row names; it is the same when it is asked for again. */
  readonly add: (row: MembersRow, directory: string) => Node
  readonly onFault: (fault: string, what: string) => void
}

type Work =
  | { readonly kind: 'join'; readonly member: NewMember; readonly replaces: Node | null }
  | { readonly kind: 'promote'; readonly node: string }
  | { readonly kind: 'remove'; readonly node: string; readonly id: number }

export class Operator {
  readonly #estate: Estate
  readonly #random: Random
  #work: Work | null = null
  #isCalm = false
  /** Waits for the answer of that node. */
  #asked: { readonly node: Node; readonly giveUp: () => void } | null = null
  #names = 0

  constructor(estate: Estate, random: Random) {
    this.#estate = estate
    this.#random = random
  }

  get isIdle(): boolean {
    return this.#work === null
  }

  /** The id whose member may go at any time, because that was asked for; null: none. */
  get removes(): number | null {
    if (this.#work?.kind === 'remove') return this.#work.id
    return this.#work?.kind === 'join' ? (this.#work.replaces?.id ?? null) : null
  }

  tick(): void {
    if (this.#work) return
    const { weather, nodes } = this.#estate
    const lost = nodes.find((node) => this.#isLost(node))
    if (lost && (this.#isCalm || this.#random.chance(0.1))) this.#begin(this.#replacing(lost))
    else if (!this.#isCalm && this.#random.chance(weather.membership)) this.#begin(this.#choose())
  }

  /** From now on it only finishes what is begun, and replaces what is lost. */
  calm(): void {
    this.#isCalm = true
  }

  nodeEnded(node: Node): void {
    if (this.#asked?.node === node) this.#asked.giveUp()
  }

  /** Its directory is refused, or its peers do not know it, while they have members that are agreed on. */
  #isLost(node: Node): boolean {
    const { newest } = this.#estate.configurations
    if (node.isRetired || newest === null) return false
    const isMember = newest.all.some(({ id }) => id === node.id)
    if (!isMember) return false
    return node.state === 'refused' || node.isSentAway
  }

  #begin(work: Work | null): void {
    if (!work) return
    this.#work = work
    const what = 'node' in work ? work.node : `${work.member.name} ${work.member.directory.slice(0, 4)}`
    this.#estate.onFault(work.kind === 'join' && work.replaces ? 'replace' : work.kind, what)
    this.#step()
  }

  #replacing(node: Node): Work {
    return { kind: 'join', member: this.#newMember(node.name, true), replaces: node }
  }

  #choose(): Work | null {
    const { newest } = this.#estate.configurations
    const random = this.#random
    // Before there are founders it may be asked, too.
    if (!newest)
      return random.chance(0.2) ? { kind: 'join', member: this.#newMember(this.#name(), true), replaces: null } : null
    const { conf, all } = newest
    const learners = all.filter(({ id, vote }) => !vote && standingOf(conf, id) === 'learner')
    const dice = random.next()
    if (learners.length > 0 && dice < 0.5) return { kind: 'promote', node: random.pick(learners).name }
    if (all.length > 1 && (dice < 0.45 || all.length > 5)) {
      const { id, name } = random.pick(all)
      return this.#mayGo(id) ? { kind: 'remove', node: name, id } : null
    }
    if (all.length >= MEMBERS_MAX) return null
    return { kind: 'join', member: this.#newMember(this.#name(), random.chance(0.8)), replaces: null }
  }

  /** What is left must not be lost for the most part; an operator looks before. */
  #mayGo(id: number): boolean {
    const { nodes, configurations } = this.#estate
    const left = configurations.conf.voters.filter((voter) => voter !== id)
    const sound = left.filter((voter) => nodes.some((node) => node.id === voter && !node.isDamaged && node.hasJoined))
    // Of two, the one that stays may forget in a crash that it was agreed, and then needs the one that went: see docs/consensus.md.
    if (left.length === 1 && configurations.conf.voters.length === 2) return false
    return 2 * sound.length > left.length
  }

  #newMember(name: string, vote: boolean): NewMember {
    const directory = Array.from({ length: 32 }, () => this.#random.below(16).toString(16)).join('')
    return { name, address: `${name}:${2 + this.#random.below(1000)}`, directory, vote }
  }

  /** One that nobody has, often of one that was removed. */
  #name(): string {
    const { newest } = this.#estate.configurations
    const gone = this.#estate.nodes.filter((node) => newest?.all.every(({ name }) => name !== node.name))
    return gone.length > 0 && this.#random.chance(0.5) ? this.#random.pick(gone).name : `m${++this.#names}`
  }

  /** Asks, and does what the answer says; between the steps it may die. */
  #step(): void {
    const { events, weather } = this.#estate
    const dies = !this.#isCalm && this.#random.chance(0.1)
    const ticks = dies ? weather.downTicks : 2
    events.after(weather.tickMs * ticks * this.#random.next(), () => this.#ask())
  }

  #ask(): void {
    const { nodes, events, weather } = this.#estate
    const work = this.#work!
    const leader = nodes.find((node) => node.isUp && node.cluster?.status().role === 'leader')
    if (!leader) {
      this.#step()
      return
    }
    let isOpen = true
    const close = (act: () => void) => {
      if (!isOpen) return
      isOpen = false
      this.#asked = null
      act()
    }
    this.#asked = { node: leader, giveUp: () => close(() => this.#step()) }
    const timeoutMs = weather.clients.timeoutTicks * weather.tickMs
    leader
      .cluster!.changeMembers(requestOf(work), timeoutMs)
      .then((outcome) => close(() => this.#answered(work, leader, outcome)))
    // Whoever waits at a node that stands still goes elsewhere.
    events.after(4 * timeoutMs, () => close(() => this.#step()))
  }

  #answered(work: Work, leader: Node, outcome: MembersChanged): void {
    const { nodes, onFault } = this.#estate
    if (outcome.kind === 'leads') {
      const others = nodes.filter((node) => node !== leader && node.isUp && !node.isRetired)
      if (others.length > 0) void leader.cluster?.transferLeader(this.#random.pick(others).name, 2000)
    }
    if (outcome.kind === 'refused') onFault('refused', outcome.why)
    if (outcome.kind === 'refused') this.#work = null
    // What waits for a node that is lost must not keep that from being replaced.
    else if (outcome.kind === 'late' && (work.kind === 'promote' || (work.kind === 'remove' && this.#isCalm)))
      this.#work = null
    // It was asked for before.
    else if (outcome.kind === 'unknown node' && !this.#isWanted(work)) this.#finish(work, null)
    else if (outcome.kind !== 'done' || (!this.#isCalm && this.#random.chance(0.1))) this.#step()
    else this.#finish(work, outcome.members)
  }

  /** That one is behind need not mean that there is no such member. */
  #isWanted(work: Work): boolean {
    const { newest } = this.#estate.configurations
    return work.kind === 'join' || (newest?.all.some(({ name }) => name === work.node) ?? true)
  }

  #finish(work: Work, row: MembersRow | null): void {
    this.#work = null
    this.#estate.onFault(`${work.kind} done`, row?.conf.voters.join() ?? '')
    if (work.kind === 'remove') for (const node of this.#estate.nodes) if (node.id === work.id) node.isRetired = true
    if (work.kind !== 'join' || !row) return
    if (work.replaces) {
      work.replaces.isRetired = true
      // It is the same machine.
      work.replaces.crash(false)
    }
    this.#estate.add(row, work.member.directory).start()
  }
}

function requestOf(work: Work): MemberRequest {
  if (work.kind === 'join') return { kind: 'join', member: work.member, replace: work.replaces !== null }
  return { kind: work.kind, node: work.node }
}
