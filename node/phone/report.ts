/** What is said of a call when it is over. Pure. */
import { decode, encode, type Law } from './g711.ts'
import { correlation, type Heard, signatureHeard, signatureOf } from './hear.ts'
import type { RtpCounts } from './rtp.ts'

export interface CallReport {
  /** The Call-ID. */
  readonly id: string
  readonly from: string
  readonly to: string
  readonly answered: boolean
  /** The final SIP status; 487 when it was cancelled. */
  readonly status: number
  /** From the INVITE to its final answer, milliseconds. */
  readonly setupMs: number
  /** How long it was answered. */
  readonly seconds: number
  readonly heard: boolean
  readonly method: Heard['method']
  /** Correlation: 0 to 1. Signature: seconds it was there. */
  readonly score: number
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly jitterMs: number
}

/** What to listen for: a recording, or the tones that the peer's phone makes of its own address. */
export interface Listening {
  readonly expected: Int16Array | null
  readonly own: string
  readonly peer: string
}

export function judge({ expected, own, peer }: Listening, heard: Int16Array, law: Law | null): Heard {
  if (expected) return correlation(law ? decode(law, encode(law, expected)) : expected, heard)
  return signatureHeard(signatureOf(peer), signatureOf(own), heard)
}

export interface Outcome {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly status: number
  readonly setupMs: number
  readonly seconds: number
}

export function report(outcome: Outcome, heard: Heard, counts: RtpCounts): CallReport {
  return {
    id: outcome.id,
    from: outcome.from,
    to: outcome.to,
    answered: outcome.status >= 200 && outcome.status < 300,
    status: outcome.status,
    setupMs: Math.round(outcome.setupMs),
    seconds: Math.round(outcome.seconds * 10) / 10,
    heard: heard.heard,
    method: heard.method,
    score: heard.score,
    ...counts,
  }
}
