/**
 * The last messages about calls, in one piece of memory that is written round and round: so many bytes, so many messages, never more. Found by
 * their Call-ID. ◆
 */
import { ChurnMap } from '../../proto/churn-map.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** A message as it passed a node. */
export interface Passed {
  /** By the wall clock of the node, µs. */
  readonly at: number
  readonly way: 'in' | 'out'
  readonly transport: string
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly callId: string
  readonly text: string
}

/** What opens a Call-ID, or belongs to one that a call opened long ago. */
const OF_CALLS = new Set('INVITE ACK BYE CANCEL PRACK UPDATE INFO REFER'.split(' '))
/** What is beyond this of one message is cut. */
export const MESSAGE_MAX = 16 * 1024
/** A Call-ID is known by so much of it. */
export const CALL_ID_MAX = 256
const CALL_ID = /^(?:call-id|i)\s*:\s*([^\r\n]*)/im

interface Entry extends Omit<Passed, 'text'> {
  readonly start: number
  readonly end: number
  /** The next of the same Call-ID. */
  next: Entry | null
}

interface Thread {
  first: Entry
  last: Entry
}

export class Ring {
  readonly #bytes: Buffer
  readonly #entries: (Entry | null)[]
  readonly #threads = new ChurnMap<string, Thread>()
  #oldest = 0
  #count = 0
  #write = 0
  #lost = 0

  constructor(limits: { readonly bytes: number; readonly messages: number }) {
    // Not zeroed: what was never written to costs no memory.
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(limits.bytes, MESSAGE_MAX))
    this.#entries = new Array<Entry | null>(limits.messages).fill(null)
  }

  get messages(): number {
    return this.#count
  }

  /** How many were overwritten. */
  get lost(): number {
    return this.#lost
  }

  /** The Call-ID under which a message belongs here; null when it is about no call. */
  belongs(text: string): string | null {
    if (text.startsWith('REGISTER ')) return null
    const callId = CALL_ID.exec(text)?.[1]?.trimEnd().slice(0, CALL_ID_MAX)
    if (callId === undefined || callId === '') return null
    if (this.#threads.has(callId)) return callId
    const blank = text.indexOf(' ')
    // A text of its own: what was cut out of another keeps all of that one.
    return OF_CALLS.has(text.slice(0, blank)) ? Buffer.from(callId).toString() : null
  }

  keep(passed: Passed): void {
    const { text, callId, at, way, transport, local, remote } = passed
    const cut = text.length > MESSAGE_MAX / 3 ? whatFits(text) : text
    const size = Buffer.byteLength(cut)
    if (this.#write + size > this.#bytes.length) this.#turn()
    const start = this.#write
    const end = start + size
    this.#makeRoom(start, end)
    if (this.#count === this.#entries.length) this.#forget()
    this.#bytes.write(cut, start)
    this.#write = end
    const thread = this.#threads.get(callId)
    const entry: Entry = { at, way, transport, local, remote, callId, start, end, next: null }
    this.#entries[(this.#oldest + this.#count++) % this.#entries.length] = entry
    if (thread) {
      thread.last.next = entry
      thread.last = entry
    } else this.#threads.set(callId, { first: entry, last: entry })
  }

  /** Oldest first. */
  of(callId: string): Passed[] {
    const out: Passed[] = []
    for (let entry = this.#threads.get(callId.slice(0, CALL_ID_MAX))?.first ?? null; entry; entry = entry.next) {
      const { start, end, next: _, ...about } = entry
      out.push({ ...about, text: this.#bytes.toString('utf8', start, end) })
    }
    return out
  }

  has(callId: string): boolean {
    return this.#threads.has(callId.slice(0, CALL_ID_MAX))
  }

  /** What stands behind the place to write has been overwritten before anything at the beginning is. */
  #turn(): void {
    this.#makeRoom(this.#write, this.#bytes.length)
    this.#write = 0
  }

  /** Forgets what stands where it is going to be written. */
  #makeRoom(start: number, end: number): void {
    for (let entry = this.#entries[this.#oldest]; this.#count > 0 && entry; entry = this.#entries[this.#oldest]) {
      if (entry.start >= end || entry.end <= start) return
      this.#forget()
    }
  }

  #forget(): void {
    const entry = this.#entries[this.#oldest]!
    this.#entries[this.#oldest] = null
    this.#oldest = (this.#oldest + 1) % this.#entries.length
    this.#count--
    this.#lost++
    const thread = this.#threads.get(entry.callId)!
    if (entry.next) thread.first = entry.next
    else this.#threads.delete(entry.callId)
  }
}

function whatFits(text: string): string {
  if (Buffer.byteLength(text) <= MESSAGE_MAX) return text
  const bytes = Buffer.from(text.slice(0, MESSAGE_MAX)).subarray(0, MESSAGE_MAX)
  // A character that is cut in two is no character; what stands for it may take two bytes more than its half.
  return bytes.toString().replace(/\uFFFD+$/, '')
}
