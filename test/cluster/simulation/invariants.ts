/**
 * What must hold whatever happens: figure 3 of the Raft paper, and what raftel promises on top. Everything is seen from outside: what
 * a node has durable on its disk, what it says to others, what its status and its tables are.
 */
import { crc32 } from 'node:zlib'
import type { Cluster, ReplicaStatus, RowChange } from '../../../cluster/cluster.ts'
import { decodeProposal } from '../../../cluster/codec.ts'
import type { Self } from '../../../cluster/hello.ts'
import type { Operation } from '../../../cluster/log/disk.ts'
import { decodeBytes, decodeEntry, ENTRIES, indexOfKey, metaKey } from '../../../cluster/log/records.ts'
import type { ConfState, Entry, HardState, Id, Message } from '../../../cluster/raft/types.ts'
import type { Command } from '../../../cluster/tables/commands.ts'
import type { MembersRow } from '../../../cluster/tables/members.ts'
import type { BindingRow } from '../../../cluster/tables/rows.ts'
import type { Events } from './clock.ts'
import type { Configurations } from './configurations.ts'
import type { Node } from './node.ts'

/** What is known of one disk; a disk that is replaced begins anew, save for what it once helped to agree on. */
interface Durable {
  state: HardState
  last: number
  snapshot: number
  /** By index, the entry that was last durable there, also on a disk that is gone. */
  readonly ever: Map<number, Held>
  everSnapshot: number
}

interface Held {
  readonly print: string
  readonly entry: Entry
}

interface Committed extends Held {
  /** The lowest term that a node was in when it applied it. */
  term: number
  readonly command: Command | null
  /** Cluster time after it, ms. */
  readonly time: number
}

interface Seen {
  applied: number
  /** Before the last step: what a snapshot changed is told a little later than that it was loaded. */
  before: number
  term: number
  readonly bindings: Map<string, readonly BindingRow[]>
  members: MembersRow | null
  agreed: string
  /** True time at which it had these members first. */
  since: number
  /** Told by the replica, not looked at yet. */
  changes: RowChange[]
}

export class Invariants {
  /** Every entry that was applied anywhere, by index. */
  readonly committed = new Map<number, Committed>()
  lastCommitted = 0
  /** The highest index that a client was told of. */
  acknowledged = 0
  /** Entries that gave way to a newer leader's. */
  overwritten = 0
  #bySelf = new Map<Id, Durable>()
  readonly #events: Events
  readonly #drift: number
  readonly #configurations: Configurations
  /** By term, of all lives of all nodes ever. */
  readonly #leaders = new Map<number, Id>()
  /** The leader of a term whose first own entry was looked at. */
  readonly #complete = new Set<number>()
  readonly #prints = new Map<string, string>()
  readonly #hashes = new Map<number, string>()
  readonly #seen = new Map<Id, Seen>()
  /** The first ever, ms; all of this takes place after it. */
  #firstStamp: number | null = null

  constructor(events: Events, configurations: Configurations, drift: number) {
    this.#events = events
    this.#configurations = configurations
    this.#drift = drift
  }

  /** A batch of a node's database is durable. */
  wrote(node: Node, operations: readonly Operation[]): void {
    const durable = this.#durable(node.id)
    for (const operation of operations) {
      if (operation.type === 'put') this.#put(node, durable, operation.key, operation.value)
      else if (isEntry(operation.key)) durable.last = Math.min(durable.last, indexOfKey(operation.key) - 1)
    }
  }

  /** A declared fault: the disk has less than it had, or nothing. */
  damaged(node: Node): void {
    const durable = this.#durable(node.id)
    durable.state = NO_STATE
    durable.last = 0
    durable.snapshot = 0
  }

