/**
 * Changes of membership as arithmetic on a configuration (thesis §4): one server at a time, or any set of changes through a
 * joint configuration. A voter that is demoted while joint stays a voter of the old half, so it waits in learnersNext.
 */

import { newInflights } from './inflights.ts'
import type { Progress, ProgressMap } from './progress.ts'
import type { ConfChange, ConfChangeSingle, ConfState, Id } from './types.ts'

export interface ClusterConf {
  readonly voters: ReadonlySet<Id>
  /** The old half of a joint configuration; empty otherwise. */
  readonly votersOutgoing: ReadonlySet<Id>
  readonly learners: ReadonlySet<Id>
  readonly learnersNext: ReadonlySet<Id>
  readonly autoLeave: boolean
}

/** A configuration with the progress of each of its members, in ascending order of id. */
export interface Membership {
  readonly conf: ClusterConf
  readonly progress: ProgressMap
}

export interface ProgressLimits {
  readonly maxInflightMsgs: number
  readonly maxInflightBytes: number
}

export type Refusal =
  | 'already-joint'
  | 'not-joint'
  | 'no-voters'
  | 'no-voters-left'
  | 'simple-while-joint'
  | 'more-than-one-voter'

export type Changed =
  | { readonly kind: 'changed'; readonly membership: Membership }
  | { readonly kind: 'refused'; readonly why: Refusal }

/** Where a change starts: the membership, the last index of the log and the windows that a new member gets. */
export interface ChangeFrom extends ProgressLimits {
  readonly membership: Membership
  readonly lastIndex: number
}

export const NOBODY: Membership = {
  conf: {
    voters: new Set(),
    votersOutgoing: new Set(),
    learners: new Set(),
    learnersNext: new Set(),
    autoLeave: false,
  },
  progress: new Map(),
}

export function isJoint(conf: ClusterConf): boolean {
  return conf.votersOutgoing.size > 0
}

/** It asks nobody. */
export function isOnlyVoter({ voters, votersOutgoing }: ClusterConf, id: Id): boolean {
  return voters.size === 1 && voters.has(id) && votersOutgoing.size === 0
}

export function leavesJoint(change: ConfChange): boolean {
  return change.changes.length === 0 && change.transition === 'auto'
}

/** Applies a change as it says itself: leave, enter or simple. */
export function changed(from: ChangeFrom, change: ConfChange): Changed {
  if (leavesJoint(change)) return leaveJoint(from)
  if (change.transition === 'auto' && change.changes.length === 1) return simple(from, change.changes)
  return enterJoint(from, change.transition !== 'joint-explicit', change.changes)
}

/** One voter more or less; any majority of the one overlaps any majority of the other (thesis §4.1). */
export function simple(from: ChangeFrom, changes: readonly ConfChangeSingle[]): Changed {
  if (isJoint(from.membership.conf)) return refused('simple-while-joint')
  const draft = draftOf(from)
  for (const change of changes) edit(draft, change)
  if (draft.voters.size === 0) return refused('no-voters-left')
  const before = from.membership.conf.voters
  const differing = countMissing(draft.voters, before) + countMissing(before, draft.voters)
  return differing > 1 ? refused('more-than-one-voter') : done(draft)
}

/** From here on both the old and the new majority must agree (thesis §4.3). */
export function enterJoint(from: ChangeFrom, autoLeave: boolean, changes: readonly ConfChangeSingle[]): Changed {
  const { conf } = from.membership
  if (isJoint(conf)) return refused('already-joint')
  if (conf.voters.size === 0) return refused('no-voters')
  const draft = draftOf(from)
  draft.votersOutgoing = new Set(conf.voters)
  for (const change of changes) edit(draft, change)
  if (draft.voters.size === 0) return refused('no-voters-left')
  draft.autoLeave = autoLeave
  return done(draft)
}

export function leaveJoint(from: ChangeFrom): Changed {
  if (!isJoint(from.membership.conf)) return refused('not-joint')
  const draft = draftOf(from)
  for (const id of draft.learnersNext) {
    draft.learners.add(id)
    draft.progress.get(id)!.learner = true
  }
  draft.learnersNext.clear()
  for (const id of draft.votersOutgoing) {
    if (!draft.voters.has(id) && !draft.learners.has(id)) draft.progress.delete(id)
  }
  draft.votersOutgoing = new Set()
  draft.autoLeave = false
  return done(draft)
}

