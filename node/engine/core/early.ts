/**
 * Requests that the process which the engine is part of answers by itself: before they are a transaction, as a challenge costs least there
 * (RFC 3261 §8.2.7), or as one that no app hears of. ◆
 */
import { namesAddresses } from '../parser/fields.ts'
import { headersOf, type SipRequest } from '../parser/message.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Endpoint, Flow, TransportName } from '../transport/flow.ts'
import { type Ask, responseText } from './ask.ts'
import type { Core } from './core.ts'
import { answer, answerTooLarge, isTooLarge } from './respond.ts'

/** A request outside of any dialog, as it came. */
export interface EarlyRequest {
  readonly method: string
  readonly uri: string
  readonly source: { readonly transport: TransportName } & Endpoint
  /** Characters of all of it. */
  readonly size: number
  /** Bytes that are no UTF-8 stand in it as lone surrogates, U+DC00 and the byte. */
  readonly body: string
  /** By its full name in lower case; repeated ones joined by a comma, null when absent. An empty list of addresses counts as absent. */
  header(name: string): string | null
}

/** It is answered at once, and nothing is kept of it. */
export interface EarlyAnswer {
  readonly status: number
  readonly reason: string
  /** Finished header lines. */
  readonly lines: string
}

/**
 * Gives the final response; the first counts. `lines` are finished header lines, without those that the engine writes itself (Via, From, To, Call-ID,
 * CSeq, Content-Length). Throws a RangeError for a status that is none, or that such a request is never answered with.
 */
export type EarlyReply = (status: number, reason: string, lines: string, body?: string) => void

/** It becomes a transaction that is answered by `reply`, now or later. Not for what makes a dialog. */
export interface EarlyTaker {
  take(reply: EarlyReply): void
}

/**
 * Asked of each request that begins something, by the process that the engine is part of. Null: it goes its way. Whoever repeats a request
 * that was answered at once is asked about anew.
 */
export type Early = (request: EarlyRequest) => EarlyAnswer | EarlyTaker | null

export function askEarly({ early }: Core, request: SipRequest, flow: Flow): EarlyAnswer | EarlyTaker | null {
  if (!early) return null
  return early({
    method: request.method,
    uri: request.uri,
    source: { transport: flow.transport, ...flow.remote },
    size: request.size,
    body: request.body,
    header(name) {
      const values = headersOf(request, name)
      const said = values.includes('') && namesAddresses(name) ? values.filter((value) => value !== '') : values
      return said.length === 0 ? null : said.join(', ')
    },
  })
}

export function earlyReply(core: Core, transaction: ServerTransaction<Ask>): EarlyReply {
  return (status, reason, lines, body = '') => {
    // RFC 4320 §4.1 and §4.2.
    if (status < 200 || status > 699 || status === 408) throw new RangeError(`nothing is answered ${status}`)
    const { ask } = transaction
    // Answered, or given up by whoever asked.
    if (!ask || core.server.byId(transaction.id) === null) return
    const text = responseText(ask, status, reason, lines, body)
    if (isTooLarge(transaction.flow, text)) answerTooLarge(core, transaction, ask)
    else answer(core, transaction, ask, status, text)
  }
}
