/** One node of the simulation: the core, a disk that a crash rolls back to what was synced, and a state machine. */

import { mergeWrites } from '../../../../cluster/log/writes.ts'
import { decodeConfChange } from '../../../../cluster/raft/confcodec.ts'
import { MemoryStorage } from '../../../../cluster/raft/memory.ts'
import { RawNode } from '../../../../cluster/raft/rawnode.ts'
import {
  type ConfState,
  type Entry,
  type HardState,
  LOCAL_APPEND,
  LOCAL_APPLY,
  type Message,
  type ReadState,
  type Snapshot,
} from '../../../../cluster/raft/types.ts'
import type { Random } from './random.ts'
import type { Weather } from './weather.ts'

/** What a host tells the world. */
export interface Witness {
  send(m: Message): void
  applied(host: Host, entry: Entry): void
  read(host: Host, state: ReadState): void
}

interface Work {
  readonly due: number
  readonly message: Message
}

export class Host {
  readonly id: number
  readonly disk: MemoryStorage
  raw: RawNode | undefined
  /** The index up to which the state machine has applied, and the configuration there. */
  appliedIndex: number
  conf: ConfState
  /** Its disk is quick from now on. */
  calm = false
  readonly #weather: Weather
  readonly #random: Random
  readonly #witness: Witness
  #syncedHardState: HardState = { term: 0, vote: 0, commit: 0 }
  #appends: Work[] = []
  #applies: Work[] = []

  constructor(id: number, snapshot: Snapshot, weather: Weather, random: Random, witness: Witness) {
    this.id = id
    this.#weather = weather
    this.#random = random
    this.#witness = witness
    this.disk = new MemoryStorage()
    this.disk.applySnapshot(snapshot)
    this.appliedIndex = snapshot.meta.index
    this.conf = snapshot.meta.conf
    this.start()
  }

  start(): void {
    // What was written without a sync is gone.
    this.disk.setHardState(this.#syncedHardState)
    const { meta } = snapshotOf(this.disk)
    this.appliedIndex = meta.index
    this.conf = meta.conf
    const weather = this.#weather
    this.raw = new RawNode({
      ...weather,
      id: this.id,
      heartbeatTick: 1,
      storage: this.disk,
      applied: meta.index,
      asyncStorageWrites: weather.asynchronous,
      random: this.#random.next,
    })
  }

  crash(): void {
    this.raw = undefined
    this.#appends = []
    this.#applies = []
  }

  /** Does what the core asks for, as far as it is due. */
  work(now: number): void {
    while (this.raw?.hasReady()) {
      if (this.#weather.asynchronous) this.#readyAsynchronous(this.raw, now)
      else this.#readySynchronous(this.raw)
    }
    for (let due = this.#dueAppends(now); due.length > 0; due = this.#dueAppends(now)) {
      const { hardState, entries, snapshot } = mergeWrites(due)
      this.#write(hardState ?? undefined, entries, snapshot ?? undefined, true)
      for (const message of due) this.#answer(message)
    }
    for (let next = this.#applies[0]; next !== undefined && next.due <= now; next = this.#applies[0]) {
      this.#applies.shift()
      this.#apply(next.message.entries)
      this.#answer(next.message)
    }
  }

  /** Compacts up to some applied index, with a snapshot there. */
  compact(): void {
    const conf = this.conf
    if (this.disk.createSnapshot(this.appliedIndex, conf, new Uint8Array()) === 'out-of-date') return
    const keep = this.#random.below(4)
    const index = Math.max(this.disk.firstIndex() - 1, this.appliedIndex - keep)
    this.disk.compact(index)
  }

  #readySynchronous(raw: RawNode): void {
    const rd = raw.ready()
    this.#write(rd.hardState, rd.entries, rd.snapshot, rd.mustSync || rd.snapshot !== undefined)
    for (const m of rd.messages) this.#witness.send(m)
    for (const state of rd.readStates) this.#witness.read(this, state)
    this.#apply(rd.committedEntries)
    raw.advance()
  }

  #readyAsynchronous(raw: RawNode, now: number): void {
    const rd = raw.ready()
    for (const state of rd.readStates) this.#witness.read(this, state)
    const due = now + (this.calm ? 0 : this.#random.below(this.#weather.diskDelay + 1))
    for (const message of rd.messages) {
      if (message.to === LOCAL_APPEND) this.#appends.push({ due, message })
      else if (message.to === LOCAL_APPLY) this.#applies.push({ due, message })
      else this.#witness.send(message)
    }
  }

  /** In order: a write is done when it is due and all before it are. Like the durable log, several become one. */
  #dueAppends(now: number): Message[] {
    const due: Message[] = []
    const most = this.#weather.merges ? Number.POSITIVE_INFINITY : 1
    for (let next = this.#appends[0]; next !== undefined && next.due <= now; next = this.#appends[0]) {
      if (due.length === most || (next.message.snapshot !== undefined && due.length > 0)) break
      this.#appends.shift()
      due.push(next.message)
      if (next.message.snapshot !== undefined) break
    }
    return due
  }

  #answer(message: Message): void {
    for (const response of message.responses ?? []) {
      if (response.to === this.id) this.raw?.step(response)
      else this.#witness.send(response)
    }
  }

  #write(
    hardState: HardState | undefined,
    entries: readonly Entry[],
    snapshot: Snapshot | undefined,
    sync: boolean,
  ): void {
    if (hardState !== undefined) this.disk.setHardState(hardState)
    if (snapshot !== undefined && this.disk.applySnapshot(snapshot) === 'ok') {
      this.appliedIndex = snapshot.meta.index
      this.conf = snapshot.meta.conf
    }
    this.disk.append(entries)
    if (sync || this.#random.chance(0.3)) this.#syncedHardState = this.disk.initialState().hardState
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      // Handed out before a snapshot came that covers it.
      if (entry.index <= this.appliedIndex) continue
      if (entry.index !== this.appliedIndex + 1) {
        throw new Error(`node ${this.id} was to apply ${entry.index} after ${this.appliedIndex}`)
      }
      this.appliedIndex = entry.index
      this.#witness.applied(this, entry)
      if (entry.type === 'normal') continue
      const change = decodeConfChange(entry.data)
      if (change === 'malformed') throw new Error('a malformed change of membership was committed')
      this.conf = this.raw!.applyConfChange(change)
    }
  }
}

function snapshotOf(disk: MemoryStorage): Snapshot {
  const snapshot = disk.snapshot()
  if (snapshot === 'temporarily-unavailable') throw new Error('a disk in memory always has its snapshot')
  return snapshot
}
