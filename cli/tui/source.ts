/** What the terminal screen asks of a cluster, and its adapter over the generated gRPC client. */
import { type ServiceError, status } from '@grpc/grpc-js'
import type { Call__Output } from '../../proto/types/raftel/v1/Call.ts'
import type { CallPage__Output } from '../../proto/types/raftel/v1/CallPage.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'
import type { Event__Output } from '../../proto/types/raftel/v1/Event.ts'
import type { Explanation__Output } from '../../proto/types/raftel/v1/Explanation.ts'
import type { HangUpCallReply__Output } from '../../proto/types/raftel/v1/HangUpCallReply.ts'
import type { Overview__Output } from '../../proto/types/raftel/v1/Overview.ts'
import type { Plan__Output } from '../../proto/types/raftel/v1/Plan.ts'
import type { RegistrationPage__Output } from '../../proto/types/raftel/v1/RegistrationPage.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'

/** `sort` is a field of the row, '-field' descending, '' the natural key; `filter` '' means all rows. */
export interface Query {
  readonly filter: string
  readonly sort: string
  readonly limit: number
}

/** Every promise settles within a few seconds: rejected with an Error whose message is one sentence for a person. */
export interface TuiClient {
  overview(): Promise<Overview__Output>
  cluster(): Promise<ClusterStatus__Output>
  calls(query: Query): Promise<CallPage__Output>
  registrations(query: Query): Promise<RegistrationPage__Output>
  call(id: string): Promise<Call__Output>
  /** What all nodes remember of its SIP. */
  trace(id: string): Promise<readonly Traced__Output[]>
  /** Why it went where it went. */
  explain(id: string): Promise<Explanation__Output>
  hangUp(id: string): Promise<HangUpCallReply__Output>
  plan(): Promise<Plan__Output>
  /** Remembered events first, then each as it happens, until `signal` aborts or the connection is lost. */
  events(signal: AbortSignal): AsyncIterable<Event__Output>
}

const DEADLINE_MS = 3_000
const EVENTS_LAST = 500

/** Of one node. The caller keeps `control` and closes it. */
export function tuiClient(control: ControlClient): TuiClient {
  const options = () => ({ deadline: Date.now() + DEADLINE_MS })
  return {
    overview: () => ask((done) => control.getOverview({}, options(), done)),
    cluster: () => ask((done) => control.getCluster({}, options(), done)),
    calls: (query) => ask((done) => control.listCalls(query, options(), done)),
    registrations: (query) => ask((done) => control.listRegistrations(query, options(), done)),
    call: (id) => ask((done) => control.getCall({ id }, options(), done)),
    explain: (id) => ask((done) => control.explainCall({ id }, options(), done)),
    async trace(id) {
      const items: Traced__Output[] = []
      const stream = control.traceCall({ id }, options())
      for await (const item of stream as AsyncIterable<Traced__Output>) items.push(item)
      return items
    },
    hangUp: (id) => ask((done) => control.hangUpCall({ id }, options(), done)),
    plan: () => ask((done) => control.getPlan({}, options(), done)),
    async *events(signal) {
      const stream = control.events({ follow: true, last: EVENTS_LAST })
      const stop = () => stream.cancel()
      signal.addEventListener('abort', stop, { once: true })
      try {
        for await (const event of stream) yield event as Event__Output
      } finally {
        signal.removeEventListener('abort', stop)
        stream.cancel()
      }
    },
  }
}

/** What went wrong, in words, and whether the row asked for is simply no longer there. */
export function explain(error: unknown): { text: string; gone: boolean } {
  if (!(error instanceof Error)) return { text: String(error), gone: false }
  const { code, details } = error as Partial<ServiceError>
  return { text: details || error.message, gone: code === status.NOT_FOUND }
}

function ask<Reply>(send: (done: (error: ServiceError | null, reply?: Reply) => void) => void): Promise<Reply> {
  return new Promise((resolve, reject) => {
    send((error, reply) =>
      error || reply === undefined ? reject(error ?? new Error('an empty answer')) : resolve(reply),
    )
  })
}
