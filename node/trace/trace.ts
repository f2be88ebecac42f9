/** What passed this node of each call: heard from the engine, told to who asks. */
import { ChurnMap } from '../../proto/churn-map.ts'
import type { Tap } from '../engine/engine.ts'
import { redact } from './redact.ts'
import { CALL_ID_MAX, type Passed, Ring } from './ring.ts'

export type { Endpoint, Passed } from './ring.ts'

export interface TraceOptions {
  /** Of memory for messages; 0: nothing is kept. */
  readonly bytes: number
  readonly messages: number
  /** Wall clock, µs. */
  now(): number
}

export interface Trace {
  /** None when nothing is kept. */
  readonly tap?: Tap
  /** A dialog of this SIP Call-ID is a leg of this call. */
  isLeg(call: string, callId: string): void
  /** The calls that an id means: its own, or those that have a leg of this Call-ID. */
  calls(id: string): readonly string[]
  /** What passed of a call, oldest first. */
  of(call: string): readonly Passed[]
  /** What passes from now on, until the function that it returns is called. */
  follow(call: string, tell: (passed: Passed) => void): () => void
  stats(): { readonly messages: number; readonly lost: number }
}

/** Legs of one call, and calls of one leg: beyond these somebody plays with us. */
const LEGS_MAX = 64
const CALLS_OF_LEG_MAX = 16
/** A call is never fewer messages than these. */
const MESSAGES_OF_A_CALL = 4

export function startTrace({ bytes, messages, now }: TraceOptions): Trace {
  const legs = new ChurnMap<string, string[]>()
  const callsOf = new ChurnMap<string, string[]>()
  const followers = new Map<string, Set<(passed: Passed) => void>>()
  const ring = bytes === 0 ? null : new Ring({ bytes, messages })
  const callsMax = Math.max(16, messages / MESSAGES_OF_A_CALL)

  function forgetOldest(): void {
    for (const [call, ids] of legs) {
      legs.delete(call)
      for (const id of ids) {
        const left = callsOf.get(id)?.filter((one) => one !== call) ?? []
        if (left.length === 0) callsOf.delete(id)
        else callsOf.set(id, left)
      }
      return
    }
  }

  return {
    ...(ring && {
      tap(way, text, { transport, local, remote }) {
        const callId = ring.belongs(text)
        if (callId === null) return
        const passed = { at: now(), way, transport, local, remote, callId, text: redact(text) }
        ring.keep(passed)
        if (followers.size === 0) return
        for (const call of callsOf.get(callId) ?? []) for (const tell of followers.get(call) ?? []) tell(passed)
      },
    }),
    isLeg(call, said) {
      if (!ring) return
      const callId = said.slice(0, CALL_ID_MAX)
      const known = legs.get(call)
      if (known?.includes(callId)) return
      const calls = callsOf.get(callId) ?? []
      if ((known?.length ?? 0) >= LEGS_MAX || calls.length >= CALLS_OF_LEG_MAX) return
      if (legs.size >= callsMax) forgetOldest()
      if (known) known.push(callId)
      else legs.set(call, [callId])
      callsOf.set(callId, [...calls, call])
      // What came before it was known whose it is: the INVITE, as a rule.
      const tell = followers.get(call)
      if (tell) for (const passed of ring.of(callId)) for (const one of tell) one(passed)
    },
    calls: (id) => (legs.has(id) ? [id] : (callsOf.get(id.slice(0, CALL_ID_MAX)) ?? [])),
    of: (call) => (legs.get(call) ?? []).flatMap((callId) => ring?.of(callId) ?? []).sort((a, b) => a.at - b.at),
    follow(call, tell) {
      const all = followers.get(call) ?? new Set()
      followers.set(call, all.add(tell))
      return () => {
        all.delete(tell)
        if (all.size === 0) followers.delete(call)
      }
    },
    stats: () => ({ messages: ring?.messages ?? 0, lost: ring?.lost ?? 0 }),
  }
}
