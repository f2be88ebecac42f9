/**
 * The streams to and from the other nodes. A lost stream is a lost message, nothing more: the core repeats what matters, and
 * is told what it should know (a peer out of reach, a snapshot that did not arrive).
 */
import {
  ChannelCredentials,
  type ChannelOptions,
  logVerbosity,
  type requestCallback,
  Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  type sendUnaryData,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js'
import { loadProto } from '../proto/load.ts'
import type { ProtoGrpcType } from '../proto/types/cluster.ts'
import type { Frame, Frame__Output } from '../proto/types/raftel/cluster/v1/Frame.ts'
import type { Hello__Output } from '../proto/types/raftel/cluster/v1/Hello.ts'
import type { PeersClient } from '../proto/types/raftel/cluster/v1/Peers.ts'
import type { SnapshotFrame__Output } from '../proto/types/raftel/cluster/v1/SnapshotFrame.ts'
import type { SnapshotReply, SnapshotReply__Output } from '../proto/types/raftel/cluster/v1/SnapshotReply.ts'
import { type Door, openDoor, type Tls } from './door.ts'
import { GROUP } from './group.ts'
import {
  hello,
  type Judge,
  lineageOf,
  oneOf,
  type Peer,
  PROTOCOL,
  refusal,
  type Said,
  type Self,
  type Standing,
} from './hello.ts'
import { Link } from './link.ts'
import type { Incoming } from './log/transfers.ts'
import type { Logger } from './logger.ts'
import type { Entry, Id, Message } from './raft/types.ts'
import { Seldom } from './seldom.ts'
import { receiveSnapshot, type SnapshotSource, sendSnapshot } from './transfer.ts'
import { fromWire, streamOf, toWire } from './wire.ts'

export interface PeersOptions {
  readonly self: Self
  /** Whom to dial at first; see reach(). */
  readonly peers: readonly Peer[]
  /** Who may speak here; the peers alone when left out. */
  readonly judge?: Judge
  /** `host:port` to listen on. */
  readonly listen: string
  readonly tls: Tls | null
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly onMessages: (from: Id, messages: readonly Message[]) => void
  readonly onProposals: (from: Id, proposals: readonly Uint8Array[]) => void
  readonly onUnreachable: (id: Id) => void
  readonly onSnapshotSent: (id: Id, status: 'finish' | 'failure') => void
  /** Whether this node has no term and no entry; said in every hello. */
  readonly untouched: () => boolean
  /** What else is said in every hello to that peer. */
  readonly standing: (to: Id) => Omit<Standing, 'untouched'>
  /** A peer said hello, on a stream of either of us; a world whose nodes do not repair themselves leaves the rest out. */
  readonly onHello: (
    id: Id,
    untouched: boolean,
    standing?: Omit<Standing, 'untouched'>,
    /** See hello.ts. */
    lineage?: string | null,
    said?: Said,
  ) => void
  /** A peer does not listen to this node; `why` is a sentence. */
  readonly onRefused?: (id: Id, why: string) => void
  /** A peer came into reach or went out of it. */
  readonly onConnected: () => void
  /** The snapshot that a message announces; null when it is gone. */
  readonly snapshot: (message: Message) => SnapshotSource | null
  /** Where a snapshot goes that a peer sends; see Receiver. */
  readonly receive: () => Incoming
}

// What it has to say comes to us as errors too; its own lines would run through the operator's screen.
setLogVerbosity(logVerbosity.NONE)

const { Peers: Client } = (loadProto('cluster.proto') as unknown as ProtoGrpcType).raftel.cluster.v1

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024
const SNAPSHOT_DEADLINE_MS = 10 * 60_000
/** Reasons why a peer cannot be reached that are logged until it is connected again. */
const REASONS_MAX = 8

const CHANNEL: ChannelOptions = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.keepalive_time_ms': 2000,
  'grpc.keepalive_timeout_ms': 2000,
  // A peer has two, and a snapshot's on a connection of its own.
  'grpc.max_concurrent_streams': 16,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  // Two clusters in one process must not share a connection, nor a snapshot the connection of the appends.
  'grpc.use_local_subchannel_pool': 1,
}

interface Reach {
  readonly peer: Peer
  readonly client: PeersClient
  readonly bulk: PeersClient
  readonly links: { readonly control: Link; readonly append: Link }
  /** How the peer answered last. */
  greeted: Hello__Output | null
  connected: boolean
  /** Reasons that were logged since it was last connected: it is dialled again and again. */
  readonly said: Set<string>
  sending: boolean
}

