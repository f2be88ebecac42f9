import { createSecretKey, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { ChurnMap } from '../../proto/churn-map.ts'
import { Admission } from './core/admission.ts'
import { responseText } from './core/ask.ts'
import { sendCancel } from './core/cancel.ts'
import { cdrsTo } from './core/cdr.ts'
import type { Core } from './core/core.ts'
import type { Early } from './core/early.ts'
import { Carrying } from './core/help.ts'
import { brokenFromNetwork, fromNetwork, helpFromNetwork } from './core/inbound.ts'
import { respondOn } from './core/indialog.ts'
import { fromApp } from './core/outbound.ts'
import { proxy } from './core/proxy.ts'
import { answer } from './core/respond.ts'
import { refuseOpen } from './core/within.ts'
import { Dialogs } from './dialog/dialog.ts'
import { defaultLimits, defaultTimes, type EngineLimits, type Logger, type SipTimes } from './limits.ts'
import { isSos } from './parser/check.ts'
import { bracketed } from './parser/headers.ts'
import { ClientTransactions } from './transaction/client.ts'
import { ServerTransactions } from './transaction/server.ts'
import { type Clock, TimerWheel } from './transaction/wheel.ts'
import type { CertificateFiles, TlsOptions } from './transport/certificates.ts'
import type { Gate, ListenPoint, Receiver, Tap } from './transport/flow.ts'
import { sparse } from './transport/sparse.ts'
import { openTransports } from './transport/transports.ts'
import { type App, openApps } from './wire/apps.ts'
import { Bodies } from './wire/bodies.ts'
import { Handlers, type RequestHandler } from './wire/handlers.ts'

export type { EarlyAnswer, EarlyReply, EarlyRequest, EarlyTaker } from './core/early.ts'
export type { EngineLimits, Logger, SipTimes } from './limits.ts'
export { isSos } from './parser/check.ts'
export { CertificateError, type TlsOptions } from './transport/certificates.ts'
export type { Endpoint, Gate, ListenPoint, Tap, TransportName } from './transport/flow.ts'
export { ListenError } from './transport/transports.ts'
export type { RequestHandler } from './wire/handlers.ts'

export interface EngineOptions {
  readonly listen: readonly ListenPoint[]
  /** Where apps connect; port 0 takes a free one. Keep it on loopback, or give it a certificate. */
  readonly drachtio: { readonly host: string; readonly port: number; readonly tls?: CertificateFiles }
  /** Who decides over HTTP; the verbs of others go to the apps that want them. */
  readonly handlers?: readonly RequestHandler[]
  readonly secret: string
  /** Certificates of the listen points `tls` and `wss`, and for connections over TLS that the engine opens. */
  readonly tls?: TlsOptions
  /** The host in Via and Contact instead of the listen point's. */
  readonly advertise?: string
  /** Name servers, `address` or `address:port`, instead of the system's. */
  readonly dns?: readonly string[]
  /** Signs Record-Route; the same one after a restart, and the calls that were proxied before go on. 32 bytes. */
  readonly routeKey?: Buffer
  /** Apps that route `cdr:attempt`, `cdr:start` or `cdr:stop` hear of every call. */
  readonly cdrs?: boolean
  readonly log: Logger
  /** Who is heard; without one everybody is. */
  readonly gate?: Gate | undefined
  /** Who may answer before an app hears of a request, as to challenge it, or instead of one. */
  readonly early?: Early | undefined
  /** Hears every message, as for a trace. */
  readonly tap?: Tap | undefined
  readonly limits?: Partial<EngineLimits>
  /** RFC 3261 Table 4; only slow or fast networks, and tests, need other values. */
  readonly times?: Partial<SipTimes>
  /** Whether a call to this URI, with this From, is for help: overload refuses it last. `urn:service:sos` and its kin always are (RFC 5031). */
  readonly isUrgent?: (uri: string, from: string) => boolean
  /** What all timers go by; the process's monotonic clock. */
  readonly clock?: Clock
}

export interface EngineStats {
  readonly apps: number
  readonly dialogs: number
  readonly connections: number
  /** Turned away by a limit, since the start. */
  readonly connectionsRefused: number
  /** Not opened because there were too many that we opened, since the start. */
  readonly connectionsUndialled: number
  /** Closed because no message came in time, since the start. */
  readonly connectionsSilent: number
  /** Closed because they did not read what they were sent, since the start. */
  readonly connectionsSlow: number
  readonly serverTransactions: number
  readonly clientTransactions: number
  readonly unanswered: number
  readonly timers: number
  /** New work that overload refused so far, and the share of it that is let in now, 0 to 1. */
  readonly refused: number
  /** New work that was refused because as much is held as `limits` allow, since the start. */
  readonly full: number
  /** Registrations over UDP that it did not even read. */
  readonly dropped: number
  readonly admitted: number
}

export interface Engine {
  /** The listen points with their real ports, in the order of the options. */
  readonly listening: readonly ListenPoint[]
  readonly drachtio: { readonly host: string; readonly port: number }
  stats(): EngineStats
  /**
   * For an app in this process that is connected and has said the secret: what goes between it and the engine goes past the kernel from now on. Its
   * connection stays, and ends as before. `socket` is the app's own end; false if that is not to be had, as with TLS.
   */
  bringNear(socket: Socket): boolean
  /** Reads the certificates again, as happens when their files change. False: some cannot be used, and the ones before stay. */
  reload(): boolean
  close(): Promise<void>
}

const TICK_MS = 10
/** How often it is looked whether there is too much to do, ms. */
const LOOK_MS = 10

/** Opens every listen point and the app side, or rejects with a ListenError and leaves nothing open. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { log, drachtio, secret, advertise, listen, gate, early, tap } = options
  if (secret === '') throw new RangeError('the engine needs a secret that is not empty')
  const limits = { ...defaultLimits, ...options.limits }
  const times = { ...defaultTimes, ...options.times }
  const guard = guarded(log)

  const admission = new Admission()
  const carrying = new Carrying()
  const transports = await openTransports({
    listen,
    tls: options.tls,
    advertise,
    dns: options.dns,
    limits,
    log,
    gate,
    receiver: tapped(tap, guard, {
      drops: (waits) => admission.drops(waits),
      message: (text, flow) => guard(() => fromNetwork(core, text, flow)),
      carriesCall: (flow) => carrying.by(core, flow, performance.now()),
      help(text, flow) {
        let heard = false
        guard(() => void (heard = helpFromNetwork(core, text, flow, () => tap?.('in', text, flow))))
        if (heard && flow.transport !== 'udp') carrying.add(flow)
        return heard
      },
      broken: (text, status, why, flow) => guard(() => brokenFromNetwork(core, text, status, why, flow)),
    }),
  })
  const hostports = transports.listening.map((p) => `${p.transport}/${bracketed(p.host)}:${p.port}`).join(',')
  const apps = await openApps({
    host: drachtio.host,
    port: drachtio.port,
    tls: drachtio.tls ?? null,
    secret,
    limits,
    log,
    hostports: () => hostports,
    sip: (message, app) => guard(() => fromApp(core, app, message)),
    proxy: (message, app) => guard(() => proxy(core, app, message)),
    gone: (app) => guard(() => appGone(core, app)),
  }).catch(async (error) => {
    await transports.close()
    throw error
  })

  const wheel = new TimerWheel(options.clock ?? { now: () => performance.now() }, TICK_MS, guard)
  const bodies = new Bodies()
  const core: Core = {
    limits,
    times,
    log,
    warn: sparse((fields, message) => log.warn(fields, message)),
    gate,
    early,
    wheel,
    transports,
    apps,
    bodies,
    server: new ServerTransactions({
      wheel,
      times,
      send: (flow, text) => respondOn(core, flow, text),
      abandoned(transaction, why) {
        const { ask } = transaction
        if (ask) core.merges.delete(ask.merge)
        if (ask?.offered && ask.dialog?.offer === 'theirs') ask.dialog.offer = null
        log.debug({ transaction: transaction.id, why }, 'server transaction abandoned')
      },
    }),
    client: new ClientTransactions(wheel, times, guard),
    dialogs: new Dialogs((dialog) => refuseOpen(core, dialog)),
    merges: new ChurnMap(),
    calls: new ChurnMap(),
    calling: new Set(),
    full: 0,
    admission,
    isUrgent: (uri, from) => isSos(uri) || (options.isUrgent?.(uri, from) ?? false),
    handlers: new Handlers(options.handlers ?? [], limits, log),
    ends: new Set(),
    // A key object: of a buffer one would be made for each digest, which costs five times as much as the digest.
    routeKey: createSecretKey(options.routeKey ?? randomBytes(32)),
    cdrs: options.cdrs
      ? cdrsTo(
          apps,
          () => Date.now(),
          (text) => bodies.shown(text),
        )
      : null,
    subscribing: new Map(),
    now: () => Date.now(),
  }
  const ticking = setInterval(() => wheel.advance(), TICK_MS)
  let lookedAt = performance.now()
  let computed = computedMs()
  const looking = setInterval(() => {
    const now = performance.now()
    // Without UDP nothing stands in a queue of ours, but what comes late to be done at all.
    const wait = transports.hasUdp ? transports.look() : now - lookedAt - LOOK_MS
    const before = computed
    computed = computedMs()
    admission.look(wait, (computed - before) / (now - lookedAt), apps.behind)
    lookedAt = now
  }, LOOK_MS)

  return {
    listening: transports.listening,
    drachtio: { host: drachtio.host, port: apps.port },
    stats: () => ({
      apps: apps.connected,
      dialogs: core.dialogs.size,
      connections: transports.connections.count,
      connectionsRefused: transports.connections.refused,
      connectionsUndialled: transports.connections.undialled,
      connectionsSilent: transports.connections.silent,
      connectionsSlow: transports.connections.slow,
      serverTransactions: core.server.size,
      clientTransactions: core.client.size,
      unanswered: core.server.pending,
      timers: wheel.size,
      refused: admission.refused,
      full: core.full,
      dropped: admission.dropped,
      admitted: admission.share,
    }),
    bringNear: (socket) => apps.bringNear(socket),
    reload() {
      const [phones, programs] = [transports.reload(), apps.reload()]
      return phones && programs
    },
    async close() {
      clearInterval(ticking)
      clearInterval(looking)
      core.server.close()
      core.client.close()
      core.dialogs.close()
      await Promise.all([apps.close(), transports.close()])
    },
  }
}

/** What this thread has computed so far, ms; an older Node knows it of the process only. */
function computedMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage()
  return (user + system) / 1000
}