  /** A node was read back from its disk: what it promises from now on is measured by that. */
  started(node: Node, cluster: Cluster): void {
    const bindings = new Map<string, readonly BindingRow[]>()
    for (const [aor, row] of cluster.tables.registrations) bindings.set(aor, row.bindings)
    const { applied, term } = cluster.status()
    const { state } = this.#durable(node.id)
    if (term < state.term) fail(`${node.name} came back in term ${term}, its disk had ${state.term}`)
    this.#readBack(node)
    this.#seen.set(node.id, {
      applied,
      before: applied,
      term,
      bindings,
      changes: [],
      members: null,
      agreed: '',
      since: 0,
    })
    this.#sameHash(node, cluster.status())
    this.#sameMembers(node, cluster)
  }

  /** A promise leaves: it must be durable here. */
  says(node: Node, message: Message): void {
    if (message.reject) return
    const { state, last, snapshot } = this.#durable(node.id)
    if (message.type === 'vote-resp') {
      const isKept = state.term > message.term || (state.term === message.term && state.vote === message.to)
      if (!isKept)
        fail(
          `${node.name} grants n${message.to} its vote in term ${message.term}, its disk has ${JSON.stringify(state)}`,
        )
    }
    if (message.type === 'app-resp') {
      if (state.term < message.term)
        fail(`${node.name} answers in term ${message.term}, its disk is in term ${state.term}`)
      if (message.index > Math.max(last, snapshot)) {
        fail(`${node.name} acknowledges entry ${message.index}, its disk ends at ${last}`)
      }
    }
  }

  /** A node takes in what another one said: one that it knows to be no member, or not that one, says nothing to it. */
  hears(node: Node, from: Pick<Self, 'id' | 'directory'>, messages: readonly { readonly type: string }[]): void {
    const seen = this.#seen.get(node.id)
    if (!seen?.members || this.#events.now - seen.since < KNOWN_MS) return
    const member = seen.members.all.find(({ id }) => id === from.id)
    if (!member && from.id >= seen.members.next) return
    if (member?.directory === from.directory) return
    const what = messages.map(({ type }) => type).join()
    fail(`${node.name} hears ${what} of id ${from.id}, directory ${from.directory}, which is no member`)
  }

  /** A node stopped because it was told that it is no member: that must be so. */
  sentAway(node: Node, why: string): void {
    const { newest } = this.#configurations
    const member = newest?.all.find(({ id }) => id === node.id)
    if (!newest || (member && member.directory === node.directory)) fail(`${node.name} is a member, and ends: ${why}`)
  }

  /** Looks at a node after it moved; returns what it has applied. */
  moved(node: Node, cluster: Cluster): number {
    const seen = this.#seen.get(node.id)
    if (!seen) return 0
    const status = cluster.status()
    if (status.term < seen.term) fail(`${node.name} went from term ${seen.term} back to ${status.term}`)
    seen.term = status.term
    if (status.role === 'leader') this.#leads(node, status.term)
    const changes = seen.changes.splice(0)
    if (status.applied === seen.applied) {
      this.#changed(node, seen, seen.applied, changes)
      return seen.applied
    }
    if (status.applied < seen.applied) fail(`${node.name} applied ${status.applied} after ${seen.applied}`)
    for (let index = seen.applied + 1; index <= status.applied; index++) this.#applied(node, index, status.term)
    this.#changed(node, seen, status.applied, changes)
    seen.before = seen.applied
    seen.applied = status.applied
    this.#sameHash(node, status)
    this.#sameMembers(node, cluster)
    return seen.applied
  }

  /** Rows that changed on a node. */
  changed(node: Node, changes: readonly RowChange[]): void {
    this.#seen.get(node.id)?.changes.push(...changes)
  }

  ended(node: Node): void {
    this.#seen.delete(node.id)
  }

  /** No binding goes before its time, unless somebody asked for it. */
  #changed(node: Node, seen: Seen, to: number, changes: readonly RowChange[]): void {
    for (const change of changes) {
      if (change.table !== 'registrations') continue
      const before = seen.bindings.get(change.key) ?? []
      const after = change.row?.bindings ?? []
      seen.bindings.set(change.key, after)
      for (const binding of before) {
        if (after.some(({ contact }) => contact === binding.contact)) continue
        this.#mayGo(node, binding, seen.before, to)
      }
    }
  }

  /** A client was told that its command was agreed on at `index`. */
  acknowledges(index: number, command: Command): void {
    const known = this.committed.get(index)
    if (!known) fail(`entry ${index} was acknowledged and applied nowhere`)
    if (JSON.stringify(known.command) !== JSON.stringify(command)) {
      fail(`entry ${index} was acknowledged as ${JSON.stringify(command)}, it is ${JSON.stringify(known.command)}`)
    }
    this.acknowledged = Math.max(this.acknowledged, index)
  }

  /** What a crash left on the disk: also what was written and not yet confirmed. */
  #readBack(node: Node): void {
    const durable = this.#durable(node.id)
    const state = node.disk.get(STATE)
    if (state) durable.state = json<HardState>(STATE, state)
    const kept = node.disk.get(SNAPSHOT)
    durable.snapshot = kept ? json<{ index: number }>(SNAPSHOT, kept).index : 0
    durable.everSnapshot = Math.max(durable.everSnapshot, durable.snapshot)
    durable.last = durable.snapshot
    for (const [key, value] of node.disk.rows(ENTRIES)) {
      const record = decodeEntry(key, value)
      if (!record) continue
      durable.ever.set(record.entry.index, { print: print(record.entry), entry: record.entry })
      durable.last = Math.max(durable.last, record.entry.index)
    }
  }

  #put(node: Node, durable: Durable, key: Buffer, value: Buffer): void {
    if (isEntry(key)) {
      const record = decodeEntry(key, value)
      if (!record) throw new Violation(`${node.name} wrote a damaged entry`)
      const { entry } = record
      const text = print(entry)
      // Log matching: one index and one term, one entry.
      const place = `${entry.index} ${entry.term}`
      const known = this.#prints.get(place)
      if (known !== undefined && known !== text)
        fail(`${node.name} has another entry ${entry.index} of term ${entry.term}`)
      this.#prints.set(place, text)
      durable.last = entry.index
      const before = durable.ever.get(entry.index)
      if (before && before.print !== text) this.overwritten++
      durable.ever.set(entry.index, { print: text, entry })
      this.#firstOwn(node, entry)
    } else if (key.equals(STATE)) {
      const next = json<HardState>(key, value)
      const { state } = durable
      if (next.term < state.term) fail(`${node.name} wrote term ${next.term} after ${state.term}`)
      if (next.term === state.term && state.vote !== 0 && next.vote !== state.vote) {
        fail(`${node.name} voted for n${state.vote} and n${next.vote} in term ${next.term}`)
      }
      durable.state = next
    } else if (key.equals(SNAPSHOT)) {
      const { index, conf } = json<{ index: number; conf: ConfState }>(key, value)
      const [here, agreed] = [JSON.stringify(conf), JSON.stringify(this.#configurations.confAt(index))]
      if (here !== agreed) fail(`${node.name} has a snapshot at ${index} with the members ${here}, not ${agreed}`)
      durable.snapshot = index
      durable.everSnapshot = Math.max(durable.everSnapshot, index)
      durable.last = Math.max(durable.last, index)
    }
  }

  /** Election safety. */
  #leads(node: Node, term: number): void {
    const elected = this.#leaders.get(term)
    if (elected !== undefined && elected !== node.id) fail(`ids ${elected} and ${node.id} both lead term ${term}`)
    this.#leaders.set(term, node.id)
  }

  /** Leader completeness: before its own first entry a leader has all that was committed in earlier terms. */
  #firstOwn(node: Node, first: Entry): void {
    if (this.#leaders.get(first.term) !== node.id || this.#complete.has(first.term)) return
    this.#complete.add(first.term)
    const { ever, everSnapshot } = this.#durable(node.id)
    for (const [index, { print: text, term }] of this.committed) {
      if (term >= first.term) continue
      if (index >= first.index)
        fail(
          `${node.name} leads term ${first.term} from entry ${first.index}, but ${index} was committed in term ${term}`,
        )
      if (index > everSnapshot && ever.get(index)?.print !== text)
        fail(`${node.name} leads term ${first.term} without the committed entry ${index}`)
    }
  }

  #applied(node: Node, index: number, term: number): void {
    // A disk tells what it has when it is written, and may rot afterwards.
    const { ever, snapshot } = this.#durable(node.id)
    const held = ever.get(index)
    // It came with a snapshot; the hash of the tables speaks for it.
    if (!held || index <= snapshot) return
    const { print: text, entry } = held
    const known = this.committed.get(index)
    if (known) {
      // State machine safety.
      if (known.print !== text) fail(`${node.name} applied another entry ${index} than others did`)
      known.term = Math.min(known.term, term)
      return
    }
    this.#agreed(node, entry, text, term)
  }

  /** An entry is applied somewhere for the first time: it must be on the disks of a majority, or have been. */
  #agreed(node: Node, entry: Entry, text: string, term: number): void {
    const { index } = entry
    const holders = new Set<Id>()
    for (const [id, { ever, everSnapshot }] of this.#bySelf)
      if (ever.get(index)?.print === text || everSnapshot >= index) holders.add(id)
    if (!this.#configurations.couldAgree(index, holders))
      fail(`${node.name} applied entry ${index}, which only the disks of ${[...holders].join()} ever had`)
    if (index !== this.lastCommitted + 1) fail(`${node.name} applied entry ${index} after ${this.lastCommitted}`)
    const wrong = this.#configurations.add(entry)
    if (wrong) fail(`entry ${index}: ${wrong}`)
    const isCommand = entry.type === 'normal' && entry.data.length > 0
    const proposal = isCommand ? decodeProposal(entry.data) : null
    const time = Math.max(this.committed.get(index - 1)?.time ?? 0, proposal?.time ?? 0)
    if (proposal) this.#stamped(proposal.time)
    this.committed.set(index, { print: text, entry, term, command: proposal?.command ?? null, time })
    this.lastCommitted = Math.max(this.lastCommitted, index)
  }

  /** Cluster time passes no quicker than the quickest clock, whatever the clocks on the wall say. */
  #stamped(time: number): void {
    this.#firstStamp ??= time
    const went = time - this.#firstStamp
    const passed = this.#events.now * (1 + this.#drift) + 1
    if (went > passed) fail(`cluster time went on by ${went} ms while at most ${passed} passed`)
  }

  #mayGo(node: Node, binding: BindingRow, from: number, to: number): void {
    const time = this.committed.get(to)?.time
    // Entries that only came to this node within a snapshot may not be known one by one.
    if (time === undefined || binding.expiresAt <= time) return
    for (let index = from + 1; index <= to; index++) {
      const known = this.committed.get(index)
      if (!known) return
      const { command } = known
      if (command?.type === 'bind' && command.aor === binding.aor) return
      if (command?.type === 'user-remove' && command.aor === binding.aor) return
    }
    fail(`${node.name} dropped ${binding.contact} at ${to}, by cluster time ${binding.expiresAt - time} ms too early`)
  }

  #sameHash(node: Node, { applied, hash }: ReplicaStatus): void {
    const known = this.#hashes.get(applied)
    if (known !== undefined && known !== hash)
      fail(`${node.name} has other tables at entry ${applied} than another had`)
    this.#hashes.set(applied, hash)
  }

  /** All nodes agree on the members at one index, and on what the log makes of them. */
  #sameMembers(node: Node, cluster: Cluster): void {
    const seen = this.#seen.get(node.id)!
    const { members } = cluster.tables
    const agreed = this.#configurations.textAt(cluster.status().applied)
    if (seen.members === members && seen.agreed === agreed) return
    const here = JSON.stringify(members)
    if (here !== agreed) fail(`${node.name} has the members ${here} at ${cluster.status().applied}, not ${agreed}`)
    Object.assign(seen, { members, agreed, since: this.#events.now })
  }

  #durable(id: Id): Durable {
    let durable = this.#bySelf.get(id)
    if (!durable) {
      durable = { state: NO_STATE, last: 0, snapshot: 0, ever: new Map(), everSnapshot: 0 }
      this.#bySelf.set(id, durable)
    }
    return durable
  }
}

export class Violation extends Error {
  override readonly name = 'Violation'
}

export function fail(what: string): never {
  throw new Violation(what)
}

function print({ term, type, data }: Entry): string {
  return `${term} ${type} ${data.length} ${crc32(data)}`
}

function isEntry(key: Buffer): boolean {
  return key[0] === ENTRIES.gte[0] && key[1] === ENTRIES.gte[1]
}

function json<T>(key: Buffer, value: Buffer): T {
  return JSON.parse(decodeBytes(key, value)!.toString()) as T
}

const STATE = metaKey('state')
const SNAPSHOT = metaKey('snapshot')
/** What the tables have the rest of the node has a little later, also when it stood still in between, ms. */
const KNOWN_MS = 15_000
const NO_STATE: HardState = { term: 0, vote: 0, commit: 0 }
