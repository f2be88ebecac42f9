import type { EngineLimits, Logger } from '../limits.ts'
import { type AppAddress, type Decision, readAppAddress, readDecision } from './decision.ts'

/** Who is asked over HTTP what becomes of a request, or which app is connected to for each. */
export interface RequestHandler {
  /** Lower case; `*` is all. */
  readonly verb: string
  readonly method: 'GET' | 'POST'
  readonly url: string
}

/** What is told of a request: the query, and with POST the message itself. */
export interface Question {
  readonly query: readonly (readonly [string, string])[]
  readonly text: string
}

/** Why there is no decision: nobody can be asked now, or what was said cannot be done. */
export interface NoDecision {
  readonly action: 'none'
  readonly why: 'busy' | 'unreachable' | 'not understood'
}

const ANSWER_MAX = 64 * 1024
const AT_ONCE = 512

export class Handlers {
  readonly #handlers: readonly RequestHandler[]
  readonly #limits: EngineLimits
  readonly #log: Logger
  #asking = 0

  constructor(handlers: readonly RequestHandler[], limits: EngineLimits, log: Logger) {
    this.#handlers = handlers
    this.#limits = limits
    this.#log = log
  }

  /** The handler for a verb (lower case): its own, else that for all. */
  for(verb: string): RequestHandler | null {
    const named = this.#handlers.find((one) => one.verb === verb)
    return named ?? this.#handlers.find((one) => one.verb === '*') ?? null
  }

  /** Calls `tell` once, later. */
  ask(handler: RequestHandler, question: Question, tell: (decision: Decision | NoDecision) => void): void {
    this.#decide(handler, question)
      .then(tell)
      .catch((error: unknown) => this.#log.error({ error: String(error) }, 'the engine failed on one message'))
  }

  async #decide(handler: RequestHandler, question: Question): Promise<Decision | NoDecision> {
    const direct = directly(handler.url)
    if (direct) return { action: 'route', to: direct }
    if (this.#asking >= AT_ONCE) {
      this.#log.warn({ asking: this.#asking }, 'HTTP handler is too slow: a request is refused')
      return { action: 'none', why: 'busy' }
    }
    this.#asking++
    try {
      return await this.#fetch(handler, question)
    } catch (error) {
      this.#log.warn({ url: placeOf(handler.url), error: String(error) }, 'HTTP handler cannot be asked')
      return { action: 'none', why: 'unreachable' }
    } finally {
      this.#asking--
    }
  }

  async #fetch({ method, url }: RequestHandler, { query, text }: Question): Promise<Decision | NoDecision> {
    const where = new URL(url)
    for (const [name, value] of query) where.searchParams.append(name, value)
    const response = await fetch(where, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(this.#limits.handlerMs),
      ...(method === 'POST' && { body: text, headers: { 'Content-Type': 'text/plain' } }),
    })
    if (response.status !== 200) throw new Error(`it answered ${response.status}`)
    const decision = readDecision(await bounded(response))
    if (typeof decision !== 'string') return decision
    this.#log.warn({ url: placeOf(url), wrong: decision }, 'HTTP handler said what cannot be done')
    return { action: 'none', why: 'not understood' }
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > ANSWER_MAX) throw new Error(`it answered with more than ${ANSWER_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function directly(url: string): AppAddress | null {
  return /^(tcp|tls):\/\//.test(url) ? readAppAddress(url) : null
}

/** Without what may be a secret. */
function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** `invite=http://…`, or for all verbs `https://…`, `tcp://host:port`, `tls://host:port`. Null: it is none. */
export function readHandler(text: string, method: 'GET' | 'POST'): RequestHandler | null {
  const match = /^(?:([A-Za-z*]{1,32})=)?((?:https?|tcp|tls):\/\/\S+)$/.exec(text)
  if (!match) return null
  const [, verb = '*', url = ''] = match
  const good = /^https?:/.test(url) ? URL.canParse(url) : readAppAddress(url) !== null
  return good ? { verb: verb.toLowerCase(), method, url } : null
}
