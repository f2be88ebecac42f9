/**
 * The way to a cluster: endpoints are tried in order, the first that answers is asked. What may be asked twice falls over
 * to the next when a connection breaks; what may not (it changes something) says that it is unknown.
 */
import { userInfo } from 'node:os'
import { connectivityState, InterceptingCall, type Interceptor, type ServiceError, status } from '@grpc/grpc-js'
import { REASON, USER } from '../proto/asked.ts'
import { DECIDED } from '../proto/decided.ts'
import { controlProto } from '../proto/load.ts'
import type { ControlClient } from '../proto/types/raftel/v1/Control.ts'
import { Failure, type Kind } from './failure.ts'
import { endpoints, type Globals, tlsFiles, tokenOf } from './globals.ts'
import { authorOf } from './plan/document.ts'
import { secretOf, whyRefusedAt } from './tls.ts'

export type Send<Reply> = (
  control: ControlClient,
  options: { deadline: number },
  done: (error: ServiceError | null, reply?: Reply) => void,
) => void

export interface Client {
  /** 'again': may be asked of the next node when the connection breaks. 'once': must not. */
  ask<Reply>(send: Send<Reply>, may?: 'again' | 'once'): Promise<Reply>
  /** A connection that is up, for streams; the client keeps it. */
  connection(): Promise<ControlClient>
  close(): void
}

/** How long one endpoint may take to accept a connection before the next is tried. */
const CONNECT_MS = 2000

export function openClient(given: Globals, env: NodeJS.ProcessEnv = process.env): Client {
  const clients = openControls(given, env)
  const deadline = Date.now() + given.timeout * 1000

  const ready = (control: ControlClient): Promise<boolean> =>
    new Promise((resolve) => {
      control.waitForReady(Math.min(deadline, Date.now() + CONNECT_MS), (error) => resolve(!error))
    })

  /** Time that ran out before any node had said yes or no says nothing about whether one is there. */
  const nobody = async (tried: readonly string[]): Promise<Failure> => {
    const failed = (control: ControlClient): boolean =>
      control.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE
    if (Date.now() < deadline || clients.every(({ control }) => failed(control))) return unreachable(given, env, tried)
    const refused = await refusal(given, env)
    if (refused) return refused
    return new Failure(
      'timeout',
      `no node answered within ${given.timeout} s: ${tried.join('; ')}. Give --timeout more, or look at raftel doctor`,
    )
  }

  return {
    async ask(send, may = 'again') {
      const tried: string[] = []
      for (const [i, { endpoint, control }] of clients.entries()) {
        if (!(await ready(control))) {
          tried.push(`${endpoint} does not answer`)
          continue
        }
        // A node that hangs must leave time to ask the next one.
        const left = clients.length - i
        const share = may === 'once' ? deadline : Date.now() + (deadline - Date.now()) / left
        const outcome = await once(control, send, share)
        if (outcome.kind === 'reply') return outcome.reply
        if (may === 'again' && left > 1 && hung(outcome.error)) {
          tried.push(`${endpoint} hangs`)
          continue
        }
        if (!broken(outcome.error)) throw failureOf(outcome.error, given.timeout)
        const { details } = outcome.error
        if (may === 'once') {
          throw new Failure(
            'no quorum',
            `the connection to ${endpoint} broke (${details}); look whether the change was made, then try again`,
          )
        }
        tried.push(`${endpoint} broke the connection (${details})`)
      }
      throw await nobody(tried)
    },
    async connection() {
      for (const { control } of clients) if (await ready(control)) return control
      throw await nobody(clients.map(({ endpoint }) => `${endpoint} does not answer`))
    },
    close() {
      for (const { control } of clients) control.close()
    },
  }
}

/** One connection an endpoint, in order; each connects when it is first used. The caller closes them. */
export function openControls(given: Globals, env: NodeJS.ProcessEnv): { endpoint: string; control: ControlClient }[] {
  const { Control } = controlProto()
  const secret = secretOf(tlsFiles(given, env))
  const interceptors = [introduce(tokenOf(given, env), given.reason ?? '')]
  return endpoints(given, env).map((endpoint) => ({
    endpoint,
    control: new Control(endpoint, secret, {
      interceptors,
      'grpc.enable_retries': 0,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.max_receive_message_length': 64 * 1024 * 1024,
    }),
  }))
}

