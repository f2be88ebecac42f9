/** One replica as a record, how it begins, and what it means to become a follower, a candidate or a leader (§5.1, §5.2). */

import { confStateOf, type Membership, restored } from './confchange.ts'
import { newInflights } from './inflights.ts'
import { appliedTo, type Log, lastIndex, newLog } from './log.ts'
import { isPromise, termRule } from './message.ts'
import { becomeReplicate, type Progress } from './progress.ts'
import { newReads, type Reads } from './reads.ts'
import {
  type Config,
  type ConfState,
  type HardState,
  type Id,
  type Message,
  NONE,
  type ReadState,
  type Role,
  type SoftState,
} from './types.ts'

/** The configuration with its defaults written out; no limit is Infinity. */
export interface Settings {
  readonly electionTick: number
  readonly heartbeatTick: number
  readonly asyncStorageWrites: boolean
  readonly maxSizePerMsg: number
  readonly maxUncommittedSize: number
  readonly maxInflightMsgs: number
  /** 0: no limit. */
  readonly maxInflightBytes: number
  readonly checkQuorum: boolean
  readonly preVote: boolean
  readonly proposalForwarding: boolean
  readonly confChangeValidation: boolean
  readonly stepDownOnRemoval: boolean
  readonly random: () => number
}

export interface Raft {
  readonly id: Id
  readonly settings: Settings
  readonly log: Log
  term: number
  vote: Id
  lead: Id
  role: Role
  membership: Membership
  votes: Map<Id, boolean>
  /** Messages that may leave at once. */
  messages: Message[]
  /** Messages, perhaps to this replica itself, that may leave when everything unstable now is durable. */
  afterAppend: Message[]
  readStates: ReadState[]
  reads: Reads
  leadTransferee: Id
  /** No other change of membership may be proposed until this index is applied (thesis §4.1). */
  pendingConfIndex: number
  /** Bytes proposed in this term and not yet applied. */
  uncommittedSize: number
  electionElapsed: number
  heartbeatElapsed: number
  randomizedElectionTimeout: number
}

export function newRaft(config: Config): Raft {
  const settings = settingsOf(config)
  const { hardState, conf } = config.storage.initialState()
  const log = newLog(
    config.storage,
    config.maxCommittedSizePerReady || config.maxSizePerMsg || Number.POSITIVE_INFINITY,
  )
  const raft: Raft = {
    id: config.id,
    settings,
    log,
    term: hardState.term,
    vote: hardState.vote,
    lead: NONE,
    role: 'follower',
    membership: restored(conf, lastIndex(log), settings),
    votes: new Map(),
    messages: [],
    afterAppend: [],
    readStates: [],
    reads: newReads(),
    leadTransferee: NONE,
    pendingConfIndex: 0,
    uncommittedSize: 0,
    electionElapsed: 0,
    heartbeatElapsed: 0,
    randomizedElectionTimeout: 0,
  }
  // What was applied or is in a snapshot is committed, even if that reached the disk before the commit index did.
  const applied = Math.max(config.applied ?? 0, log.applied)
  const committed = Math.max(hardState.commit, applied)
  if (committed > lastIndex(log)) {
    throw new Error(
      `the commit index ${committed} is beyond the last index ${lastIndex(log)}: entries of the log were lost`,
    )
  }
  log.committed = committed
  appliedTo(log, applied, 0)
  becomeFollower(raft, raft.term, NONE)
  return raft
}

function settingsOf(config: Config): Settings {
  const { id, electionTick, heartbeatTick, maxInflightMsgs, maxSizePerMsg, maxInflightBytes = 0 } = config
  if (!Number.isSafeInteger(id) || id <= NONE) throw new Error(`replica id ${id} is not a positive integer`)
  if (heartbeatTick <= 0) throw new Error(`heartbeatTick ${heartbeatTick} must be above 0`)
  if (electionTick <= heartbeatTick)
    throw new Error(`electionTick ${electionTick} must be above heartbeatTick ${heartbeatTick}`)
  if (maxInflightMsgs <= 0) throw new Error(`maxInflightMsgs ${maxInflightMsgs} must be above 0`)
  if (maxInflightBytes > 0 && maxInflightBytes < maxSizePerMsg) {
    throw new Error(`maxInflightBytes ${maxInflightBytes} must not be below maxSizePerMsg ${maxSizePerMsg}`)
  }
  return {
    electionTick,
    heartbeatTick,
    asyncStorageWrites: config.asyncStorageWrites ?? false,
    maxSizePerMsg,
    maxUncommittedSize: config.maxUncommittedEntriesSize || Number.POSITIVE_INFINITY,
    maxInflightMsgs,
    maxInflightBytes,
    checkQuorum: config.checkQuorum ?? false,
    preVote: config.preVote ?? false,
    proposalForwarding: !config.disableProposalForwarding,
    confChangeValidation: !config.disableConfChangeValidation,
    stepDownOnRemoval: config.stepDownOnRemoval ?? false,
    random: config.random,
  }
}

