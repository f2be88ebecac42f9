/** Replicas for tests: one alone, fed by hand, or several on a network that loses nothing unless told to. */

import { decodeConfChange } from '../../../cluster/raft/confcodec.ts'
import { confOf, MemoryStorage } from '../../../cluster/raft/memory.ts'
import { message } from '../../../cluster/raft/message.ts'
import { RawNode } from '../../../cluster/raft/rawnode.ts'
import type { Config, Entry, HardState, Message, MessageType, ReadState, Ready } from '../../../cluster/raft/types.ts'

export const ELECTION_TICK = 10

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data)
}

/** Entries from `first` on, one for each of the terms. */
export function entriesOf(first: number, terms: readonly number[]): Entry[] {
  return terms.map((term, i) => ({ term, index: first + i, type: 'normal', data: bytes(`e${term}.${first + i}`) }))
}

export interface Given {
  readonly voters?: readonly number[]
  /** Terms of the entries already in the log, from index 1. */
  readonly log?: readonly number[]
  readonly hardState?: Partial<HardState>
  readonly config?: Partial<Config>
}

export interface Replica {
  readonly raw: RawNode
  readonly storage: MemoryStorage
}

/** A replica of a cluster of three, with the log and the promises that are given. */
export function replica(id: number, given: Given = {}): Replica {
  const storage = new MemoryStorage()
  const { voters = [1, 2, 3], log = [], hardState = {}, config = {} } = given
  // The configuration comes from a snapshot before the first entry; its index 0 leaves the log empty.
  storage.initialState = () => ({ hardState: state, conf: confOf(voters) })
  const state: HardState = { term: log.at(-1) ?? 0, vote: 0, commit: 0, ...hardState }
  storage.append(entriesOf(1, log))
  const raw = new RawNode({
    id,
    electionTick: ELECTION_TICK,
    heartbeatTick: 1,
    storage,
    maxSizePerMsg: 1 << 20,
    maxInflightMsgs: 64,
    random: () => 0,
    ...config,
  })
  return { raw, storage }
}

/** A message as a peer would send it. */
export function from(id: number, type: MessageType, fields: Partial<Message> = {}): Message {
  return message(type, 1, { from: id, ...fields })
}

export interface Done extends Ready {
  /** The texts of the normal entries applied, '' for the one a leader begins with. */
  readonly applied: readonly string[]
}

/** Does all that the replica asks for now, and says what it was. */
export function settle({ raw, storage }: Replica): Done {
  const messages: Message[] = []
  const applied: string[] = []
  const readStates: ReadState[] = []
  let last: Ready | undefined
  while (raw.hasReady()) {
    last = raw.ready()
    perform(raw, storage, last, applied)
    messages.push(...last.messages)
    readStates.push(...last.readStates)
    raw.advance()
  }
  const idle: Ready = { readStates, entries: [], committedEntries: [], messages, mustSync: false }
  return { ...(last ?? idle), messages, readStates, applied }
}

function perform(raw: RawNode, storage: MemoryStorage, rd: Ready, applied: string[]): void {
  if (rd.snapshot !== undefined) storage.applySnapshot(rd.snapshot)
  if (rd.hardState !== undefined) storage.setHardState(rd.hardState)
  storage.append(rd.entries)
  for (const entry of rd.committedEntries) {
    if (entry.type === 'normal') applied.push(text(entry.data))
    else raw.applyConfChange(decodeConfChange(entry.data) as never)
  }
}

/** Brings a replica to office with the votes of the others. */
export function elect(one: Replica): Done {
  one.raw.campaign()
  settle(one)
  const { term, id, membership } = one.raw.raft
  for (const voter of membership.conf.voters) {
    if (voter !== id) one.raw.step(from(voter, 'vote-resp', { to: id, term }))
  }
  return settle(one)
}

export function storedTerms({ storage }: Replica): number[] {
  const entries = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Number.POSITIVE_INFINITY)
  return typeof entries === 'string' ? [] : entries.map(({ term }) => term)
}

/** Several replicas; messages arrive until nobody has anything to do. */
export class Network {
  readonly replicas: ReadonlyMap<number, Replica>
  readonly applied = new Map<number, string[]>()
  readonly reads = new Map<number, ReadState[]>()
  /** Messages for which this is true are lost. */
  lose: (m: Message) => boolean = () => false

  constructor(replicas: readonly Replica[]) {
    this.replicas = new Map(replicas.map((one) => [one.raw.raft.id, one]))
    for (const id of this.replicas.keys()) {
      this.applied.set(id, [])
      this.reads.set(id, [])
    }
  }

  raw(id: number): RawNode {
    return this.replicas.get(id)!.raw
  }

  settle(): void {
    for (let busy = true; busy; ) {
      busy = false
      for (const [id, one] of this.replicas) {
        if (!one.raw.hasReady()) continue
        busy = true
        const done = settle(one)
        this.applied.get(id)!.push(...done.applied)
        this.reads.get(id)!.push(...done.readStates)
        for (const m of done.messages) {
          if (!this.lose(m)) this.replicas.get(m.to)?.raw.step(m)
        }
      }
    }
  }

  elect(id: number): void {
    this.raw(id).campaign()
    this.settle()
  }

  tick(id: number, times: number): void {
    for (let i = 0; i < times; i++) {
      this.raw(id).tick()
      this.settle()
    }
  }
}

export function network(ids: readonly number[], config: Partial<Config> = {}): Network {
  return new Network(ids.map((id) => replica(id, { voters: ids, config })))
}

export function alone(id: number): (m: Message) => boolean {
  return (m) => m.from === id || m.to === id
}
