/**
 * The network between simulated nodes. It keeps what the product's own streams promise (cluster/peers.ts): both sides say
 * hello before anything else and are heard only if they are who they should be; what is said in one turn goes as one frame; nothing
 * of an earlier life is heard after the hello of a later one; a snapshot goes its own way in pieces (the product's own
 * code for that, cluster/transfer.ts). Everything else is weather.
 */
import { hello, type Judge, oneOf, type Peer, refusal, type Self } from '../../../cluster/hello.ts'
import type { PeersOptions } from '../../../cluster/peers.ts'
import type { Id, Message } from '../../../cluster/raft/types.ts'
import { receiveSnapshot, sendSnapshot } from '../../../cluster/transfer.ts'
import { fromWire, streamOf } from '../../../cluster/wire.ts'
import type { Network } from '../../../cluster/world.ts'
import type { Hello__Output } from '../../../proto/types/raftel/cluster/v1/Hello.ts'
import type { SnapshotFrame__Output } from '../../../proto/types/raftel/cluster/v1/SnapshotFrame.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Events, Life } from './clock.ts'
import { type Frame, KEEPALIVE_MS, Line } from './line.ts'
import { upload } from './upload.ts'
import type { NetworkWeather } from './weather.ts'

export interface Overheard {
  readonly onSend: (message: Message) => void
  readonly onFrame: (from: Id, to: Id, frame: () => string) => void
  /** A frame is heard. */
  readonly onHear: (from: Self, to: Id, frame: Frame) => void
}

/** The medium: who listens, and which ways are cut. */
export class Ether {
  readonly events: Events
  readonly random: Random
  readonly overheard: Overheard
  weather: NetworkWeather
  readonly #ports = new Map<Id, Port>()
  readonly #cut = new Set<string>()

  constructor(events: Events, random: Random, weather: NetworkWeather, overheard: Overheard) {
    this.events = events
    this.random = random
    this.weather = weather
    this.overheard = overheard
  }

  open(life: Life, options: PeersOptions): Port {
    const port = new Port(this, life, options)
    this.#ports.set(options.self.id, port)
    return port
  }

