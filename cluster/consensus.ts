/**
 * The half of a replica that agrees with the other nodes, and the loop that moves it: input → step → send → save → hand to the
 * tables. It reads no table, so it can live in a thread of its own, where nothing that phones do costs it the leadership.
 *
 * Whatever comes in (a message, a proposal, a finished write, a tick) is stepped at once; the effects of all that came in one
 * turn of the event loop are carried out together. Storage is asynchronous: messages that promise something wait in the log's
 * queue until the promise is on the disk, all others leave at once. Entries to apply go to the tables half; when it has applied them,
 * the core hears of it.
 */

import { Feeds } from './feeds.ts'
import type { ConsensusOptions, Position, ToConsensus, ToTables } from './halves.ts'
import { Handover } from './handover.ts'
import { Joining } from './joining.ts'
import { Leading } from './leading.ts'
import type { DurableLog, ToLoad } from './log/log.ts'
import type { Logger } from './logger.ts'
import { LostLeader } from './lost-leader.ts'
import { Members } from './members.ts'
import { openOwnLog } from './opening.ts'
import { coreConfig, ELECTION_TICKS } from './options.ts'
import { Outbox } from './outbox.ts'
import { Outgoing } from './outgoing.ts'
import type { OwnMember } from './own-member.ts'
import { isOnlyVoter } from './raft/confchange.ts'
import { entriesFrom, lastIndex } from './raft/log.ts'
import { RawNode } from './raft/rawnode.ts'
import {
  type Entry,
  type Id,
  LOCAL_APPEND,
  LOCAL_APPLY,
  type Message,
  NONE,
  type Ready,
  type Snapshot,
} from './raft/types.ts'
import { wordOf } from './rebuild.ts'
import { Roster } from './roster.ts'
import { Snapshots } from './snapshots.ts'
import { readHead } from './tables/snapshot.ts'
import { TablesWatch } from './tables-watch.ts'
import { everyTick } from './ticks.ts'
import { Turns } from './turns.ts'
import type { Network, World } from './world.ts'

/** What it needs of where it runs. */
export interface Surroundings {
  readonly world: World
  readonly log: Logger
  readonly tell: (batch: readonly ToTables[]) => void
}

export class Consensus {
  readonly #options: ConsensusOptions
  readonly #world: World
  readonly #say: Logger
  readonly #tell: (batch: readonly ToTables[]) => void
  readonly #id: Id
  readonly #log: DurableLog
  readonly #roster: Roster
  readonly #members: Members
  readonly #leading: Leading
  readonly #watch: TablesWatch
  readonly #lost: LostLeader
  readonly #snapshots: Snapshots
  readonly #feeds = new Feeds()
  readonly #handover = new Handover()
  readonly #turns: Turns
  readonly #outgoing: Outgoing
  readonly #joining: Joining
  /** What the tables half is to hear. */
  readonly #outbox: Outbox
  #core!: RawNode
  #peers!: Network
  /** Proposals of this node, and of other nodes, that came in this turn. */
  #own: Uint8Array[] = []
  #forwarded: Uint8Array[] = []
  /** Who sent those of other nodes. */
  readonly #senders = new Set<Id>()
  /** For the log, once what needs no disk has left. */
  #toLog: Message[] = []
  /** Handed to the tables half, in order, not yet applied. */
  #applying: Message[] = []
  #role: Pick<Position, 'role' | 'lead' | 'term'> = { role: 'follower', lead: NONE, term: 0 }
  #stopTicking = (): void => {}

  /** Opens the directory, listens, and takes part. Rejects with one sentence when it cannot. */
  static async start(options: ConsensusOptions, surroundings: Surroundings): Promise<Consensus> {
    let consensus: Consensus | null = null
    const { world, log: say } = surroundings
    const { log, own } = await openOwnLog(options, world, say, (error) => consensus?.fail(error))
    try {
      consensus = new Consensus(options, surroundings, log, own)
      await consensus.#start()
      return consensus
    } catch (error) {
      await log.close()
      throw error
    }
  }