/** The membership that a ConfState describes, built by the changes that lead to it. */
export function restored(state: ConfState, lastIndex: number, limits: ProgressLimits): Membership {
  const add = (id: Id): ConfChangeSingle => ({ type: 'add-voter', id })
  const learn = (id: Id): ConfChangeSingle => ({ type: 'add-learner', id })
  const incoming = [
    ...state.votersOutgoing.map((id): ConfChangeSingle => ({ type: 'remove', id })),
    ...state.voters.map(add),
    ...state.learners.map(learn),
    ...state.learnersNext.map(learn),
  ]
  const first = state.votersOutgoing.length === 0 ? incoming : state.votersOutgoing.map(add)
  let membership = NOBODY
  for (const change of first) membership = expectChanged(simple({ ...limits, membership, lastIndex }, [change]), state)
  if (state.votersOutgoing.length === 0) return membership
  return expectChanged(enterJoint({ ...limits, membership, lastIndex }, state.autoLeave, incoming), state)
}

export function confStateOf(conf: ClusterConf): ConfState {
  return {
    voters: ascending(conf.voters),
    learners: ascending(conf.learners),
    votersOutgoing: ascending(conf.votersOutgoing),
    learnersNext: ascending(conf.learnersNext),
    autoLeave: conf.autoLeave,
  }
}

export function ascending(ids: Iterable<Id>): Id[] {
  return [...ids].sort((a, b) => a - b)
}

function countMissing(ids: ReadonlySet<Id>, among: ReadonlySet<Id>): number {
  return [...ids].filter((id) => !among.has(id)).length
}

interface Draft {
  readonly from: ChangeFrom
  readonly voters: Set<Id>
  votersOutgoing: Set<Id>
  readonly learners: Set<Id>
  readonly learnersNext: Set<Id>
  autoLeave: boolean
  readonly progress: Map<Id, Progress>
}

function draftOf(from: ChangeFrom): Draft {
  const { conf, progress } = from.membership
  return {
    from,
    voters: new Set(conf.voters),
    votersOutgoing: new Set(conf.votersOutgoing),
    learners: new Set(conf.learners),
    learnersNext: new Set(conf.learnersNext),
    autoLeave: false,
    // Copies, because a change that is refused halfway must leave no trace.
    progress: new Map([...progress].map(([id, pr]) => [id, { ...pr }])),
  }
}

function edit(draft: Draft, change: ConfChangeSingle): void {
  // Id 0 is how a state machine turns a change it refuses into one that does nothing.
  if (change.id === 0) return
  switch (change.type) {
    case 'add-voter':
      makeVoter(draft, change.id)
      break
    case 'add-learner':
      makeLearner(draft, change.id)
      break
    case 'remove':
      remove(draft, change.id)
      break
    case 'update':
      break
  }
}

function makeVoter(draft: Draft, id: Id): void {
  const pr = draft.progress.get(id)
  if (pr === undefined) draft.progress.set(id, newcomer(draft.from, false))
  else pr.learner = false
  draft.learners.delete(id)
  draft.learnersNext.delete(id)
  draft.voters.add(id)
}

function makeLearner(draft: Draft, id: Id): void {
  const pr = draft.progress.get(id)
  if (pr === undefined) {
    draft.progress.set(id, newcomer(draft.from, true))
    draft.learners.add(id)
    return
  }
  if (pr.learner) return
  remove(draft, id)
  draft.progress.set(id, pr)
  if (draft.votersOutgoing.has(id)) {
    draft.learnersNext.add(id)
    return
  }
  pr.learner = true
  draft.learners.add(id)
}

function remove(draft: Draft, id: Id): void {
  draft.voters.delete(id)
  draft.learners.delete(id)
  draft.learnersNext.delete(id)
  // The old half still needs its progress to count what it holds.
  if (!draft.votersOutgoing.has(id)) draft.progress.delete(id)
}

function newcomer(from: ChangeFrom, learner: boolean): Progress {
  return {
    match: 0,
    // Usually the newcomer has nothing and will say so; the end of our log is the cheapest first question.
    next: Math.max(from.lastIndex, 1),
    sentCommit: 0,
    state: 'probe',
    pendingSnapshot: 0,
    // Active until the next check of the quorum, or a leader would step down because of those it just invited.
    recentActive: true,
    flowPaused: false,
    inflights: newInflights(from.maxInflightMsgs, from.maxInflightBytes),
    learner,
  }
}

function done(draft: Draft): Changed {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = draft
  const progress = new Map([...draft.progress].sort(([a], [b]) => a - b))
  return {
    kind: 'changed',
    membership: { conf: { voters, votersOutgoing, learners, learnersNext, autoLeave }, progress },
  }
}

function refused(why: Refusal): Changed {
  return { kind: 'refused', why }
}

function expectChanged(result: Changed, state: ConfState): Membership {
  if (result.kind === 'changed') return result.membership
  throw new Error(`the configuration ${JSON.stringify(state)} cannot be restored: ${result.why}`)
}
