/** A cluster whose messages, disks and state machines move only when it is told so, and which says all that moves. */

import { isLocalTarget, message } from '../../../../cluster/raft/message.ts'
import { promotable } from '../../../../cluster/raft/raft.ts'
import type { Stepped } from '../../../../cluster/raft/rawnode.ts'
import { LOCAL_APPEND, type Message, type MessageType } from '../../../../cluster/raft/types.ts'
import { ELECTION_TICK } from './addnodes.ts'
import { describeEntry, describeMessage, describeReady, ROLES } from './describe.ts'
import { applyEntries, type Member, write } from './member.ts'
import type { Output } from './output.ts'

/** Timeouts are drawn from [electionTick, 2·electionTick). */
const MAX_TIMEOUT = 2 * ELECTION_TICK - 1

/** Says whether an election timeout, which the recording drew at random, ends at this tick. */
export type Guess = () => boolean

export class Cluster {
  readonly members: Member[] = []
  #messages: Message[] = []
  readonly #out: Output
  readonly #guess: Guess

  constructor(out: Output, guess: Guess) {
    this.#out = out
    this.#guess = guess
  }

  member(id: number): Member {
    const member = this.members[id - 1]
    if (member === undefined) throw new Error(`there is no node ${id}`)
    return member
  }

  tick(id: number, times: number): void {
    const { raw, timeout } = this.member(id)
    const { raft } = raw
    for (let i = 0; i < times; i++) {
      const elapsed = raft.electionElapsed + 1
      const undecided = raft.randomizedElectionTimeout === MAX_TIMEOUT && elapsed < MAX_TIMEOUT
      if (raft.role !== 'leader' && promotable(raft) && undecided && elapsed >= timeout.atLeast) {
        if (this.#guess()) raft.randomizedElectionTimeout = elapsed
        else timeout.atLeast = elapsed + 1
      }
      raw.tick()
    }
  }

  /** Nothing is left to guess: the script says how many ticks it takes. */
  setElectionTimeout(id: number, ticks: number): void {
    const { raw, timeout } = this.member(id)
    raw.raft.randomizedElectionTimeout = ticks
    timeout.atLeast = ticks
  }

  /** It waits to be delivered like any other message. */
  sendSnapshot(from: number, to: number): void {
    const { raw, storage } = this.member(from)
    const snapshot = storage.snapshot()
    if (snapshot === 'temporarily-unavailable') throw new Error(`node ${from} has no snapshot`)
    const sent = message('snap', to, { from, term: raw.raft.term, snapshot })
    this.#messages.push(sent)
    this.#out.write(describeMessage(sent))
  }

  /** What is durable. */
  sayLog(id: number): void {
    const { storage } = this.member(id)
    const first = storage.firstIndex()
    const last = storage.lastIndex()
    if (last < first) {
      this.#out.write(`log is empty: first index=${first}, last index=${last}`)
      return
    }
    const entries = storage.entries(first, last + 1, Number.POSITIVE_INFINITY)
    if (typeof entries === 'string') throw new Error(`the log is ${entries}`)
    for (const entry of entries) this.#out.write(`${describeEntry(entry)}\n`)
  }

  sayRoles(): void {
    for (const { raw } of this.members) {
      const { id, softState, hardState, conf } = raw.status()
      const voter = conf.voters.includes(id) || conf.votersOutgoing.includes(id) ? '(Voter)' : '(Non-Voter)'
      this.#out.write(`${id}: ${ROLES[softState.state]} ${voter} Term:${hardState.term} Lead:${softState.lead}\n`)
    }
  }

  deliver(type: MessageType | undefined, to: number, how: 'deliver' | 'drop'): number {
    const isChosen = (m: Message): boolean =>
      m.to === to && !(how === 'drop' && isToItself(m)) && (type === undefined || m.type === type)
    const chosen = this.#messages.filter(isChosen)
    this.#messages = this.#messages.filter((m) => !isChosen(m))
    for (const m of chosen) {
      this.#out.write(`${how === 'drop' ? 'dropped: ' : ''}${describeMessage(m)}\n`)
      if (how === 'drop') continue
      const stepped = this.member(to).raw.step(m)
      // The reference is silent about a transfer or a read that finds no leader.
      const said = stepped === 'dropped' && m.type !== 'prop' ? undefined : complaint(stepped)
      if (said !== undefined) this.#out.write(`${said}\n`)
    }
    return chosen.length
  }

  processReady(id: number): void {
    const member = this.member(id)
    const rd = member.raw.ready()
    this.#out.write(describeReady(rd))
    if (!member.asynchronous) {
      write(member, rd.hardState, rd.entries, rd.snapshot)
      applyEntries(member, rd.committedEntries)
    }
    for (const m of rd.messages) {
      if (!isLocalTarget(m.to)) this.#messages.push(m)
      else if (m.to === LOCAL_APPEND) member.appendWork.push(m)
      else member.applyWork.push(m)
    }
    if (!member.asynchronous) member.raw.advance()
  }

  processAppend(id: number): void {
    const member = this.member(id)
    const m = member.appendWork.shift()
    if (m === undefined) {
      this.#out.write('no append work to perform')
      return
    }
    const { term, vote, commit } = m
    write(member, term + vote + commit > 0 ? { term, vote, commit } : undefined, m.entries, m.snapshot)
    this.#finish(m)
  }

  processApply(id: number): void {
    const member = this.member(id)
    const m = member.applyWork.shift()
    if (m === undefined) {
      this.#out.write('no apply work to perform')
      return
    }
    applyEntries(member, m.entries)
    this.#finish(m)
  }

  #finish(m: Message): void {
    const { responses = [], ...work } = m
    this.#out.write(`Processing:\n${describeMessage(work)}\nResponses:\n`)
    for (const response of responses) this.#out.write(`${describeMessage(response)}\n`)
    this.#messages.push(...responses)
  }

