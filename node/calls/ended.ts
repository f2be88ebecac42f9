/** How a call ended, as it is recorded: from the words in which its journey ended. */

import type { EndedBy } from '../../cluster/tables/cdr-rows.ts'
import type { Ended } from '../../cluster/tables/commands.ts'
import type { CallRow } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'
import type { Stream } from '../media/media.ts'
import type { Call } from './call.ts'

export interface Ending {
  readonly call: Call
  readonly why: string
  /** Why it was stopped from here; null: it was not. */
  readonly stopped: string | null
  /** Wall clock, ms. */
  readonly at: number
  /** Of conversation; null: nobody answered. */
  readonly seconds: number | null
  /** As the cluster would have it now. */
  readonly row: CallRow
  readonly streams: readonly Stream[] | null
}

export const GAVE_UP = 'the caller gave up'
export const BY_OPERATOR = 'hung up by the operator'
const REASON_MAX = 128
/** Streams of one call that are recorded. */
const STREAMS_MAX = 8

export function endOf({ call, why, stopped, at, seconds, row, streams }: Ending): Ended {
  const [, said = '', words = why] = /^(\d{3}) (.*)$/.exec(why) ?? []
  const refused = Number(said)
  const status = call.answeredAt === null ? refused : 200
  const cause = causeIn(why) ?? (call.answeredAt === null ? causeOf(status) : ANSWERED[why]) ?? NORMAL
  const media = (streams ?? []).slice(0, STREAMS_MAX).map(({ side, codec, packets, bytes, errors, heard }) => {
    return { side, codec: clean(codec, 32), packets, bytes, errors, ...(heard && { heard }) }
  })
  return {
    at,
    status,
    reason: clean(call.answeredAt === null && stopped !== null ? stopped : words, REASON_MAX),
    cause,
    by: byOf(call, why, stopped, status),
    ...(call.answeredAt !== null && seconds !== null && { seconds }),
    call: { ...row, legs: row.legs.map((leg) => ({ ...leg, sdp: '', contact: '' })) },
    ...(media.length > 0 && { media }),
  }
}

function byOf(call: Call, why: string, stopped: string | null, status: number): EndedBy {
  if (stopped === GAVE_UP || /^(the )?caller (hung up|had gone)/.test(why)) return 'caller'
  if (stopped !== null) return stopped === BY_OPERATOR ? 'operator' : 'node'
  if (/^called hung up/.test(why)) return 'called'
  // What a phone said, and not the plan or this node.
  return call.answeredAt === null && call.about.ringingAt !== null && status !== 480 && (status < 500 || status > 599)
    ? 'called'
    : 'node'
}

const NORMAL = 16
/** Of a conversation that did not end by a BYE. */
const ANSWERED: Readonly<Record<string, number>> = {
  'no media': 41,
  'the other side is gone': 27,
  'failed here': 41,
}

/** What a phone says itself: `Reason: Q.850;cause=16` (RFC 3326). */
function causeIn(why: string): number | null {
  const cause = Number(/Q\.850\s*;\s*cause=(\d{1,3})/i.exec(why)?.[1] ?? 0)
  return cause > 0 && cause < 128 ? cause : null
}

/** RFC 3398 §8.2.6.1, and 487 as a call that was given up. */
function causeOf(status: number): number {
  return CAUSES[status] ?? (status >= 500 ? 41 : 127)
}
const CAUSES: Readonly<Record<number, number>> = {
  400: 41,
  401: 21,
  402: 21,
  403: 21,
  404: 1,
  405: 63,
  406: 79,
  407: 21,
  408: 102,
  410: 22,
  415: 79,
  480: 18,
  481: 41,
  482: 25,
  483: 25,
  484: 28,
  485: 1,
  486: 17,
  487: NORMAL,
  501: 79,
  502: 38,
  504: 102,
  600: 17,
  603: 21,
  604: 1,
}
