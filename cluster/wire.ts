/**
 * The core's messages ⇄ protobuf. Protobuf stops here. What comes in was written by someone else: whatever is not a message
 * that this node can act on comes out as null. ◆
 */
import type { Message__Output, Message as WireMessage } from '../proto/types/raftel/cluster/v1/Message.ts'
import type { SnapshotMeta__Output, SnapshotMeta as WireMeta } from '../proto/types/raftel/cluster/v1/SnapshotMeta.ts'
import type { Entry, EntryType, Message, MessageType, SnapshotMeta } from './raft/types.ts'

/** The types that travel, and their names on the wire. */
const NAMES = {
  app: 'APP',
  'app-resp': 'APP_RESP',
  vote: 'VOTE',
  'vote-resp': 'VOTE_RESP',
  'pre-vote': 'PRE_VOTE',
  'pre-vote-resp': 'PRE_VOTE_RESP',
  snap: 'SNAP',
  heartbeat: 'HEARTBEAT',
  'heartbeat-resp': 'HEARTBEAT_RESP',
  'transfer-leader': 'TRANSFER_LEADER',
  'timeout-now': 'TIMEOUT_NOW',
  'read-index': 'READ_INDEX',
  'read-index-resp': 'READ_INDEX_RESP',
} as const satisfies Partial<Record<MessageType, string>>

type Travelling = keyof typeof NAMES

const TYPES = new Map<string, Travelling>(Object.entries(NAMES).map(([type, name]) => [name, type as Travelling]))
const ENTRY_TYPES: readonly EntryType[] = ['normal', 'conf-change', 'conf-change-v2']
const RECORD_HEAD = 13
const NO_BYTES = new Uint8Array()

/** Which stream a message goes on: entries must not hold up heartbeats and votes. */
export function streamOf(type: MessageType): 'control' | 'append' {
  return type === 'app' || type === 'app-resp' ? 'append' : 'control'
}

/** Throws for a message that is not meant to travel. */
export function toWire(m: Message): WireMessage {
  if (!Object.hasOwn(NAMES, m.type)) throw new Error(`a ${m.type} message is not for a peer`)
  return {
    type: NAMES[m.type as Travelling],
    to: m.to,
    from: m.from,
    term: m.term,
    logTerm: m.logTerm,
    index: m.index,
    commit: m.commit,
    vote: m.vote,
    reject: m.reject,
    rejectHint: m.rejectHint,
    context: m.context ? asBuffer(m.context) : undefined,
    records: m.entries.length > 0 ? packEntries(m.entries) : undefined,
    snapshot: m.snapshot ? metaToWire(m.snapshot.meta) : null,
  }
}

/** The message, or null if it is none. A snapshot comes without its data: that follows in pieces. */
export function fromWire(w: Message__Output): Message | null {
  const type = TYPES.get(w.type)
  const numbers = [w.term, w.logTerm, w.index, w.commit, w.rejectHint]
  if (!type || !numbers.every(isCount)) return null
  const entries = w.records.length > 0 ? unpackEntries(w.records, w.index) : []
  const meta = w.snapshot ? metaFromWire(w.snapshot) : undefined
  if (entries === null || meta === null) return null
  return {
    type,
    to: w.to,
    from: w.from,
    term: w.term,
    logTerm: w.logTerm,
    index: w.index,
    entries,
    commit: w.commit,
    vote: w.vote,
    reject: w.reject,
    rejectHint: w.rejectHint,
    ...(w.context.length > 0 && { context: w.context }),
    ...(meta && { snapshot: { meta, data: NO_BYTES } }),
  }
}

/** Entries that follow one another, as they travel; their indexes are counted from the first. */
export function packEntries(
  entries: readonly Entry[],
  allocate = Buffer.allocUnsafe,
): ReturnType<typeof Buffer.allocUnsafe> {
  let size = 0
  for (const entry of entries) size += RECORD_HEAD + entry.data.length
  const bytes = allocate(size)
  let at = 0
  for (const entry of entries) {
    bytes.writeUInt32BE(entry.data.length, at)
    bytes.writeDoubleBE(entry.term, at + 4)
    bytes[at + 12] = ENTRY_TYPES.indexOf(entry.type)
    bytes.set(entry.data, at + RECORD_HEAD)
    at += RECORD_HEAD + entry.data.length
  }
  return bytes
}

/** The entries after `index`; null when the bytes do not add up. */
export function unpackEntries(bytes: Buffer, index: number): Entry[] | null {
  const entries: Entry[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + RECORD_HEAD > bytes.length) return null
    const end = at + RECORD_HEAD + bytes.readUInt32BE(at)
    const term = bytes.readDoubleBE(at + 4)
    const type = ENTRY_TYPES[bytes[at + 12]!]
    if (end > bytes.length || !isCount(term) || !type) return null
    entries.push({ index: index + entries.length + 1, term, type, data: bytes.subarray(at + RECORD_HEAD, end) })
    at = end
  }
  return entries
}

function metaToWire({ index, term, conf }: SnapshotMeta): WireMeta {
  return {
    index,
    term,
    voters: [...conf.voters],
    learners: [...conf.learners],
    votersOutgoing: [...conf.votersOutgoing],
    learnersNext: [...conf.learnersNext],
    autoLeave: conf.autoLeave,
  }
}

function metaFromWire(w: SnapshotMeta__Output): SnapshotMeta | null {
  const { index, term, voters, learners, votersOutgoing, learnersNext, autoLeave } = w
  if (!isCount(index) || !isCount(term) || voters.length === 0) return null
  return { index, term, conf: { voters, learners, votersOutgoing, learnersNext, autoLeave } }
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
