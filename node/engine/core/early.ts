/** Requests that are answered before they are a transaction or any app's: a challenge costs least here (RFC 3261 §8.2.7). ◆ */
import { headersOf, type SipRequest } from '../parser/message.ts'
import type { Endpoint, Flow, TransportName } from '../transport/flow.ts'
import type { Core } from './core.ts'
import { refuse } from './receive.ts'

/** A request outside of any dialog, as it came. */
export interface EarlyRequest {
  readonly method: string
  readonly uri: string
  readonly source: { readonly transport: TransportName } & Endpoint
  /** Characters of all of it. */
  readonly size: number
  /** By its full name in lower case; repeated ones joined by a comma, null when absent. */
  header(name: string): string | null
}

export interface EarlyAnswer {
  readonly status: number
  readonly reason: string
  /** Finished header lines. */
  readonly lines: string
}

/**
 * Asked of each request that begins something, by the process that the engine is part of. Null: it goes its way. Whoever repeats the request
 * is asked about anew.
 */
export type Early = (request: EarlyRequest) => EarlyAnswer | null

/** True: it was answered, and nothing is kept of it. */
export function answeredEarly(core: Core, request: SipRequest, flow: Flow): boolean {
  const answer = core.early?.({
    method: request.method,
    uri: request.uri,
    source: { transport: flow.transport, ...flow.remote },
    size: request.size,
    header(name) {
      const values = headersOf(request, name)
      return values.length === 0 ? null : values.join(', ')
    },
  })
  if (!answer) return false
  refuse(core, request, flow, answer.status, answer.reason, answer.lines)
  return true
}
