/**
 * Reads that wait until a majority has confirmed the leader after they were asked (thesis §6.4). Each has a position; the
 * heartbeats carry the newest position, so an answer to an older heartbeat can never confirm a younger read.
 */

import { type JointVoters, jointCommitted } from './quorum.ts'
import type { Id, Message } from './types.ts'

export interface WaitingRead {
  readonly request: Message
  /** The commit index when it was asked. */
  readonly index: number
}

export interface Reads {
  /** Asked before the leader has committed anything in its own term; they have no index yet. */
  postponed: Message[]
  waiting: WaitingRead[]
  /** The position of the newest confirmed read; the waiting ones follow it. */
  confirmed: number
  readonly acks: Map<Id, number>
}

/** A leader that cannot reach a majority must not collect reads without end. */
export const MAX_READS = 65_536

export function newReads(): Reads {
  return { postponed: [], waiting: [], confirmed: 0, acks: new Map() }
}

export function readsFull(reads: Reads): boolean {
  return reads.postponed.length + reads.waiting.length >= MAX_READS
}

/** What heartbeats carry while reads wait: the position of the newest, eight bytes, big end first. */
export function readContext(reads: Reads): Uint8Array | undefined {
  if (reads.waiting.length === 0) return undefined
  const position = reads.confirmed + reads.waiting.length
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(position / 2 ** 32))
  view.setUint32(4, position % 2 ** 32)
  return bytes
}

/** A member has confirmed the leader at the position that it echoes. */
export function acknowledge(reads: Reads, from: Id, context: Uint8Array | undefined): void {
  if (context === undefined || context.length !== 8) return
  const view = new DataView(context.buffer, context.byteOffset, 8)
  const position = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
  reads.acks.set(from, Math.max(reads.acks.get(from) ?? 0, position))
}

/** The reads that a majority has confirmed by now, in the order they were asked. */
export function takeConfirmed(reads: Reads, conf: JointVoters): readonly WaitingRead[] {
  const asked = reads.confirmed + reads.waiting.length
  const confirmed = Math.min(
    jointCommitted(conf, (id) => reads.acks.get(id)),
    asked,
  )
  if (confirmed <= reads.confirmed) return []
  const ready = reads.waiting.splice(0, confirmed - reads.confirmed)
  reads.confirmed = confirmed
  return ready
}
