/** One outgoing stream to one peer, and what goes over it. */
import { type Peer, refusal } from '../../../cluster/hello.ts'
import type { Message } from '../../../cluster/raft/types.ts'
import { toWire } from '../../../cluster/wire.ts'
import type { Message__Output } from '../../../proto/types/raftel/cluster/v1/Message.ts'
import type { Ether, Port } from './network.ts'

/** After this long without a sign of the other side a stream is given up, ms. */
export const KEEPALIVE_MS = 4000
const DIAL_MS = 1000
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 1000

export interface Frame {
  readonly messages: Message__Output[]
  readonly proposals: Buffer[]
}

/** Dialled again whenever it is lost. */
export class Line {
  isOpen = false
  /** Whom this stream reached. */
  partner: Port | undefined
  readonly #ether: Ether
  readonly #port: Port
  readonly #peer: Peer
  #messages: Message__Output[] = []
  #proposals: Buffer[] = []
  /** Frames that wait for a cut to end, in a network that keeps the order. */
  #held: Frame[] = []
  #stream = 0
  #arrival = 0
  #backoffMs = BACKOFF_MIN_MS
  #closed = false

  constructor(ether: Ether, port: Port, peer: Peer) {
    this.#ether = ether
    this.#port = port
    this.#peer = peer
    port.life.after(0, () => this.#dial())
  }

  get #to(): number {
    return this.#peer.id
  }

  /** Where it is dialled. */
  get address(): string {
    return this.#peer.address
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

  /** The peer is no peer any more. */
  close(): void {
    this.#closed = true
    this.drop()
  }

  drop(): void {
    this.#stream++
    this.isOpen = false
    this.partner = undefined
    this.#messages = []
    this.#proposals = []
    this.#held = []
    if (!this.#port.life.alive || this.#port.closed || this.#closed) return
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
      const { partner } = this
      const stream = this.#stream
      partner?.life.after(due - events.now, () => {
        // What the network still held of a life that is over is refused. If it is the other way round, the living one dials again.
        if (!partner.hears(self.id, self.incarnation)) {
          this.#port.life.after(this.#ether.latency(), () => stream === this.#stream && this.drop())
          return
        }
        this.#ether.overheard.onFrame(self.id, this.#to, () => describe(frame))
        this.#ether.overheard.onHear(self, this.#to, frame)
        partner.take(self.id, frame)
      })
    }
  }

  #dial(): void {
    const { self } = this.#port.options
    const stream = ++this.#stream
    if (this.#closed) return
    const failed = () => stream === this.#stream && !this.#port.closed && !this.#closed && this.drop()
    const isCut = () => this.#ether.isCut(self.id, this.#to) || this.#ether.isCut(this.#to, self.id)
    if (isCut()) {
      this.#port.life.after(DIAL_MS, failed)
      return
    }
    const partner = this.#ether.at(this.#to)
    if (!partner || partner.options.self.address !== this.#peer.address) {
      this.#port.life.after(this.#ether.latency(), failed)
      return
    }
    const said = this.#port.hello(this.#to)
    partner.life.after(this.#ether.latency(), () => {
      if (partner.closed) return
      const why = refusal(partner.options.self, partner.judge, said)
      const answer = partner.hello(self.id)
      if (!why) partner.greeted(said)
      this.#port.life.after(this.#ether.latency(), () => {
        if (stream !== this.#stream || this.#port.closed || this.#closed) return
        // It died, or the way was cut, before the answer was here.
        if (why) this.#port.options.onRefused?.(this.#to, why)
        if (why || isCut() || !partner.life.alive || refusal(self, this.#port.judge, answer)) return failed()
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

export const NOTHING = Buffer.alloc(0)

function describe({ messages, proposals }: Frame): string {
  const said = messages.map(
    (m) => `${m.type.toLowerCase()} t${m.term} i${m.index} c${m.commit}${m.reject ? ' no' : ''}`,
  )
  if (proposals.length > 0) said.push(`${proposals.length} proposals`)
  return said.join(', ')
}
