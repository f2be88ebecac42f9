/**
 * The members, as the consensus half has to do with them: it makes the core follow what is agreed on, tells the network whom to dial,
 * and proposes what is due or asked for.
 */
import type { Peer, Said } from './hello.ts'
import type { Disk } from './log/disk.ts'
import type { DurableLog } from './log/log.ts'
import { writeMember } from './log/member.ts'
import type { Logger } from './logger.ts'
import { dueChange, type Facts, type MemberRequest, type Plan, planFor } from './membership.ts'
import { DUTY_TICKS } from './options.ts'
import type { RawNode } from './raft/rawnode.ts'
import type { Entry, Id } from './raft/types.ts'
import { isFinal, otherDirectory, REMOVED, type Roster } from './roster.ts'
import { afterEntry, entryOf, type MembersRow } from './tables/members.ts'

export interface MembersNeeds {
  readonly roster: Roster
  readonly log: DurableLog
  readonly disk: Disk
  readonly dataDir: string
  readonly say: Logger
  /** Whether a stream to that member is open. */
  readonly isInReach: (id: Id) => boolean
  /** Whom to dial from now on. */
  readonly reach: (peers: readonly Peer[]) => void
  /** This node must not go on. */
  readonly end: (error: Error) => void
}

export class Members {
  readonly #needs: MembersNeeds
  /** Peers that do not take this node for a member. */
  readonly #refusedBy = new Set<Id>()
  #ticks = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(needs: MembersNeeds) {
    this.#needs = needs
  }

  /** A snapshot came, with the members of its time. */
  load(row: MembersRow | null): void {
    if (row) this.#set(row)
  }

  /** Entries were applied: the core follows those that change the members. */
  applied(core: RawNode, entries: readonly Entry[]): void {
    const { roster } = this.#needs
    for (const entry of entries) {
      if (entry.type === 'normal') continue
      const { row, core: change } = afterEntry(roster.row, entry)
      core.applyConfChange(change)
      if (row && row !== roster.row) this.#set(row)
    }
  }

  /** A peer said who it is. */
  hear(said: Said): void {
    const { roster, reach } = this.#needs
    if (roster.hear(said)) reach(roster.peers)
  }

  /**
   * A peer does not let this node in. Who was a member, and with which directory, is known for good to whoever knows it, so a node
   * that knows nothing itself believes the first; one that has members of its own believes a majority.
   */
  refused(id: Id, why: string): void {
    const { roster, log } = this.#needs
    if (!isFinal(why)) return
    this.#refusedBy.add(id)
    // Not those that only say that they are members: they may have been removed themselves.
    const others = roster.view.filter((member) => member.id !== log.identity.id)
    const isMost = 2 * others.filter((member) => this.#refusedBy.has(member.id)).length > others.length
    // One that knows itself alone has begun anew with an empty directory, while its cluster goes on without it.
    if (!roster.row || isMost || others.length === 0) this.#leave(why)
  }

  /** One unit of time. */
  tick(core: RawNode): void {
    if (core.raft.role !== 'leader') this.#ticks = 0
    else if (this.#ticks-- <= 0) this.#propose(core)
  }

  /** What becomes of a request. */
  request(core: RawNode, request: MemberRequest): Plan {
    const { roster, isInReach } = this.#needs
    const founding = roster.row ? '' : roster.founding(isInReach)
    const why = typeof founding === 'string' ? founding : 'the cluster is being founded'
    const plan = planFor(this.#facts(core), roster.row, request, why)
    if (plan.kind === 'propose') core.proposeConfChange(entryOf(plan.change))
    return plan
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#writing
  }

  #leave(why: string): void {
    const { end, dataDir } = this.#needs
    end(why.includes(REMOVED) ? removed(dataDir) : new Error(why))
  }

  #propose(core: RawNode): void {
    const { roster, isInReach } = this.#needs
    const { row } = roster
    const founding = row ? null : roster.founding(isInReach)
    const change = row ? dueChange(this.#facts(core), row, (id) => roster.movedTo(id)) : founding
    if (change === null || typeof change === 'string') return
    this.#ticks = DUTY_TICKS
    core.proposeConfChange(entryOf(change))
  }

  #facts({ raft }: RawNode): Facts {
    const { isInReach: reach, roster } = this.#needs
    return { raft, reach, mayVote: (id) => roster.mayVote(id) }
  }

  #set(row: MembersRow): void {
    const { roster, log, dataDir, say, reach, end } = this.#needs
    const { id, directory = '' } = log.identity
    roster.set(row)
    log.found()
    say.info({ members: row.all.map(({ name }) => name), voters: row.conf.voters }, 'the members are others now')
    const own = row.all.find((member) => member.id === id)
    if (!own && id < row.next) end(removed(dataDir))
    else if (own && own.directory !== directory) end(new Error(otherDirectory(own.name)))
    reach(roster.peers)
    // What is read again from the log on the way to this node's own coming is of long ago.
    if (own) this.#remember()
  }

  /** How the members are reached, for the next start; what is agreed on does not depend on it. */
  #remember(): void {
    const { roster, log, disk, dataDir, say } = this.#needs
    const { cluster, id, node, directory = '', members: founders } = log.identity
    const members = roster.view.map((member) => ({ id: member.id, name: member.name, address: member.address }))
    const file = { cluster, id, node, directory, founders, members, lineage: log.lineage }
    this.#writing = this.#writing
      .then(() => writeMember(disk, dataDir, file))
      .catch((error: Error) => say.warn({}, `the file member in ${dataDir} cannot be written: ${error.message}`))
  }
}

function removed(dataDir: string): Error {
  return new Error(
    `this node ${REMOVED}: it has stopped, and what is in ${dataDir} can be deleted; ` +
      'raftel cluster join makes a new directory a member again',
  )
}
