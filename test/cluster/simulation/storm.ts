/**
 * Faults, tick by tick, as the weather has them. What destroys promises on a disk hits a minority at most, and only after the
 * cluster has begun: see README.md for what is left out and why.
 */
import type { Id } from '../../../cluster/raft/types.ts'
import type { MembersRow } from '../../../cluster/tables/members.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Events } from './clock.ts'
import type { Configurations } from './configurations.ts'
import type { Ether } from './network.ts'
import type { Node } from './node.ts'
import type { Weather } from './weather.ts'

export interface StormWitness {
  /** Who the members are. */
  readonly configurations: Configurations
  /** Ids of members that are about to go. */
  readonly leaving: () => readonly Id[]
  readonly onDamage: (node: Node) => void
  readonly onFault: (fault: string) => void
}

export class Storm {
  /** How often each kind of fault was really there. */
  readonly faults = new Map<string, number>()
  readonly #weather: Weather
  readonly #events: Events
  readonly #ether: Ether
  readonly #nodes: readonly Node[]
  readonly #random: Random
  readonly #witness: StormWitness
  /** When a node that is down starts again, and when a full disk has space. */
  readonly #startAt = new Map<Node, number>()
  readonly #freeAt = new Map<Node, number>()
  #hasBegun = false

  constructor(
    weather: Weather,
    events: Events,
    ether: Ether,
    nodes: readonly Node[],
    random: Random,
    witness: StormWitness,
  ) {
    this.#weather = weather
    this.#events = events
    this.#ether = ether
    this.#nodes = nodes
    this.#random = random
    this.#witness = witness
    for (const node of nodes) if (random.chance(0.3)) this.startLater(node)
  }

