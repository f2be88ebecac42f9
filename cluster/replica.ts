/**
 * One node's part in the cluster, as the node sees it: the tables half. It applies what the consensus half hands it, answers those who
 * wait, and wants things from the consensus half; halves.ts says what passes between the two. All that is said in one turn of
 * the event loop is answered together.
 */
import type {
  Agreed,
  Cluster,
  HandedOver,
  MemberRequest,
  MembersChanged,
  MemberView,
  ReplicaStatus,
  RowChange,
  Tables,
} from './cluster.ts'
import { Duty } from './duty.ts'
import { Fed } from './feeds.ts'
import {
  type ConsensusHalf,
  type ConsensusOptions,
  type Position,
  type ToConsensus,
  type ToTables,
  UNDER_WAY_MAX,
} from './halves.ts'
import { Handovers } from './handovers.ts'
import { startHere } from './here.ts'
import { Listeners } from './listeners.ts'
import { Loads } from './loads.ts'
import { inPieces } from './log/pieces.ts'
import { Machine } from './machine.ts'
import type { StateHash } from './marks.ts'
import { MemberRequests } from './member-requests.ts'
import {
  type ClusterOptions,
  cutOf,
  ELECTION_TICKS,
  KEEP_ENTRIES,
  LIMITS,
  type Limits,
  NODE_DOWN_MS,
  SNAPSHOT_EVERY,
  TICK_MS,
  TIMEOUT_MS,
} from './options.ts'
import { Outstanding } from './outstanding.ts'
import { type Entry, type Id, NONE } from './raft/types.ts'
import { Reads } from './reads.ts'
import { type Saving, savedBytes, savedHead } from './saved.ts'
import { keyId, seal } from './seal.ts'
import type { Piece } from './snapshots.ts'
import type { Command } from './tables/commands.ts'
import { startThread } from './thread.ts'
import { Turns } from './turns.ts'
import { realWorld, type World } from './world.ts'

export type { ClusterOptions } from './options.ts'