  private constructor(
    options: ConsensusOptions,
    { world, log: say, tell }: Surroundings,
    log: DurableLog,
    { acquainted, lineage }: OwnMember,
  ) {
    const { id, members: founders, directory = '' } = log.identity
    const { dataDir, node: name, address } = options
    this.#options = options
    this.#world = world
    this.#say = say
    this.#tell = tell
    this.#log = log
    this.#id = id
    if (lineage !== null && log.lineage === null) log.adopt(lineage, () => {})
    const self = { id, name, address, directory }
    this.#roster = new Roster({ self, founders, acquainted, configured: options.nodes })
    this.#members = new Members({
      roster: this.#roster,
      log,
      disk: world.disk,
      dataDir,
      say,
      isInReach: (id) => this.#isInReach(id),
      reach: (peers) => {
        this.#tellMembers()
        this.#peers?.reach(peers)
      },
      end: (error) => this.fail(error),
    })
    this.#leading = new Leading(() => this.#roster.peers, world)
    this.#watch = new TablesWatch(options)
    this.#lost = new LostLeader(world.random)
    this.#joining = new Joining({
      log,
      dataDir,
      id,
      founders,
      roster: this.#roster,
      say,
      input: (move) => this.#turns.input(move),
      greet: () => {
        this.#peers.reach([])
        this.#peers.reach(this.#roster.peers)
      },
    })
    const ask = (first: boolean) => tell([{ kind: 'piece-wanted', first }])
    this.#snapshots = new Snapshots(log, options.snapshotEvery, say, ask)
    this.#turns = new Turns(
      world,
      () => this.#turn(),
      (error) => this.fail(error),
    )
    this.#outbox = new Outbox(tell)
    this.#outgoing = new Outgoing(
      world,
      () => this.#peers,
      () => this.#turns.soon(),
    )
  }

  async #start(): Promise<void> {
    const { node, incarnation, key, listen, tls, limits, address } = this.#options
    const id = this.#id
    const { directory } = this.#log.identity
    const isFounded = () => this.#roster.isFounded || this.#log.identity.version === 2
    this.#tellMembers()
    const kept = this.#log.snapshot
    this.#load(this.#log.takeToLoad())
    this.#outbox.flush(null)
    this.#core = new RawNode(coreConfig(id, this.#log.storage, kept?.index ?? 0, this.#world.random, limits))
    this.#peers = await this.#world.network({
      self: { id, name: node, incarnation, key, lineage: () => this.#log.lineage, address, directory, isFounded },
      peers: this.#roster.peers,
      judge: this.#roster.judge,
      listen,
      tls,
      log: this.#say,
      random: this.#world.random,
      onMessages: (from, messages) => this.#onMessages(from, messages),
      onProposals: (from, proposals) => this.#onProposals(from, proposals),
      onUnreachable: (peer) => this.#turns.input(() => this.#core.reportUnreachable(peer)),
      onSnapshotSent: (peer, status) => this.#turns.input(() => this.#core.reportSnapshot(peer, status)),
      untouched: () => this.#log.untouched,
      standing: (to) => ({ repairing: this.#joining.isRepairing, ...wordOf(this.#core.raft, to) }),
      onRefused: (peer, why) => this.#turns.input(() => this.#members.refused(peer, why)),
      onHello: (peer, untouched, standing, lineage = null, said) => {
        // Before anything else that this peer says: from here on, those of another founding are refused.
        if (lineage !== null && this.#log.lineage === null) this.#log.adopt(lineage, () => {})
        this.#turns.input(() => {
          if (said) this.#members.hear(said)
          this.#joining.onHello(this.#core.raft, peer, untouched, standing)
        })
      },
      onConnected: () => this.#turns.input(() => this.#noticeLoss()),
      snapshot: (message) => this.#snapshots.source(message),
      receive: () => this.#log.receive(),
    })
    this.#stopTicking = everyTick(this.#world, this.#options.tickMs, () => this.#tick())
    this.#outbox.flush(this.#position())
    this.#turns.input(() => {})
  }

  /** What the tables half said in one of its turns. */
  hear(batch: readonly ToConsensus[]): void {
    this.#turns.input(() => {
      for (const said of batch) this.#take(said)
    })
    // A snapshot that is being saved is finished, also when the rest has stopped.
    if (!this.#turns.stopped) return
    for (const said of batch) if (said.kind === 'piece') this.#snapshots.answered(said)
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#snapshots.settled()
    await this.#members.settled()
    await this.#log.close()
  }

  /** The end: what reached the disk is unknown, so nothing more is promised to anybody. */
  fail(error: Error): void {
    if (this.#turns.stopped) return
    this.#stop()
    this.#tell([{ kind: 'fatal', error }])
  }

  #stop(): void {
    this.#turns.stop()
    this.#stopTicking()
    this.#outgoing.stop()
    this.#peers?.close()
  }

  #take(said: ToConsensus): void {
    switch (said.kind) {
      case 'propose':
        this.#own.push(...said.proposals)
        this.#outbox.took(said.proposals.reduce((sum, { length }) => sum + length, 0))
        break
      case 'read':
        // Without a leader it is lost, and asked again under another name.
        if (this.#core.raft.lead !== NONE) this.#core.readIndex(said.context)
        break
      case 'applied':
        this.#onApplied(said.index)
        break
      case 'load-next':
        void this.#feeds.next().then((piece) => this.#turns.input(() => piece && this.#outbox.say(piece)))
        break
      case 'tock':
        this.#onTock(said.term, said.due)
        break
      case 'transfer':
        this.#transfer(said.to)
        break
      case 'members-request': {
        const leads = this.#core.raft.role === 'leader'
        const plan = leads ? this.#members.request(this.#core, said.request) : 'not the leader'
        this.#outbox.say({ kind: 'members-answer', number: said.number, plan })
        break
      }
      case 'piece':
        this.#snapshots.answered(said)
        break
      case 'stop':
        this.#stop()
        break
    }
  }

  #tellMembers(): void {
    const { view, peers } = this.#roster
    const names = peers.map(({ id, name }) => [id, name] as const)
    this.#outbox.say({ kind: 'members', members: view, names: [...names, [this.#id, this.#options.node]] })
  }

  #transfer(to: Id): void {
    const reach = this.#isInReach(to)
    const why = this.#handover.begin(this.#core, to, reach, (id) => this.#core.transferLeader(id))
    if (why) this.#outbox.say({ kind: 'transfer-ended', to, why })
  }

  #onMessages(from: Id, messages: readonly Message[]): void {
    this.#leading.heard(from)
    this.#turns.input(() => {
      for (const said of messages) {
        const message = this.#joining.filter(this.#core.raft, said)
        const stepped = message && this.#core.step(message)
        if (stepped === 'malformed') this.#say.warn({ from, type: said.type }, 'dropped a malformed message')
        if (said.snapshot) this.#forgetUnwanted(said.snapshot)
      }
    })
  }

  /** A snapshot that came and that the core did not take. */
  #forgetUnwanted({ received }: Snapshot): void {
    const taken = this.#core.raft.log.unstable.snapshot?.received
    if (received !== undefined && received !== taken) this.#log.forget(received)
  }

  #onProposals(from: Id, proposals: readonly Uint8Array[]): void {
    this.#leading.heard(from)
    // Only a leader proposes; the sender learns who leads and sends them again.
    if (this.#core.raft.role !== 'leader') return
    this.#turns.input(() => {
      this.#forwarded.push(...proposals)
      this.#senders.add(from)
    })
  }

  #tick(): void {
    this.#turns.input(() => {
      // Who may not vote does not stand either.
      if (this.#joining.isDone) this.#core.tick()
      this.#noticeLoss()
      if (this.#stands() && this.#joining.isDone) this.#core.campaign()
      this.#joining.tick(this.#core.raft)
      this.#members.tick(this.#core)
      this.#noticeRole()
      this.#tickTables()
    })
  }

  /**
   * Before its election timeout: a leader was lost, or nobody else has a vote. A directory with nothing in it waits: the only founder that lost
   * its own may have members meanwhile, who tell it.
   */
  #stands(): boolean {
    const { lead, role, membership } = this.#core.raft
    if (this.#lost.tick(lead)) return true
    const asksNobody = isOnlyVoter(membership.conf, this.#id) && !this.#log.untouched
    return asksNobody && role === 'follower' && lead === NONE
  }

  #noticeLoss(): void {
    const { role, lead } = this.#core.raft
    if (role === 'follower' && this.#lost.isLost(lead, this.#isInReach(lead))) this.#core.forgetLeader()
  }

  #isInReach(id: Id): boolean {
    return this.#peers.connected.includes(this.#roster.nameOf(id) ?? '')
  }

  /** One tick at a time: tables that are slow hear of fewer. */
  #tickTables(): void {
    const { role, term } = this.#core.raft
    const at = this.#world.now()
    if (this.#watch.ask(at)) {
      const leads = role === 'leader' ? { term, silence: this.#leading.silence() } : null
      this.#outbox.say({ kind: 'tick', time: this.#leading.now(), leads })
      return
    }
    const relief = this.#watch.relief(at, () => this.#core.status())
    if (!relief) return
    this.#say.warn({ ms: relief.ms }, 'the main thread of this node does not answer')
    if (relief.transferTo !== NONE) this.#core.transferLeader(relief.transferTo)
    this.#own.push(...relief.proposals)
  }

  /** What was due long ago need not be now: a node that was silent then may have spoken since. */
  #onTock(term: number, due: readonly Uint8Array[]): void {
    const took = this.#watch.answered(this.#world.now())
    const { raft } = this.#core
    if (raft.role !== 'leader' || raft.term !== term || took > ELECTION_TICKS * this.#options.tickMs) return
    this.#own.push(...due)
  }

  #turn(): void {
    this.#submit()
    while (this.#core.hasReady()) this.#carryOut(this.#core.ready())
    this.#noticeRole()
    const givenUp = this.#handover.givenUp(this.#core)
    if (givenUp) this.#outbox.say({ kind: 'transfer-ended', ...givenUp })
    this.#outgoing.flush()
    // What was said leaves in the next round of the event loop. Asking the disk before would hold it up, and the other nodes have the
    // longer way.
    if (this.#core.raft.role === 'leader' && this.#toLog.length > 0) this.#turns.later(() => this.#write())
    else this.#write()
    this.#outbox.flush(this.#position())
  }

  #write(): void {
    for (const message of this.#toLog.splice(0)) this.#log.append(message, () => this.#onAppended(message))
  }

  /** Hands what this node wants, and what others asked of it, to the core or to the leader. */
  #submit(): void {
    this.#noticeRole()
    const { role, lead } = this.#core.raft
    const own = this.#own
    this.#own = []
    if (role === 'leader') {
      const all = [...this.#forwarded, ...own]
      this.#forwarded = []
      // If the core drops them (too much is uncommitted), their senders try again.
      if (all.length > 0) this.#core.proposeAll(this.#leading.stamped(all))
      this.#outgoing.proposed(this.#senders, lastIndex(this.#core.raft.log))
      this.#senders.clear()
    } else if (own.length > 0 && lead !== NONE && this.#peers.canForward(lead)) {
      this.#peers.forward(lead, own)
    }
    // Otherwise they are lost: the tables half sends them again when it hears that they can be taken.
  }

  #carryOut(ready: Ready): void {
    for (const { index, context } of ready.readStates) this.#outbox.say({ kind: 'read', context, index })
    for (const message of ready.messages) {
      if (message.to === LOCAL_APPEND) this.#toLog.push(message)
      else if (message.to === LOCAL_APPLY) this.#apply(message)
      else this.#outgoing.send(message)
    }
  }

  #onAppended(message: Message): void {
    // A commit index alone: nobody waits for it.
    if (!message.snapshot && !message.responses?.length) return
    this.#turns.input(() => {
      if (message.snapshot) {
        const { index } = message.snapshot.meta
        this.#say.info({ index }, `the leader's snapshot at entry ${index} is installed`)
        this.#load(this.#log.takeToLoad())
      }
      this.#answer(message)
    })
  }

  #answer(message: Message): void {
    for (const response of message.responses ?? []) {
      if (response.to === this.#id) this.#core.step(response)
      else this.#outgoing.send(response)
    }
  }

  #apply(message: Message): void {
    this.#leading.see(message.entries)
    this.#applying.push(message)
    this.#outbox.say({ kind: 'apply', entries: message.entries })
  }

  #onApplied(index: number): void {
    const done = this.#applying.findIndex(({ entries }) => entries.at(-1)!.index > index)
    for (const message of this.#applying.splice(0, done < 0 ? this.#applying.length : done)) {
      // Effective when applied, and before that is confirmed.
      this.#members.applied(this.#core, message.entries)
      this.#answer(message)
    }
    this.#snapshots.applied(index)
  }

  /** A role can change with any input, and what is stamped must be stamped by a leader who knows that it is one. */
  #noticeRole(): void {
    const { role, lead, term } = this.#core.raft
    const known = this.#role
    if (role === known.role && lead === known.lead && term === known.term) return
    this.#role = { role, lead, term }
    this.#noticeLoss()
    this.#say.info({ role, term, leader: this.#roster.nameOf(lead) ?? null }, `${role} in term ${term}`)
    if (role === 'leader') this.#leading.begin(this.#unseen())
    else this.#leading.end()
    if (role !== 'leader') this.#forwarded = []
    this.#senders.clear()
    this.#outgoing.clear()
  }

  /** What is in the log and was not handed to the tables half yet. */
  #unseen(): readonly Entry[] {
    const { log } = this.#core.raft
    const entries = entriesFrom(log, log.applying + 1, Number.POSITIVE_INFINITY)
    if (entries === 'compacted') throw new Error(`entry ${log.applying + 1} is compacted and not applied`)
    return entries
  }

  #position(): Position {
    const { role, lead, term, log } = this.#core.raft
    return {
      role,
      lead,
      term,
      takes: lead !== NONE && (role === 'leader' || this.#peers.canForward(lead)),
      connected: this.#peers.connected,
      repair: this.#log.repair,
      lineage: this.#log.lineage ?? '',
      last: this.#log.last,
      commit: log.committed,
    }
  }

  #load(load: ToLoad | null): void {
    if (!load) return
    const { time, members } = readHead(load.head.toString().split('\n', 1)[0]!)
    this.#leading.seeTime(time)
    this.#members.load(members)
    this.#outbox.say(this.#feeds.add(load))
  }
}