  tick(): void {
    const { weather: w } = { weather: this.#weather }
    const random = this.#random
    this.#hasBegun ||= this.#nodes.every((node) => node.hasJoined || node.id > w.nodes)
    if (random.chance(w.cut)) this.#cut()
    if (random.chance(w.mend)) this.#ether.mend()
    if (random.chance(w.transfer)) this.#transfer()
    for (const node of this.#nodes) {
      if (random.chance(w.wallJump)) this.#jump(node)
      if (this.#damages(node)) continue
      if (node.life) this.#hitRunning(node)
      else this.#hitStopped(node)
      if (node.disk.full && (this.#freeAt.get(node) ?? 0) <= this.#events.now) node.disk.full = false
    }
  }

  /** From now on nothing is lost, nobody crashes, and no disk fails. */
  calm(): void {
    this.#ether.mend()
    this.#ether.weather = {
      ordered: true,
      latencyMs: 1,
      jitterMs: 0,
      loss: 0,
      twice: 0,
      oneWay: false,
      partial: false,
      leader: 0,
      leaderStalls: 0,
    }
    for (const node of this.#nodes) {
      node.disk.calmDown()
      node.life?.resume()
    }
    this.mendNodes()
  }

  /** Operators see to every node that is down. */
  mendNodes(): void {
    for (const node of this.#nodes) {
      if (node.isRetired || node.isSentAway) continue
      if (node.state === 'refused') this.#moveAway(node)
      node.start()
    }
  }

  startLater(node: Node): void {
    this.#startAt.set(node, this.#events.now + this.#later())
  }

  #hitRunning(node: Node): void {
    const { crash, atWrite, powerLoss, stop, pause, pauseTicks, tickMs, disk } = this.#weather
    const random = this.#random
    if (random.chance(crash)) {
      const power = random.chance(powerLoss)
      if (random.chance(atWrite)) {
        this.#happens(power ? 'power at a write' : 'kill at a write', node)
        node.disk.crashAtWrite(1 + random.below(5), random.chance(0.5), power)
      } else {
        this.#happens(power ? 'power' : 'kill', node)
        node.crash(power)
        this.startLater(node)
      }
    } else if (random.chance(stop)) {
      this.#happens('stop', node)
      node.stop()
      this.startLater(node)
    } else if (random.chance(pause)) {
      this.#happens('pause', node)
      node.life!.pause(tickMs * pauseTicks * random.next())
    } else if (random.chance(disk.eio)) {
      this.#happens('EIO', node)
      node.disk.failing = true
    } else if (random.chance(disk.full)) {
      this.#happens('ENOSPC', node)
      node.disk.full = true
      this.#freeAt.set(node, this.#events.now + this.#later())
    }
  }

  #hitStopped(node: Node): void {
    if (node.state === 'refused') {
      if (this.#random.chance(0.1)) this.#moveAway(node)
      return
    }
    const at = this.#startAt.get(node)
    // What was removed comes back seldom; what was lost is replaced where it was.
    if (node.isRetired && (node.isDamaged || !this.#random.chance(0.05))) return
    if (at === undefined) this.startLater(node)
    else if (at <= this.#events.now) {
      this.#startAt.delete(node)
      if (this.#random.chance(this.#weather.move) && this.#mayMove(node)) {
        node.address = `${node.name}:${this.#random.below(10_000)}`
        this.#happens('address', node, node.address)
      }
      node.start()
    }
  }

  /** Whoever moves knows where the others are, and they where it was: two that move at once might never meet again. */
  #mayMove(node: Node): boolean {
    const { newest } = this.#witness.configurations
    const isKnown = (row: MembersRow | null | undefined) =>
      row?.all.every(({ id, address }) => this.#nodes.find((other) => other.id === id)?.address === address) ?? false
    if (!newest || node.isRetired || !isKnown(newest)) return false
    const own = node.disk.member?.members ?? []
    if (!newest.all.every(({ id, address }) => own.some((one) => one.id === id && one.address === address)))
      return false
    const others = this.#nodes.filter((other) => other !== node && newest.all.some(({ id }) => id === other.id))
    return others.every((other) => isKnown(other.cluster?.tables.members))
  }

  #later(): number {
    return this.#weather.downTicks * this.#weather.tickMs * this.#random.next()
  }

  /** What takes from a disk what was promised with it. True when it did. */
  #damages(node: Node): boolean {
    const { flip, rollback, oldFrontier, wipe, member } = this.#weather.disk
    if (node.isRetired) return false
    // The log says the same, so this costs nothing as long as that is sound.
    if (this.#random.chance(member) && node.hasJoined) {
      const what = node.disk.loseMember()
      if (what) this.#happens('file member', node, what)
    }
    // The most treacherous loss: what is left looks whole.
    const hole = this.#weather.disk.hole * (node.disk.hasRewritten ? 10 : 1)
    const random = this.#random
    if (random.chance(flip) && this.#mayDamage(node)) return this.#damaged('flip', node, node.disk.flip())
    // Files are not replaced under a process that has them open.
    if (node.life) {
      if (!random.chance(hole + rollback + oldFrontier + wipe) || !this.#mayDamage(node)) return false
      this.#happens('kill', node)
      node.crash(random.chance(this.#weather.powerLoss))
      this.startLater(node)
    } else if (!random.chance(hole + rollback + oldFrontier + wipe) || !this.#mayDamage(node)) return false
    const dice = random.next() * (hole + rollback + oldFrontier + wipe)
    if (dice < hole) return this.#damaged('lost batch', node, node.disk.loseBatch())
    if (dice < hole + rollback) return this.#damaged('rollback', node, node.disk.rollBack())
    if (dice < hole + rollback + oldFrontier) return this.#damaged('old frontier', node, node.disk.rollBackFrontier())
    node.disk.wipe()
    return this.#damaged('wipe', node, 'everything')
  }

  #damaged(fault: string, node: Node, what: string | null): boolean {
    if (what === null) return false
    this.#happens(fault, node, what)
    node.isDamaged = true
    if (node.state === 'refused') node.state = 'down'
    if (!node.life) this.#witness.onDamage(node)
    return true
  }

  /** A minority at a time: with it, those that are being rebuilt. */
  #mayDamage(node: Node): boolean {
    if (!this.#hasBegun || node.state === 'starting' || node.state === 'stopping') return false
    const { conf, newest } = this.#witness.configurations
    const lost = (id: Id) => {
      const owner = this.#nodes.find((other) => other.id === id)
      if (!owner || owner === node || owner.isDamaged || !owner.hasJoined) return true
      return newest !== null && newest.all.find((member) => member.id === id)?.directory !== owner.directory
    }
    const isMinority = (ids: readonly Id[]) => ids.length === 0 || 2 * ids.filter(lost).length < ids.length
    // Whoever is about to get a vote, or to lose it, may have done so by now.
    const soon = [...conf.voters, ...conf.learners.filter(lost), ...conf.learnersNext.filter(lost)]
    const leaving = this.#witness.leaving()
    const without = [conf.voters, soon].map((ids) => ids.filter((id) => !leaving.includes(id)))
    return [conf.voters, conf.votersOutgoing, soon, ...without].every(isMinority)
  }

  #moveAway(node: Node): void {
    // Its members are agreed on: it is to be replaced.
    if (this.#witness.configurations.newest !== null) return
    this.#happens('moved away', node)
    node.moveAway()
    this.#witness.onDamage(node)
    this.startLater(node)
  }

  #jump(node: Node): void {
    this.#happens('wall clock', node)
    node.setWall((this.#random.next() - 0.5) * 2 * 24 * 3600_000)
  }

  /** Some directed links: two groups, one way only, or single links. */
  #cut(): void {
    const random = this.#random
    const { oneWay, partial, leader: alone, leaderStalls } = this.#weather.network
    const group = new Set(this.#nodes.filter(() => random.chance(0.4)))
    const leader = this.#leader()
    if (leader && random.chance(alone)) {
      group.clear()
      group.add(leader)
      if (random.chance(leaderStalls)) leader.disk.stall(this.#weather.tickMs * random.below(80))
    }
    const isOneWay = oneWay && random.chance(0.7)
    for (const a of this.#nodes) {
      for (const b of this.#nodes) {
        if (a === b) continue
        if (partial ? random.chance(0.7) : group.has(a) === group.has(b) || (isOneWay && group.has(a))) continue
        this.#ether.cut(a.id, b.id)
        if (partial && !isOneWay) this.#ether.cut(b.id, a.id)
      }
    }
    this.#happens(partial ? 'partial partition' : isOneWay ? 'one-way partition' : 'partition', null)
  }

  #leader(): Node | undefined {
    return this.#nodes.find((node) => node.cluster?.status().role === 'leader')
  }

  /** As a peer would pass on what an operator asked of it. */
  #transfer(): void {
    const leader = this.#leader()
    const to = this.#random.pick(this.#nodes)
    if (!leader || leader === to || !to.isUp) return
    this.#happens('transfer', to)
    const none = { logTerm: 0, index: 0, entries: [], commit: 0, vote: 0, reject: false, rejectHint: 0 }
    const message = {
      type: 'transfer-leader',
      to: leader.id,
      from: to.id,
      term: to.cluster!.status().term,
      ...none,
    } as const
    leader.life!.after(this.#ether.latency(), () => this.#ether.at(leader.id)?.options.onMessages(to.id, [message]))
  }

  #happens(fault: string, node: Node | null, what = ''): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1)
    this.#witness.onFault([fault, node?.name ?? '', what].filter(Boolean).join(' '))
  }
}
