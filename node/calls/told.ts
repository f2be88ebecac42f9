/**
 * Why calls went where they went: what was asked, what decided, who was rung and what came of it, with the times. Of live calls, and of the last ones that
 * are over, each in a kilobyte at most; also of those that were refused before anybody was rung.
 */
import { ChurnMap } from '../../proto/churn-map.ts'
import { clean } from '../../proto/text.ts'
import type { DialOutcome, DialRequest, Invitation } from '../sip/port.ts'
import type { Call, CallEvent } from './call.ts'

/** Times are wall clock, ms. */
export interface Told {
  readonly id: string
  /** Empty while it is not over. */
  readonly ending: string
  readonly asked: Asked | null
  readonly from: string
  readonly to: string
  readonly planVersion: number
  readonly rule: string
  readonly target: string
  /** A sentence a step of the decision. */
  readonly why: readonly string[]
  readonly attempts: readonly Attempt[]
  readonly marks: readonly Mark[]
  /** Of the tables that it was decided by: at least what was agreed on up to here. */
  readonly term: number
  readonly index: number
}

export interface Asked {
  readonly at: number
  /** As it claims to be; empty: it does not say. */
  readonly from: string
  readonly uri: string
  readonly transport: string
  readonly address: string
}

/** One phone, trunk or node that was rung. */
export interface Attempt {
  readonly at: number
  readonly uri: string
  /** Where it was sent, if that is not where the URI points. */
  readonly hop: string
  /** Empty: it rings. */
  readonly outcome: string
  readonly over: number
}

export interface Mark {
  readonly at: number
  readonly what: string
}

export interface Telling {
  began(id: string, invitation: Invitation | null): void
  /** Called by whoever is dialled; what came of it goes to what this returns. */
  dialled(id: string, request: DialRequest): (outcome: DialOutcome) => void
  happened(call: Call, event: CallEvent): void
  over(id: string, call: Call | null, why: string): void
  of(id: string, call: Call | null): Told | null
}

interface Writing extends Pick<Told, 'id' | 'asked' | 'term' | 'index'> {
  readonly attempts: { -readonly [Key in keyof Attempt]: Attempt[Key] }[]
  readonly marks: Mark[]
}

interface TellingNeeds {
  now(): number
  /** Term and index of the tables now. */
  tables(): { readonly term: number; readonly applied: number }
}

/** Calls that are over. */
const PAST_MAX = 2_000
const RECORD_MAX = 1_000
const ATTEMPTS_MAX = 64
const WORDS_MAX = 128

export function startTelling({ now, tables }: TellingNeeds): Telling {
  const writing = new ChurnMap<string, Writing>()
  /** As JSON: one piece of memory each. */
  const past = new ChurnMap<string, string>()

  return {
    began(id, invitation) {
      const { term, applied } = tables()
      const asked = invitation && {
        at: now(),
        from: clean(invitation.from.uri, WORDS_MAX),
        uri: clean(invitation.uri, WORDS_MAX),
        transport: invitation.source.transport,
        address: `${invitation.source.address}:${invitation.source.port}`,
      }
      writing.set(id, { id, asked, term, index: applied, attempts: [], marks: [] })
    },
    dialled(id, { uri, nextHop }) {
      const attempt = {
        at: now(),
        uri: clean(uri, WORDS_MAX),
        hop: clean(nextHop ?? '', WORDS_MAX),
        outcome: '',
        over: 0,
      }
      const of = writing.get(id)
      if (of && of.attempts.length < ATTEMPTS_MAX) of.attempts.push(attempt)
      return (outcome) => {
        attempt.over = now()
        attempt.outcome =
          outcome.kind === 'refused' ? clean(`${outcome.status} ${outcome.reason}`, WORDS_MAX) : outcome.kind
      }
    },
    happened({ id }, event) {
      const of = writing.get(id)
      if (event.type === 'ringing' || event.type === 'answered') of?.marks.push({ at: now(), what: event.type })
    },
    over(id, call, why) {
      const of = writing.get(id)
      writing.delete(id)
      if (!of) return
      const marks = [...of.marks, { at: now(), what: 'over' }]
      past.set(id, fitted(toldOf({ ...of, marks }, call, why)))
      if (past.size > PAST_MAX) for (const oldest of past.keys()) return void past.delete(oldest)
    },
    of(id, call) {
      const of = writing.get(id)
      if (of) return toldOf(of, call, '')
      const text = past.get(id)
      return text === undefined ? null : (JSON.parse(text) as Told)
    },
  }
}

function toldOf(of: Writing, call: Call | null, ending: string): Told {
  return {
    ...of,
    ending: clean(ending),
    from: call?.from ?? '',
    to: call?.to ?? '',
    planVersion: call?.planVersion ?? 0,
    rule: call?.rule ?? '',
    target: call?.target ?? '',
    why: call?.trace ?? [],
  }
}

/** How short texts become, one after the other, when nothing is left to leave out. */
const SHORTER = [80, 40, 20, 8]

/** What did not decide goes first: the longest part is of rules that do not apply, and stands before what does. */
function fitted(told: Told): string {
  let { why, attempts, asked, from, to, target, rule, ending } = told
  let shorter = 0
  for (;;) {
    const text = JSON.stringify({ ...told, asked, from, to, target, rule, ending, why, attempts })
    if (Buffer.byteLength(text) <= RECORD_MAX) return text
    if (why.length > 3) why = [`${told.why.length - why.length + 2} lines more`, ...why.slice(2)]
    else if (attempts.length > 1) attempts = attempts.slice(1)
    else {
      const max = SHORTER[shorter++]
      if (max === undefined)
        return JSON.stringify({ ...told, asked: null, from: '', to: '', target: '', why: [], attempts: [] })
      const short = (words: string): string => clean(words, max)
      why = why.map(short)
      attempts = attempts.map((one) => ({
        ...one,
        uri: short(one.uri),
        hop: short(one.hop),
        outcome: short(one.outcome),
      }))
      asked = asked && { ...asked, from: short(asked.from), uri: short(asked.uri) }
      ;[from, to, target, rule, ending] = [from, to, target, rule, ending].map(short) as [
        string,
        string,
        string,
        string,
        string,
      ]
    }
  }
}
