/** What we use of drachtio-srf 5, typed as it behaves: its own types leave out or misstate half of it. */
import type { Socket } from 'node:net'
import DrachtioSrf from 'drachtio-srf'
import { ChurnMap } from '../../proto/churn-map.ts'

export interface SrfMessage {
  /** Names in lower case, but for X-…, P-… and Diversion; repeated ones joined by a comma. */
  readonly headers: Record<string, string>
  readonly body?: string
  get(name: string): string | undefined
}

export interface SrfRequest extends SrfMessage {
  readonly raw: string
  readonly method: string
  readonly uri: string
  /** 'network', or 'application' when the engine made it up itself. */
  readonly source: string
  readonly source_address: string
  readonly source_port: number
  /** Empty when the engine no longer knows. */
  readonly protocol: string
  readonly stackDialogId?: string
  readonly stackTxnId: string
  /** The connection it came by; the answer goes back on it. */
  readonly socket: Socket
  on(event: 'cancel', listener: () => void): void
  on(event: 'response', listener: (response: SrfResponse) => void): void
  cancel(callback: (error?: Error | null) => void): void
}

export interface SrfResponse extends SrfMessage {
  readonly status: number
  readonly reason: string
  readonly stackDialogId?: string
  readonly finalResponseSent: boolean
  /** Throws for a status it has no name for, and when the link is gone. Keeps and changes `options.headers`. */
  send(status: number, reason: string | undefined, options: SrfSend): void
}

export interface SrfSend {
  headers: Record<string, string>
  body?: string
}

/** `status`, `reason` and `res` when a response was the cause; `code` when the engine refused to send. */
export interface SrfError extends Error {
  readonly status?: number
  readonly reason?: string
  readonly code?: string
  readonly res?: SrfResponse
}

export interface SrfDialog {
  readonly id: string
  readonly connected: boolean
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
  readonly local: { readonly contact: string; readonly sdp: string }
  readonly remote: { readonly uri: string; readonly sdp: string }
  on(event: 'destroy', listener: (request: SrfRequest, reason?: string) => void): void
  on(event: 'ack', listener: (request: SrfRequest) => void): void
  on(
    event: 'modify' | 'info' | 'update' | 'refer' | 'message' | 'notify',
    listener: (request: SrfRequest, response: SrfResponse) => void,
  ): void
  /** Sends BYE. The callback comes with its response, or with the reason why none was sent. */
  destroy(options: { headers: Record<string, string> }, callback: (error?: Error | null) => void): void
  /** The callback comes for every response, provisional ones too. An INVITE's final one is acknowledged. */
  request(
    options: { method: string; headers: Record<string, string>; body?: string },
    callback: (error: SrfError | null, response?: SrfResponse) => void,
  ): void
}

export interface UacOptions {
  readonly headers: Record<string, string>
  readonly localSdp: string
  readonly proxy?: string
}

export interface UacCallbacks {
  cbRequest(error: Error | null, request?: SrfRequest): void
  cbProvisional(response: SrfResponse): void
}

export interface RequestOptions {
  readonly method: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly proxy?: string
  readonly stackDialogId?: string
}

/** What waits on one connection. */
export interface SrfPending {
  pendingRequests: Map<string, (tokens: string[]) => void>
  pendingSipRequests: Map<string, unknown>
  pendingNetworkInvites: Map<string, unknown>
  pendingAckOrPrack: Map<string, unknown>
}

/** The frames below: one connection to the engine, and what it waits for. */
export interface SrfClient {
  route(verb: string): void
  readonly mapServer: Map<Socket, SrfPending>
  readonly wp: {
    closing?: boolean
    readonly socket?: Socket
    readonly reconnectVars?: { retryTimer: NodeJS.Timeout | null }
    send(socket: Socket, text: string): string
  }
}

export interface Srf {
  readonly app: { readonly client: SrfClient }
  connect(options: { host: string; port: number; secret: string; reconnect: { retryMaxDelay: number } }): void
  on(event: 'connect', listener: (error: Error | null, hostports: string, version: string) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'close', listener: () => void): void
  use(handler: (request: SrfRequest, response: SrfResponse, next: () => void) => void): void
  createUAS(
    request: SrfRequest,
    response: SrfResponse,
    options: { headers: Record<string, string>; localSdp: string },
    callback: (error: Error | string | null, dialog?: SrfDialog) => void,
  ): void
  createUAC(
    uri: string,
    options: UacOptions,
    callbacks: UacCallbacks,
    callback: (error: SrfError | null, dialog?: SrfDialog) => void,
  ): void
  request(uri: string, options: RequestOptions, callback: (error: Error | null, request?: SrfRequest) => void): void
  removeDialog(dialog: SrfDialog): void
}

/**
 * Gives an srf that is connected maps for what comes and goes: by its own each message of a call lives on for seconds after it is done with (churn-map.ts),
 * which is a tenth of what a call costs.
 */
export function easeMaps(srf: Pick<Srf, 'app'> & { _dialogs?: Map<string, unknown> }): void {
  srf._dialogs = new ChurnMap(srf._dialogs)
  for (const pending of srf.app.client.mapServer.values()) {
    pending.pendingRequests = new ChurnMap(pending.pendingRequests)
    pending.pendingSipRequests = new ChurnMap(pending.pendingSipRequests)
    pending.pendingNetworkInvites = new ChurnMap(pending.pendingNetworkInvites)
    pending.pendingAckOrPrack = new ChurnMap(pending.pendingAckOrPrack)
  }
}

export const newSrf = (): Srf => new (DrachtioSrf as unknown as new () => Srf)()
