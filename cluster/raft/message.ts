/** Building messages, and telling the kinds of them apart. */

import { type Id, LOCAL_APPEND, LOCAL_APPLY, type Message, type MessageType, NONE } from './types.ts'

/** A message with the fields that are given; every other is 0, empty or absent. */
export function message(type: MessageType, to: Id, fields: Partial<Message> = {}): Message {
  return {
    type,
    to,
    from: NONE,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: [],
    commit: 0,
    vote: NONE,
    reject: false,
    rejectHint: 0,
    ...fields,
  }
}

/** What a candidate says to voters who hear a leader: you may vote, that leader wants it (thesis §3.10). */
export const FORCE: Uint8Array = new TextEncoder().encode('force')

export function isForced(context: Uint8Array | undefined): boolean {
  return context !== undefined && context.length === FORCE.length && FORCE.every((byte, i) => context[i] === byte)
}

const LOCAL: ReadonlySet<MessageType> = new Set<MessageType>([
  'hup',
  'beat',
  'unreachable',
  'snap-status',
  'check-quorum',
  'storage-append',
  'storage-append-resp',
  'storage-apply',
  'storage-apply-resp',
])

const RESPONSES: ReadonlySet<MessageType> = new Set<MessageType>([
  'app-resp',
  'vote-resp',
  'pre-vote-resp',
  'heartbeat-resp',
  'read-index-resp',
  'unreachable',
  'storage-append-resp',
  'storage-apply-resp',
])

/** Made by a replica for itself; never to be taken from a peer. */
export function isLocal(type: MessageType): boolean {
  return LOCAL.has(type)
}

/** Answers, which only count from members. */
export function isResponse(type: MessageType): boolean {
  return RESPONSES.has(type)
}

export function isLocalTarget(id: Id): boolean {
  return id === LOCAL_APPEND || id === LOCAL_APPLY
}

const NEEDS_TERM: ReadonlySet<MessageType> = new Set<MessageType>(['vote', 'vote-resp', 'pre-vote', 'pre-vote-resp'])
/** Not about a term: they are forwarded to whoever leads. */
const WITHOUT_TERM: ReadonlySet<MessageType> = new Set<MessageType>(['prop', 'read-index'])
/** Promises: they may leave only when what they promise is durable. */
const AFTER_APPEND: ReadonlySet<MessageType> = new Set<MessageType>(['app-resp', 'vote-resp', 'pre-vote-resp'])

export type TermRule = 'given' | 'none' | 'current'

export function termRule(type: MessageType): TermRule {
  if (NEEDS_TERM.has(type)) return 'given'
  return WITHOUT_TERM.has(type) ? 'none' : 'current'
}

export function isPromise(type: MessageType): boolean {
  return AFTER_APPEND.has(type)
}