export function isEmptyHardState({ term, vote, commit }: HardState): boolean {
  return term === 0 && vote === NONE && commit === 0
}

export function hardStateOf(r: Raft): HardState {
  return { term: r.term, vote: r.vote, commit: r.log.committed }
}

export function softStateOf(r: Raft): SoftState {
  return { lead: r.lead, state: r.role }
}

export function confStateNow(r: Raft): ConfState {
  return confStateOf(r.membership.conf)
}

/** Puts a message in its queue: promises wait for the disk, all else leaves at once. */
export function send(r: Raft, message: Message): void {
  const rule = termRule(message.type)
  if ((message.term !== 0) !== (rule === 'given')) {
    throw new Error(
      `a ${message.type} message must ${rule === 'given' ? '' : 'not '}be sent with its own term (${message.term})`,
    )
  }
  const from = message.from === NONE ? r.id : message.from
  const sent = { ...message, from, term: rule === 'current' ? r.term : message.term }
  if (isPromise(sent.type)) {
    r.afterAppend.push(sent)
    return
  }
  if (sent.to === r.id) throw new Error(`a ${sent.type} message is addressed to its sender ${r.id}`)
  r.messages.push(sent)
}

export function becomeFollower(r: Raft, term: number, lead: Id): void {
  reset(r, term)
  r.lead = lead
  r.role = 'follower'
}

/** Asks whether it would win, without touching term or vote (thesis §9.6). */
export function becomePreCandidate(r: Raft): void {
  if (r.role === 'leader') throw new Error('a leader cannot become a pre-candidate')
  r.votes = new Map()
  r.lead = NONE
  r.role = 'pre-candidate'
}

export function becomeCandidate(r: Raft): void {
  if (r.role === 'leader') throw new Error('a leader cannot become a candidate')
  reset(r, r.term + 1)
  r.vote = r.id
  r.role = 'candidate'
}

/** Leads, but has not yet appended the entry that its term begins with. */
export function becomeLeader(r: Raft): void {
  if (r.role === 'follower') throw new Error('a follower cannot become a leader')
  reset(r, r.term)
  r.lead = r.id
  r.role = 'leader'
  const own = r.membership.progress.get(r.id)
  if (own === undefined) throw new Error(`replica ${r.id} leads a configuration without itself`)
  becomeReplicate(own)
  own.recentActive = true
  // There may be a change of membership among the entries of earlier terms that are not applied: wait for them all.
  r.pendingConfIndex = lastIndex(r.log)
}

/** A vote given is kept within its term and forgotten with it (§5.2). */
function reset(r: Raft, term: number): void {
  if (r.term !== term) {
    r.term = term
    r.vote = NONE
  }
  r.lead = NONE
  r.electionElapsed = 0
  r.heartbeatElapsed = 0
  r.randomizedElectionTimeout = drawElectionTimeout(r.settings)
  r.leadTransferee = NONE
  r.votes = new Map()
  for (const [id, pr] of r.membership.progress) resetProgress(r, id, pr)
  r.pendingConfIndex = 0
  r.uncommittedSize = 0
  r.reads = newReads()
}

/** Drawn anew at every turn, so that split votes are rare and pass (§5.2). */
function drawElectionTimeout({ electionTick, random }: Settings): number {
  return electionTick + Math.floor(random() * electionTick)
}

function resetProgress(r: Raft, id: Id, pr: Progress): void {
  const last = lastIndex(r.log)
  pr.match = id === r.id ? last : 0
  pr.next = last + 1
  pr.sentCommit = 0
  pr.state = 'probe'
  pr.pendingSnapshot = 0
  pr.recentActive = false
  pr.flowPaused = false
  pr.inflights = newInflights(r.settings.maxInflightMsgs, r.settings.maxInflightBytes)
}

/** Whether it may stand for election: a voter that has its snapshot on disk (§5.2, thesis §4.2.1). */
export function promotable(r: Raft): boolean {
  const own = r.membership.progress.get(r.id)
  return own !== undefined && !own.learner && r.log.unstable.snapshot === undefined
}
