/** What the shell must do next, out of what has changed since it last asked (thesis §10.2.1 for writing in parallel). */

import { acceptApplying, hasNextCommitted, hasUnstable, lastId, nextCommitted } from './log.ts'
import { message } from './message.ts'
import { hardStateOf, isEmptyHardState, type Raft, softStateOf } from './raft.ts'
import { entriesSize } from './size.ts'
import {
  type Entry,
  type HardState,
  LOCAL_APPEND,
  LOCAL_APPLY,
  type Message,
  type Ready,
  type Snapshot,
  type SoftState,
} from './types.ts'
import { acceptUnstable, nextSnapshot, nextUnstable } from './unstable.ts'

/** What the shell was told last. */
export interface Told {
  hardState: HardState
  softState: SoftState
}

export function hasReady(r: Raft, told: Told): boolean {
  return (
    !sameSoft(softStateOf(r), told.softState) ||
    hardStateChange(r, told) !== undefined ||
    r.messages.length > 0 ||
    r.afterAppend.length > 0 ||
    r.readStates.length > 0 ||
    hasUnstable(r.log) ||
    hasNextCommitted(r.log, appliesUnstable(r))
  )
}

/** What to do, before it is accepted; looking changes nothing. */
export function readyOf(r: Raft, told: Told): Ready {
  const hardState = hardStateOf(r)
  const softState = softStateOf(r)
  const entries = nextUnstable(r.log.unstable)
  const snapshot = nextSnapshot(r.log.unstable)
  const changedHard = hardStateChange(r, told)
  const committedEntries = nextCommitted(r.log, appliesUnstable(r))
  const work: Work = {
    entries,
    ...(snapshot && { snapshot }),
    ...(changedHard && { hardState: changedHard }),
    committedEntries,
  }
  return {
    ...work,
    ...(!sameSoft(softState, told.softState) && { softState }),
    readStates: r.readStates,
    messages: r.messages.concat(r.settings.asyncStorageWrites ? storageMessages(r, work) : promisesToPeers(r)),
    mustSync: entries.length > 0 || hardState.term !== told.hardState.term || hardState.vote !== told.hardState.vote,
  }
}

/** The shell has it. Returns what to step when it says that everything is done (synchronous storage). */
export function accept(r: Raft, told: Told, ready: Ready): readonly Message[] {
  const onAdvance = r.settings.asyncStorageWrites ? [] : stepsOnAdvance(r, ready)
  if (ready.softState !== undefined) told.softState = ready.softState
  if (ready.hardState !== undefined) told.hardState = ready.hardState
  r.readStates = []
  r.messages = []
  r.afterAppend = []
  acceptUnstable(r.log.unstable)
  const last = ready.committedEntries.at(-1)
  if (last !== undefined) {
    acceptApplying(r.log, last.index, entriesSize(ready.committedEntries), appliesUnstable(r))
  }
  return onAdvance
}

interface Work {
  readonly entries: readonly Entry[]
  readonly snapshot?: Snapshot
  readonly hardState?: HardState
  readonly committedEntries: readonly Entry[]
}

/** With synchronous storage, what a Ready commits may be applied although the same Ready first writes it. */
function appliesUnstable(r: Raft): boolean {
  return !r.settings.asyncStorageWrites
}

function promisesToPeers(r: Raft): readonly Message[] {
  return r.afterAppend.filter((m) => m.to !== r.id)
}

function stepsOnAdvance(r: Raft, ready: Ready): readonly Message[] {
  const steps = r.afterAppend.filter((m) => m.to === r.id)
  if (needsAppendResponse(r, ready)) steps.push(appendResponse(r, ready))
  if (ready.committedEntries.length > 0) steps.push(applyResponse(r, ready.committedEntries))
  return steps
}

function storageMessages(r: Raft, work: Work): readonly Message[] {
  const messages: Message[] = []
  const { entries, hardState, snapshot, committedEntries } = work
  if (entries.length > 0 || hardState !== undefined || snapshot !== undefined || r.afterAppend.length > 0) {
    const responses = needsAppendResponse(r, work) ? [...r.afterAppend, appendResponse(r, work)] : r.afterAppend
    messages.push(
      message('storage-append', LOCAL_APPEND, {
        from: r.id,
        entries,
        responses,
        ...hardState,
        ...(snapshot && { snapshot }),
      }),
    )
  }
  if (committedEntries.length > 0) {
    const responses = [applyResponse(r, committedEntries)]
    messages.push(message('storage-apply', LOCAL_APPLY, { from: r.id, entries: committedEntries, responses }))
  }
  return messages
}

/** Also when earlier writes are still under way: the response to this one then speaks for all of them. */
function needsAppendResponse(r: Raft, work: Work): boolean {
  return r.log.unstable.entries.length > 0 || work.snapshot !== undefined
}

/**
 * Says, once the write is durable, that the whole log of this moment is. It carries the term of this moment: in a later term
 * other entries may have been written over these, and back again, and only a write of that term can speak for them.
 */
function appendResponse(r: Raft, work: Work): Message {
  const fields = { from: LOCAL_APPEND, term: r.term, ...(work.snapshot && { snapshot: work.snapshot }) }
  if (r.log.unstable.entries.length === 0) return message('storage-append-resp', r.id, fields)
  const last = lastId(r.log)
  return message('storage-append-resp', r.id, { ...fields, index: last.index, logTerm: last.term })
}

function applyResponse(r: Raft, entries: readonly Entry[]): Message {
  return message('storage-apply-resp', r.id, { from: LOCAL_APPLY, entries })
}

function hardStateChange(r: Raft, told: Told): HardState | undefined {
  const now = hardStateOf(r)
  const { term, vote, commit } = told.hardState
  if (isEmptyHardState(now) || (now.term === term && now.vote === vote && now.commit === commit)) return undefined
  return now
}

function sameSoft(a: SoftState, b: SoftState): boolean {
  return a.lead === b.lead && a.state === b.state
}
