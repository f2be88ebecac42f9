/**
 * What becomes of an operator's wish about the members, and what a leader does about them of its own accord. All of it may be asked
 * again: a change that is there already is done.
 */
import { isJoint } from './raft/confchange.ts'
import { lastIndex } from './raft/log.ts'
import type { Raft } from './raft/raft.ts'
import type { Id } from './raft/types.ts'
import { after, type MemberChange, type MembersRow, type NewMember, standingOf } from './tables/members.ts'

export type MemberRequest =
  /** A new node, with the directory that it has made. `replace`: in the place of the member of that name. */
  | { readonly kind: 'join'; readonly member: NewMember; readonly replace: boolean }
  | { readonly kind: 'promote'; readonly node: string }
  | { readonly kind: 'remove'; readonly node: string }

export type Plan =
  | { readonly kind: 'done' }
  | { readonly kind: 'propose'; readonly change: MemberChange }
  /** Nothing is wrong; it cannot be done yet. `why` is a sentence. */
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** It is the leader that is to go: another one must lead first. */
  | { readonly kind: 'leads' }

/** Entries that a learner may lack when it gets its vote: what it can be sent in a moment. */
export const LAG_MAX = 1000

/** Whether the members are as the request wants them. */
export function isSatisfied(row: MembersRow | null, request: MemberRequest): boolean {
  if (row === null) return false
  switch (request.kind) {
    case 'join':
      return row.all.some(({ directory }) => directory === request.member.directory)
    case 'promote':
      return row.all.some(({ id, name }) => name === request.node && standingOf(row.conf, id) === 'voter')
    case 'remove':
      return row.all.every(({ name }) => name !== request.node) && row.conf.votersOutgoing.length === 0
  }
}

/** What a leader knows when it decides. */
export interface Facts {
  readonly raft: Raft
  /** Whether a stream to that member is open. */
  readonly reach: (id: Id) => boolean
  /** Whether that member can vote, its directory being whole. */
  readonly mayVote: (id: Id) => boolean
}

/** What a leader does about a request; `founding` says why there are no founders yet. */
export function planFor(facts: Facts, row: MembersRow | null, request: MemberRequest, founding: string): Plan {
  if (isSatisfied(row, request)) return { kind: 'done' }
  if (row === null) return { kind: 'wait', why: founding }
  if (isUnderWay(facts.raft)) return { kind: 'wait', why: 'another change of the members is under way' }
  const plan = wanted(facts, row, request)
  if (plan.kind !== 'propose' || after(row, plan.change)) return plan
  return { kind: 'refused', why: 'the members do not allow this change; raftel cluster status shows them' }
}

/** A change that is due without being asked for; `movedTo` is where a member says that it listens, if elsewhere. */
export function dueChange(facts: Facts, row: MembersRow, movedTo: (id: Id) => string | null): MemberChange | null {
  const { raft } = facts
  if (raft.role !== 'leader' || isUnderWay(raft)) return null
  for (const { id, vote } of row.all) {
    if (vote && standingOf(row.conf, id) === 'learner' && lackOf(facts, id) === null) return { kind: 'promote', id }
    const address = movedTo(id)
    if (address !== null) return { kind: 'move', id, address }
  }
  return null
}

/** A second change would become an entry that does nothing (thesis §4.1). */
function isUnderWay(raft: Raft): boolean {
  return raft.pendingConfIndex > raft.log.applied || isJoint(raft.membership.conf)
}

function wanted(facts: Facts, row: MembersRow, request: MemberRequest): Plan {
  if (request.kind === 'join') return join(row, request.member, request.replace)
  const one = row.all.find(({ name }) => name === request.node)
  if (!one) return { kind: 'refused', why: `there is no member ${request.node}` }
  return request.kind === 'promote' ? promote(facts, one.id, one.name) : remove(facts, row, one.id, one.name)
}

function join(row: MembersRow, member: NewMember, replace: boolean): Plan {
  const same = row.all.find(({ name }) => name === member.name)
  if (same && !replace) {
    const why =
      `${member.name} is a member already, with another data directory: give the new node another name, or, if the old ` +
      `directory is lost, join with --replace, which removes the old member`
    return { kind: 'refused', why }
  }
  return { kind: 'propose', change: { kind: 'add', id: row.next, member, replaces: same?.id ?? 0 } }
}

function promote(facts: Facts, id: Id, name: string): Plan {
  const lack = lackOf(facts, id)
  return lack === null ? { kind: 'propose', change: { kind: 'promote', id } } : { kind: 'wait', why: `${name} ${lack}` }
}

function remove({ raft, reach, mayVote }: Facts, row: MembersRow, id: Id, name: string): Plan {
  if (id === raft.id) return { kind: 'leads' }
  const { voters } = row.conf
  const left = voters.filter((voter) => voter !== id)
  if (left.length === 0) return { kind: 'refused', why: `${name} is the last member with a vote` }
  const reached = left.filter((voter) => voter === raft.id || (reach(voter) && mayVote(voter)))
  if (voters.includes(id) && 2 * reached.length <= left.length) {
    const gone = left.filter((voter) => !reached.includes(voter)).map((voter) => nameOf(row, voter))
    const why = `without ${name} there would be no majority, because ${gone.join(' and ')} cannot be reached or repairs itself: see to it first`
    return { kind: 'wait', why }
  }
  return { kind: 'propose', change: { kind: 'remove', id } }
}

/** What a learner lacks before it may vote, as a part of a sentence; null: nothing. */
function lackOf({ raft, reach, mayVote }: Facts, id: Id): string | null {
  const progress = raft.membership.progress.get(id)
  if (!progress || !reach(id)) return 'cannot be reached: start it'
  // A majority that needs its vote would wait for ever, if the leader went before it had everything.
  if (!mayVote(id)) return 'has not been given everything yet'
  const lag = lastIndex(raft.log) - progress.match
  return progress.state !== 'replicate' || lag > LAG_MAX ? `is ${lag} entries behind` : null
}

function nameOf(row: MembersRow, id: Id): string {
  return row.all.find((member) => member.id === id)?.name ?? `id ${id}`
}
