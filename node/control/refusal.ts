/** How a request is refused: a gRPC status whose text is one sentence for a person. The one catch of this door. */
import {
  type handleUnaryCall,
  Metadata,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import type { Agreed, Cluster } from '../../cluster/cluster.ts'
import type { Logger } from '../../cluster/logger.ts'
import type { Result } from '../../cluster/tables/commands.ts'
import { DECIDED } from '../../proto/decided.ts'

/** Thrown by a handler; anything else that a handler throws is a bug and answered as INTERNAL. */
export class Refusal extends Error {
  readonly code: status
  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

export const notFound = (message: string): Refusal => new Refusal(status.NOT_FOUND, message)
export const invalid = (message: string): Refusal => new Refusal(status.INVALID_ARGUMENT, message)
export const conflict = (message: string): Refusal => new Refusal(status.ABORTED, message)
export const cannot = (message: string): Refusal => new Refusal(status.FAILED_PRECONDITION, message)
export const noQuorum = (): Refusal =>
  new Refusal(
    status.UNAVAILABLE,
    'no quorum: most nodes of the cluster are not reachable; nothing is changed until they are (raftel cluster status)',
  )
export const exists = (message: string): Refusal => new Refusal(status.ALREADY_EXISTS, message)

/** What was agreed on, or the refusal that says why nothing was. */
export function agreed(outcome: Agreed): Result {
  switch (outcome.kind) {
    case 'agreed':
      return outcome.result
    case 'no quorum':
      throw noQuorum()
    case 'overloaded':
      throw new Refusal(status.UNAVAILABLE, 'too much is waiting to be agreed on already; try again in a few seconds')
  }
}

/** For a read that must not be stale: the tables have caught up, or the refusal that says why it cannot be known. */
export function caughtUp(outcome: 'caught up' | 'no quorum'): void {
  if (outcome === 'caught up') return
  throw new Refusal(
    status.UNAVAILABLE,
    'no quorum: what the cluster agreed on last cannot be known here; ask without linearizable for what this node knows',
  )
}

/** Milliseconds that may be spent on agreeing, so that the refusal still reaches a caller with this deadline. */
export function timeToAgree(deadline: Date | number, now: number, most = AGREE_MAX_MS): number {
  const left = Number(deadline) - now - ANSWER_MS
  return Math.max(ANSWER_MS, Math.min(most, left))
}
const ANSWER_MS = 250
const AGREE_MAX_MS = 5_000

/** A unary handler from a function that returns the reply or throws a Refusal. */
export function unary<Request, Reply>(
  log: Logger,
  answer: (request: Request, call: ServerUnaryCall<Request, Reply>) => Reply | Promise<Reply>,
): handleUnaryCall<Request, Reply> {
  return async (call: ServerUnaryCall<Request, Reply>, done: sendUnaryData<Reply>) => {
    try {
      done(null, await answer(call.request, call))
    } catch (error) {
      done(refusal(error, log, call.getPath()))
    }
  }
}

/** As gRPC wants it. */
export function refusal(error: unknown, log: Logger, path: string): Partial<ServiceError> {
  const metadata = new Metadata()
  metadata.set(DECIDED, '1')
  if (error instanceof Refusal) return { code: error.code, details: error.message, metadata }
  log.error({ err: error, path }, 'a control request failed')
  return { code: status.INTERNAL, details: `the node failed to answer ${path}; its log says why`, metadata }
}

/** Commands of today are said only when no older program is among the nodes: it would not read them. */
export function mustKnow({ tables }: Pick<Cluster, 'tables'>, what: string): void {
  if (tables.members !== null) return
  throw cannot(`not all nodes are known to run a program that knows ${what} yet: upgrade all nodes, or wait a moment`)
}
