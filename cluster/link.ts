/**
 * One outgoing stream to one peer, opened again whenever it ends. What is said in one turn leaves as one frame. A frame that
 * cannot leave is dropped: the core repeats what matters.
 */
import type { ClientDuplexStream } from '@grpc/grpc-js'
import { codeOf, whyRefused } from '../proto/tls.ts'
import type { Frame, Frame__Output } from '../proto/types/raftel/cluster/v1/Frame.ts'
import type { Hello__Output } from '../proto/types/raftel/cluster/v1/Hello.ts'
import type { Message as WireMessage } from '../proto/types/raftel/cluster/v1/Message.ts'
import { GROUP } from './group.ts'

export type Stream = ClientDuplexStream<Frame, Frame__Output>

export interface LinkOptions {
  readonly open: () => Stream
  readonly hello: () => Hello__Output
  /** Checks the peer's hello; a sentence when it is not the peer we meant. */
  readonly refusal: (said: Hello__Output | null) => string | null
  readonly onOpen: (said: Hello__Output) => void
  /** `why` is one sentence, and the peer's or the network's unless it is `ours`. Also called when it could not be opened. */
  readonly onDown: (why: string, ours: boolean) => void
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** Bytes waiting for a slow peer beyond which what comes is dropped. */
const WAITING_MAX = 8 * 1024 * 1024
const FRAME_BYTES = 1024 * 1024
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 1000

interface Said {
  readonly message?: WireMessage
  readonly proposal?: Uint8Array
  readonly bytes: number
}

export class Link {
  readonly #options: LinkOptions
  #stream: Stream | null = null
  #open = false
  #blocked = false
  #closed = false
  #waiting: Said[] = []
  #waitingBytes = 0
  #backoffMs = BACKOFF_MIN_MS
  #timer: NodeJS.Timeout | null = null

  constructor(options: LinkOptions) {
    this.#options = options
    this.#dial()
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Says something in the next frame; false when it was dropped. */
  say(said: { message: WireMessage } | { proposal: Uint8Array }, bytes: number): boolean {
    if (!this.#open || this.#waitingBytes + bytes > WAITING_MAX) return false
    this.#waiting.push({ ...said, bytes })
    this.#waitingBytes += bytes
    return true
  }

  /** Sends what was said since the last flush, unless the peer is still busy with what it has. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#stream && this.#open && !this.#blocked) {
      this.#blocked = !this.#stream.write(this.#nextFrame())
    }
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#drop()
  }

  #nextFrame(): Frame {
    let bytes = 0
    let count = 0
    while (count < this.#waiting.length && (count === 0 || bytes < FRAME_BYTES)) bytes += this.#waiting[count++]!.bytes
    const said = count === this.#waiting.length ? this.#waiting : this.#waiting.slice(0, count)
    this.#waiting = count === this.#waiting.length ? [] : this.#waiting.slice(count)
    this.#waitingBytes -= bytes
    const messages: WireMessage[] = []
    const proposals: Buffer[] = []
    for (const { message, proposal } of said) {
      if (message) messages.push(message)
      if (proposal) proposals.push(Buffer.from(proposal.buffer, proposal.byteOffset, proposal.byteLength))
    }
    return { group: GROUP, messages, proposals }
  }

  #dial(): void {
    this.#timer = null
    const stream = this.#options.open()
    this.#stream = stream
    stream.on('data', (frame: Frame__Output) => this.#onHello(stream, frame))
    stream.on('drain', () => {
      if (stream !== this.#stream) return
      this.#blocked = false
      this.flush()
    })
    stream.on('error', (error) => this.#onEnd(stream, sentence(error)))
    stream.on('end', () => this.#onEnd(stream, 'the peer ended the stream'))
    stream.write({ hello: this.#options.hello() })
  }

  #onHello(stream: Stream, frame: Frame__Output): void {
    if (stream !== this.#stream || this.#open) return
    const why = this.#options.refusal(frame.hello)
    if (why) {
      this.#onEnd(stream, why, true)
      return
    }
    this.#open = true
    this.#backoffMs = BACKOFF_MIN_MS
    this.#options.onOpen(frame.hello!)
  }

  #onEnd(stream: Stream, why: string, ours = false): void {
    if (stream !== this.#stream) return
    this.#drop()
    if (this.#closed) return
    // Half of the wait is chance, so that the nodes of a cluster do not come back in step.
    this.#timer = setTimeout(() => this.#dial(), this.#backoffMs * (0.5 + this.#options.random() / 2))
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MAX_MS)
    this.#options.onDown(why, ours)
  }

  #drop(): void {
    this.#stream?.cancel()
    this.#stream = null
    this.#open = false
    this.#blocked = false
    this.#waiting = []
    this.#waitingBytes = 0
  }
}

function sentence(error: Error): string {
  const said = 'details' in error && typeof error.details === 'string' && error.details ? error.details : error.message
  const code = codeOf(said)
  return code === null ? said : whyRefused(code)
}
