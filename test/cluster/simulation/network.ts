/**
 * The network between simulated nodes. It keeps what the product's own streams promise (cluster/peers.ts): both sides say
 * hello before anything else and are heard only if they are who they should be; what is said in one turn goes as one frame; nothing
 * of an earlier life is heard after the hello of a later one; a snapshot goes its own way in pieces (the product's own
 * code for that, cluster/transfer.ts). Everything else is weather.
 */
import { hello, refusal } from '../../../cluster/hello.ts'
import type { PeersOptions } from '../../../cluster/peers.ts'
import type { Id, Message } from '../../../cluster/raft/types.ts'
import { receiveSnapshot, type SnapshotUpload, sendSnapshot } from '../../../cluster/transfer.ts'
import { fromWire, streamOf, toWire } from '../../../cluster/wire.ts'
import type { Network } from '../../../cluster/world.ts'
import type { Hello__Output } from '../../../proto/types/raftel/cluster/v1/Hello.ts'
import type { Message__Output } from '../../../proto/types/raftel/cluster/v1/Message.ts'
import type { SnapshotFrame__Output } from '../../../proto/types/raftel/cluster/v1/SnapshotFrame.ts'
import type { Random } from '../raft/simulator/random.ts'
import type { Events, Life } from './clock.ts'
import type { NetworkWeather } from './weather.ts'

/** After this long without a sign of the other side a stream is given up, ms. */
const KEEPALIVE_MS = 4000
const DIAL_MS = 1000
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 1000

interface Frame {
  readonly messages: Message__Output[]
  readonly proposals: Buffer[]
}

export interface Overheard {
  readonly onSend: (message: Message) => void
  readonly onFrame: (from: Id, to: Id, frame: () => string) => void
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
class Port implements Network {
  readonly #ether: Ether
  readonly life: Life
  readonly options: PeersOptions
  /** The incarnation that each peer last said hello with. */
  readonly #lives = new Map<Id, string>()
  readonly #lines = new Map<Id, { readonly control: Line; readonly append: Line }>()
  readonly #sending = new Set<Id>()
  #connected: readonly Id[] = []
  closed = false

  constructor(ether: Ether, life: Life, options: PeersOptions) {
    this.#ether = ether
    this.life = life
    this.options = options
    for (const { id } of options.peers) {
      const line = () => new Line(ether, this, id)
      this.#lines.set(id, { control: line(), append: line() })
    }
  }

  get connected(): readonly string[] {
    return this.options.peers
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
    return hello(this.options.self, to, this.options.untouched())
  }

  /** A peer said hello, on a stream of either side. */
  greeted({ from, incarnation, untouched }: Hello__Output): void {
    this.#lives.set(from, incarnation)
    this.options.onHello(from, untouched)
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
    const { control, append } = this.#lines.get(id)!
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
    const { control, append } = this.#lines.get(id)!
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
    const { self, peers } = this.options
    const message = await receiveSnapshot(frames as never, (said) => refusal(self, peers, said))
    if (message.to !== self.id) throw new Error('the snapshot is for another node')
    if (!this.closed && this.life.alive) this.options.onMessages(message.from, [message])
  }
}

export type { Port }

/** One outgoing stream to one peer, dialled again whenever it is lost. */
class Line {
  isOpen = false
  /** Whom this stream reached. */
  partner: Port | undefined
  readonly #ether: Ether
  readonly #port: Port
  readonly #to: Id
  #messages: Message__Output[] = []
  #proposals: Buffer[] = []
  /** Frames that wait for a cut to end, in a network that keeps the order. */
  #held: Frame[] = []
  #stream = 0
  #arrival = 0
  #backoffMs = BACKOFF_MIN_MS

  constructor(ether: Ether, port: Port, to: Id) {
    this.#ether = ether
    this.#port = port
    this.#to = to
    port.life.after(0, () => this.#dial())
  }

  say(message: Message): boolean {
    if (!this.isOpen) return false
    const wire = toWire(message)
    this.#messages.push({
      ...wire,
      context: wire.context ?? NOTHING,
      records: wire.records ?? NOTHING,
    } as Message__Output)
    return true
  }

  pass(proposals: readonly Uint8Array[]): boolean {
    if (!this.isOpen) return false
    for (const proposal of proposals) this.#proposals.push(Buffer.from(proposal))
    return true
  }

