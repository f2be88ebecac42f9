import type { EngineLimits } from '../limits.ts'
import { encode } from '../parser/bytes.ts'
import type { Framed } from '../parser/stream.ts'
import type { Endpoint, Flow, Hearing, Receiver, TransportName } from './flow.ts'
import { mayHelp } from './help.ts'
import { Reading } from './reading.ts'

/** For so long nothing is read from who sends too much. */
const REST_MS = 1_000
/** After so many messages that are not heard, of one that is kept for a call: what belongs to that comes behind them. */
const UNHEARD = 20
/** For so long what was asked may still be answered when nothing more can be read. */
const ANSWERS_MS = 500

/** What a connection sends by: the socket of a byte stream, or a WebSocket on one. */
export interface Carrier {
  write(bytes: string | Buffer): void
  /** Bytes that the peer has not taken yet. */
  readonly waiting: number
  /** Bytes that it has. */
  readonly taken: number
  /** Reads nothing for so long. */
  rest(ms: number): void
  /** Closes when all is sent. */
  end(): void
  destroy(): void
}

interface ConnectionNeeds {
  readonly transport: TransportName
  readonly remote: Endpoint
  readonly local: Endpoint
  readonly carrier: Carrier
  readonly limits: EngineLimits
  readonly receiver: Receiver
  /** When it must have given its first message; null: we open it, and it must be open in `connectMs`. */
  readonly deadline: NodeJS.Timeout | null
  /** Domains that the peer's verified certificate speaks for (RFC 5922 §7.1). */
  readonly identities: readonly string[]
  /** Whether what it says is heard; all of it when left out. */
  admit?(): Hearing
  /** Whether what it says is looked at although it is not heard; never when left out. */
  looks?(): boolean
  gone(connection: Connection): void
  /** It does not read what it is sent, and is closed. */
  slow(connection: Connection): void
}

/** One connection, whatever carries it. */
export class Connection implements Flow {
  readonly transport: TransportName
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly dialled: boolean
  readonly identities: readonly string[]
  /** What it is found by. */
  readonly keys: string[] = []
  readonly #carrier: Carrier
  readonly #limits: EngineLimits
  readonly #receiver: Receiver
  readonly #lost = new Set<() => void>()
  readonly #admit: (() => Hearing) | undefined
  readonly #looks: (() => boolean) | undefined
  readonly #gone: (connection: Connection) => void
  readonly #slow: (connection: Connection) => void
  #deadline: NodeJS.Timeout | null
  #reading: Reading | null = null
  /** It has shown that it speaks SIP; until then keep-alives do not keep it. */
  #known: boolean
  #stands: boolean
  #ended = false
  /** Nothing more can be read from it. */
  #deaf = false
  #restsUntil = 0
  /** What it said since the last rest and was not heard. */
  #unheard = 0
  readonly #waiting: ((open: boolean) => void)[] = []

  constructor(needs: ConnectionNeeds) {
    this.transport = needs.transport
    this.remote = needs.remote
    this.local = needs.local
    this.identities = needs.identities
    this.#carrier = needs.carrier
    this.#limits = needs.limits
    this.#receiver = needs.receiver
    this.#gone = needs.gone
    this.#slow = needs.slow
    this.#admit = needs.admit
    this.#looks = needs.looks
    this.#deadline = needs.deadline
    this.dialled = needs.deadline === null
    this.#known = this.dialled
    this.#stands = !this.dialled
    if (this.dialled) this.#arm(needs.limits.connectMs)
  }

  get open(): boolean {
    return !this.#ended
  }

  /** Whether an answer to what is sent would be heard. */
  get hears(): boolean {
    return !this.#ended && !this.#deaf
  }

