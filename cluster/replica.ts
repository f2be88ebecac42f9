/**
 * One node's part in the cluster, and the only loop that moves it: input → step → save → send → apply.
 *
 * Whatever comes in (a message, a proposal, a finished write, a tick) is stepped at once; the effects of all that came in one
 * turn of the event loop are carried out together. Storage is asynchronous: messages that promise something wait in the log's
 * queue until the promise is on the disk, all others leave at once.
 */
import { randomBytes } from 'node:crypto'
import { ClusterClock } from './clock.ts'
import type { Agreed, Cluster, ReplicaStatus, RowChange, Tables } from './cluster.ts'
import { encodeProposal, stamp } from './codec.ts'
import { duties } from './duties.ts'
import type { Peer } from './hello.ts'
import { Listeners } from './listeners.ts'
import { type DurableLog, openLog } from './log/log.ts'
import { linesOfPieces } from './log/pieces.ts'
import type { Logger } from './logger.ts'
import { Machine } from './machine.ts'
import { Outstanding } from './outstanding.ts'
import { Peers, type Tls } from './peers.ts'
import { RawNode } from './raft/rawnode.ts'
import { type Id, LOCAL_APPEND, LOCAL_APPLY, type Message, NONE, type Ready, type Role } from './raft/types.ts'
import { Reads } from './reads.ts'
import { keyId, seal } from './seal.ts'
import type { Command } from './tables/commands.ts'
import type { SnapshotSource } from './transfer.ts'

export interface ClusterOptions {
  /** This node's name and id, both as they are in `nodes`. */
  readonly node: string
  readonly id: number
  /** Every node of the cluster, this one included; ids and names never change. */
  readonly nodes: readonly Peer[]
  /** `host:port` to listen on for the other nodes. */
  readonly listen: string
  readonly dataDir: string
  /** The cluster key, see loadClusterKey in cluster/seal.ts. */
  readonly key: Uint8Array
  /** Mutual TLS between nodes; null: plain, for one machine or a network of its own. */
  readonly tls?: Tls | null
  /** Length of a tick, ms. An election begins after 10 to 20 ticks without a leader. */
  readonly tickMs?: number
  /** Entries applied between two snapshots. */
  readonly snapshotEvery?: number
  /** Entries kept behind a snapshot. */
  readonly keepEntries?: number
  /** For how long a leader must not have heard a node before it says that it is down. */
  readonly nodeDownMs?: number
  readonly log: Logger
  /** The disk failed, or the log makes no sense: this node has stopped; say it and exit. */
  readonly onFatal: (error: Error) => void
}

const TICK_MS = 100
const ELECTION_TICKS = 10
const STALL_TICKS = 5
const SNAPSHOT_EVERY = 50_000
const KEEP_ENTRIES = 10_000
const NODE_DOWN_MS = 10_000
const TIMEOUT_MS = 5000
/** What a leader asked for of its own accord is asked for again after this many ticks. */
const DUTY_TICKS = 20