export class Peers {
  readonly #options: PeersOptions
  readonly #server = new Server(CHANNEL)
  readonly #reach = new Map<Id, Reach>()
  /** Bytes of what was said in this turn wait for flush(); these links have some. */
  readonly #dirty = new Set<Link>()
  /** The incarnation that each peer last said hello with. */
  readonly #lives = new Map<Id, string>()
  /** The streams that peers opened, and how they began. */
  readonly #accepted = new Map<ServerDuplexStream<Frame__Output, Frame>, Hello__Output>()
  readonly #judge: Judge
  readonly #seldom: Seldom
  #door: Door | null = null
  #connected: readonly string[] = []
  #closed = false

  /** Listens, then dials every peer. Rejects with a sentence when it cannot listen. */
  static async start(options: PeersOptions): Promise<Peers> {
    const peers = new Peers(options)
    await peers.#listen()
    peers.reach(options.peers)
    return peers
  }

  private constructor(options: PeersOptions) {
    this.#options = options
    this.#judge = options.judge ?? oneOf(options.peers)
    this.#seldom = new Seldom(options.log)
  }

  /** Names of the peers with an open stream, sorted. */
  get connected(): readonly string[] {
    return this.#connected
  }

  /** Says something to a peer at the next flush, or starts to send it a snapshot. */
  send(message: Message): void {
    const reach = this.#reach.get(message.to)
    if (!reach || this.#closed) return
    if (message.type === 'snap') {
      this.#sendSnapshot(reach, message)
      return
    }
    // It would pass over what it does not understand, and count as one that has it.
    if (isOlder(reach) && message.entries.some(({ type }) => type !== 'normal')) {
      this.#options.onUnreachable(message.to)
      return
    }
    const link = reach.links[streamOf(message.type)]
    const said = link.say({ message: toWire(message) }, sizeOf(message.entries))
    if (said) this.#dirty.add(link)
    else this.#options.onUnreachable(message.to)
  }

  /** Whether proposals can be passed on to that peer now. */
  canForward(to: Id): boolean {
    return this.#reach.get(to)?.links.append.isOpen ?? false
  }

  /** Passes proposals on to the leader; false when they were dropped. */
  forward(to: Id, proposals: readonly Uint8Array[]): boolean {
    const link = this.#reach.get(to)?.links.append
    if (!link || this.#closed) return false
    this.#dirty.add(link)
    return proposals.every((proposal) => link.say({ proposal }, proposal.length + 16))
  }

  /** From now on these are dialled, and no others; once there are founders, those that run an older program are told to go. */
  reach(peers: readonly Peer[]): void {
    if (this.#closed) return
    const isFounded = this.#options.self.isFounded?.() ?? false
    for (const [id, reach] of this.#reach) {
      const peer = peers.find((one) => one.id === id)
      const goes = !peer || (isOlder(reach) && isFounded)
      if (!goes && peer.address === reach.peer.address) continue
      hangUp(reach)
      this.#reach.delete(id)
      // What it says on streams of its own is not heard any more either.
      if (goes) this.#lives.delete(id)
    }
    this.#judgeAgain()
    for (const peer of peers) if (!this.#reach.has(peer.id)) this.#dial(peer)
    const before = this.#connected.join()
    this.#noteConnected()
    if (this.#connected.join() !== before) this.#options.onConnected()
  }

  /** Whoever must not speak here any more is told, as it may have nothing to say that could be refused. */
  #judgeAgain(): void {
    for (const [stream, said] of this.#accepted) {
      const why = this.#judge(said)
      if (!why) continue
      if (this.#lives.get(said.from) === said.incarnation) this.#lives.delete(said.from)
      refuse(stream, why)
    }
    for (const [id, reach] of this.#reach) {
      if (!reach.greeted || !this.#judge(reach.greeted)) continue
      hangUp(reach)
      this.#reach.delete(id)
    }
  }

  flush(): void {
    for (const link of this.#dirty) link.flush()
    this.#dirty.clear()
  }

  close(): void {
    this.#closed = true
    for (const reach of this.#reach.values()) hangUp(reach)
    this.#door?.close()
    this.#server.forceShutdown()
  }

  async #listen(): Promise<void> {
    this.#server.addService(Client.service, {
      Control: (stream: ServerDuplexStream<Frame__Output, Frame>) => this.#accept(stream),
      Append: (stream: ServerDuplexStream<Frame__Output, Frame>) => this.#accept(stream),
      Snapshot: (
        stream: ServerReadableStream<SnapshotFrame__Output, SnapshotReply>,
        done: sendUnaryData<SnapshotReply>,
      ) => {
        void this.#acceptSnapshot(stream, done)
      },
    })
    const { tls, listen, log } = this.#options
    const at = listen.lastIndexOf(':')
    const host = listen.slice(0, at).replace(/^\[|\]$/g, '')
    try {
      const where = { host, port: Number(listen.slice(at + 1)) }
      this.#door = await openDoor({ server: this.#server, listen: where, tls, who: 'nodes', log })
    } catch (error) {
      this.#server.forceShutdown()
      throw new Error(`cannot listen on ${listen} for the other nodes: ${(error as Error).message}`)
    }
  }

  #dial(peer: Peer): void {
    const { self, tls, random } = this.#options
    const credentials = tls
      ? ChannelCredentials.createSsl(tls.ca, tls.key, tls.cert)
      : ChannelCredentials.createInsecure()
    const client = new Client(peer.address, credentials, CHANNEL)
    const bulk = new Client(peer.address, credentials, CHANNEL)
    const link = (open: () => ReturnType<PeersClient['Control']>) =>
      new Link({
        open,
        hello: () => this.#hello(peer.id),
        refusal: (said) => refusal(self, (who) => oneOf([peer])(who) ?? this.#judge(who), said),
        onOpen: (said) => {
          reach.greeted = said
          this.#onHello(said)
          this.#onLink(reach)
        },
        onDown: (why, ours) => this.#onLink(reach, why, ours),
        random,
      })
    const links = { control: link(() => client.Control()), append: link(() => client.Append()) }
    const state = { greeted: null, connected: false, said: new Set<string>(), sending: false }
    const reach: Reach = { peer, client, bulk, links, ...state }
    this.#reach.set(peer.id, reach)
  }

  #onLink(reach: Reach, why?: string, ours = false): void {
    const { links, peer } = reach
    const { id } = peer
    // It is reached elsewhere now, or no more.
    if (this.#reach.get(id) !== reach || this.#closed) return
    const connected = links.control.isOpen && links.append.isOpen
    if (why !== undefined && !reach.said.has(why) && reach.said.size < REASONS_MAX) {
      reach.said.add(why)
      this.#options.log.warn(
        { peer: peer.name, address: peer.address },
        `cannot reach ${peer.name} at ${peer.address}: ${why}`,
      )
    }
    if (why !== undefined) {
      this.#options.onUnreachable(id)
      // What this node thinks of the peer is not what the peer thinks of this node.
      if (!ours) this.#options.onRefused?.(id, why)
    }
    if (connected === reach.connected) return
    reach.connected = connected
    this.#noteConnected()
    if (connected) {
      reach.said.clear()
      this.#options.log.info({ peer: peer.name }, `connected to ${peer.name} at ${peer.address}`)
    }
    this.#options.onConnected()
  }

  /** Asked for at every turn, changed seldom. */
  #noteConnected(): void {
    this.#connected = [...this.#reach.values()]
      .filter((one) => one.connected)
      .map((one) => one.peer.name)
      .sort()
  }

  /** A stream that a peer opened: its hello, then whatever it says. */
  #accept(stream: ServerDuplexStream<Frame__Output, Frame>): void {
    let from: Id | null = null
    let life = ''
    stream.on('error', () => this.#accepted.delete(stream))
    stream.on('close', () => this.#accepted.delete(stream))
    stream.on('end', () => stream.end())
    stream.on('data', (frame: Frame__Output) => {
      if (this.#closed || stream.writableEnded) return
      if (from !== null) {
        // What the network still held of a life that is over: its promises may be of a directory that is gone. If it is the
        // other way round, the living one dials again.
        if (this.#lives.get(from) === life) this.#onFrame(from, frame)
        else refuse(stream, 'this stream is of an earlier life of the node')
        return
      }
      const why = this.#refusal(frame.hello, stream.getPeer())
      if (why) {
        refuse(stream, why)
        return
      }
      from = frame.hello!.from
      life = frame.hello!.incarnation
      this.#accepted.set(stream, frame.hello!)
      stream.write({ hello: this.#hello(from) })
      this.#onHello(frame.hello!)
    })
  }

  #onHello(said: Hello__Output): void {
    const { from, incarnation, untouched, repairing, term, acknowledged } = said
    this.#lives.set(from, incarnation)
    this.#options.onHello(from, untouched, { repairing, term, acknowledged }, lineageOf(said), said)
  }

  #onFrame(from: Id, frame: Frame__Output): void {
    if (frame.group !== GROUP) {
      this.#options.log.warn({ from, group: frame.group }, 'dropped a frame of a group that this node does not have')
      return
    }
    const messages: Message[] = []
    for (const wire of frame.messages) {
      const message = fromWire(wire)
      // A peer speaks for itself, to us; and a snapshot does not come this way.
      if (message && message.from === from && message.to === this.#options.self.id && !message.snapshot)
        messages.push(message)
      else this.#seldom.warn({ from, type: wire.type }, `dropped a message of node id ${from} that makes no sense`)
    }
    if (messages.length > 0) this.#options.onMessages(from, messages)
    if (frame.proposals.length > 0) this.#options.onProposals(from, frame.proposals)
  }

  async #acceptSnapshot(
    stream: ServerReadableStream<SnapshotFrame__Output, SnapshotReply>,
    done: sendUnaryData<SnapshotReply>,
  ): Promise<void> {
    try {
      const refusal = (said: Hello__Output | null) => this.#refusal(said, stream.getPeer())
      const message = await receiveSnapshot(stream, {
        refusal,
        self: this.#options.self.id,
        begin: this.#options.receive,
      })
      if (!this.#closed) this.#options.onMessages(message.from, [message])
      done(null, {})
    } catch (error) {
      const details = (error as Error).message
      this.#options.log.warn({ peer: stream.getPeer() }, `a snapshot did not arrive: ${details}`)
      done({ code: status.ABORTED, details })
    }
  }

  #hello(to: Id): Hello__Output {
    const { self, untouched, standing } = this.#options
    return hello(self, to, { untouched: untouched(), ...standing(to) })
  }

  #refusal(said: Frame__Output['hello'], address: string): string | null {
    const why = refusal(this.#options.self, this.#judge, said)
    // Not its port: one that dials again has another one.
    const host = address.replace(/:\d+$/, '')
    if (why) this.#seldom.warn({ address }, `refused a node at ${host}: ${why}`)
    return why
  }

  #sendSnapshot(reach: Reach, message: Message): void {
    const { log, snapshot, onSnapshotSent } = this.#options
    const source = reach.sending ? null : snapshot(message)
    const { id, name } = reach.peer
    if (!source) {
      setImmediate(() => onSnapshotSent(id, 'failure'))
      return
    }
    reach.sending = true
    log.info({ peer: name, index: message.snapshot?.meta.index, bytes: source.bytes }, `sending a snapshot to ${name}`)
    const open = (done: requestCallback<SnapshotReply__Output>) =>
      reach.bulk.Snapshot({ deadline: Date.now() + SNAPSHOT_DEADLINE_MS }, done)
    sendSnapshot(open, this.#hello(id), message, source).then(
      () => this.#snapshotSent(reach, 'finish'),
      (error: Error) => {
        if (!this.#closed) log.warn({ peer: name }, `the snapshot for ${name} did not arrive: ${error.message}`)
        this.#snapshotSent(reach, 'failure')
      },
    )
  }

  #snapshotSent(reach: Reach, status: 'finish' | 'failure'): void {
    reach.sending = false
    if (!this.#closed) this.#options.onSnapshotSent(reach.peer.id, status)
  }
}

/** It runs an older program, which knows nothing of a change of members. */
function isOlder({ greeted }: Reach): boolean {
  return greeted !== null && greeted.newest < PROTOCOL
}

function hangUp({ links, client, bulk }: Reach): void {
  links.control.close()
  links.append.close()
  client.close()
  bulk.close()
}

/** The other side hears why. Destroying the stream would leave it waiting: an error is what ends it with a status. */
function refuse(stream: ServerDuplexStream<Frame__Output, Frame>, why: string): void {
  stream.emit('error', Object.assign(new Error(why), { code: status.FAILED_PRECONDITION, details: why }))
}

function sizeOf(entries: readonly Entry[]): number {
  let size = 64
  for (const entry of entries) size += entry.data.length + 16
  return size
}
