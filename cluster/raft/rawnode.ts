/** The core as its shell sees it: inputs go in, a Ready comes out; no clock, no disk, no network, no promises. */

import { encodeConfChange } from './confcodec.ts'
import { applyConfChange } from './membership.ts'
import { isLocal, isLocalTarget, isResponse, message, termRule } from './message.ts'
import { viewOf } from './progress.ts'
import { confStateNow, hardStateOf, newRaft, type Raft, softStateOf } from './raft.ts'
import { accept, hasReady, readyOf, type Told } from './ready.ts'
import { step, tick } from './step.ts'
import {
  type ConfChange,
  type Config,
  type ConfState,
  type Id,
  type Message,
  NONE,
  type Ready,
  type Status,
} from './types.ts'

/** dropped: nobody will do it, try again later. The others: the message should not have come, and changed nothing. */
export type Stepped = 'ok' | 'dropped' | 'local-message' | 'unknown-peer' | 'malformed'

export class RawNode {
  /** The whole state, to be looked at by tests and tools; it changes only through the methods here. */
  readonly raft: Raft
  readonly #told: Told
  #onAdvance: readonly Message[] = []

  /** Throws if the configuration, or what storage holds, makes no sense. */
  constructor(config: Config) {
    this.raft = newRaft(config)
    this.#told = { hardState: hardStateOf(this.raft), softState: softStateOf(this.raft) }
  }

  /** One unit of time. */
  tick(): void {
    tick(this.raft)
  }

  /** Stands for election now. */
  campaign(): void {
    step(this.raft, message('hup', NONE))
  }

  /** 'ok' means that it is on its way, here or to the leader; whether it commits shows when it is applied. */
  propose(data: Uint8Array): 'ok' | 'dropped' {
    return this.proposeAll([data])
  }

  /** Proposes several at once, in this order: one append instead of many. All are taken or all are dropped. */
  proposeAll(proposals: readonly Uint8Array[]): 'ok' | 'dropped' {
    const entries = proposals.map((data) => ({ term: 0, index: 0, type: 'normal' as const, data }))
    return step(this.raft, message('prop', NONE, { from: this.raft.id, entries }))
  }

  /** A change that comes at a wrong moment is appended as an entry that does nothing. */
  proposeConfChange(change: ConfChange, type: 'conf-change' | 'conf-change-v2' = 'conf-change-v2'): 'ok' | 'dropped' {
    const entries = [{ term: 0, index: 0, type, data: encodeConfChange(change) }]
    return step(this.raft, message('prop', NONE, { entries }))
  }

  /** To be called for every conf-change entry that is applied, before the application is confirmed. */
  applyConfChange(change: ConfChange): ConfState {
    return applyConfChange(this.raft, change)
  }

  /** A message of a peer, or a response of local storage. */
  step(m: Message): Stepped {
    const fromStorage = isLocalTarget(m.from)
    if (isLocal(m.type) && !fromStorage) return 'local-message'
    if (isResponse(m.type) && !fromStorage && !this.raft.membership.progress.has(m.from)) return 'unknown-peer'
    if (!isWellFormed(m)) return 'malformed'
    return step(this.raft, m)
  }

  hasReady(): boolean {
    return hasReady(this.raft, this.#told)
  }

  /** What to do now; it is not offered again (thesis §10.2.1). With synchronous storage, call advance() when it is done. */
  ready(): Ready {
    if (this.#onAdvance.length > 0) throw new Error('ready() was called twice without advance()')
    const ready = readyOf(this.raft, this.#told)
    this.#onAdvance = accept(this.raft, this.#told, ready)
    return ready
  }

  /** The last Ready is written, sent and applied. Only with synchronous storage. */
  advance(): void {
    if (this.raft.settings.asyncStorageWrites) throw new Error('advance() is not for asynchronous storage')
    const steps = this.#onAdvance
    this.#onAdvance = []
    for (const m of steps) step(this.raft, m)
  }

  status(): Status {
    const r = this.raft
    const progress = r.role === 'leader' ? r.membership.progress : new Map()
    return {
      id: r.id,
      hardState: hardStateOf(r),
      softState: softStateOf(r),
      applied: r.log.applied,
      leadTransferee: r.leadTransferee,
      conf: confStateNow(r),
      progress: new Map([...progress].map(([id, pr]) => [id, viewOf(pr)])),
    }
  }

  /**
   * Asks for an index that a read must wait for to be linearizable (thesis §6.4). The answer is a ReadState with the same
   * context, which must be unique; it may never come (no leader, lost messages), so ask again after a time, with another context.
   */
  readIndex(context: Uint8Array): 'ok' | 'dropped' {
    return step(this.raft, message('read-index', NONE, { context }))
  }

  /** Asks the leader to hand over to `id` (thesis §3.10). */
  transferLeader(id: Id): 'ok' | 'dropped' {
    return step(this.raft, message('transfer-leader', NONE, { from: id }))
  }

  /** A message to `id` was lost. */
  reportUnreachable(id: Id): void {
    step(this.raft, message('unreachable', NONE, { from: id }))
  }

  /** A snapshot that was to be sent to `id` went out, or did not. Without this, a failure stops its appends for long. */
  reportSnapshot(id: Id, status: 'finish' | 'failure'): void {
    step(this.raft, message('snap-status', NONE, { from: id, reject: status === 'failure' }))
  }

  /** A follower stops believing in its leader, so that it may vote before its timeout. */
  forgetLeader(): void {
    step(this.raft, message('forget-leader', NONE))
  }
}

/**
 * Entries of an append follow its index one by one and never go back in term (§5.3); and what is about a term names it (§5.1),
 * since one without would pass for our own. The core builds on both.
 */
function isWellFormed(m: Message): boolean {
  if (m.term === 0 && !isLocal(m.type) && termRule(m.type) !== 'none') return false
  if (m.type === 'snap') return m.snapshot !== undefined && m.snapshot.meta.index > 0
  if (m.type === 'prop') return m.entries.length > 0
  if (m.type !== 'app') return true
  let { index, logTerm: term } = m
  for (const entry of m.entries) {
    index++
    if (entry.index !== index || entry.term < term || entry.term > m.term) return false
    term = entry.term
  }
  return true
}
