import type { KeyObject } from 'node:crypto'
import type { Dialogs } from '../dialog/dialog.ts'
import { nextId } from '../ids.ts'
import type { EngineLimits, Logger, SipTimes } from '../limits.ts'
import type { ClientTransactions } from '../transaction/client.ts'
import type { ServerTransactions } from '../transaction/server.ts'
import type { TimerWheel } from '../transaction/wheel.ts'
import type { Flow, Gate } from '../transport/flow.ts'
import type { Transports } from '../transport/transports.ts'
import type { App, Apps } from '../wire/apps.ts'
import type { Bodies } from '../wire/bodies.ts'
import { echoPayload, type Stamp, sipPayload, timeText } from '../wire/frames.ts'
import type { Handlers } from '../wire/handlers.ts'
import type { Admission } from './admission.ts'
import type { Ask } from './ask.ts'
import type { Cdrs } from './cdr.ts'
import type { Early } from './early.ts'
import type { Outgoing } from './outgoing.ts'

/** What the transaction user is made of; filled once by engine.ts. */
export interface Core {
  readonly limits: EngineLimits
  readonly times: SipTimes
  readonly log: Logger
  /** For what strangers can bring about as often as they like. */
  readonly warn: (fields: object, message: string) => void
  readonly gate?: Gate | undefined
  readonly early?: Early | undefined
  readonly wheel: TimerWheel
  readonly transports: Transports
  readonly apps: Apps
  readonly bodies: Bodies
  readonly handlers: Handlers
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
  /** How many requests were refused because as much is held as may be. */
  full: number
  /** Says how much of what begins something is let in. */
  readonly admission: Admission
  /** Whether a call to this URI from this address is for help. */
  isUrgent(uri: string, from: string): boolean
  /** Signs what we write into Record-Route, Path and Via, so that nobody else can. */
  readonly routeKey: KeyObject
  /** Null: nobody is to have records. */
  readonly cdrs: Cdrs | null
  /** Calls through us whose BYE passed by a moment ago, so that its copies are not recorded again. */
  readonly ends: Set<string>
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
  const { transaction, dialog, receivedOn = '' } = about
  app.send(sipPayload(nextId(), stamp, transaction, dialog, receivedOn, core.bodies.shown(text)))
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
  const stamp = stampOf(core, flow, 'application', text)
  app.send(echoPayload(nextId(), to, stamp, about.transaction, about.dialog, core.bodies.shown(text)))
}

export function notOk(app: App, to: string, reason: string): void {
  app.send(`${nextId()}|response|${to}|NOK|${reason}`)
}
