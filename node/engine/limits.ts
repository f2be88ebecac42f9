/** Where the engine says what happened; shaped like pino, so that pino fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Every bound the engine keeps. Sizes are bytes (or characters of text), times are milliseconds. */
export interface EngineLimits {
  /** Server transactions held at once, over UDP 32 s each, about 0.6 kB; above it a new request outside a dialog gets a stateless 503. */
  readonly transactions: number
  /** Server transactions that no app has answered yet; the earlier sign of overload. */
  readonly pending: number
  readonly dialogs: number
  readonly connections: number
  /** Connections from one address, or from the /64 of an IPv6 address; many phones may share one behind a NAT or a proxy. */
  readonly connectionsPerSource: number
  /** Connections that we opened: a Via or Contact makes us, so above it there is no way to somebody new. */
  readonly dialled: number
  /** Of them those to one address, or to one /64. */
  readonly dialledPerHost: number
  /** Start line and all header fields of one message. */
  readonly head: number
  /** One header field. */
  readonly field: number
  /** One header field that is read by everyone: Via, From, To, Call-ID, CSeq, Contact. */
  readonly address: number
  readonly fields: number
  readonly body: number
  /** One frame of the drachtio wire protocol: a binary body takes three times its bytes in it. */
  readonly frame: number
  /** Bytes that wait for a peer which reads too slowly; above it the connection is closed. */
  readonly backlog: number
  /** A connection without any traffic is closed after this. */
  readonly idleMs: number
  /** A peer must complete a message it began, or handshakes and its first message together, within this; and take some of what waits for it. */
  readonly slowMs: number
  /** A WebSocket is pinged so often, and closed when nothing has come of the last ping. */
  readonly pingMs: number
  /** How often the files of certificates are looked at. */
  readonly certificatesMs: number
  readonly connectMs: number
  readonly resolveMs: number
  /** Names that are looked for at once; a request to one more fails. */
  readonly lookups: number
  /** An INVITE that no app gives a final answer within this is answered 480 by the engine; one of an app's that rings no more for so long is cancelled. */
  readonly answerMs: number
  /** An HTTP handler decides within this. */
  readonly handlerMs: number
  /** Timer C (RFC 3261 §16.6 step 11): an INVITE that is proxied, or in a dialog, is given up after this without a sign of life. */
  readonly timerCMs: number
}

export const defaultLimits: EngineLimits = {
  transactions: 500_000,
  pending: 20_000,
  dialogs: 100_000,
  connections: 20_000,
  connectionsPerSource: 5_000,
  dialled: 5_000,
  dialledPerHost: 500,
  head: 64 * 1024,
  field: 8 * 1024,
  address: 2 * 1024,
  fields: 200,
  body: 1024 * 1024,
  frame: 4 * 1024 * 1024,
  backlog: 4 * 1024 * 1024,
  idleMs: 3_900_000,
  // Less than the ten seconds in which half-open connections are to be closed.
  slowMs: 9_000,
  pingMs: 50_000,
  certificatesMs: 10_000,
  connectMs: 5_000,
  resolveMs: 3_000,
  lookups: 1_000,
  answerMs: 600_000,
  handlerMs: 5_000,
  timerCMs: 185_000,
}

/** The times all SIP timers are made of, in milliseconds (RFC 3261 Table 4). */
export interface SipTimes {
  readonly t1: number
  readonly t2: number
  readonly t4: number
}

export const defaultTimes: SipTimes = { t1: 500, t2: 4_000, t4: 5_000 }
