/**
 * One node's part in the cluster, and the only loop that moves it: input → step → save → send → apply.
 *
 * Whatever comes in (a message, a proposal, a finished write, a tick) is stepped at once; the effects of all that came in one
 * turn of the event loop are carried out together. Storage is asynchronous: messages that promise something wait in the log's
 * queue until the promise is on the disk, all others leave at once.
 */
import type { Agreed, Cluster, ReplicaStatus, RowChange, Tables } from './cluster.ts'
import type { Standing } from './hello.ts'
import { Leading } from './leading.ts'
import { Listeners } from './listeners.ts'
import type { DurableLog } from './log/log.ts'
import { linesOfPieces } from './log/pieces.ts'
import { openOrRepair } from './log/repair.ts'
import { Machine } from './machine.ts'
import {
  type ClusterOptions,
  coreConfig,
  ELECTION_TICKS,
  KEEP_ENTRIES,
  SNAPSHOT_EVERY,
  STALL_TICKS,
  TICK_MS,
  TIMEOUT_MS,
} from './options.ts'
import { Outstanding } from './outstanding.ts'
import { RawNode } from './raft/rawnode.ts'
import { type Id, LOCAL_APPEND, LOCAL_APPLY, type Message, NONE, type Ready, type Role } from './raft/types.ts'
import { Reads } from './reads.ts'
import { forgetProgress, Rebuild, wordOf } from './rebuild.ts'
import { keyId } from './seal.ts'
import type { Command } from './tables/commands.ts'
import type { SnapshotSource } from './transfer.ts'
import { type Network, realWorld, type World } from './world.ts'

export type { ClusterOptions } from './options.ts'

