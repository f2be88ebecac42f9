import type { SipTimes } from '../limits.ts'
import { whole } from '../parser/bytes.ts'
import type { SipResponse } from '../parser/message.ts'
import type { Flow } from '../transport/flow.ts'
import {
  type IctAct,
  type IctEvent,
  type IctState,
  inviteClient,
  type NictAct,
  type NictEvent,
  type NictState,
  otherClient,
} from './machines.ts'
import type { Timer, TimerWheel } from './wheel.ts'

/** What a client transaction tells the one who began it. */
export interface ClientUser {
  response(response: SipResponse, flow: Flow): void
  /** `timeout`: timer B or F; `failed`: the transport is broken. The transaction is over. */
  ended(why: 'timeout' | 'failed'): void
  /** The ACK for this refusal of an INVITE (RFC 3261 §17.1.1.3). */
  ack?(response: SipResponse): string
}

export interface ClientTransaction {
  readonly branch: string
  readonly method: string
  readonly flow: Flow
  readonly state: IctState | NictState
}

interface Entry extends ClientTransaction {
  readonly invite: boolean
  user: ClientUser
  state: IctState | NictState
  text: string | null
  interval: number
  retransmit: Timer | null
  end: Timer | null
  lost: { cancel(): void }
}

/** Of a request that nobody waits for the answer to. */
export const NOBODY: ClientUser = { response() {}, ended() {} }

/** All client transactions, found by branch and method (RFC 3261 §17.1.3). */
export class ClientTransactions {
  readonly #wheel: TimerWheel
  readonly #times: SipTimes
  readonly #guard: (run: () => void) => void
  readonly #entries = new Map<string, Entry>()
  readonly #fires = (entry: Entry, event: IctEvent | NictEvent): void => this.#step(entry, event, null)

  /** `guard` runs what no message and no timer calls for, and keeps what it throws from others. */
  constructor(wheel: TimerWheel, times: SipTimes, guard: (run: () => void) => void = (run) => run()) {
    this.#wheel = wheel
    this.#times = times
    this.#guard = guard
  }

  get size(): number {
    return this.#entries.size
  }

  /** Sends the request now; what comes of it is told later, never from within this call. */
  begin(branch: string, method: string, flow: Flow, text: string, user: ClientUser): ClientTransaction {
    const { t1 } = this.#times
    const invite = method === 'INVITE'
    const broken = (): void => this.#guard(() => this.#step(entry, 'broken', null))
    const entry: Entry = {
      branch,
      method,
      flow,
      invite,
      user,
      state: invite ? 'calling' : 'trying',
      text: flow.transport === 'udp' ? text : null,
      interval: t1,
      retransmit: null,
      end: null,
      lost: flow.onLost(broken),
    }
    this.#entries.set(whole(`${branch}|${method}`), entry)
    if (flow.transport === 'udp') entry.retransmit = this.#after(t1, entry, invite ? 'timer A' : 'timer E')
    entry.end = this.#after(64 * t1, entry, invite ? 'timer B' : 'timer F')
    if (!flow.send(text)) setImmediate(broken)
    return entry
  }

  /** False: no transaction is waiting for this response, and so nobody is (RFC 6026 §8.9). */
  receive(branch: string, method: string, response: SipResponse): boolean {
    const entry = this.#entries.get(`${branch}|${method}`)
    if (!entry) return false
    const { status } = response
    if (status < 200) this.#step(entry, '1xx', response)
    else this.#step(entry, entry.invite ? (status < 300 ? '2xx' : '300-699') : 'final', response)
    return true
  }

  /** Whether somebody waits for a response of this branch and method. */
  has(branch: string, method: string): boolean {
    return this.#entries.has(`${branch}|${method}`)
  }

  /** Ends a transaction that nobody waits for any more, so that it does not stay for ever. */
  forget(branch: string, method: string): void {
    const entry = this.#entries.get(`${branch}|${method}`)
    if (!entry) return
    this.#stop(entry)
    this.#entries.delete(`${branch}|${method}`)
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#stop(entry)
    this.#entries.clear()
  }

  #step(entry: Entry, event: IctEvent | NictEvent, response: SipResponse | null): void {
    const reliable = entry.flow.transport !== 'udp'
    const move = entry.invite
      ? inviteClient(entry.state as IctState, event as IctEvent, reliable)
      : otherClient(entry.state as NictState, event as NictEvent, reliable)
    entry.state = move.to
    if (move.to === 'terminated') {
      this.#stop(entry)
      this.#entries.delete(`${entry.branch}|${entry.method}`)
    }
    for (const act of move.act) this.#do(entry, act, response)
    // Nothing more is told, and a call need not be kept for it.
    if (event === 'final') entry.user = NOBODY
  }

  #do(entry: Entry, act: IctAct | NictAct, response: SipResponse | null): void {
    const { t1, t2, t4 } = this.#times
    switch (act) {
      case 'repeat':
        if (entry.text !== null) entry.flow.send(entry.text)
        break
      case 'double A':
        entry.interval *= 2
        entry.retransmit = this.#after(entry.interval, entry, 'timer A')
        break
      case 'double E':
        entry.interval = Math.min(2 * entry.interval, t2)
        entry.retransmit = this.#after(entry.interval, entry, 'timer E')
        break
      case 'slow E':
        entry.retransmit = this.#after(t2, entry, 'timer E')
        break
      case 'stop A':
        entry.retransmit?.cancel()
        entry.end?.cancel()
        entry.retransmit = entry.end = null
        entry.text = null
        break
      case 'stop E':
        entry.retransmit?.cancel()
        entry.end?.cancel()
        entry.retransmit = entry.end = null
        entry.text = null
        break
      case 'start D':
        entry.end = this.#after(64 * t1, entry, 'timer D')
        break
      case 'start M':
        entry.end = this.#after(64 * t1, entry, 'timer M')
        break
      case 'start K':
        entry.end = this.#after(t4, entry, 'timer K')
        break
      case 'ack':
        if (response && entry.user.ack) entry.flow.send(entry.user.ack(response))
        break
      case 'tell':
        if (response) entry.user.response(response, entry.flow)
        break
      case 'timeout':
        entry.user.ended('timeout')
        break
      case 'failed':
        entry.user.ended('failed')
        break
    }
  }

  #after(ms: number, entry: Entry, event: IctEvent | NictEvent): Timer {
    return this.#wheel.afterFor(ms, this.#fires, entry, event)
  }

  #stop(entry: Entry): void {
    entry.retransmit?.cancel()
    entry.end?.cancel()
    entry.lost.cancel()
  }
}