  /** Everything that can be done among these nodes is done, until there is nothing left. */
  stabilize(only: readonly number[]): void {
    const ids = only.length > 0 ? only : this.members.map((_, i) => i + 1)
    for (let busy = true; busy; ) {
      busy = false
      const phase = (what: string, isWanted: (id: number) => boolean, work: (id: number) => void): void => {
        for (const id of ids) {
          if (!isWanted(id)) continue
          busy = true
          this.#out.write(`> ${id} ${what}\n`)
          work(id)
        }
      }
      phase(
        'handling Ready',
        (id) => this.member(id).raw.hasReady(),
        (id) => this.#out.indented(() => this.processReady(id)),
      )
      phase(
        'receiving messages',
        (id) => this.#messages.some((m) => m.to === id),
        (id) => this.#out.indented(() => this.deliver(undefined, id, 'deliver')),
      )
      phase(
        'processing append thread',
        (id) => this.member(id).appendWork.length > 0,
        (id) => {
          while (this.member(id).appendWork.length > 0) this.#out.indented(() => this.processAppend(id))
        },
      )
      phase(
        'processing apply thread',
        (id) => this.member(id).applyWork.length > 0,
        (id) => {
          while (this.member(id).applyWork.length > 0) this.#out.indented(() => this.processApply(id))
        },
      )
    }
  }
}

export function complaint(stepped: Stepped): string | undefined {
  switch (stepped) {
    case 'ok':
      return undefined
    case 'dropped':
      return 'raft proposal dropped'
    case 'unknown-peer':
      return 'raft: cannot step as peer not found'
    case 'local-message':
      return 'raft: cannot step raft local message'
    case 'malformed':
      return 'malformed'
  }
}

function isToItself(m: Message): boolean {
  return m.from === m.to || isLocalTarget(m.from) || isLocalTarget(m.to)
}
