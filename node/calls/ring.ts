/** Rings phones: those of a group together, group after group, until one answers, the caller gives up, or nobody is left. */
import type { Dialing, Dialog, DialRequest, SipPort } from '../sip/port.ts'
import type { Refusal } from './best.ts'

/** One phone to ring. */
export interface Target {
  /** For people: the AoR. */
  readonly name: string
  /** Asked for when it is rung. */
  readonly request: DialRequest
  /** It is a flow (RFC 5626): told when there is no connection left to send over. */
  readonly flow?: { lost(): void }
  /** Rung in its place when the flow fails, one after the other. */
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
  groups: readonly Group[],
  stop: AbortSignal,
  events: RingEvents,
): Promise<Rung> {
  const refusals: Refusal[] = []
  let branches = 0
  let before: readonly Target[] = []
  for (const { targets, seconds } of groups) {
    if (stop.aborted) return { kind: 'stopped' }
    const isNew = ({ name }: Target): boolean => before.every((one) => one.name !== name)
    if (before.length > 0 && targets.some(isNew)) events.forwarded()
    before = targets
    const numbered = targets.map((target) => ({ target, branch: branches++ }))
    const rung = await ringTogether(sip, numbered, seconds, stop, events)
    if (rung.kind !== 'failed') return rung
    refusals.push(...rung.refusals)
    // §16.7 step 5: somebody said no for everybody.
    if (rung.refusals.some(({ status }) => status >= 600)) break
  }
  return { kind: 'failed', refusals }
}

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
): Promise<Rung> {
  const { promise, resolve } = Promise.withResolvers<Rung>()
  const live = new Set<Dialing>()
  const refusals: Refusal[] = []
  let open = targets.length
  let settled = false

  const timer = setTimeout(() => {
    refusals.push({ status: 408, reason: 'Request Timeout' })
    settle({ kind: 'failed', refusals })
  }, seconds * 1000)
  const stopped = (): void => settle({ kind: 'stopped' })
  stop.addEventListener('abort', stopped, { once: true })

  function settle(rung: Rung): void {
    if (settled) return
    settled = true
    clearTimeout(timer)
    stop.removeEventListener('abort', stopped)
    for (const dialing of live) dialing.cancel()
    resolve(rung)
  }

  function begin(target: Target, others: readonly Target[], branch: number): void {
    const dialing = sip.dial(target.request, (status, sdp) => {
      if (!settled) events.progress(status, sdp, branch)
    })
    live.add(dialing)
    void dialing.outcome.then((outcome) => {
      live.delete(dialing)
      if (outcome.kind === 'refused' && !settled && target.flow && FAILURES.has(outcome.status)) {
        // The engine had nothing to send it over, or the link to the engine is gone.
        if (outcome.status === 503 && outcome.headers.size === 0) target.flow.lost()
        const [next, ...rest] = others
        if (next) return begin(next, rest, branch)
        outcome = { ...outcome, status: FLOW_FAILED, reason: 'Flow Failed' }
      }
      open--
      if (outcome.kind === 'answered') {
        // Two answers crossed: the first has the call.
        if (settled) return outcome.dialog.bye('Call completed elsewhere')
        events.answered(outcome.dialog)
        return settle({ kind: 'answered', dialog: outcome.dialog, sdp: outcome.sdp, target })
      }
      if (outcome.kind === 'refused') {
        refusals.push({ status: outcome.status, reason: outcome.reason })
        if (outcome.status >= 600) return settle({ kind: 'failed', refusals })
      }
      if (open === 0) settle({ kind: 'failed', refusals })
    })
  }

  for (const { target, branch } of targets) if (!settled) begin(target, target.others ?? [], branch)
  if (targets.length === 0) settle({ kind: 'failed', refusals })
  return promise
}
