/** Several nodes to ask, one at a time: when the one in use does not answer, the next is asked from then on. */
import { type ServiceError, status } from '@grpc/grpc-js'
import type { TuiClient } from './source.ts'

const LOST: readonly unknown[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED]

/** The first of `clients` is asked first. A question that failed is not asked again: the next poll does that. */
export function firstThatAnswers(clients: readonly TuiClient[]): TuiClient {
  const [only] = clients
  if (only === undefined) throw new Error('no endpoint to ask')
  if (clients.length === 1) return only
  let at = 0
  // Streams from a node that was given up are given up with it: it may be silent without being gone.
  let use = new AbortController()

  const client = () => clients[at]!
  const next = (from: TuiClient) => {
    if (from !== client()) return
    at = (at + 1) % clients.length
    use.abort()
    use = new AbortController()
  }
  // Only reads say whether a node answers: a change may be refused for want of a quorum by one that does.
  const read = async <Reply>(send: (from: TuiClient) => Promise<Reply>): Promise<Reply> => {
    const from = client()
    try {
      return await send(from)
    } catch (error) {
      if (LOST.includes((error as Partial<ServiceError>).code)) next(from)
      throw error
    }
  }
  return {
    overview: () => read((from) => from.overview()),
    cluster: () => read((from) => from.cluster()),
    calls: (query) => read((from) => from.calls(query)),
    registrations: (query) => read((from) => from.registrations(query)),
    call: (id) => read((from) => from.call(id)),
    plan: () => read((from) => from.plan()),
    hangUp: (id) => client().hangUp(id),
    events: (signal) => client().events(AbortSignal.any([signal, use.signal])),
  }
}