/** The one door: whatever a single message or timer makes go wrong stays with it. */
function guarded(log: Logger): (run: () => void) => void {
  return (run) => {
    try {
      run()
    } catch (error) {
      log.error(
        { error: error instanceof Error ? error.stack : String(error) },
        'the engine failed on one message or timer',
      )
    }
  }
}

/** Without a tap nothing is asked of what passes. */
function tapped(tap: Tap | undefined, guard: (run: () => void) => void, receiver: Receiver): Receiver {
  if (!tap) return receiver
  return {
    // Of whom is not heard only what turns out to be a call for help is told: see there.
    ...receiver,
    message(text, flow) {
      guard(() => tap('in', text, flow))
      receiver.message(text, flow)
    },
    broken(text, status, why, flow) {
      guard(() => tap('in', text, flow))
      receiver.broken(text, status, why, flow)
    },
    sent: (text, flow) => guard(() => tap('out', text, flow)),
  }
}

/** An app went away: what it has not answered is answered for it, what it was calling is called off. */
function appGone(core: Core, app: App): void {
  for (const transaction of core.server.unanswered()) {
    const { ask } = transaction
    // What is being proxied needs no app.
    if (!ask || ask.app !== app || ask.proxy) continue
    const text = responseText(ask, 503, 'Application Gone', 'Retry-After: 5\r\n', '')
    answer(core, transaction, ask, 503, text)
  }
  for (const call of [...core.calls.values()]) {
    if (call.app !== app || call.cancel) continue
    call.cancel = { lines: '', late: false, sent: false }
    if (call.provisional) sendCancel(core, call)
  }
}
