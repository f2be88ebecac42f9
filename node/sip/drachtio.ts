/** The adapter behind SipPort: drachtio-srf, on the engine inside this process or on a drachtio-server beside it. */
import { randomBytes } from 'node:crypto'
import type { Logger } from '../../cluster/logger.ts'
import type { Transport } from '../../cluster/tables/rows.ts'
import {
  type EarlyAnswer,
  type EarlyRequest,
  type EarlyTaker,
  type Engine,
  type EngineOptions,
  type Gate,
  isSos,
  type ListenPoint,
  startEngine,
  type Tap,
} from '../engine/engine.ts'
import type { SipTimes } from '../engine/limits.ts'
import { nameAddr, parseAddress, parseUri } from './address.ts'
import { dial, plainUri } from './dial.ts'
import { ALLOW, type IncomingDialog } from './dialog.ts'
import { SUPPORTED } from './extensions.ts'
import { connectLink, type Link } from './link.ts'
import type { Early, FinalResponse, Heard, Invitation, ReplyOptions, SipPort, SipRequest, Urgent } from './port.ts'
import { Incoming, IncomingInvite, Shown } from './request.ts'
import { headerLines, reasonOf, safeHeaders, sizeOf } from './send.ts'
import type { SrfRequest, SrfResponse } from './srf.ts'

export type EngineChoice =
  | {
      readonly kind: 'embedded'
      readonly listen: readonly ListenPoint[]
      readonly advertise?: string
      readonly tls?: NonNullable<EngineOptions['tls']>
      /** Other timers than those of RFC 3261 Table 4. */
      readonly times?: Partial<SipTimes>
    }
  | { readonly kind: 'external'; readonly host: string; readonly port: number; readonly secret: string }

export interface OpenSip {
  readonly engine: EngineChoice
  readonly log: Logger
  /** Who is heard at all, and what of that is refused before anybody looks at it. */
  readonly guard?: Gate & { refuses(request: Heard, isForHelp?: () => boolean): boolean }
  /** Hears every message of the embedded engine; what a drachtio-server sends and hears nobody here knows. */
  readonly tap?: Tap
}

type Listening = SipPort['listening']
/** What the engine asks before any app hears of a request; answered once there is a port, and somebody takes calls. */
interface Door {
  isUrgent: Urgent
  show(shown: EarlyRequest): EarlyAnswer | EarlyTaker | null
}

type Handler = (request: SipRequest) => void | Promise<void>

/** Longer than timer F (RFC 3261 §17.1.2.2, 32 s): the engine should have said 408 itself. */
const REQUEST_WITHIN = 35_000

export async function openSip({ engine, log, guard, tap }: OpenSip): Promise<SipPort> {
  if (engine.kind === 'external') {
    const link = await connectLink({ ...engine, log })
    const listening = parseHostports(link.hostports)
    if (listening.length === 0) {
      link.close()
      throw new Error(`the SIP engine at ${engine.host}:${engine.port} listens nowhere: give it a contact`)
    }
    return sipPort(
      link,
      listening,
      null,
      {
        log,
        guard,
        door: closedDoor(),
        served: CALLS_SERVE,
        engineStats: () => ({}),
      },
      async () => undefined,
    )
  }
  // A secret for this life of the process: nobody else on the machine may speak SIP through us.
  const secret = randomBytes(24).toString('hex')
  const { listen, advertise, tls, times = {} } = engine
  const door = closedDoor()
  const isUrgent = (uri: string, from: string) => door.isUrgent({ uri, from: nameAddr(from) })
  const early = (shown: EarlyRequest) => door.show(shown)
  const options = { listen, secret, times, drachtio: { host: '127.0.0.1', port: 0 }, log, isUrgent, gate: guard, early }
  const started = await startEngine({
    ...options,
    ...(advertise !== undefined && { advertise }),
    ...(tls !== undefined && { tls }),
    ...(tap && { tap }),
  })
  try {
    const link = await connectLink({
      kind: 'embedded',
      ...started.drachtio,
      secret,
      log,
      bringNear: (socket) => started.bringNear(socket),
    })
    const more = { log, guard, door, served: ENGINE_SERVES, engineStats: () => statsOf(started) }
    return sipPort(link, started.listening, advertise ?? null, more, () => started.close())
  } catch (error) {
    await started.close()
    throw error
  }
}

function closedDoor(): Door {
  return { isUrgent: () => false, show: () => null }
}

type More = Pick<OpenSip, 'log' | 'guard'> & {
  readonly door: Door
  readonly served: ReadonlySet<string>
  readonly engineStats: () => Readonly<Record<string, number>>
}

