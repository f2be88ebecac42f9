/** One call, from routing to its end: what it is, what can happen to it, and how it looks in the table. */
import type { CallAbout, CallRow, CallState, LegRow, MediaKind } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'

export interface Call {
  readonly id: string
  readonly state: CallState | 'ended'
  readonly from: string
  readonly to: string
  /** Wall clock, ms. */
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly media: MediaKind
  readonly planVersion: number
  readonly rule: string
  readonly target: string
  readonly trace: readonly string[]
  readonly legs: readonly LegRow[]
  readonly about: CallAbout
  /** Why it is over; empty while it is not. */
  readonly ending: string
  readonly endedAt: number | null
}

export type CallEvent =
  | {
      readonly type: 'ringing'
      readonly target: string
      readonly media: MediaKind
      readonly caller: LegRow
      readonly at: number
    }
  | {
      readonly type: 'answered'
      readonly at: number
      readonly target: string
      readonly legs: readonly LegRow[]
      /** That it went out by. */
      readonly trunk?: string
    }
  /** Told to who asks why the call went where it went; the cluster is not told of it. */
  | { readonly type: 'noted'; readonly line: string }
  | { readonly type: 'ended'; readonly why: string; readonly at: number }

/** Routing's own, and what came of it: a call has few steps. */
const TRACE_MAX = 256

/** Moves a call on. What comes too late for its state changes nothing. */
export function advance(call: Call, event: CallEvent): Call {
  switch (event.type) {
    case 'ringing':
      if (call.state === 'answered' || call.state === 'ended') return call
      return {
        ...call,
        state: 'ringing',
        target: clean(event.target),
        media: event.media,
        legs: [shown(event.caller)],
        about: { ...call.about, ringingAt: call.about.ringingAt ?? event.at },
      }
    case 'answered':
      if (call.state !== 'ringing') return call
      return {
        ...call,
        state: 'answered',
        answeredAt: event.at,
        target: clean(event.target),
        legs: event.legs.map(shown),
        about: {
          ...call.about,
          trunk: event.trunk ?? call.about.trunk,
          decision: recordedOf(call.trace),
        },
      }
    case 'noted':
      if (call.state === 'ended' || call.trace.length >= TRACE_MAX) return call
      return { ...call, trace: [...call.trace, clean(event.line)] }
    case 'ended':
      return call.state === 'ended' ? call : over(call, event)
  }
}

function over(call: Call, { why, at }: Extract<CallEvent, { type: 'ended' }>): Call {
  const about = { ...call.about, decision: recordedOf(call.trace) }
  return { ...call, state: 'ended', ending: clean(why), endedAt: at, about }
}

/** The row that the cluster keeps of it; null when there is nothing (more) to keep. `recorded`: it needs no record any more. */
export function rowOf(call: Call, node: string, incarnation: string, recorded = false): CallRow | null {
  const { state } = call
  return state === 'routing' || state === 'ended' ? null : rowIn(call, state, node, incarnation, recorded)
}

/** The call as a row, whatever has become of it. */
export function rowIn(call: Call, state: CallState, node: string, incarnation: string, recorded = false): CallRow {
  const { id, from, to, startedAt, answeredAt, media, planVersion, rule, target, legs, about } = call
  const told = { id, state, from, to, node, incarnation, startedAt, answeredAt, media, planVersion, rule, target, legs }
  return recorded ? told : { ...told, about }
}

/** Of why a call went where it went, so many characters are recorded. */
const DECISION_MAX = 1_000

/** The first lines of a trace, as many as are recorded. */
export function recordedOf(trace: readonly string[]): readonly string[] {
  let left = DECISION_MAX
  return trace.filter((line) => {
    left -= line.length + 1
    return left >= 0
  })
}

/** Every leg is replicated to every node: an SDP beyond this serves nobody there. */
const SDP_MAX = 8_192

function shown(leg: LegRow): LegRow {
  const { role, callId, tag, contact, sdp } = leg
  return {
    role,
    callId: clean(callId),
    tag: clean(tag),
    contact: clean(contact),
    sdp: sdp.length > SDP_MAX ? '' : sdp,
  }
}
