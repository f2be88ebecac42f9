import { ChurnMap } from '../../../proto/churn-map.ts'
import type { SipTimes } from '../limits.ts'
import { lengthOf } from '../parser/bytes.ts'
import type { Flow } from '../transport/flow.ts'
import {
  type IstEvent,
  type IstMove,
  type IstState,
  inviteServer,
  type NistEvent,
  type NistMove,
  type NistState,
  otherServer,
} from './machines.ts'
import type { Timer, TimerWheel } from './wheel.ts'

/** Of a finished transaction only the key, the flow and the final response are kept; `ask` is what answering needs. */
export interface ServerTransaction<Ask> {
  readonly id: string
  readonly key: string
  readonly flow: Flow
  /** Null as soon as a final response is sent. */
  ask: Ask | null
}

interface Entry<Ask> extends ServerTransaction<Ask> {
  readonly invite: boolean
  state: IstState | NistState
  last: string | null
  /** Bytes that may still be sent for it; see `begin`. */
  room: number
  interval: number
  retransmit: Timer | null
  end: Timer | null
}

/** §17.2.1: a 100 is owed to an INVITE when nothing else was answered for so long. */
const TRYING_MS = 200

interface Needs<Ask> {
  readonly wheel: TimerWheel
  readonly times: SipTimes
  /** Sends a response, on another connection if the request's is gone (RFC 3261 §18.2.2). */
  send(flow: Flow, text: string): void
  /** A transaction ends without an answer of ours having reached anybody. */
  abandoned(transaction: ServerTransaction<Ask>, why: 'no ACK' | 'never answered'): void
}