/** Opens the directory, listens, and takes part. Rejects with one sentence when it cannot. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir: dir, key, id, node, nodes, keepEntries = KEEP_ENTRIES } = options
  if (!nodes.some((peer) => peer.id === id && peer.name === node)) {
    throw new Error(`node ${node} with id ${id} is not among the nodes of the cluster: name it there`)
  }
  const members = nodes.map((peer) => peer.id).sort((a, b) => a - b)
  let replica: Replica | null = null
  const log = await openLog({
    dir,
    identity: { version: 1, cluster: keyId(key), id, node, members },
    keep: keepEntries,
    onFatal: (error) => replica?.fail(error),
  })
  try {
    replica = new Replica(options, log)
    await replica.start()
    return replica
  } catch (error) {
    await log.close()
    throw error
  }
}

class Replica implements Cluster {
  readonly node: string
  /** Sorts after those of earlier lives of this node, unless its clock went back; node-up settles that. */
  readonly incarnation = Date.now().toString(16).padStart(12, '0') + '-' + randomBytes(4).toString('hex')
  readonly #options: ClusterOptions
  readonly #names: ReadonlyMap<Id, string>
  readonly #ids: ReadonlyMap<string, Id>
  readonly #tickMs: number
  readonly #log: DurableLog
  readonly #machine = new Machine()
  readonly #clock = new ClusterClock(0, performance.now())
  readonly #outstanding: Outstanding
  readonly #reads: Reads
  readonly #heardAt = new Map<Id, number>()
  readonly #watchers: Listeners<readonly RowChange[]>
  readonly #statusWatchers: Listeners<ReplicaStatus>
  #core!: RawNode
  #peers!: Peers
  /** Proposals of other nodes that came in this turn. */
  #forwarded: Uint8Array[] = []
  #timer: NodeJS.Timeout | null = null
  #tickedAt = performance.now()
  #turnIsDue = false
  #statusIsDue = false
  #dutiesAgainAt = 0
  #role: { readonly role: Role; readonly lead: Id; readonly term: number } = { role: 'follower', lead: NONE, term: 0 }
  #saving: Promise<void> | null = null
  #state: 'running' | 'stopped' = 'running'

  constructor(options: ClusterOptions, log: DurableLog) {
    this.#options = options
    this.#log = log
    this.node = options.node
    this.#names = new Map(options.nodes.map((peer) => [peer.id, peer.name]))
    this.#ids = new Map(options.nodes.map((peer) => [peer.name, peer.id]))
    this.#tickMs = options.tickMs ?? TICK_MS
    this.#outstanding = new Outstanding(options.node, this.incarnation)
    this.#reads = new Reads(`${options.node}/${this.incarnation}`)
    this.#watchers = new Listeners(options.log)
    this.#statusWatchers = new Listeners(options.log)
  }

  async start(): Promise<void> {
    const { id, node, nodes, key, listen, tls = null, log } = this.#options
    const kept = this.#log.snapshot
    if (kept) {
      const pieces: Buffer[] = []
      for await (const piece of this.#log.snapshotPieces(kept)) pieces.push(piece)
      this.#load(kept.index, linesOfPieces(pieces))
    }
    this.#core = new RawNode({
      id,
      electionTick: ELECTION_TICKS,
      heartbeatTick: 1,
      storage: this.#log.storage,
      applied: this.#machine.applied,
      asyncStorageWrites: true,
      maxSizePerMsg: 128 * 1024,
      maxCommittedSizePerReady: 4 * 1024 * 1024,
      maxUncommittedEntriesSize: 64 * 1024 * 1024,
      maxInflightMsgs: 16,
      maxInflightBytes: 1024 * 1024,
      checkQuorum: true,
      preVote: true,
      // Forwarding is ours: the leader stamps each command, and what is lost is sent again under the same number.
      disableProposalForwarding: true,
      random: Math.random,
    })
    this.#peers = await Peers.start({
      self: { id, name: node, incarnation: this.incarnation, key },
      peers: nodes.filter((peer) => peer.id !== id),
      listen,
      tls,
      log,
      random: Math.random,
      onMessages: (from, messages) => this.#onMessages(from, messages),
      onProposals: (from, proposals) => this.#onProposals(from, proposals),
      onUnreachable: (peer) => this.#input(() => this.#core.reportUnreachable(peer)),
      onSnapshotSent: (peer, status) => this.#input(() => this.#core.reportSnapshot(peer, status)),
      onConnected: () => this.#input(() => (this.#statusIsDue = true)),
      snapshot: (message) => this.#snapshotSource(message),
    })
    this.#timer = setInterval(() => this.#onTimer(), this.#tickMs)
    this.#input(() => {})
  }

  get tables(): Tables {
    return this.#machine.tables
  }

  propose(command: Command, timeoutMs = TIMEOUT_MS): Promise<Agreed> {
    if (this.#state === 'stopped') return Promise.resolve({ kind: 'no quorum' })
    return new Promise((answer) => {
      const taken = this.#outstanding.add(command, performance.now() + timeoutMs, answer)
      if (taken) this.#soon()
      else answer({ kind: 'overloaded' })
    })
  }

  catchUp(timeoutMs = TIMEOUT_MS): Promise<'caught up' | 'no quorum'> {
    if (this.#state === 'stopped') return Promise.resolve('no quorum')
    return new Promise((answer) => {
      this.#reads.add(performance.now() + timeoutMs, answer)
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
      hash: this.#machine.hash,
    }
  }

  now(): number {
    return this.#clock.now(performance.now())
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
    if (this.#timer) clearInterval(this.#timer)
    this.#peers?.close()
    this.#outstanding.settleAll({ kind: 'no quorum' })
    this.#reads.settleAll()
  }

  /** Moves the core by one input; its effects follow in this turn. A throw of the core ends this node. */
  #input(move: () => void): void {
    if (this.#state === 'stopped') return
    try {
      move()
    } catch (error) {
      this.fail(error as Error)
    }
    this.#soon()
  }

  #soon(): void {
    if (this.#turnIsDue) return
    this.#turnIsDue = true
    setImmediate(() => {
      this.#turnIsDue = false
      if (this.#state === 'running') this.#turn()
    })
  }

  #onMessages(from: Id, messages: readonly Message[]): void {
    this.#heardAt.set(from, performance.now())
    this.#input(() => {
      for (const message of messages) {
        const stepped = this.#core.step(message)
        if (stepped === 'malformed') this.#options.log.warn({ from, type: message.type }, 'dropped a malformed message')
      }
    })
  }

  #onProposals(from: Id, proposals: readonly Uint8Array[]): void {
    this.#heardAt.set(from, performance.now())
    // Only a leader proposes; the sender learns who leads and sends them again.
    if (this.#core.raft.role !== 'leader') return
    this.#input(() => this.#forwarded.push(...proposals))
  }

  /** After a stall of the process, what peers said meanwhile comes first, and the time lost counts as one tick. */
  #onTimer(): void {
    const at = performance.now()
    const stalled = at - this.#tickedAt > STALL_TICKS * this.#tickMs
    this.#tickedAt = at
    if (stalled) setImmediate(() => this.#tick())
    else this.#tick()
  }

  #tick(): void {
    this.#input(() => {
      const at = performance.now()
      this.#core.tick()
      this.#noticeRole()
      this.#outstanding.tick(at)
      this.#reads.tick(at)
      if (this.#core.raft.role === 'leader') this.#performDuties(at)
    })
  }

  #turn(): void {
    this.#input(() => {
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
    const at = performance.now()
    const againMs = this.#tickMs * ELECTION_TICKS
    const read = this.#reads.begin(at, againMs)
    if (read) this.#core.readIndex(read)

    if (raft.role === 'leader') {
      const all = [...this.#forwarded, ...this.#outstanding.takeUnsent(at, againMs)]
      this.#forwarded = []
      this.#proposeAll(all, at)
    } else if (this.#outstanding.hasUnsent) {
      this.#peers.forward(raft.lead, this.#outstanding.takeUnsent(at, againMs))
    }
  }

  /** If the core drops them (too much is uncommitted), their senders try again. */
  #proposeAll(proposals: readonly Uint8Array[], at: number): void {
    const time = this.#clock.stamp(at)
    const stamped: Uint8Array[] = []
    for (const proposal of proposals) {
      const bytes = stamp(proposal, time)
      if (bytes) stamped.push(bytes)
    }
    if (stamped.length > 0) this.#core.proposeAll(stamped)
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
    this.#clock.see(this.#machine.state.time, performance.now())
    const changes = this.#machine.takeChanges()
    if (changes.length > 0) this.#watchers.tell(changes)
    this.#answer(message)
    this.#maybeSnapshot()
  }

  #onApplied(index: number, { proposer, result }: NonNullable<ReturnType<Machine['apply']>>): void {
    if (proposer.node !== this.node || proposer.incarnation !== this.incarnation) return
    if (proposer.seq === 0) this.#dutiesAgainAt = 0
    else this.#outstanding.settle(proposer.seq, result ? { kind: 'agreed', index, result } : { kind: 'no quorum' })
  }

  /** A role can change with any input, and what is stamped must be stamped by a leader who knows that it is one. */
  #noticeRole(): void {
    const { role, lead, term } = this.#core.raft
    const known = this.#role
    if (role === known.role && lead === known.lead && term === known.term) return
    this.#role = { role, lead, term }
    const at = performance.now()
    this.#statusIsDue = true
    this.#options.log.info({ role, term, leader: this.#names.get(lead) ?? null }, `${role} in term ${term}`)
    if (role === 'leader') {
      this.#clock.lead(at, Date.now())
      this.#dutiesAgainAt = 0
      for (const id of this.#names.keys()) this.#heardAt.set(id, at)
    } else {
      this.#clock.follow()
      this.#forwarded = []
    }
    if (lead !== NONE) this.#outstanding.resendAll()
  }

  #performDuties(at: number): void {
    if (at < this.#dutiesAgainAt) return
    const { nodeDownMs = NODE_DOWN_MS, key } = this.#options
    const silence = (node: string) => {
      const heard = this.#heardAt.get(this.#ids.get(node) ?? NONE)
      return node === this.node || heard === undefined ? null : at - heard
    }
    const time = this.#clock.stamp(at)
    const nonceKey = () => seal(key, 'nonce key', randomBytes(32).toString('base64'))
    const due = duties({ state: this.#machine.state, time, silence, nodeDownMs }, nonceKey)
    if (due.length === 0) return
    this.#dutiesAgainAt = at + DUTY_TICKS * this.#tickMs
    const proposer = { node: this.node, incarnation: this.incarnation, seq: 0, floor: 0 }
    this.#proposeAll(
      due.map((command) => encodeProposal(proposer, command)),
      at,
    )
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
    this.#clock.see(this.#machine.state.time, performance.now())
  }

  #snapshotSource(message: Message): SnapshotSource | null {
    const kept = this.#log.snapshot
    if (!kept || kept.index !== message.snapshot?.meta.index) return null
    return { pieces: kept.pieces, bytes: kept.bytes, read: this.#log.snapshotPieces(kept) }
  }
}