  flush(): void {
    if (this.#messages.length + this.#proposals.length === 0) return
    const frame = { messages: this.#messages, proposals: this.#proposals }
    this.#messages = []
    this.#proposals = []
    this.#send(frame)
  }

  release(): void {
    for (const frame of this.#held.splice(0)) this.#send(frame)
  }

  drop(): void {
    this.#stream++
    this.isOpen = false
    this.partner = undefined
    this.#messages = []
    this.#proposals = []
    this.#held = []
    if (!this.#port.life.alive || this.#port.closed) return
    // Half of the wait is chance, so that the nodes of a cluster do not come back in step.
    this.#port.life.after(this.#backoffMs * (0.5 + this.#port.options.random() / 2), () => this.#dial())
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MAX_MS)
    this.#port.onLine(this.#to, true)
  }

  #send(frame: Frame): void {
    const { weather, random, events } = this.#ether
    const self = this.#port.options.self
    const isCut = this.#ether.isCut(self.id, this.#to)
    if (isCut && weather.ordered) {
      this.#held.push(frame)
      return
    }
    const copies = isCut || random.chance(weather.loss) ? 0 : random.chance(weather.twice) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      let due = events.now + this.#ether.latency()
      if (weather.ordered) due = this.#arrival = Math.max(due, this.#arrival)
      const partner = this.partner
      partner?.life.after(due - events.now, () => {
        // What the network still held of a life that is over is not heard.
        if (!partner.hears(self.id, self.incarnation)) return
        this.#ether.overheard.onFrame(self.id, this.#to, () => describe(frame))
        partner.take(self.id, frame)
      })
    }
  }

  #dial(): void {
    const { self } = this.#port.options
    const stream = ++this.#stream
    const failed = () => stream === this.#stream && !this.#port.closed && this.drop()
    const isCut = () => this.#ether.isCut(self.id, this.#to) || this.#ether.isCut(this.#to, self.id)
    if (isCut()) {
      this.#port.life.after(DIAL_MS, failed)
      return
    }
    const partner = this.#ether.at(this.#to)
    if (!partner) {
      this.#port.life.after(this.#ether.latency(), failed)
      return
    }
    const said = this.#port.hello(this.#to)
    partner.life.after(this.#ether.latency(), () => {
      if (partner.closed) return
      const why = refusal(partner.options.self, partner.options.peers, said)
      const answer = partner.hello(self.id)
      if (!why) partner.greeted(said)
      this.#port.life.after(this.#ether.latency(), () => {
        if (stream !== this.#stream || this.#port.closed) return
        // It died, or the way was cut, before the answer was here.
        if (why || isCut() || !partner.life.alive || refusal(self, this.#port.options.peers, answer)) return failed()
        this.isOpen = true
        this.partner = partner
        this.#backoffMs = BACKOFF_MIN_MS
        this.#port.greeted(answer)
        this.#port.onLine(this.#to, false)
        return
      })
    })
    // A partner that stands still, or dies unheard, keeps nobody waiting for ever.
    this.#port.life.after(KEEPALIVE_MS, () => !this.isOpen && failed())
  }
}

const NOTHING = Buffer.alloc(0)

/** The stream of one snapshot, as cluster/transfer.ts writes to it, and the reading of it at the other side. */
function upload(ether: Ether, port: Port, to: Id, done: (error: Error | null) => void): SnapshotUpload {
  const from = port.options.self.id
  const partner = ether.at(to)
  const frames: SnapshotFrame__Output[] = []
  let wake = () => {}
  let ended: 'whole' | 'broken' | null = null
  let arrival = 0
  let answered = false
  const answer = (error: Error | null) => {
    if (answered) return
    answered = true
    ether.events.settled = true
    done(error)
  }
  const carry = (act: () => void) => {
    if (!partner) return
    if (ether.isCut(from, to)) ended ??= 'broken'
    arrival = Math.max(arrival, ether.events.now + ether.latency())
    partner.life.after(arrival - ether.events.now, () => {
      ether.events.settled = true
      act()
      wake()
    })
  }
  async function* arriving(): AsyncGenerator<SnapshotFrame__Output> {
    for (;;) {
      const frame = frames.shift()
      if (frame) yield frame
      else if (ended === 'broken') throw new Error('the stream broke')
      else if (ended === 'whole') return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const said = (frame: object) => ({ hello: null, head: null, piece: null, ...frame }) as SnapshotFrame__Output
  partner?.receive(arriving()).then(
    () => port.life.after(ether.latency(), () => answer(ether.isCut(to, from) ? new Error('no answer') : null)),
    (error: Error) => port.life.after(ether.latency(), () => answer(error)),
  )
  // Nothing waits for ever for a peer that is gone.
  port.life.after(KEEPALIVE_MS * 2, () => answer(new Error('no answer')))
  return {
    on: () => {},
    write(frame: { head?: { message: object } }) {
      const head = frame.head && {
        ...frame.head,
        message: { context: NOTHING, records: NOTHING, ...defined(frame.head.message) },
      }
      carry(() => frames.push(said(head ? { head } : frame)))
      return true
    },
    end: () => carry(() => (ended ??= 'whole')),
    cancel: () => carry(() => (ended ??= 'broken')),
  } as unknown as SnapshotUpload
}

function defined(message: object): object {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined))
}

function describe({ messages, proposals }: Frame): string {
  const said = messages.map(
    (m) => `${m.type.toLowerCase()} t${m.term} i${m.index} c${m.commit}${m.reject ? ' no' : ''}`,
  )
  if (proposals.length > 0) said.push(`${proposals.length} proposals`)
  return said.join(', ')
}
