/** Rings: those of a group together, group after group, step after step, until one answers, the caller gives up, or nobody is left. */
import type { Dialing, DialOutcome, Dialog, DialRequest, SipPort } from '../sip/port.ts'
import type { Refusal } from './best.ts'
import type { Said } from './steps.ts'

/** One phone to ring, or a trunk. */
export interface Target {
  /** For people: the AoR, or the number that is called by a trunk. */
  readonly name: string
  readonly trunk?: string
  /** Asked for when it is rung. */
  readonly request: DialRequest
  /** It is a flow (RFC 5626): told when there is no connection left to send over. */
  readonly flow?: { lost(): void }
  /** Rung in its place when it is not there, one after the other: other flows of the phone, other targets of the trunk. */
  readonly others?: readonly Target[]
}

/** RFC 5626 §11.6; and what comes of a connection that breaks, or of one that nobody is at any more. */
const FLOW_FAILED = 430
const FAILURES: ReadonlySet<number> = new Set([FLOW_FAILED, 408, 503])

/** Rung together for so long. */
export interface Group {
  readonly targets: readonly Target[]
  readonly seconds: number
}

/** Who is rung next, by what came of those before; null: nobody was rung yet. */
export type Route = (said: readonly Said[] | null) => Next | Promise<Next>

export type Next =
  | { readonly kind: 'ring'; readonly groups: readonly Group[] }
  /** Of what was said in all of them, what counts for the caller. */
  | { readonly kind: 'over'; readonly refusals: readonly Refusal[] }

/** These, and nobody after them. */
export function only(groups: readonly Group[]): Route {
  return (said) => (said === null ? { kind: 'ring', groups } : { kind: 'over', refusals: said })
}

export type Rung =
  | { readonly kind: 'answered'; readonly dialog: Dialog; readonly sdp: string; readonly target: Target }
  | { readonly kind: 'failed'; readonly refusals: readonly Refusal[] }
  | { readonly kind: 'stopped' }

export interface RingEvents {
  /** 1xx of one branch, with its SDP or none. `branch` tells branches of one call apart. */
  progress(status: number, sdp: string, branch: number): void
  /** Somebody else is rung now than before. */
  forwarded(): void
  /** Called in the same turn in which the answer came, so that nothing the phone sends next is missed. */
  answered(dialog: Dialog): void
}

export async function ring(
  sip: Pick<SipPort, 'dial'>,
  route: Route,
  stop: AbortSignal,
  events: RingEvents,
): Promise<Rung> {
  let said: readonly Said[] | null = null
  let branches = 0
  let before: readonly Target[] = []
  for (;;) {
    if (stop.aborted) return { kind: 'stopped' }
    const next: Next = await route(said)
    if (stop.aborted) return { kind: 'stopped' }
    if (next.kind === 'over') return { kind: 'failed', refusals: next.refusals }
    const heard: Said[] = []
    for (const { targets, seconds } of next.groups) {
      if (stop.aborted) return { kind: 'stopped' }
      const isNew = ({ name }: Target): boolean => before.every((one) => one.name !== name)
      if (before.length > 0 && targets.some(isNew)) events.forwarded()
      before = targets
      const numbered = targets.map((target) => ({ target, branch: branches++ }))
      const rung = await ringTogether(sip, numbered, seconds, stop, events)
      if (rung.kind !== 'refused') return rung
      heard.push(...rung.said)
      // §16.7 step 5: somebody said no for everybody.
      if (rung.said.some(({ status }) => status >= 600)) break
    }
    said = heard
  }
}

type Together = Exclude<Rung, { kind: 'failed' }> | { readonly kind: 'refused'; readonly said: readonly Said[] }

interface Branch {
  readonly target: Target
  readonly branch: number
}

function ringTogether(
  sip: Pick<SipPort, 'dial'>,
  targets: readonly Branch[],
  seconds: number,
  stop: AbortSignal,
  events: RingEvents,
): Promise<Together> {
  const { promise, resolve } = Promise.withResolvers<Together>()
  const live = new Set<Dialing>()
  const ringing = new Set<number>()
  const said: Said[] = []
  let open = targets.length
  let settled = false

  const timer = setTimeout(() => {
    said.push({ status: 408, reason: 'Request Timeout', rang: ringing.size > 0, late: true })
    settle({ kind: 'refused', said })
  }, seconds * 1000)
  const stopped = (): void => settle({ kind: 'stopped' })
  stop.addEventListener('abort', stopped, { once: true })

  function settle(rung: Together): void {
    if (settled) return
    settled = true
    clearTimeout(timer)
    stop.removeEventListener('abort', stopped)
    for (const dialing of live) dialing.cancel()
    resolve(rung)
  }

  function begin(target: Target, others: readonly Target[], branch: number): void {
    const dialing = sip.dial(target.request, (status, sdp) => {
      if (settled) return
      ringing.add(branch)
      events.progress(status, sdp, branch)
    })
    live.add(dialing)
    void dialing.outcome.then((outcome) => {
      live.delete(dialing)
      if (
        outcome.kind === 'refused' &&
        !settled &&
        (target.flow || others.length > 0) &&
        FAILURES.has(outcome.status)
      ) {
        if (isUnreached(outcome)) target.flow?.lost()
        const [next, ...rest] = others
        if (next) return begin(next, rest, branch)
        if (target.flow) outcome = { ...outcome, status: FLOW_FAILED, reason: 'Flow Failed' }
      }
      open--
      if (outcome.kind === 'answered') {
        // Two answers crossed: the first has the call.
        if (settled) return outcome.dialog.bye('Call completed elsewhere')
        events.answered(outcome.dialog)
        return settle({ kind: 'answered', dialog: outcome.dialog, sdp: outcome.sdp, target })
      }
      if (outcome.kind === 'refused') {
        const { status, reason } = outcome
        said.push({ status, reason, rang: ringing.has(branch), ...(isUnreached(outcome) && { unreached: true }) })
        if (status >= 600) return settle({ kind: 'refused', said })
      }
      if (open === 0) settle({ kind: 'refused', said })
    })
  }

  for (const { target, branch } of targets) if (!settled) begin(target, target.others ?? [], branch)
  if (targets.length === 0) settle({ kind: 'refused', said })
  return promise
}

/** The engine had nothing to send it over, or the link to the engine is gone. */
function isUnreached(outcome: Extract<DialOutcome, { kind: 'refused' }>): boolean {
  return outcome.status === 503 && outcome.headers.size === 0
}
