/** Provisional responses that are repeated until their PRACK comes (RFC 3262): what a dialog knows of them, on both sides. */
import { headersOf, type SipMessage } from '../parser/message.ts'
import type { Dialog, Fork } from './dialog.ts'

/** Of those that we send one at a time waits for its PRACK; what must come after it stands in line. */
export interface Reliable {
  /** The RSeq of the last one; they count up within an INVITE. */
  rseq: number
  /** The CSeq of that INVITE. */
  readonly seq: number
  waiting: Waiting | null
  readonly line: Queued[]
}

export interface Queued {
  readonly status: number
  readonly reliable: boolean
  readonly send: () => void
}

export interface Waiting {
  readonly rseq: number
  /** It has a body, and so a 2xx must not overtake its PRACK. */
  readonly described: boolean
  /** The engine made it reliable by itself, so the app need not hear of its PRACK. */
  readonly ours: boolean
  readonly stop: () => void
}

/** Of those that we hear: the RSeq of the last one of each fork, and whose PRACK the app still owes. */
export interface Heard {
  readonly seq: number
  readonly last: Map<string, number>
  readonly owed: { readonly rseq: number; readonly fork: Fork }[]
}

/** Nobody makes us keep more than this of one call. */
const MAX = 32

/** Whether one of a message's fields of this name lists the extension. */
export function lists(message: SipMessage, field: string, extension: string): boolean {
  return headersOf(message, field).some((value) =>
    value.split(',').some((one) => one.trim().toLowerCase() === extension),
  )
}

/**
 * Takes a response for later if it must wait for a PRACK: another reliable one, a 2xx after one with a body (§3, §5), or
 * what would overtake these. Null: it need not wait; false: too many stand there already.
 */
export function queued(dialog: Dialog | null, next: Queued): boolean | null {
  const { waiting, line } = dialog?.reliable ?? { waiting: null, line: [] }
  if (!waiting || next.status >= 300 || (line.length === 0 && !mustWait(waiting, next))) return null
  if (line.length >= MAX) return false
  line.push(next)
  return true
}

function mustWait(waiting: Waiting, next: Queued): boolean {
  return next.reliable || (next.status >= 200 && waiting.described)
}

/** The number for the next reliable response to the INVITE of this CSeq; `first` draws the one to begin with. */
export function nextRseq(dialog: Dialog, seq: number, first: () => number): number {
  const { reliable } = dialog
  if (reliable?.seq === seq) return ++reliable.rseq
  dialog.reliable = { rseq: first(), seq, waiting: null, line: [] }
  return dialog.reliable.rseq
}

/** What a PRACK acknowledges by its `RAck: <RSeq> <CSeq> <method>`, which then waits no longer; null: nothing. */
export function acknowledged(dialog: Dialog, rack: string): Waiting | null {
  const { reliable } = dialog
  const match = /^(\d{1,10})[ \t]+(\d{1,10})[ \t]+(\S+)$/.exec(rack)
  const waiting = reliable?.waiting
  if (!reliable || !waiting || !match) return null
  const [, rseq, seq, method] = match
  if (Number(rseq) !== waiting.rseq || Number(seq) !== reliable.seq || method !== 'INVITE') return null
  waiting.stop()
  reliable.waiting = null
  return waiting
}

/** Sends what stood in line, up to the next that must wait. */
export function advanceLine(dialog: Dialog): void {
  const { reliable } = dialog
  while (reliable) {
    const next = reliable.line[0]
    if (!next || (reliable.waiting && mustWait(reliable.waiting, next))) return
    reliable.line.shift()
    next.send()
  }
}

/**
 * The INVITE has its final response: nothing is repeated any more, but a late PRACK still finds what it is for (§3). Gives
 * back what stood in line.
 */
export function noMore(dialog: Dialog): readonly Queued[] {
  dialog.reliable?.waiting?.stop()
  return dialog.reliable?.line.splice(0) ?? []
}

/** The RSeq of a response that wants a PRACK; else null. */
export function rseqOf(response: SipMessage, tag: string): number | null {
  const [value] = headersOf(response, 'rseq')
  if (value === undefined || tag === '' || !/^\d{1,10}$/.test(value)) return null
  return lists(response, 'require', '100rel') ? Number(value) : null
}

/** A number that was heard is a retransmission, one beyond the next came too early; both are dropped (§4). */
export function isNext(heard: Heard | null, seq: number, tag: string, rseq: number): boolean {
  const last = heard?.seq === seq ? heard.last.get(tag) : undefined
  return last === undefined || rseq === last + 1
}

/** Keeps that this fork was heard, and that its PRACK is owed. */
export function remember(dialog: Dialog, seq: number, rseq: number): void {
  if (dialog.heard?.seq !== seq) dialog.heard = { seq, last: new Map(), owed: [] }
  const { last, owed } = dialog.heard!
  const { remoteTag, remote, remoteSeq, target, routes, way } = dialog
  last.set(remoteTag, rseq)
  owed.push({ rseq, fork: { remoteTag, remote, remoteSeq, target, routes, way } })
  if (last.size > MAX) last.delete(last.keys().next().value!)
  if (owed.length > MAX) owed.shift()
}

/** The fork that a PRACK is for: all of them have one dialog id, so the app cannot say. */
export function forkOwed(dialog: Dialog, rack: string): Fork {
  const rseq = Number(rack.split(/[ \t]/)[0])
  const owed = dialog.heard?.owed ?? []
  const at = owed.findIndex((one) => one.rseq === rseq)
  return at < 0 ? dialog : owed.splice(at, 1)[0]!.fork
}
