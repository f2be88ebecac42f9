/** Rings, answers, bridges, and waits for the end: what every call does once it is known where it goes. */
import type { MediaSession } from '../media/media.ts'
import type { Dialog, SipPort } from '../sip/port.ts'
import { best, type Refusal } from './best.ts'
import { bridge } from './bridge.ts'
import type { Bridge, BridgeOptions } from './ends.ts'
import type { Lasting } from './origin.ts'
import type { Party } from './party.ts'
import { type Route, ring, type Target } from './ring.ts'

export interface Connection {
  readonly sip: Pick<SipPort, 'dial'>
  readonly party: Party
  readonly media: MediaSession
  readonly route: Route
  /** How often both ends of a conversation are asked whether they are still there, ms. */
  readonly checkMs: number
  /** Aborted when the caller cancels, an operator hangs up, or the node stops. The reason is a sentence. */
  readonly stop: AbortSignal
  /** Somebody answered; the caller is told when this and the media are done. */
  readonly answering?: (called: Dialog, target: Target, sdp: string) => Promise<void>
  readonly answered: (ends: Bridge, called: Dialog, target: Target, sdp: string) => void
  /** What the called side was told before, by another call. */
  readonly calledBefore?: Lasting
  readonly asked: Pick<BridgeOptions, 'referred' | 'notified'>
}

export type Connected =
  /** It was never a conversation; the caller has not been answered yet. */
  { readonly kind: 'refused'; readonly refusal: Refusal } | { readonly kind: 'ended'; readonly why: string }

/** RFC 3261 §21.1.3 */
export const FORWARDED = 181
/** The caller's final answer for a call that was stopped before there was one. */
const TERMINATED: Refusal = { status: 487, reason: 'Request Terminated' }

export async function connect(needs: Connection): Promise<Connected> {
  const { sip, party, media, route, stop, calledBefore, asked } = needs
  const both = bridge(media, {
    sessions: { ...(party.session && { caller: party.session }), ...(calledBefore && { called: calledBefore }) },
    ...asked,
  })
  // RFC 3261 §13.2.1: our offer goes into the 200, and the caller's answer comes with the ACK.
  const delayed = party.body === ''
  if (!delayed) both.said('caller', party.body)
  const early = earlyMedia(party, media, delayed)
  const rung = await ring(sip, route, stop, {
    progress: early.progress,
    forwarded: () => party.progress(FORWARDED),
    answered: (dialog) => both.attach('called', dialog),
  })
  await early.done()
  if (rung.kind === 'stopped') return { kind: 'refused', refusal: TERMINATED }
  if (rung.kind === 'failed') return { kind: 'refused', refusal: best(rung.refusals) }

  const hangUp = (): void => both.hangUp(String(stop.reason))
  stop.addEventListener('abort', hangUp, { once: true })
  try {
    const known = needs.answering?.(rung.dialog, rung.target, rung.sdp)
    const answer = await media.answer('called', rung.sdp)
    await known
    if (answer.kind === 'failed') {
      both.hangUp(answer.reason)
      return { kind: 'refused', refusal: answer }
    }
    if (stop.aborted) hangUp()
    if (both.over) return { kind: 'refused', refusal: stop.aborted ? TERMINATED : best([]) }

    both.told('called', rung.target.request.sdp)
    both.said('called', rung.sdp)
    // Who was told something before may refuse this: he is told by his party.
    const mine = party.session ? answer.sdp : both.told('caller', answer.sdp)
    const settled = await party.answer(mine, rung.target.name)
    if (settled === null) {
      both.hangUp('the caller had gone')
      return { kind: 'ended', why: 'the caller had gone' }
    }
    // Of a call that is over by now it hears BYE, or goes back to where it was.
    both.attach('caller', settled.dialog, delayed)
    if (!both.over) {
      settled.connected?.()
      if (settled.moved !== null) both.pass('caller', settled.moved)
      needs.answered(both, rung.dialog, rung.target, rung.sdp)
    }
    const checking = setInterval(both.check, needs.checkMs)
    const why = await both.ended.finally(() => clearInterval(checking))
    return { kind: 'ended', why }
  } finally {
    stop.removeEventListener('abort', hangUp)
    both.hangUp('the call failed here')
  }
}

/** A phone may announce as often as it likes, but neither the relay nor the caller has to follow. */
const TOLD_MAX = 100
const SDPS_MAX = 8

/**
 * Passes 18x on; the SDP of one branch only, because the relay has one called side. None of it to a caller without an
 * offer: a response that is not sent reliably cannot make one (§13.2.1).
 */
function earlyMedia(party: Party, media: MediaSession, delayed: boolean) {
  let chosen: number | null = null
  let sdpNow = ''
  let sdps = 0
  let told = 0
  let last: Promise<void> = Promise.resolve()

  async function pass(status: number, sdp: string): Promise<void> {
    const answer = await media.answer('called', sdp)
    if (answer.kind === 'sdp') party.progress(status, answer.sdp)
    else party.progress(180)
  }

  return {
    progress(status: number, sdp: string, branch: number): void {
      if (told++ >= TOLD_MAX) return
      if (sdp !== '') chosen ??= branch
      if (sdp === '' || delayed || chosen !== branch || sdp === sdpNow || sdps++ >= SDPS_MAX) {
        party.progress(status)
        return
      }
      sdpNow = sdp
      last = last.then(() => pass(status, sdp))
    },
    /** When no answer of the relay is under way any more. */
    done: () => last,
  }
}