  /** The process is gone: its peers hear of it as soon as a packet comes through. */
  gone(id: Id): void {
    this.#ports.delete(id)
    for (const port of this.#ports.values()) port.reset(id)
  }

  at(id: Id): Port | undefined {
    return this.#ports.get(id)
  }

  isCut(from: Id, to: Id): boolean {
    return this.#cut.has(`${from}>${to}`)
  }

  cut(from: Id, to: Id): void {
    if (this.isCut(from, to)) return
    this.#cut.add(`${from}>${to}`)
    // A stream needs both ways; a keepalive finds out.
    if (!this.weather.ordered) return
    this.events.after(KEEPALIVE_MS, () => {
      if (!this.isCut(from, to)) return
      this.#ports.get(from)?.lost(to)
      this.#ports.get(to)?.lost(from)
    })
  }

  mend(): void {
    if (this.#cut.size === 0) return
    this.#cut.clear()
    for (const port of this.#ports.values()) port.release()
  }

  latency(): number {
    const { latencyMs, jitterMs } = this.weather
    return latencyMs + jitterMs * this.random.next() ** 3
  }
}

/** What a peer said, and in which life: a stream of another life is not heard. */
export class Port implements Network {
  readonly #ether: Ether
  readonly life: Life
  readonly options: PeersOptions
  /** The incarnation that each peer last said hello with. */
  readonly #lives = new Map<Id, string>()
  /** Whoever was ever let in. */
  readonly #heardOf = new Set<Id>()
  readonly #lines = new Map<Id, { readonly control: Line; readonly append: Line }>()
  readonly #sending = new Set<Id>()
  readonly judge: Judge
  #peers: readonly Peer[] = []
  #connected: readonly Id[] = []
  closed = false

  constructor(ether: Ether, life: Life, options: PeersOptions) {
    this.#ether = ether
    this.life = life
    this.options = options
    this.judge = options.judge ?? oneOf(options.peers)
    this.reach(options.peers)
  }

  reach(peers: readonly Peer[]): void {
    this.#peers = peers
    for (const [id, { control, append }] of this.#lines) {
      const peer = peers.find((one) => one.id === id)
      if (peer?.address === append.address) continue
      control.close()
      append.close()
      this.#lines.delete(id)
      if (!peer) this.#lives.delete(id)
      this.#connected = this.#connected.filter((known) => known !== id)
    }
    for (const id of this.#heardOf) this.#judgeAgain(id)
    for (const peer of peers) {
      const line = () => new Line(this.#ether, this, peer)
      if (!this.#lines.has(peer.id)) this.#lines.set(peer.id, { control: line(), append: line() })
    }
  }

  /** Whoever must not speak here any more is told, as it may have nothing to say that could be refused. */
  #judgeAgain(id: Id): void {
    const port = this.#ether.at(id)
    const { self } = this.options
    if (!port || port === this || this.closed) return
    const why = this.judge(port.hello(self.id))
    if (!why) return
    this.#lives.delete(id)
    const lines = this.#lines.get(id)
    lines?.control.drop()
    lines?.append.drop()
    // A keepalive finds out.
    if (this.#ether.isCut(self.id, id)) this.life.after(KEEPALIVE_MS, () => this.#judgeAgain(id))
    else port.life.after(this.#ether.latency(), () => port.turnedOut(self.id, why))
  }

  /** The peer ends the streams of this node to it. */
  turnedOut(by: Id, why: string): void {
    const line = this.#lines.get(by)
    if (this.closed || !line?.append.isOpen) return
    this.options.onRefused?.(by, why)
    line.control.drop()
    line.append.drop()
  }

  get connected(): readonly string[] {
    return this.#peers
      .filter(({ id }) => this.#connected.includes(id))
      .map(({ name }) => name)
      .sort()
  }

  send(message: Message): void {
    this.#ether.overheard.onSend(message)
    if (message.type === 'snap') this.#sendSnapshot(message)
    else if (!this.#lines.get(message.to)?.[streamOf(message.type)].say(message)) this.options.onUnreachable(message.to)
  }

  canForward(to: Id): boolean {
    return this.#lines.get(to)?.append.isOpen ?? false
  }

  forward(to: Id, proposals: readonly Uint8Array[]): boolean {
    return this.#lines.get(to)?.append.pass(proposals) ?? false
  }

  flush(): void {
    for (const { control, append } of this.#lines.values()) {
      control.flush()
      append.flush()
    }
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#ether.gone(this.options.self.id)
  }

  hello(to: Id): Hello__Output {
    const { self, untouched, standing } = this.options
    return hello(self, to, { untouched: untouched(), ...standing(to) })
  }

  /** A peer said hello, on a stream of either side. */
  greeted(said: Hello__Output): void {
    const { from, incarnation, untouched, repairing, term, acknowledged } = said
    this.#lives.set(from, incarnation)
    this.#heardOf.add(from)
    this.options.onHello(from, untouched, { repairing, term, acknowledged }, null, said)
  }

  hears(from: Id, incarnation: string): boolean {
    return !this.closed && this.#lives.get(from) === incarnation
  }

  take(from: Id, { messages, proposals }: Frame): void {
    const read = messages.map(fromWire).filter((message) => message !== null)
    if (read.length > 0) this.options.onMessages(from, read)
    if (proposals.length > 0) this.options.onProposals(from, proposals)
  }

  onLine(id: Id, down: boolean): void {
    if (this.closed) return
    if (down) this.options.onUnreachable(id)
    const line = this.#lines.get(id)
    if (!line) return
    const { control, append } = line
    const isOpen = control.isOpen && append.isOpen
    if (isOpen === this.#connected.includes(id)) return
    this.#connected = isOpen ? [...this.#connected, id] : this.#connected.filter((known) => known !== id)
    this.options.onConnected()
  }

  /** The peer's process is gone; the packet that says so travels like any other, or is lost. */
  reset(id: Id): void {
    if (this.#ether.isCut(id, this.options.self.id)) this.life.after(KEEPALIVE_MS, () => this.lost(id))
    else this.life.after(this.#ether.latency(), () => this.lost(id))
  }

  lost(id: Id): void {
    if (!this.life.alive || this.closed) return
    const line = this.#lines.get(id)
    if (!line) return
    const { control, append } = line
    // Those that were dialled again meanwhile stay.
    const peer = this.#ether.at(id)
    if (control.partner !== peer || this.#ether.isCut(this.options.self.id, id)) control.drop()
    if (append.partner !== peer || this.#ether.isCut(this.options.self.id, id)) append.drop()
  }

  release(): void {
    for (const { control, append } of this.#lines.values()) {
      control.release()
      append.release()
    }
  }

  #sendSnapshot(message: Message): void {
    const { to } = message
    const source = this.#sending.has(to) ? null : this.options.snapshot(message)
    if (!source) {
      this.life.after(0, () => this.options.onSnapshotSent(to, 'failure'))
      return
    }
    this.#sending.add(to)
    const ended = (status: 'finish' | 'failure') => {
      this.#sending.delete(to)
      if (!this.closed && this.life.alive) this.options.onSnapshotSent(to, status)
    }
    const open = (done: (error: Error | null) => void) => upload(this.#ether, this, to, done)
    sendSnapshot(open as unknown as Parameters<typeof sendSnapshot>[0], this.hello(to), message, source).then(
      () => ended('finish'),
      () => ended('failure'),
    )
  }

  async receive(frames: AsyncIterable<SnapshotFrame__Output>): Promise<void> {
    const { self, receive } = this.options
    const message = await receiveSnapshot(frames as never, {
      refusal: (said) => refusal(self, this.judge, said),
      self: self.id,
      begin: receive,
    })
    if (!this.closed && this.life.alive) this.options.onMessages(message.from, [message])
  }
}