function sipPort(
  link: Link,
  listening: Listening,
  advertise: string | null,
  { log, guard, door, served, engineStats }: More,
  closeEngine: () => Promise<void>,
): SipPort {
  const handlers = new Map<string, Handler>()
  /** Who answers early, by method. */
  const earlies = new Map<string, Early>()
  const count = { challenged: 0, requests: 0, invitations: 0, dialled: 0, unhandled: 0, failures: 0, dialogs: 0 }
  let onInvite: ((invitation: Invitation) => void | Promise<void>) | null = null
  let closing: Promise<void> | null = null

  function opened(dialog: IncomingDialog): void {
    count.dialogs++
    dialog.onOver(() => count.dialogs--)
  }

  link.srf.use((req, res) => {
    // The engine's own BYE for a dialog that nobody here holds any more; and no response is sent to an ACK.
    if (req.source === 'application' || req.method === 'ACK') return
    const request = new Incoming(req, res, link)
    if (isTurnedAway(request)) return
    if (req.method === 'INVITE') return invited(req, res)
    const handler = handlers.get(req.method)
    if (handler && (req.method === 'REGISTER' || request.to.tag === '')) {
      count.requests++
      run(handler, request)
    } else {
      unhandled(request)
    }
  })

  door.show = (shown) => {
    const request = new Shown(shown)
    const answer = earlies.get(shown.method)
    const said = answer ? answeredEarly(request, answer, refuses) : null
    if (said) return said
    // What there is most of, and what needs nothing that srf has.
    const handler = shown.method === 'REGISTER' ? handlers.get('REGISTER') : undefined
    if (!handler) return null
    return {
      take(reply) {
        request.taken(reply)
        run((taken) => {
          if (isTurnedAway(taken)) return
          count.requests++
          return handler(taken)
        }, request)
      },
    }
  }

  const isForHelp = (request: Heard): boolean =>
    request.method === 'INVITE' && request.to.tag === '' && (isSos(request.uri) || door.isUrgent(request))
  const refuses = (request: Heard): boolean => guard?.refuses(request, () => isForHelp(request)) ?? false

  /** For who sends it, or for what it insists on; then it was answered. */
  function isTurnedAway(request: SipRequest): boolean {
    if (refuses(request)) {
      request.reply(403)
      return true
    }
    const { method } = request
    const had = method === 'INVITE' ? served : method === 'REGISTER' ? REGISTRAR_SERVES : NONE
    const extensions = extensionsOf(request, had)
    if (extensions === '' || isForHelp(request)) return false
    request.reply(420, { headers: { Unsupported: extensions } })
    return true
  }

  function invited(req: SrfRequest, res: SrfResponse): void {
    const request = new Incoming(req, res, link)
    const handler = onInvite
    if (request.to.tag !== '' || !handler) {
      unhandled(request)
      return
    }
    const refusal = refusalOf(request)
    if (refusal) {
      request.reply(refusal.status, refusal)
      return
    }
    count.invitations++
    const invitation = new IncomingInvite(req, res, link, { opened })
    run(handler, invitation)
  }

  /** A request of a dialog that is over here, or of a kind that nobody asked for. */
  function unhandled(request: Incoming): void {
    count.unhandled++
    if (request.to.tag !== '' || request.method === 'BYE' || request.method === 'PRACK') request.reply(481)
    else request.reply(405, { headers: { Allow: ALLOW } })
  }

  /** A handler that throws is a bug; the phone hears of it, and so does the log. */
  function run<R extends SipRequest>(handler: (request: R) => void | Promise<void>, request: R): void {
    const failed = (error: unknown) => {
      count.failures++
      log.error({ error: (error as Error)?.stack ?? String(error), method: request.method }, 'a SIP handler failed')
      request.reply(500)
    }
    try {
      const done = handler(request)
      if (done) done.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  return {
    address: addressOf(listening, advertise),
    listening,
    get connected() {
      return link.up
    },
    on(verb, handler) {
      const method = verb.toUpperCase()
      if (!handlers.has(method)) link.srf.app.client.route(verb)
      handlers.set(method, handler)
    },
    early(verb, answer) {
      earlies.set(verb.toUpperCase(), (request) => {
        try {
          const said = answer(request)
          if (said) count.challenged++
          return said
        } catch (error) {
          // A bug; the request goes its way, where somebody answers it.
          count.failures++
          log.error(
            { error: (error as Error)?.stack ?? String(error), method: request.method },
            'an early answer failed',
          )
          return null
        }
      })
    },
    onInvite(handler, urgent = () => false) {
      if (!onInvite) link.srf.app.client.route('invite')
      onInvite = handler
      door.isUrgent = urgent
    },
    dial(request, onProgress) {
      count.dialled++
      return dial(link, request, onProgress, opened)
    },
    request: async (method, uri, options) => (await ask(link, method, uri, options)).status,
    ask: (method, uri, options) => ask(link, method, uri, options),
    settled: () => link.settled(),
    stats: () => ({ ...count, engineLost: link.lost, connected: link.up ? 1 : 0, ...engineStats() }),
    close() {
      closing ??= (async () => {
        link.close()
        await closeEngine()
      })()
      return closing
    },
  }
}

/** As the handlers of the port would: what is refused for what it is goes the long way, but for who is not heard at all. */
function answeredEarly(request: Heard, answer: Early, refuses: (request: Heard) => boolean): EarlyAnswer | null {
  if (refuses(request)) return { status: 403, reason: 'Forbidden', lines: '' }
  if (request.header('require') !== null || (request.method === 'INVITE' && refusalOf(request))) return null
  const said = answer(request)
  if (!said) return null
  return { status: said.status, reason: reasonOf(said.status), lines: headerLines(said.headers) }
}

/** What a peer insists on that we do not have (RFC 3261 §8.2.2.3). */
function extensionsOf(request: SipRequest, served: ReadonlySet<string>): string {
  return (request.header('require') ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => OPTION_TAG.test(tag) && !served.has(tag.toLowerCase()))
    .slice(0, OPTION_TAGS_MAX)
    .join(', ')
}
const CALLS_SERVE: ReadonlySet<string> = new Set(['replaces'])
/** With what the engine inside this process does for a call by itself; a drachtio-server does not. */
const ENGINE_SERVES: ReadonlySet<string> = new Set([...CALLS_SERVE, '100rel', 'timer'])
const REGISTRAR_SERVES: ReadonlySet<string> = new Set(SUPPORTED)
const NONE: ReadonlySet<string> = new Set()
const OPTION_TAG = /^[\w.!%*+`'~-]{1,64}$/
const OPTION_TAGS_MAX = 16

/** An INVITE that no call can come of. */
function refusalOf(invite: Heard): (ReplyOptions & { status: number }) | null {
  // srf answers 200 before it notices that there is nobody to send BYE to.
  const contact = parseAddress(invite.header('contact') ?? '')
  if (!contact || !parseUri(contact.uri)) return { status: 400, reason: 'No Contact that reads' }
  if (invite.from.tag === '') return { status: 400, reason: 'No From tag' }
  return null
}

function ask(
  link: Link,
  method: string,
  uri: string,
  options: Parameters<SipPort['request']>[2] = {},
): Promise<FinalResponse> {
  const { nextHop, body = '' } = options
  if (!link.up) return Promise.resolve(unsent(503))
  if (!plainUri(uri) || (nextHop !== undefined && !plainUri(nextHop))) return Promise.resolve(unsent(400))
  const headers = safeHeaders(options.headers)
  if (sizeOf(headers, body) > link.messageMax) return Promise.resolve(unsent(513))

  const { promise, resolve } = Promise.withResolvers<FinalResponse>()
  const unlost = link.whenLost(() => resolve(unsent(503)))
  const late = setTimeout(() => resolve(unsent(408)), REQUEST_WITHIN)
  late.unref()
  const message = {
    method,
    headers,
    ...(body === '' ? {} : { body }),
    ...(nextHop ? { proxy: nextHop } : {}),
  }
  try {
    link.srf.request(uri, message, (error, sent) => {
      if (error || !sent) return resolve(unsent(503))
      sent.on('response', (response) => {
        if (response.status < 200) return
        resolve({ status: response.status, headers: new Map(Object.entries(response.headers)) })
      })
    })
  } catch {
    resolve(unsent(503))
  }
  return promise.finally(() => {
    clearTimeout(late)
    unlost()
  })
}

function unsent(status: number): FinalResponse {
  return { status, headers: new Map() }
}

/** The engine's own, with names beside ours; a share in whole percent. */
function statsOf(engine: Engine): Readonly<Record<string, number>> {
  const { apps: _, refused, full, dropped, admitted, dialogs: engineDialogs, ...held } = engine.stats()
  return {
    ...held,
    engineDialogs,
    overloadRefused: refused,
    limitRefused: full,
    overloadDropped: dropped,
    overloadAdmittedPercent: Math.round(100 * admitted),
  }
}

function addressOf(listening: Listening, advertise: string | null): string {
  const first = listening.find((point) => point.transport === 'udp') ?? listening[0]
  if (!first) throw new RangeError('an engine listens somewhere')
  return `${advertise ?? first.host}:${first.port}`
}

/** `udp/192.0.2.1:5060,tcp/[2001:db8::1]:5060`: how a drachtio-server says where it listens. */
export function parseHostports(text: string): Listening {
  const points = text.split(',').flatMap((point) => {
    const match = /^(udp|tcp|tls|ws|wss)\/(\[[^\]]+\]|[^:]+):(\d+)$/.exec(point.trim())
    return match ? [{ transport: match[1] as Transport, host: match[2]!, port: Number(match[3]) }] : []
  })
  return [...points].sort((a, b) => Number(b.transport === 'udp') - Number(a.transport === 'udp'))
}
