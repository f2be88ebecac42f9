/** A cluster whose messages, disks and state machines move only when a command of a script says so. */

import { confOf } from '../../../../cluster/raft/memory.ts'
import { isLocalTarget, message } from '../../../../cluster/raft/message.ts'
import { RawNode, type Stepped } from '../../../../cluster/raft/rawnode.ts'
import {
  type Config,
  type Entry,
  LOCAL_APPEND,
  type Message,
  type MessageType,
} from '../../../../cluster/raft/types.ts'
import type { Command } from './datadriven.ts'
import {
  describeEntry,
  describeMessage,
  describeProgressMap,
  describeReady,
  messageTypeNamed,
  parseChanges,
  ROLES,
} from './describe.ts'
import { applyEntries, HistoryStorage, type Member, write } from './member.ts'

const ELECTION_TICK = 3
const HEARTBEAT_TICK = 1
/** Timeouts are drawn from [electionTick, 2·electionTick). */
const MAX_TIMEOUT = 2 * ELECTION_TICK - 1

/** Says whether an election timeout, which the recording drew at random, ends at this tick. */
export type Guess = () => boolean

export class Interaction {
  readonly #members: Member[] = []
  #messages: Message[] = []
  #out = ''
  #silent = false
  readonly #guess: Guess

  constructor(guess: Guess) {
    this.#guess = guess
  }

  /** Runs one command and returns what it has to say. */
  run(command: Command): string {
    this.#out = ''
    const failure = this.#dispatch(command)
    if (this.#silent) return failure ?? 'ok'
    if (failure !== undefined) this.#out += failure
    return this.#out === '' ? 'ok' : this.#out
  }

  #dispatch(command: Command): string | undefined {
    const { name, args } = command
    const ids = args.filter(({ values }) => values.length === 0).map(({ key }) => Number(key))
    const first = (): Member => this.#member(ids[0]!)
    const value = (key: string): string | undefined => args.find((arg) => arg.key === key)?.values[0]
    switch (name) {
      case 'log-level':
        this.#silent = args[0]!.key === 'none'
        return
      case 'add-nodes':
        return this.#addNodes(command)
      case 'campaign':
        first().raw.campaign()
        return
      case 'compact':
        first().storage.compact(ids[1]!)
        return this.#raftLog(first())
      case 'deliver-msgs':
        return this.#deliverCommand(command)
      case 'process-ready':
        return this.#each(ids, 'handling Ready', (id) => this.#processReady(id))
      case 'process-append-thread':
        return this.#each(ids, 'processing append thread', (id) => this.#processAppend(id))
      case 'process-apply-thread':
        return this.#each(ids, 'processing apply thread', (id) => this.#processApply(id))
      case 'raft-log':
        return this.#raftLog(first())
      case 'raft-state':
        return this.#raftState()
      case 'set-randomized-election-timeout':
        first().raw.raft.randomizedElectionTimeout = Number(value('timeout'))
        return
      case 'stabilize':
        return this.#quietlyIf(value('log-level') === 'none', () => this.#stabilize(ids))
      case 'status':
        this.#out += describeProgressMap(first().raw.status().progress)
        return
      case 'tick-election':
        return this.#tick(first(), ELECTION_TICK)
      case 'tick-heartbeat':
        return this.#tick(first(), HEARTBEAT_TICK)
      case 'transfer-leadership':
        this.#member(Number(value('from'))).raw.transferLeader(Number(value('to')))
        return
      case 'forget-leader':
        first().raw.forgetLeader()
        return
      case 'report-unreachable':
        first().raw.reportUnreachable(ids[1]!)
        return
      case 'send-snapshot':
        return this.#sendSnapshot(ids[0]!, ids[1]!)
      case 'propose':
        return complaint(first().raw.propose(new TextEncoder().encode(args[1]!.key)))
      case 'propose-conf-change':
        return this.#proposeConfChange(first(), command, value('v1') === 'true', value('transition') ?? 'auto')
    }
    throw new Error(`line ${command.line}: no command is called ${name}`)
  }