/** Opens the directory, listens, and takes part. Rejects with one sentence when it cannot. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { world = realWorld } = options
  const replica = new Replica(options, world)
  await replica.start()
  return replica
}

class Replica implements Cluster {
  readonly node: string
  /** Sorts after those of earlier lives of this node, unless its clock went back; node-up settles that. */
  readonly incarnation: string
  readonly #options: ClusterOptions
  readonly #world: World
  #members: readonly MemberView[] = []
  #names: ReadonlyMap<Id, string> = new Map()
  readonly #tickMs: number
  readonly #nodeDownMs: number
  readonly #limits: Limits
  readonly #machine = new Machine()
  readonly #loads: Loads
  /** The pieces of the snapshot that is being loaded. */
  #fed: Fed | null = null
  readonly #duty: Duty
  readonly #outstanding: Outstanding
  readonly #reads: Reads
  readonly #handovers = new Handovers()
  readonly #memberRequests = new MemberRequests()
  readonly #watchers: Listeners<readonly RowChange[]>
  readonly #statusWatchers: Listeners<ReplicaStatus>
  readonly #turns: Turns
  #consensus: ConsensusHalf | null = null
  /** What the consensus half is to hear at the end of this turn. */
  #outbox: ToConsensus[] = []
  #position: Position = {
    role: 'follower',
    lead: NONE,
    term: 0,
    last: 0,
    commit: 0,
    connected: [],
    takes: false,
    repair: null,
    lineage: '',
  }
  /** Cluster time as the consensus half last told it, and when that was. */
  #time = { told: 0, at: 0 }
  /** While it leads: for how long the others had not been heard at that time. */
  #silence: ReadonlyMap<string, number> | null = null
  /** Bytes of proposals that it has not yet taken in. */
  #underWay = 0
  /** The applied index that it was told last. */
  #confirmed = 0
  /** Bytes of entries applied since. */
  #unconfirmed = 0
  /** The snapshot that is being taken. */
  #pieces: (Omit<Piece, 'bytes'> & { readonly rest: AsyncGenerator<Buffer> }) | null = null
  #statusIsDue = false
  #state: 'starting' | 'running' | 'stopped' = 'starting'
  #fault: Error | null = null

  constructor(options: ClusterOptions, world: World) {
    this.#options = options
    this.#world = world
    this.node = options.node
    this.incarnation = world.wall().toString(16).padStart(12, '0') + '-' + world.randomBytes(4).toString('hex')
    this.#tickMs = options.tickMs ?? TICK_MS
    this.#nodeDownMs = options.nodeDownMs ?? NODE_DOWN_MS
    this.#limits = { ...LIMITS, ...options.limits }
    const draw = (count: number) => world.randomBytes(count)
    const nonceKey = () => seal(options.key, 'nonce key', draw(32).toString('base64'), draw)
    this.#duty = new Duty(this, this.#tickMs, nonceKey)
    this.#outstanding = new Outstanding(options.node, this.incarnation)
    this.#reads = new Reads(`${options.node}/${this.incarnation}`)
    this.#turns = new Turns(
      world,
      () => this.#turn(),
      (error) => this.fail(error),
    )
    this.#loads = new Loads({
      later: (act) => world.soon(() => this.#turns.input(act)),
      moved: () => this.#tellChanges(),
    })
    this.#watchers = new Listeners(options.log)
    this.#statusWatchers = new Listeners(options.log)
  }

  async start(): Promise<void> {
    // Whoever brings a world wants to see all of it in one thread.
    const startHalf = this.#world === realWorld ? startThread : startHere
    const tables = {
      hear: (batch: readonly ToTables[]) => this.#hear(batch),
      lost: (error: Error) => this.fail(error),
      log: this.#options.log,
    }
    this.#consensus = await startHalf(this.#consensusOptions(), tables, this.#world)
    // What it was told while it started may have an answer.
    this.#turns.soon()
    // Nobody sees tables that are not whole.
    await this.#loads.settled()
    if (this.#fault) {
      await this.#consensus.close()
      throw this.#fault
    }
    this.#state = 'running'
    this.#turns.soon()
  }

  #consensusOptions(): ConsensusOptions {
    const { nodes, listen, address = listen, dataDir, key, tls = null } = this.#options
    const { snapshotEvery = SNAPSHOT_EVERY, keepEntries = KEEP_ENTRIES } = this.#options
    const { node, incarnation } = this
    const rest = {
      tickMs: this.#tickMs,
      snapshotEvery,
      keepEntries,
      nodeDownMs: this.#nodeDownMs,
      limits: this.#limits,
    }
    return { node, incarnation, nodes, listen, address, dataDir, key, tls, ...rest }
  }

  get tables(): Tables {
    return this.#machine.tables
  }

  propose(command: Command, timeoutMs = TIMEOUT_MS): Promise<Agreed> {
    if (this.#state === 'stopped') return Promise.resolve({ kind: 'no quorum' })
    return new Promise((answer) => {
      const taken = this.#outstanding.add(command, this.#world.now() + timeoutMs, answer)
      if (taken) this.#turns.soon()
      else answer({ kind: 'overloaded' })
    })
  }

  catchUp(timeoutMs = TIMEOUT_MS): Promise<'caught up' | 'no quorum'> {
    if (this.#state === 'stopped') return Promise.resolve('no quorum')
    return new Promise((answer) => {
      this.#reads.add(this.#world.now() + timeoutMs, answer)
      this.#turns.soon()
    })
  }

  transferLeader(node: string, timeoutMs = TIMEOUT_MS): Promise<HandedOver> {
    const { role, lead, term } = this.#position
    const to = this.#members.find(({ name }) => name === node)?.id
    if (to === undefined) return Promise.resolve({ kind: 'unknown node' })
    if (this.#state === 'stopped' || lead === NONE) return Promise.resolve({ kind: 'no quorum' })
    if (lead === to) return Promise.resolve({ kind: 'leads', term, moved: false })
    if (role !== 'leader') return Promise.resolve({ kind: 'not the leader' })
    return new Promise((answer) => {
      this.#handovers.add({ to, deadline: this.#world.now() + timeoutMs, answer })
      this.#outbox.push({ kind: 'transfer', to })
      this.#turns.soon()
    })
  }

  changeMembers(request: MemberRequest, timeoutMs = TIMEOUT_MS): Promise<MembersChanged> {
    const { role, lead } = this.#position
    if (this.#state === 'stopped' || lead === NONE) return Promise.resolve({ kind: 'no quorum' })
    if (role !== 'leader') return Promise.resolve({ kind: 'not the leader' })
    if (request.kind !== 'join' && !this.#members.some(({ name }) => name === request.node))
      return Promise.resolve({ kind: 'unknown node' })
    return new Promise((answer) => {
      this.#memberRequests.add(request, this.#world.now() + timeoutMs, answer)
      this.#turns.soon()
    })
  }

  members(): readonly MemberView[] {
    return this.#members
  }

  hashes(): readonly StateHash[] {
    return this.#machine.hashes()
  }

  save(more: { readonly program: string; readonly current: boolean }): Saving {
    const { applied: index, term, state } = this.#machine
    const { lineage } = this.#position
    const whose = { cluster: keyId(this.#options.key), lineage, node: this.node, time: this.#world.wall() }
    const head = savedHead(state, { ...whose, index, term, ...more })
    const turn = () => new Promise<void>((resume) => this.#world.soon(resume))
    return { head, bytes: savedBytes(head, this.#machine.lines(), turn) }
  }

  /** What is not of the tables is as of the last turn of the consensus half that was heard. */
  status(): ReplicaStatus {
    const { role, lead, term, last, commit, connected, repair, lineage } = this.#position
    return {
      node: this.node,
      role: role === 'pre-candidate' ? 'candidate' : role,
      leader: this.#names.get(lead) ?? null,
      term,
      last,
      commit,
      applied: this.#machine.applied,
      // The core forgets a leader it has not heard for an election timeout, and a leader without a majority steps down.
      quorum: this.#state === 'running' && lead !== NONE,
      connected,
      silence: role === 'leader' ? this.#silence : null,
      repair,
      lineage,
      hash: this.#machine.hash,
    }
  }

  now(): number {
    const { told, at } = this.#time
    const passed = told === 0 ? 0 : Math.floor(told + (this.#world.now() - at))
    return Math.max(this.#machine.state.time, passed)
  }

  watch(listener: (changes: readonly RowChange[]) => void): () => void {
    return this.#watchers.add(listener)
  }

  onStatus(listener: (status: ReplicaStatus) => void): () => void {
    return this.#statusWatchers.add(listener)
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#consensus?.close()
  }

  /** The end: what reached the disk is unknown, so nothing more is promised to anybody. */
  fail(error: Error): void {
    if (this.#state === 'starting') {
      this.#fault ??= error
      this.#turns.stop()
      this.#loads.stop()
    }
    if (this.#state !== 'running') return
    this.#stop()
    this.#options.log.error({ node: this.node }, error.message)
    this.#options.onFatal(error)
  }

  #stop(): void {
    if (this.#state === 'running') this.#consensus?.tell([{ kind: 'stop' }])
    this.#state = 'stopped'
    this.#turns.stop()
    this.#loads.stop()
    this.#outstanding.settleAll({ kind: 'no quorum' })
    this.#reads.settleAll()
    this.#handovers.settleAll()
    this.#memberRequests.settleAll()
  }

  #hear(batch: readonly ToTables[]): void {
    for (const said of batch) {
      // The log finishes a snapshot also when the rest has stopped.
      if (said.kind === 'piece-wanted') void this.#givePiece(said.first)
      else this.#turns.input(() => this.#take(said))
    }
  }

  #take(said: Exclude<ToTables, { kind: 'piece-wanted' }>): void {
    switch (said.kind) {
      case 'position':
        this.#place(said.position)
        break
      case 'load':
        this.#load(said)
        break
      case 'load-piece':
        this.#fed?.put(said)
        this.#loads.fed()
        break
      case 'apply':
        this.#loads.inOrder(() => this.#apply(said.entries))
        break
      case 'read':
        this.#reads.answered(said.context, said.index)
        break
      case 'taken':
        this.#underWay -= said.bytes
        break
      case 'tick':
        this.#tick(said)
        break
      case 'members':
        this.#members = said.members
        this.#names = new Map(said.names)
        this.#statusIsDue = true
        break
      case 'members-answer':
        this.#memberRequests.answered(said.number, said.plan)
        break
      case 'transfer-ended':
        this.#handovers.ended(said.to, said.why)
        break
      case 'fatal':
        this.fail(said.error)
        break
    }
  }

  #turn(): void {
    if (!this.#consensus) return
    this.#reads.applied(this.#machine.applied)
    this.#memberRequests.applied(this.#machine.tables.members)
    this.#submit()
    this.#confirm()
    const batch = this.#outbox
    this.#outbox = []
    if (batch.length > 0) this.#consensus.tell(batch)
    if (!this.#statusIsDue) return
    this.#statusIsDue = false
    this.#statusWatchers.tell(this.status())
  }

  /** Nobody waits for it, so it goes along with the next word; but before the core runs out of what it may hand out. */
  #confirm(): void {
    const index = this.#machine.applied
    if (index === this.#confirmed) return
    if (this.#outbox.length === 0 && this.#unconfirmed < this.#limits.maxCommittedSizePerReady / 8) return
    this.#confirmed = index
    this.#unconfirmed = 0
    this.#outbox.push({ kind: 'applied', index })
  }

  /** What this node wants, as far as it can be taken now. */
  #submit(): void {
    const { lead, takes } = this.#position
    const at = this.#world.now()
    const againMs = this.#tickMs * ELECTION_TICKS
    for (const one of this.#memberRequests.due(at, againMs)) this.#outbox.push({ kind: 'members-request', ...one })
    const context = lead === NONE ? null : this.#reads.begin(at, againMs)
    if (context) this.#outbox.push({ kind: 'read', context })

    if (!takes || this.#underWay > UNDER_WAY_MAX || !this.#outstanding.hasUnsent) return
    const proposals = this.#outstanding.takeUnsent(at, againMs)
    this.#underWay += proposals.reduce((sum, { length }) => sum + length, 0)
    if (proposals.length > 0) this.#outbox.push({ kind: 'propose', proposals })
  }

  #place(now: Position): void {
    const known = this.#position
    this.#position = now
    const elected = now.role !== known.role || now.lead !== known.lead || now.term !== known.term
    const moved = now.repair !== known.repair || now.connected.join() !== known.connected.join()
    if (elected || moved) this.#statusIsDue = true
    if (elected) this.#handovers.placed(now)
    // Another leader, or a stream that is new: what was under way may be lost.
    if (now.lead !== NONE && (elected || (now.takes && !known.takes))) this.#outstanding.resendAll()
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const applied = this.#machine.apply(entry)
      this.#unconfirmed += entry.data.length
      if (applied) this.#onApplied(entry.index, applied)
    }
    this.#tellChanges()
  }

  #load({ index, term }: Extract<ToTables, { kind: 'load' }>): void {
    const wants = () => !this.#watchers.isEmpty
    this.#loads.add(() => {
      const fed = new Fed(() => this.#outbox.push({ kind: 'load-next' }))
      this.#fed = fed
      return this.#machine.loading(index, term, fed.lines(), wants)
    })
  }

  #tellChanges(): void {
    const changes = this.#machine.takeChanges()
    if (changes.length > 0) this.#watchers.tell(changes)
  }

  #onApplied(index: number, { proposer, result }: NonNullable<ReturnType<Machine['apply']>>): void {
    if (proposer.node !== this.node || proposer.incarnation !== this.incarnation) return
    if (proposer.seq === 0) this.#duty.done()
    else this.#outstanding.settle(proposer.seq, result ? { kind: 'agreed', index, result } : { kind: 'no quorum' })
  }

  /** Ticks come from the consensus half, after what it said before: after a stall, answers are seen before deadlines. */
  #tick({ time, leads }: Extract<ToTables, { kind: 'tick' }>): void {
    const at = this.#world.now()
    this.#time = { told: time, at }
    this.#outstanding.tick(at)
    this.#reads.tick(at)
    this.#handovers.tick(at)
    this.#memberRequests.tick(at)
    this.#silence = leads?.silence ?? null
    const { state } = this.#machine
    const silence = (node: string) => (node === this.node ? null : (leads?.silence.get(node) ?? null))
    // Tables that are being loaded know less than a leader must.
    const due =
      leads && this.#loads.isIdle
        ? this.#duty.due(at, leads.term, { state, time, silence, nodeDownMs: this.#nodeDownMs })
        : []
    this.#outbox.push({ kind: 'tock', term: leads?.term ?? 0, due })
  }

  async #givePiece(first: boolean): Promise<void> {
    if (first) {
      // One that nobody wanted to the end would hold its rows.
      void this.#pieces?.rest.return(undefined)
      const cut = cutOf(this.#world, this.#options.limits)
      const { applied: index, state } = this.#machine
      this.#pieces = { index, conf: state.members?.conf ?? null, rest: inPieces(this.#machine.lines(), cut) }
    }
    if (!this.#pieces) throw new Error('a piece of no snapshot was wanted')
    const { index, conf, rest } = this.#pieces
    const next = await rest.next()
    if (next.done) this.#pieces = null
    this.#consensus?.tell([{ kind: 'piece', index, conf, bytes: next.done ? null : next.value }])
  }
}