/** Says with every call who asks, and why. */
function introduce(token: string | null, reason: string): Interceptor {
  return (options, next) =>
    new InterceptingCall(next(options), {
      start(metadata, listener, go) {
        if (token !== null) metadata.set('authorization', `Bearer ${token}`)
        if (reason !== '') metadata.set(REASON, Buffer.from(reason))
        metadata.set(USER, Buffer.from(authorOf(() => userInfo().username)))
        go(metadata, listener)
      },
    })
}

/** A stream or an answer that ended with an error, as a command says it. */
export function failureOf(error: ServiceError, timeout: number): Failure {
  if (error.code === status.UNIMPLEMENTED) {
    return new Failure(
      'failed',
      'the node that was asked runs an older version, which cannot do that: upgrade all nodes first',
    )
  }
  if (hung(error)) {
    return new Failure('timeout', `no answer within ${timeout} s; give --timeout more, or look at raftel doctor`)
  }
  if (broken(error)) return new Failure('no quorum', `the node that was asked broke off (${error.details}); try again`)
  return new Failure(KINDS[error.code] ?? 'failed', error.details || error.message)
}

const KINDS: Partial<Record<status, Kind>> = {
  [status.INVALID_ARGUMENT]: 'usage',
  [status.NOT_FOUND]: 'not found',
  [status.PERMISSION_DENIED]: 'forbidden',
  [status.UNAUTHENTICATED]: 'forbidden',
  [status.ABORTED]: 'conflict',
  [status.ALREADY_EXISTS]: 'conflict',
  [status.UNAVAILABLE]: 'no quorum',
  [status.DEADLINE_EXCEEDED]: 'timeout',
}

/** What to say when no endpoint answered: forbidden where one of them is there and lets this client not in. */
export async function unreachable(given: Globals, env: NodeJS.ProcessEnv, tried: readonly string[]): Promise<Failure> {
  const remedy = `no node can be reached: ${tried.join('; ')}. Start one, or name others with --endpoints`
  return (await refusal(given, env)) ?? new Failure('no quorum', remedy)
}

/** Null when certificates are not the reason. */
async function refusal(given: Globals, env: NodeJS.ProcessEnv): Promise<Failure | null> {
  const files = tlsFiles(given, env)
  const asked = endpoints(given, env).map(async (endpoint) => ({ endpoint, why: await whyRefusedAt(endpoint, files) }))
  const refused = (await Promise.all(asked)).filter(({ why }) => why !== null)
  if (refused.length === 0) return null
  const reasons = [...new Set(refused.map(({ why }) => why))].map((reason) => {
    const where = refused.filter(({ why }) => why === reason).map(({ endpoint }) => endpoint)
    return `${where.join(', ')}: ${reason}`
  })
  return new Failure('forbidden', `no node lets this client in. ${reasons.join('; ')}`)
}

/**
 * The connection failed, as opposed to a node that decided to refuse: one that stops cancels what is asked of it, one that dies breaks it off,
 * or resets it in the middle of a frame, and what is written to it then fails here.
 */
export function broken(error: ServiceError): boolean {
  return BREAKS.has(error.code) && !decided(error) && !OF_A_MESSAGE.test(error.details)
}

const BREAKS: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL, status.UNKNOWN])

/** What grpc-js says of itself at either end: nothing broke, and the next node would say the same. */
const OF_A_MESSAGE =
  /^(Cancelled on client|Response message parsing error|Request message serialization failure|Error (de)?serializing)/

function decided(error: ServiceError): boolean {
  return (error.metadata?.get(DECIDED).length ?? 0) > 0
}

/** Connected, and no answer came in the time it was given. */
export function hung(error: ServiceError): boolean {
  return error.code === status.DEADLINE_EXCEEDED && !decided(error)
}

type Outcome<Reply> =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'error'; readonly error: ServiceError }

function once<Reply>(control: ControlClient, send: Send<Reply>, deadline: number): Promise<Outcome<Reply>> {
  return new Promise((resolve, reject) => {
    send(control, { deadline }, (error, reply) => {
      if (error !== null) resolve({ kind: 'error', error })
      else if (reply !== undefined) resolve({ kind: 'reply', reply })
      else reject(new Error('an empty answer'))
    })
  })
}