  #member(id: number): Member {
    const member = this.#members[id - 1]
    if (member === undefined) throw new Error(`there is no node ${id}`)
    return member
  }

  #addNodes({ args }: Command): undefined {
    const values = (key: string): readonly string[] => args.find((arg) => arg.key === key)?.values ?? []
    const isTrue = (key: string): boolean => values(key)[0] === 'true'
    const index = Number(values('index')[0] ?? 0)
    const conf = { ...confOf(values('voters').map(Number)), learners: values('learners').map(Number) }
    const snapshot = { meta: { index, term: 1, conf }, data: new TextEncoder().encode(values('content')[0]) }
    for (let added = 0; added < Number(args[0]!.key); added++) {
      const storage = new HistoryStorage()
      if (index > 0) {
        storage.applySnapshot(snapshot)
        storage.latest = snapshot
      }
      const timeout = { atLeast: ELECTION_TICK }
      const config: Config = {
        id: this.#members.length + 1,
        electionTick: ELECTION_TICK,
        heartbeatTick: HEARTBEAT_TICK,
        storage,
        applied: index,
        asyncStorageWrites: isTrue('async-storage-writes'),
        maxSizePerMsg: Number.POSITIVE_INFINITY,
        maxCommittedSizePerReady: Number(values('max-committed-size-per-ready')[0] ?? 0),
        maxInflightMsgs: Number(values('inflight')[0] ?? 2 ** 31 - 1),
        checkQuorum: isTrue('checkquorum'),
        preVote: isTrue('prevote'),
        disableConfChangeValidation: isTrue('disable-conf-change-validation'),
        stepDownOnRemoval: isTrue('step-down-on-removal'),
        random: () => {
          timeout.atLeast = ELECTION_TICK
          return 0.99
        },
      }
      const asynchronous = isTrue('async-storage-writes')
      this.#members.push({ raw: new RawNode(config), timeout, storage, asynchronous, appendWork: [], applyWork: [] })
    }
    return undefined
  }

  #tick(member: Member, times: number): undefined {
    const { raw, timeout } = member
    for (let i = 0; i < times; i++) {
      const elapsed = raw.raft.electionElapsed + 1
      const undecided = raw.raft.randomizedElectionTimeout === MAX_TIMEOUT && elapsed < MAX_TIMEOUT
      if (raw.raft.role !== 'leader' && undecided && elapsed >= timeout.atLeast) {
        if (this.#guess()) raw.raft.randomizedElectionTimeout = elapsed
        else timeout.atLeast = elapsed + 1
      }
      raw.tick()
    }
    return undefined
  }

  #proposeConfChange(member: Member, { input }: Command, v1: boolean, transition: string): string | undefined {
    const changes = parseChanges(input)
    const kind = transition === 'auto' ? 'auto' : transition === 'implicit' ? 'joint-implicit' : 'joint-explicit'
    const type = v1 ? 'conf-change' : 'conf-change-v2'
    return complaint(member.raw.proposeConfChange({ transition: kind, changes }, type))
  }

  #sendSnapshot(from: number, to: number): undefined {
    const { raw, storage } = this.#member(from)
    const snapshot = storage.snapshot()
    if (snapshot === 'temporarily-unavailable') throw new Error(`node ${from} has no snapshot`)
    const sent = message('snap', to, { from, term: raw.raft.term, snapshot })
    this.#messages.push(sent)
    this.#out += describeMessage(sent)
    return undefined
  }

  #raftLog({ storage }: Member): undefined {
    const first = storage.firstIndex()
    const last = storage.lastIndex()
    if (last < first) this.#out += `log is empty: first index=${first}, last index=${last}`
    else this.#writeEntries(storage.entries(first, last + 1, Number.POSITIVE_INFINITY))
    return undefined
  }

  #writeEntries(entries: readonly Entry[] | string): void {
    if (typeof entries === 'string') throw new Error(`the log is ${entries}`)
    for (const entry of entries) this.#out += `${describeEntry(entry)}\n`
  }

  #raftState(): undefined {
    for (const { raw } of this.#members) {
      const { id, softState, hardState, conf } = raw.status()
      const voter = conf.voters.includes(id) || conf.votersOutgoing.includes(id) ? '(Voter)' : '(Non-Voter)'
      this.#out += `${id}: ${ROLES[softState.state]} ${voter} Term:${hardState.term} Lead:${softState.lead}\n`
    }
    return undefined
  }

  #quietlyIf(quiet: boolean, work: () => void): undefined {
    work()
    if (quiet) this.#out = ''
    return undefined
  }

  #each(ids: readonly number[], what: string, work: (id: number) => void): undefined {
    for (const id of ids) {
      if (ids.length === 1) work(id)
      else this.#section(`> ${id} ${what}`, () => work(id))
    }
    return undefined
  }

  #section(title: string, work: () => void): void {
    const before = this.#out
    this.#out = ''
    work()
    const lines = this.#out.replace(/\n$/, '').split('\n')
    this.#out = `${before}${title}\n${this.#out === '' ? '' : lines.map((line) => `  ${line}\n`).join('')}`
  }

  #stabilize(only: readonly number[]): void {
    const ids = only.length > 0 ? only : this.#members.map((_, i) => i + 1)
    for (let busy = true; busy; ) {
      busy = false
      const phase = (wanted: (id: number) => boolean, what: string, work: (id: number) => void): void => {
        for (const id of ids) {
          if (!wanted(id)) continue
          busy = true
          this.#section(`> ${id} ${what}`, () => work(id))
        }
      }
      phase(
        (id) => this.#member(id).raw.hasReady(),
        'handling Ready',
        (id) => this.#processReady(id),
      )
      phase(
        (id) => this.#messages.some((m) => m.to === id),
        'receiving messages',
        (id) => this.#deliver(undefined, id, 'deliver'),
      )
      for (const id of ids) {
        const member = this.#member(id)
        if (member.appendWork.length === 0) continue
        busy = true
        this.#out += `> ${id} processing append thread\n`
        while (member.appendWork.length > 0) this.#indented(() => this.#processAppend(id))
      }
      for (const id of ids) {
        const member = this.#member(id)
        if (member.applyWork.length === 0) continue
        busy = true
        this.#out += `> ${id} processing apply thread\n`
        while (member.applyWork.length > 0) this.#indented(() => this.#processApply(id))
      }
    }
  }

  #indented(work: () => void): void {
    const before = this.#out
    this.#section('', work)
    this.#out = before + this.#out.slice(before.length + 1)
  }

  #deliverCommand({ args }: Command): undefined {
    const named = args.find(({ key }) => key === 'type')?.values[0]
    const type = named === undefined ? undefined : messageTypeNamed(named)
    let count = 0
    for (const { key, values } of args) {
      if (values.length === 0) count += this.#deliver(type, Number(key), 'deliver')
      if (key === 'drop') for (const id of values) count += this.#deliver(type, Number(id), 'drop')
    }
    if (count === 0) this.#out += 'no messages\n'
    return undefined
  }

  #deliver(type: MessageType | undefined, to: number, how: 'deliver' | 'drop'): number {
    const isChosen = (m: Message): boolean =>
      m.to === to && !(how === 'drop' && isToItself(m)) && (type === undefined || m.type === type)
    const chosen = this.#messages.filter(isChosen)
    this.#messages = this.#messages.filter((m) => !isChosen(m))
    for (const m of chosen) {
      this.#out += `${how === 'drop' ? 'dropped: ' : ''}${describeMessage(m)}\n`
      if (how === 'drop') continue
      const stepped = this.#member(to).raw.step(m)
      // The reference is silent about a transfer or a read that finds no leader.
      const said = stepped === 'dropped' && m.type !== 'prop' ? undefined : complaint(stepped)
      if (said !== undefined) this.#out += `${said}\n`
    }
    return chosen.length
  }

  #processReady(id: number): void {
    const member = this.#member(id)
    const rd = member.raw.ready()
    this.#out += describeReady(rd)
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

  #processAppend(id: number): void {
    const member = this.#member(id)
    const m = member.appendWork.shift()
    if (m === undefined) {
      this.#out += 'no append work to perform'
      return
    }
    const { term, vote, commit } = m
    write(member, term + vote + commit > 0 ? { term, vote, commit } : undefined, m.entries, m.snapshot)
    this.#finish(m)
  }

  #processApply(id: number): void {
    const member = this.#member(id)
    const m = member.applyWork.shift()
    if (m === undefined) {
      this.#out += 'no apply work to perform'
      return
    }
    applyEntries(member, m.entries)
    this.#finish(m)
  }

  #finish(m: Message): void {
    const { responses = [], ...work } = m
    this.#out += `Processing:\n${describeMessage(work)}\nResponses:\n`
    for (const response of responses) this.#out += `${describeMessage(response)}\n`
    this.#messages.push(...responses)
  }
}

function complaint(stepped: Stepped): string | undefined {
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
