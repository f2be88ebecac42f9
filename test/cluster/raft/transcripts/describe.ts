/** The core's values in the words of the recorded transcripts. */

import type { ClusterConf } from '../../../../cluster/raft/confchange.ts'
import { ascending } from '../../../../cluster/raft/confchange.ts'
import { decodeConfChange } from '../../../../cluster/raft/confcodec.ts'
import {
  type ConfState,
  type Entry,
  type HardState,
  LOCAL_APPEND,
  LOCAL_APPLY,
  type Message,
  type MessageType,
  NONE,
  type ProgressView,
  type Ready,
  type Role,
  type Snapshot,
} from '../../../../cluster/raft/types.ts'
import { describeChange } from './args.ts'

const TYPES: Record<MessageType, string> = {
  hup: 'MsgHup',
  beat: 'MsgBeat',
  prop: 'MsgProp',
  app: 'MsgApp',
  'app-resp': 'MsgAppResp',
  vote: 'MsgVote',
  'vote-resp': 'MsgVoteResp',
  'pre-vote': 'MsgPreVote',
  'pre-vote-resp': 'MsgPreVoteResp',
  snap: 'MsgSnap',
  heartbeat: 'MsgHeartbeat',
  'heartbeat-resp': 'MsgHeartbeatResp',
  unreachable: 'MsgUnreachable',
  'snap-status': 'MsgSnapStatus',
  'check-quorum': 'MsgCheckQuorum',
  'transfer-leader': 'MsgTransferLeader',
  'timeout-now': 'MsgTimeoutNow',
  'read-index': 'MsgReadIndex',
  'read-index-resp': 'MsgReadIndexResp',
  'forget-leader': 'MsgForgetLeader',
  'storage-append': 'MsgStorageAppend',
  'storage-append-resp': 'MsgStorageAppendResp',
  'storage-apply': 'MsgStorageApply',
  'storage-apply-resp': 'MsgStorageApplyResp',
}

export const ROLES: Record<Role, string> = {
  follower: 'StateFollower',
  'pre-candidate': 'StatePreCandidate',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
}

const ENTRY_TYPES = { normal: 'EntryNormal', 'conf-change': 'EntryConfChange', 'conf-change-v2': 'EntryConfChangeV2' }
const PROGRESS = { probe: 'StateProbe', replicate: 'StateReplicate', snapshot: 'StateSnapshot' }
/** Throws when there is no such type. */
export function messageTypeNamed(name: string): MessageType {
  const found = Object.entries(TYPES).find(([, value]) => value === name)
  if (found === undefined) throw new Error(`no message type is called ${name}`)
  return found[0] as MessageType
}

function describeChanges(data: Uint8Array): string {
  const change = decodeConfChange(data)
  if (change === 'malformed') return change
  return change.changes.map(describeChange).join(' ')
}

export function describeEntry(entry: Entry): string {
  const normal = entry.type === 'normal'
  const text = normal ? JSON.stringify(new TextDecoder().decode(entry.data)) : describeChanges(entry.data)
  return `${entry.term}/${entry.index} ${ENTRY_TYPES[entry.type]}${text && ` ${text}`}`
}

function describeTarget(id: number): string {
  if (id === NONE) return 'None'
  if (id === LOCAL_APPEND) return 'AppendThread'
  return id === LOCAL_APPLY ? 'ApplyThread' : id.toString(16)
}

export function describeMessage(m: Message, indent = ''): string {
  const { entries, snapshot, responses = [] } = m
  let text = `${indent}${describeTarget(m.from)}->${describeTarget(m.to)} ${TYPES[m.type]}`
  text += ` Term:${m.term} Log:${m.logTerm}/${m.index}`
  if (m.reject) text += ` Rejected (Hint: ${m.rejectHint})`
  if (m.commit !== 0) text += ` Commit:${m.commit}`
  if (m.vote !== 0) text += ` Vote:${m.vote}`
  if (entries.length === 1) text += ` Entries:[${describeEntry(entries[0]!)}]`
  if (entries.length > 1) {
    text += ` Entries:[${entries.map((entry) => `\n${indent}  ${describeEntry(entry)}`).join('')}\n${indent}]`
  }
  if (snapshot !== undefined && snapshot.meta.index > 0) text += `\n${indent}  Snapshot: ${describeSnapshot(snapshot)}`
  if (responses.length > 0) {
    text += ` Responses:[${responses.map((r) => `\n${describeMessage(r, `${indent}  `)}`).join('')}\n${indent}]`
  }
  return text
}

function describeConfState(conf: ConfState): string {
  const list = (ids: readonly number[]): string => `[${ids.join(' ')}]`
  return (
    `Voters:${list(conf.voters)} VotersOutgoing:${list(conf.votersOutgoing)} Learners:${list(conf.learners)} ` +
    `LearnersNext:${list(conf.learnersNext)} AutoLeave:${conf.autoLeave}`
  )
}

function describeSnapshot({ meta }: Snapshot): string {
  return `Index:${meta.index} Term:${meta.term} ConfState:${describeConfState(meta.conf)}`
}

function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote ? ` Vote:${vote}` : ''} Commit:${commit}`
}

export function describeReady(rd: Ready): string {
  const lines: string[] = []
  if (rd.softState) lines.push(`Lead:${rd.softState.lead} State:${ROLES[rd.softState.state]}`)
  if (rd.hardState) lines.push(`HardState ${describeHardState(rd.hardState)}`)
  if (rd.entries.length > 0) lines.push('Entries:', ...rd.entries.map(describeEntry))
  if (rd.snapshot) lines.push(`Snapshot ${describeSnapshot(rd.snapshot)}`)
  if (rd.committedEntries.length > 0) lines.push('CommittedEntries:', ...rd.committedEntries.map(describeEntry))
  if (rd.messages.length > 0) lines.push('Messages:', ...rd.messages.map((m) => describeMessage(m)))
  if (lines.length === 0) return '<empty Ready>'
  return `Ready MustSync=${rd.mustSync}:\n${lines.join('\n')}\n`
}

export function describeProgress(pr: ProgressView): string {
  let text = `${PROGRESS[pr.state]} match=${pr.match} next=${pr.next}`
  if (pr.learner) text += ' learner'
  if (pr.paused) text += ' paused'
  if (pr.pendingSnapshot > 0) text += ` pendingSnap=${pr.pendingSnapshot}`
  if (!pr.recentActive) text += ' inactive'
  if (pr.inflight > 0) text += ` inflight=${pr.inflight}${pr.inflightFull ? '[full]' : ''}`
  return text
}

export function describeProgressMap(progress: ReadonlyMap<number, ProgressView>): string {
  return [...progress].map(([id, pr]) => `${id}: ${describeProgress(pr)}\n`).join('')
}

export function describeConf(conf: ClusterConf): string {
  const list = (ids: Iterable<number>): string => `(${ascending(ids).join(' ')})`
  let text = `voters=${list(conf.voters)}`
  if (conf.votersOutgoing.size > 0) text += `&&${list(conf.votersOutgoing)}`
  if (conf.learners.size > 0) text += ` learners=${list(conf.learners)}`
  if (conf.learnersNext.size > 0) text += ` learners_next=${list(conf.learnersNext)}`
  return conf.autoLeave ? `${text} autoleave` : text
}