  send(text: string): boolean {
    if (this.#ended) return false
    // An answer to a keep-alive is no message.
    if (text.length > 2) this.#receiver.sent?.(text, this)
    this.#carrier.write(encode(text))
    const { waiting } = this.#carrier
    // A peer that does not read must not make us remember for it.
    if (waiting > this.#limits.backlog) this.#tooSlow()
    else if (waiting > 0) {
      this.#reading ??= new Reading(this.#carrier, this.#limits.slowMs, () => this.#tooSlow())
      this.#reading.watch()
    }
    return !this.#ended
  }

  #tooSlow(): void {
    if (this.#stands) this.#slow(this)
    this.drop()
  }

  onLost(tell: () => void): { cancel(): void } {
    this.#lost.add(tell)
    return { cancel: () => this.#lost.delete(tell) }
  }

  /** The connection that we dialled stands. */
  opened(): void {
    this.#disarm()
    this.#stands = true
    this.#tellOpen()
  }

  /** Says once whether the connection stands, as soon as that is known. */
  whenOpen(tell: (open: boolean) => void): void {
    this.#waiting.push(tell)
    if (this.#stands || this.#ended) this.#tellOpen()
  }

  #tellOpen(): void {
    for (const tell of this.#waiting.splice(0)) tell(this.open)
  }

  /** Something whole came. False: nothing after it can be read. */
  take(framed: Framed, resumes: boolean): boolean {
    if (!this.hears) return false
    const admitted = this.#admit?.() ?? 'yes'
    if (admitted !== 'yes' && this.#isHelp(framed)) return true
    if (admitted === 'no' && !this.#stays(framed, resumes)) {
      this.drop()
      return false
    }
    if (admitted !== 'yes') {
      // So many messages a rest; what else came with them is dropped. A timer may end a millisecond early, so it is half of the time that counts.
      if (performance.now() < this.#restsUntil) return this.#passed()
      if (admitted === 'later' || ++this.#unheard >= UNHEARD) {
        this.#restsUntil = performance.now() + REST_MS / 2
        this.#carrier.rest(REST_MS)
        this.#unheard = 0
      }
      if (admitted === 'no' && !(framed.kind === 'ping' && this.#known)) return this.#passed()
    }
    switch (framed.kind) {
      case 'ping':
        this.send('\r\n')
        if (this.#known) this.#disarm()
        return true
      case 'message':
        this.#known = true
        this.#disarm()
        this.#receiver.message(framed.text, this)
        return true
      case 'broken':
        this.#receiver.broken(framed.text, framed.status, framed.why, this)
        if (resumes) return true
        // Where the next message begins is unknown, so the stream is over (RFC 3261 §18.3), but for the answers to what came before.
        this.#deaf = true
        this.#disarm()
        this.#deadline = setTimeout(() => this.#end(), ANSWERS_MS)
        return false
    }
  }

  #isHelp(framed: Framed): boolean {
    if (framed.kind !== 'message') return false
    const may = mayHelp(framed.text)
    if (may === null || !this.#looks?.() || !this.#receiver.help(framed.text, this)) return false
    // What belongs to a call may have come by any connection; a call may have moved to it.
    this.#known ||= may === 'invite' || this.#receiver.carriesCall(this)
    this.#passed()
    return true
  }

  /** Whether a connection of whom is not heard is kept for the call that goes over it; a new one until it has had its time to say something. */
  #stays(framed: Framed, resumes: boolean): boolean {
    if (framed.kind === 'broken' && !resumes) return false
    return this.#known ? this.#receiver.carriesCall(this) : framed.kind === 'ping'
  }

  /** Something whole came, and nothing comes of it. */
  #passed(): true {
    if (this.#known) this.#disarm()
    return true
  }

  #end(): void {
    this.#ended = true
    this.#carrier.end()
    this.#disarm()
    this.#arm(this.#limits.slowMs)
  }

  /** A part of a message came, and the rest must follow soon; more parts do not put it off. */
  partial(): void {
    this.#arm(this.#limits.slowMs)
  }

  drop(): void {
    this.#carrier.destroy()
    this.lost()
  }

  /** The carrier is gone. */
  lost(): void {
    this.#ended = true
    this.#disarm()
    this.#reading?.stop()
    this.#gone(this)
    this.#tellOpen()
    const lost = [...this.#lost]
    this.#lost.clear()
    for (const tell of lost) tell()
  }

  #arm(ms: number): void {
    this.#deadline ??= setTimeout(() => this.drop(), ms)
  }

  #disarm(): void {
    if (this.#deadline) clearTimeout(this.#deadline)
    this.#deadline = null
  }
}
