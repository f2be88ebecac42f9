import { responseText } from './core/ask.ts'
import type { Core } from './core/core.ts'
import { brokenFromNetwork, fromNetwork } from './core/inbound.ts'
import { respondOn } from './core/indialog.ts'
import { fromApp } from './core/outbound.ts'
import { sendCancel } from './core/outgoing.ts'
import { answer } from './core/respond.ts'
import { Dialogs } from './dialog/dialog.ts'
import { defaultLimits, defaultTimes, type EngineLimits, type Logger, type SipTimes } from './limits.ts'
import { bracketed } from './parser/headers.ts'
import { ClientTransactions } from './transaction/client.ts'
import { ServerTransactions } from './transaction/server.ts'
import { type Clock, TimerWheel } from './transaction/wheel.ts'
import type { ListenPoint } from './transport/flow.ts'
import { openTransports } from './transport/transports.ts'
import { type App, openApps } from './wire/apps.ts'

export type { EngineLimits, Logger, SipTimes } from './limits.ts'
export type { ListenPoint } from './transport/flow.ts'
export { ListenError } from './transport/transports.ts'

export interface EngineOptions {
  readonly listen: readonly ListenPoint[]
  /** Where apps connect; port 0 takes a free one. Keep it on loopback. */
  readonly drachtio: { readonly host: string; readonly port: number }
  readonly secret: string
  /** The host in Via and Contact instead of the listen point's. */
  readonly advertise?: string
  readonly log: Logger
  readonly limits?: Partial<EngineLimits>
  /** RFC 3261 Table 4; only slow or fast networks, and tests, need other values. */
  readonly times?: Partial<SipTimes>
  /** What all timers go by; the process's monotonic clock. */
  readonly clock?: Clock
}

export interface EngineStats {
  readonly apps: number
  readonly dialogs: number
  readonly connections: number
  readonly serverTransactions: number
  readonly clientTransactions: number
  readonly unanswered: number
  readonly timers: number
}

export interface Engine {
  /** The listen points with their real ports, in the order of the options. */
  readonly listening: readonly ListenPoint[]
  readonly drachtio: { readonly host: string; readonly port: number }
  stats(): EngineStats
  close(): Promise<void>
}

const TICK_MS = 10

/** Opens every listen point and the app side, or rejects with a ListenError and leaves nothing open. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { log, drachtio, secret, advertise, listen } = options
  if (secret === '') throw new RangeError('the engine needs a secret that is not empty')
  const limits = { ...defaultLimits, ...options.limits }
  const times = { ...defaultTimes, ...options.times }
  const guard = guarded(log)

  const transports = await openTransports({
    listen,
    advertise,
    limits,
    log,
    receiver: {
      message: (text, flow) => guard(() => fromNetwork(core, text, flow)),
      broken: (text, status, why, flow) => guard(() => brokenFromNetwork(core, text, status, why, flow)),
    },
  })
  const hostports = transports.listening.map((p) => `${p.transport}/${bracketed(p.host)}:${p.port}`).join(',')
  const apps = await openApps({
    host: drachtio.host,
    port: drachtio.port,
    secret,
    limits,
    log,
    hostports: () => hostports,
    sip: (message, app) => guard(() => fromApp(core, app, message)),
    gone: (app) => guard(() => appGone(core, app)),
  }).catch(async (error) => {
    await transports.close()
    throw error
  })

  const wheel = new TimerWheel(options.clock ?? { now: () => performance.now() }, TICK_MS)
  const core: Core = {
    limits,
    times,
    log,
    wheel,
    transports,
    apps,
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
    client: new ClientTransactions(wheel, times),
    dialogs: new Dialogs(),
    merges: new Map(),
    calls: new Map(),
    calling: new Set(),
    subscribing: new Map(),
    now: () => Date.now(),
  }
  const ticking = setInterval(() => guard(() => wheel.advance()), TICK_MS)

  return {
    listening: transports.listening,
    drachtio: { host: drachtio.host, port: apps.port },
    stats: () => ({
      apps: apps.connected,
      dialogs: core.dialogs.size,
      connections: transports.connections,
      serverTransactions: core.server.size,
      clientTransactions: core.client.size,
      unanswered: core.server.pending,
      timers: wheel.size,
    }),
    async close() {
      clearInterval(ticking)
      core.server.close()
      core.client.close()
      core.dialogs.close()
      await Promise.all([apps.close(), transports.close()])
    },
  }
}

/** The one door: whatever a single message makes go wrong stays with that message. */
function guarded(log: Logger): (run: () => void) => void {
  return (run) => {
    try {
      run()
    } catch (error) {
      log.error({ error: error instanceof Error ? error.stack : String(error) }, 'the engine failed on one message')
    }
  }
}

/** An app went away: what it has not answered is answered for it, what it was calling is called off. */
function appGone(core: Core, app: App): void {
  for (const transaction of core.server.unanswered()) {
    const { ask } = transaction
    if (!ask || ask.app !== app) continue
    const text = responseText(ask, 503, 'Application Gone', 'Retry-After: 5\r\n', '')
    answer(core, transaction, ask, 503, text)
  }
  for (const call of [...core.calls.values()]) {
    if (call.app !== app || call.cancel) continue
    call.cancel = { lines: '', sent: false }
    if (call.provisional) sendCancel(core, call)
  }
}