/** Opens the directory, listens, and takes part. Rejects with one sentence when it cannot. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir: dir, key, id, node, nodes, keepEntries = KEEP_ENTRIES, world = realWorld } = options
  if (!nodes.some((peer) => peer.id === id && peer.name === node)) {
    throw new Error(`node ${node} with id ${id} is not among the nodes of the cluster: name it there`)
  }
  const members = nodes.map((peer) => peer.id).sort((a, b) => a - b)
  let replica: Replica | null = null
  const identity = { version: 1, cluster: keyId(key), id, node, members } as const
  const onFatal = (error: Error) => replica?.fail(error)
  const log = await openOrRepair({ dir, identity, keep: keepEntries, onFatal, disk: world.disk }, options.log)
  try {
    replica = new Replica(options, log, world)
    await replica.start()
    return replica
  } catch (error) {
    await log.close()
    throw error
  }
}

const HOPELESS =
  'the directories of so many nodes are damaged that no majority knows what was agreed: there is no quorum until enough of ' +
  'them have a sound directory again (docs/damage.md)'

class Replica implements Cluster {
  readonly node: string
  /** Sorts after those of earlier lives of this node, unless its clock went back; node-up settles that. */
  readonly incarnation: string
  readonly #options: ClusterOptions
  readonly #world: World
  readonly #names: ReadonlyMap<Id, string>
  readonly #tickMs: number
  readonly #log: DurableLog
  readonly #machine = new Machine()
  readonly #leading: Leading
  /** Null once this node may vote. */
  #rebuild: Rebuild | null
  readonly #outstanding: Outstanding
  readonly #reads: Reads
  readonly #watchers: Listeners<readonly RowChange[]>
  readonly #statusWatchers: Listeners<ReplicaStatus>
  #core!: RawNode
  #peers!: Network
  /** Proposals of other nodes that came in this turn. */
  #forwarded: Uint8Array[] = []
  #stopTicking = (): void => {}
  #tickedAt: number
  #turnIsDue = false
  #statusIsDue = false
  #role: { readonly role: Role; readonly lead: Id; readonly term: number } = { role: 'follower', lead: NONE, term: 0 }
  #saving: Promise<void> | null = null
  #hopeless = false
  #state: 'running' | 'stopped' = 'running'

  constructor(options: ClusterOptions, log: DurableLog, world: World) {
    this.#options = options
    this.#world = world
    this.#log = log
    this.#tickedAt = world.now()
    this.node = options.node
    this.incarnation = world.wall().toString(16).padStart(12, '0') + '-' + world.randomBytes(4).toString('hex')
    this.#names = new Map(options.nodes.map((peer) => [peer.id, peer.name]))
    this.#tickMs = options.tickMs ?? TICK_MS
    this.#leading = new Leading(options, world)
    this.#rebuild = log.joined ? null : new Rebuild(options.nodes.length, log.repair !== null)
    this.#outstanding = new Outstanding(options.node, this.incarnation)
    this.#reads = new Reads(`${options.node}/${this.incarnation}`)
    this.#watchers = new Listeners(options.log)
    this.#statusWatchers = new Listeners(options.log)
  }

  async start(): Promise<void> {
    const { id, node, nodes, key, listen, tls = null, log } = this.#options
    const kept = this.#log.snapshot
    if (kept) this.#load(kept.index, linesOfPieces(this.#log.takeRestored()))
    this.#core = new RawNode(coreConfig(id, this.#log.storage, this.#machine.applied, this.#world.random))
    this.#peers = await this.#world.network({
      self: { id, name: node, incarnation: this.incarnation, key },
      peers: nodes.filter((peer) => peer.id !== id),
      listen,
      tls,
      log,
      random: this.#world.random,
      onMessages: (from, messages) => this.#onMessages(from, messages),
      onProposals: (from, proposals) => this.#onProposals(from, proposals),
      onUnreachable: (peer) => this.#input(() => this.#core.reportUnreachable(peer)),
      onSnapshotSent: (peer, status) => this.#input(() => this.#core.reportSnapshot(peer, status)),
      untouched: () => this.#log.untouched,
      standing: (to) => ({ repairing: this.#log.repair !== null, ...wordOf(this.#core.raft, to) }),
      onHello: (peer, untouched, standing) => this.#onHello(peer, untouched, standing),
      onConnected: () => this.#input(() => (this.#statusIsDue = true)),
      snapshot: (message) => this.#snapshotSource(message),
    })
    this.#stopTicking = this.#world.every(this.#tickMs, () => this.#onTimer())
    this.#input(() => {})
  }

  get tables(): Tables {
    return this.#machine.tables
  }

  propose(command: Command, timeoutMs = TIMEOUT_MS): Promise<Agreed> {
    if (this.#state === 'stopped') return Promise.resolve({ kind: 'no quorum' })
    return new Promise((answer) => {
      const taken = this.#outstanding.add(command, this.#world.now() + timeoutMs, answer)
      if (taken) this.#soon()
      else answer({ kind: 'overloaded' })
    })
  }

  catchUp(timeoutMs = TIMEOUT_MS): Promise<'caught up' | 'no quorum'> {
    if (this.#state === 'stopped') return Promise.resolve('no quorum')
    return new Promise((answer) => {
      this.#reads.add(this.#world.now() + timeoutMs, answer)
      this.#soon()
    })
  }

  status(): ReplicaStatus {
    const { raft } = this.#core
    return {
      node: this.node,
      role: raft.role === 'pre-candidate' ? 'candidate' : raft.role,
      leader: this.#names.get(raft.lead) ?? null,
      term: raft.term,
      last: this.#log.last,
      commit: raft.log.committed,
      applied: this.#machine.applied,
      // The core forgets a leader it has not heard for an election timeout, and a leader without a majority steps down.
      quorum: this.#state === 'running' && raft.lead !== NONE,
      connected: this.#peers.connected,
      repair: this.#log.repair,
      hash: this.#machine.hash,
    }
  }

  now(): number {
    return this.#leading.now()
  }

  watch(listener: (changes: readonly RowChange[]) => void): () => void {
    return this.#watchers.add(listener)
  }

  onStatus(listener: (status: ReplicaStatus) => void): () => void {
    return this.#statusWatchers.add(listener)
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#saving
    await this.#log.close()
  }

  /** The end: what reached the disk is unknown, so nothing more is promised to anybody. */
  fail(error: Error): void {
    if (this.#state === 'stopped') return
    this.#stop()
    this.#options.log.error({ node: this.node }, error.message)
    this.#options.onFatal(error)
  }

  #stop(): void {
    this.#state = 'stopped'
    this.#stopTicking()
    this.#peers?.close()
    this.#outstanding.settleAll({ kind: 'no quorum' })
    this.#reads.settleAll()
  }

  /** Moves the core by one input; its effects follow at the end of this turn. */
  #input(move: () => void): void {
    this.#guard(move)
    this.#soon()
  }

  /** A throw of the core, or of the tables, ends this node: it no longer knows what it knows. */
  #guard(move: () => void): void {
    if (this.#state === 'stopped') return
    try {
      move()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  #soon(): void {
    if (this.#turnIsDue) return
    this.#turnIsDue = true
    this.#world.soon(() => {
      this.#turnIsDue = false
      if (this.#state === 'running') this.#turn()
    })
  }

  #onMessages(from: Id, messages: readonly Message[]): void {
    this.#leading.heard(from)
    this.#input(() => {
      for (const said of messages) {
        const message = this.#rebuild ? this.#rebuild.filter(said, this.#log.last) : said
        if (!message) continue
        const stepped = this.#core.step(message)
        if (stepped === 'malformed') this.#options.log.warn({ from, type: message.type }, 'dropped a malformed message')
      }
    })
  }

  #onProposals(from: Id, proposals: readonly Uint8Array[]): void {
    this.#leading.heard(from)
    // Only a leader proposes; the sender learns who leads and sends them again.
    if (this.#core.raft.role !== 'leader') return
    this.#input(() => this.#forwarded.push(...proposals))
  }

  /** After a stall of the process, what peers said meanwhile comes first, and the time lost counts as one tick. */
  #onTimer(): void {
    const at = this.#world.now()
    const stalled = at - this.#tickedAt > STALL_TICKS * this.#tickMs
    this.#tickedAt = at
    if (stalled) this.#world.soon(() => this.#tick())
    else this.#tick()
  }

  #tick(): void {
    this.#input(() => {
      const at = this.#world.now()
      // Who may not vote does not stand either.
      if (this.#rebuild) this.#rebuild.tick()
      else this.#core.tick()
      this.#noticeRole()
      this.#endRebuild()
      this.#outstanding.tick(at)
      this.#reads.tick(at)
      if (this.#core.raft.role !== 'leader') return
      const due = this.#leading.duties(this.#machine.state, this)
      if (due.length > 0) this.#core.proposeAll(due)
    })
  }

  #turn(): void {
    this.#guard(() => {
      this.#submit()
      while (this.#core.hasReady()) this.#carryOut(this.#core.ready())
      this.#noticeRole()
      this.#peers.flush()
    })
    if (!this.#statusIsDue || this.#state === 'stopped') return
    this.#statusIsDue = false
    this.#statusWatchers.tell(this.status())
  }

  /** Hands what this node wants, and what others asked of it, to the core or to the leader. */
  #submit(): void {
    this.#noticeRole()
    const { raft } = this.#core
    if (raft.lead === NONE) return
    const at = this.#world.now()
    const againMs = this.#tickMs * ELECTION_TICKS
    const read = this.#reads.begin(at, againMs)
    if (read) this.#core.readIndex(read)

    if (raft.role === 'leader') {
      const all = [...this.#forwarded, ...this.#outstanding.takeUnsent(at, againMs)]
      this.#forwarded = []
      // If the core drops them (too much is uncommitted), their senders try again.
      if (all.length > 0) this.#core.proposeAll(this.#leading.stamped(all))
    } else if (this.#outstanding.hasUnsent && this.#peers.canForward(raft.lead)) {
      this.#peers.forward(raft.lead, this.#outstanding.takeUnsent(at, againMs))
    }
  }

  #carryOut(ready: Ready): void {
    for (const { index, context } of ready.readStates) this.#reads.answered(context, index)
    for (const message of ready.messages) {
      if (message.to === LOCAL_APPEND) this.#log.append(message, () => this.#onAppended(message))
      else if (message.to === LOCAL_APPLY) this.#apply(message)
      else this.#peers.send(message)
    }
    this.#reads.applied(this.#machine.applied)
  }

  #onAppended(message: Message): void {
    this.#input(() => {
      const { snapshot } = message
      if (snapshot) {
        this.#load(snapshot.meta.index, linesOfPieces([snapshot.data]))
        this.#watchers.tell(this.#machine.takeChanges())
      }
      this.#answer(message)
    })
  }

  #answer(message: Message): void {
    for (const response of message.responses ?? []) {
      if (response.to === this.#options.id) this.#core.step(response)
      else this.#peers.send(response)
    }
  }

  #apply(message: Message): void {
    for (const entry of message.entries) {
      const applied = this.#machine.apply(entry)
      if (applied) this.#onApplied(entry.index, applied)
    }
    this.#leading.see(this.#machine.state.time)
    const changes = this.#machine.takeChanges()
    if (changes.length > 0) this.#watchers.tell(changes)
    this.#answer(message)
    this.#maybeSnapshot()
  }

  #onApplied(index: number, { proposer, result }: NonNullable<ReturnType<Machine['apply']>>): void {
    if (proposer.node !== this.node || proposer.incarnation !== this.incarnation) return
    if (proposer.seq === 0) this.#leading.dutiesDone()
    else this.#outstanding.settle(proposer.seq, result ? { kind: 'agreed', index, result } : { kind: 'no quorum' })
  }

  /** A role can change with any input, and what is stamped must be stamped by a leader who knows that it is one. */
  #noticeRole(): void {
    const { role, lead, term } = this.#core.raft
    const known = this.#role
    if (role === known.role && lead === known.lead && term === known.term) return
    this.#role = { role, lead, term }
    this.#statusIsDue = true
    this.#options.log.info({ role, term, leader: this.#names.get(lead) ?? null }, `${role} in term ${term}`)
    if (role === 'leader') this.#leading.begin()
    else this.#leading.end()
    if (role !== 'leader') this.#forwarded = []
    if (lead !== NONE) this.#outstanding.resendAll()
  }

  #onHello(from: Id, untouched: boolean, standing?: Omit<Standing, 'untouched'>): void {
    this.#input(() => {
      this.#rebuild?.onHello(from, untouched, standing?.repairing)
      if (untouched || standing?.repairing) forgetProgress(this.#core.raft, from)
      if (standing && !this.#rebuild) this.#checkWord(from, standing)
      this.#endRebuild()
    })
  }

  /** A leader has this node's word for entries that its directory, which looks sound, does not have: it is an older copy. */
  #checkWord(from: Id, { term, acknowledged }: Omit<Standing, 'untouched'>): void {
    // In a later term they may have been replaced by others.
    if (term < this.#core.raft.term || acknowledged <= this.#log.last) return
    const what =
      `the log in ${this.#options.dataDir} ends at entry ${this.#log.last}, but ${this.#names.get(from)}, ` +
      `which leads in term ${term}, has this node’s word for entry ${acknowledged}: the directory is an older copy`
    void this.#log.distrust(what)
  }

  #endRebuild(): void {
    if (!this.#rebuild) return
    this.#sayHopeless(this.#rebuild.isHopeless)
    if (!this.#rebuild.ends(this.#log.untouched, this.#log.storage)) return
    const repaired = this.#log.repair !== null
    this.#log.join(() => {
      if (repaired)
        this.#options.log.info({}, 'this node is repaired and votes again: what was set aside can be deleted')
      this.#statusIsDue = true
      this.#input(() => (this.#rebuild = null))
    })
  }

  #sayHopeless(isHopeless: boolean): void {
    if (isHopeless && !this.#hopeless) this.#options.log.error({}, HOPELESS)
    this.#hopeless = isHopeless
  }

  #maybeSnapshot(): void {
    const { snapshotEvery = SNAPSHOT_EVERY } = this.#options
    const index = this.#machine.applied
    if (this.#saving || index - (this.#log.snapshot?.index ?? 0) < snapshotEvery) return
    const term = this.#log.storage.term(index)
    if (typeof term !== 'number') throw new Error(`applied entry ${index} is ${term}`)
    const { conf } = this.#core.status()
    this.#saving = this.#log.saveSnapshot({ index, term, conf }, this.#machine.lines()).finally(() => {
      this.#saving = null
    })
  }

  #load(index: number, lines: Iterable<string>): void {
    this.#machine.load(index, lines)
    this.#leading.see(this.#machine.state.time)
  }

  #snapshotSource(message: Message): SnapshotSource | null {
    const kept = this.#log.snapshot
    if (!kept || kept.index !== message.snapshot?.meta.index) return null
    return { pieces: kept.pieces, bytes: kept.bytes, read: this.#log.snapshotPieces(kept) }
  }
}
