import type { Dialogs } from '../dialog/dialog.ts'
import { nextId } from '../ids.ts'
import type { EngineLimits, Logger, SipTimes } from '../limits.ts'
import type { ClientTransactions } from '../transaction/client.ts'
import type { ServerTransactions } from '../transaction/server.ts'
import type { TimerWheel } from '../transaction/wheel.ts'
import type { Flow } from '../transport/flow.ts'
import type { Transports } from '../transport/transports.ts'
import type { App, Apps } from '../wire/apps.ts'
import { echoPayload, type Stamp, sipPayload, timeText } from '../wire/frames.ts'
import type { Ask } from './ask.ts'
import type { Outgoing } from './outgoing.ts'

/** What the transaction user is made of; filled once by engine.ts. */
export interface Core {
  readonly limits: EngineLimits
  readonly times: SipTimes
  readonly log: Logger
  readonly wheel: TimerWheel
  readonly transports: Transports
  readonly apps: Apps
  readonly server: ServerTransactions<Ask>
  readonly client: ClientTransactions
  readonly dialogs: Dialogs
  /** Merge key to transaction key, of requests that are not answered yet (RFC 3261 §8.2.2.2). */
  readonly merges: Map<string, string>
  /** INVITEs of the apps without a final response, by the id the app knows. */
  readonly calls: Map<string, Outgoing>
  /** SUBSCRIBEs and REFERs of the apps outside a dialog without a final response, by their dialog id. */
  readonly subscribing: Map<string, Outgoing>
  /** The dialog ids of those INVITEs that are to make a dialog. */
  readonly calling: Set<string>
  now(): number
}

export function stampOf(core: Core, flow: Flow, source: Stamp['source'], text: string): Stamp {
  return {
    source,
    bytes: text.length,
    protocol: flow.transport,
    host: flow.remote.host,
    port: flow.remote.port,
    time: timeText(core.now()),
  }
}

/** Hands a message to an app: from the network, or of the engine's own making on behalf of it. */
export function deliver(
  core: Core,
  app: App,
  flow: Flow,
  text: string,
  about: { transaction: string; dialog: string; receivedOn?: string; source?: Stamp['source'] },
): void {
  const stamp = stampOf(core, flow, about.source ?? 'network', text)
  app.send(sipPayload(nextId(), stamp, about.transaction, about.dialog, about.receivedOn ?? '', text))
}

/**
 * Tells the app what was really sent for its message; always before anything that comes of it. A message without an id asks for
 * no echo: that is an addition of ours to the protocol.
 */
export function echo(
  core: Core,
  app: App,
  to: string,
  flow: Flow,
  text: string,
  about: { transaction: string; dialog: string },
): void {
  if (to === '') return
  app.send(echoPayload(nextId(), to, stampOf(core, flow, 'application', text), about.transaction, about.dialog, text))
}

export function notOk(app: App, to: string, reason: string): void {
  app.send(`${nextId()}|response|${to}|NOK|${reason}`)
}