/** All server transactions: found by key for the network (RFC 3261 §17.2.3), by id for the app. */
export class ServerTransactions<Ask> {
  readonly #needs: Needs<Ask>
  readonly #byKey = new Map<string, Entry<Ask>>()
  readonly #byId = new ChurnMap<string, Entry<Ask>>()
  readonly #fires = (entry: Entry<Ask>, event: IstEvent | NistEvent): void => {
    if (entry.invite) this.#invite(entry, event as IstEvent)
    else this.#other(entry, event as NistEvent)
  }

  constructor(needs: Needs<Ask>) {
    this.#needs = needs
  }

  get size(): number {
    return this.#byKey.size
  }

  /** Those without a final response. */
  get pending(): number {
    return this.#byId.size
  }

  unanswered(): ServerTransaction<Ask>[] {
    return [...this.#byId.values()]
  }

  /**
   * `room` is how much may be sent to somebody who may not be there at all: over UDP anybody can write any source into a packet, and
   * timer G would repeat a refusal to it ten times.
   */
  begin(
    key: string,
    id: string,
    flow: Flow,
    invite: boolean,
    ask: Ask,
    room = Number.POSITIVE_INFINITY,
  ): ServerTransaction<Ask> {
    const entry: Entry<Ask> = {
      id,
      key,
      flow,
      ask,
      invite,
      state: invite ? 'proceeding' : 'trying',
      last: null,
      room,
      interval: this.#needs.times.t1,
      retransmit: null,
      end: null,
    }
    this.#byKey.set(key, entry)
    this.#byId.set(id, entry)
    // Timer F of the client: later than this nobody waits for the answer (RFC 4320 §4.2).
    if (!invite) entry.end = this.#after(64 * this.#needs.times.t1, entry, 'client gave up')
    return entry
  }

  byKey(key: string): ServerTransaction<Ask> | null {
    return this.#byKey.get(key) ?? null
  }

  /** A transaction that can still be answered. */
  byId(id: string): ServerTransaction<Ask> | null {
    return this.#byId.get(id) ?? null
  }

  /** The peer has said what only who hears our answers can say: from now on no room is needed. */
  proved(transaction: ServerTransaction<Ask>): void {
    const entry = this.#byKey.get(transaction.key)
    if (entry) entry.room = Number.POSITIVE_INFINITY
  }

  /** How much may still be sent for it. */
  room(transaction: ServerTransaction<Ask>): number {
    return this.#byKey.get(transaction.key)?.room ?? 0
  }

  /** A request with the key of a known transaction: a retransmission, or the ACK for a refusal. It brings room of its own. */
  again(transaction: ServerTransaction<Ask>, method: string, room = Number.POSITIVE_INFINITY): void {
    const entry = this.#byKey.get(transaction.key)
    if (!entry) return
    entry.room += room
    if (entry.invite) this.#invite(entry, method === 'ACK' ? 'ACK' : 'INVITE')
    else this.#other(entry, 'request')
  }

  /** Sends a response of the transaction user; `free`: from now on no room is needed. */
  respond(transaction: ServerTransaction<Ask>, status: number, text: string, free = false): void {
    const entry = this.#byKey.get(transaction.key)
    if (!entry) return
    if (free) entry.room = Number.POSITIVE_INFINITY
    if (status >= 200) {
      this.#byId.delete(entry.id)
      entry.ask = null
    }
    if (entry.invite) this.#invite(entry, status < 200 ? '1xx' : status < 300 ? '2xx' : '300-699', text)
    else this.#other(entry, status < 200 ? '1xx' : 'final', text)
  }

  /** Sends this 100 when it is owed; who asks again before that hears nothing, and may ask once more. */
  tryLater(transaction: ServerTransaction<Ask>, text: string): void {
    const entry = this.#byKey.get(transaction.key)
    this.#needs.wheel.after(TRYING_MS, () => {
      const waits = entry?.state === 'proceeding' && entry.last === null && this.#byKey.get(entry.key) === entry
      if (waits) this.respond(entry, 100, text)
    })
  }

  close(): void {
    for (const entry of this.#byKey.values()) this.#stop(entry)
    this.#byKey.clear()
    this.#byId.clear()
  }

  #invite(entry: Entry<Ask>, event: IstEvent, text?: string): void {
    const { t1, t2, t4 } = this.#needs.times
    const reliable = entry.flow.transport !== 'udp'
    const move: IstMove = inviteServer(entry.state as IstState, event, reliable)
    for (const act of move.act) {
      switch (act) {
        case 'send':
          this.#send(entry, text!)
          break
        case 'repeat':
          this.#repeat(entry)
          break
        case 'start G':
          entry.retransmit = this.#after(t1, entry, 'timer G')
          break
        case 'double G':
          entry.interval = Math.min(2 * entry.interval, t2)
          entry.retransmit = this.#after(entry.interval, entry, 'timer G')
          break
        case 'start H':
          entry.end = this.#after(64 * t1, entry, 'timer H')
          break
        case 'start I':
          entry.retransmit?.cancel()
          entry.end?.cancel()
          entry.end = this.#after(t4, entry, 'timer I')
          break
        case 'start L':
          // The dialog repeats the 2xx (§13.3.1.4); this one only has to swallow INVITEs.
          entry.last = null
          entry.end = this.#after(64 * t1, entry, 'timer L')
          break
        case 'no ACK':
          this.#needs.abandoned(entry, 'no ACK')
          break
      }
    }
    this.#enter(entry, move.to)
  }

  #other(entry: Entry<Ask>, event: NistEvent, text?: string): void {
    const reliable = entry.flow.transport !== 'udp'
    const move: NistMove = otherServer(entry.state as NistState, event, reliable)
    for (const act of move.act) {
      switch (act) {
        case 'send':
          this.#send(entry, text!)
          break
        case 'repeat':
          this.#repeat(entry)
          break
        case 'start J':
          entry.end?.cancel()
          entry.end = this.#after(64 * this.#needs.times.t1, entry, 'timer J')
          break
      }
    }
    if (event === 'client gave up' && move.to === 'terminated') this.#needs.abandoned(entry, 'never answered')
    this.#enter(entry, move.to)
  }

  #send(entry: Entry<Ask>, text: string): void {
    entry.last = text
    // There was no room for any answer.
    if (text === '') return
    if (entry.room < Number.POSITIVE_INFINITY) entry.room -= lengthOf(text)
    this.#needs.send(entry.flow, text)
  }

  #repeat(entry: Entry<Ask>): void {
    if (entry.last === null) return
    if (entry.room === Number.POSITIVE_INFINITY || lengthOf(entry.last) <= entry.room) this.#send(entry, entry.last)
  }

  #enter(entry: Entry<Ask>, state: IstState | NistState): void {
    entry.state = state
    if (state !== 'terminated') return
    this.#stop(entry)
    this.#byKey.delete(entry.key)
    this.#byId.delete(entry.id)
  }

  #after(ms: number, entry: Entry<Ask>, event: IstEvent | NistEvent): Timer {
    return this.#needs.wheel.afterFor(ms, this.#fires, entry, event)
  }

  #stop(entry: Entry<Ask>): void {
    entry.retransmit?.cancel()
    entry.end?.cancel()
  }
}
