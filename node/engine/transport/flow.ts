import { isIPv4 } from 'node:net'

/** A transport the engine speaks. */
export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

export interface ListenPoint {
  readonly transport: TransportName
  readonly host: string
  readonly port: number
}

/** An IP address (never a name) and a port. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * The way between us and one peer: over UDP a pair of addresses, else one connection (RFC 5626 §1).
 * `local` is how we name ourselves to this peer in Via and Contact.
 */
export interface Flow {
  readonly transport: TransportName
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly open: boolean
  /** We opened the connection. */
  readonly dialled?: boolean
  /** What a message that came over it just now has waited at least before it was read, ms; what has no queue of its own does not know. */
  waits?(): number
  /** False if the flow is gone. True promises nothing about arrival. */
  send(text: string): boolean
  /** Closes the connection. */
  drop?(): void
  /** Calls once when the flow is lost, until `cancel`; a UDP flow is never lost. */
  onLost(tell: () => void): { cancel(): void }
}

/** Whether somebody is heard now. */
export type Hearing = 'yes' | 'later' | 'no'

/** Who is heard. Asked before anything is parsed, so it had better be quick. */
export interface Gate {
  /**
   * Of each datagram, each connection, and each message or keep-alive that comes over one that was accepted; `point` is the listen point as it was asked for.
   * Later: a datagram is dropped and a new connection closed; of one that is there one message is heard, and the next after a second.
   */
  admit(host: string, point: ListenPoint): Hearing
  /**
   * Of a new connection, and a message that a call for help may be or belong to, from whom is not heard now: whether it is looked at for that all the
   * same. It is parsed then, so it had better be bounded, each for itself: `what` is `connection`, of datagrams what they may be, and of what
   * comes over a connection its port. Absent: never.
   */
  looks?(host: string, point: ListenPoint, what: string): boolean
  /** What came from there was no message, or a malformed one. True: the connection that it came over is closed. */
  malformed(remote: Endpoint, transport: TransportName): boolean
  /** Whether a WebSocket may be opened by what has this Origin (RFC 6455 §10.2); undefined: it says none. False: 403. */
  origin?(host: string, origin: string | undefined): boolean
}

/** What a transport hands up. */
export interface Receiver {
  /** Whether a REGISTER that came in a datagram is not even read. */
  drops(waits: () => number): boolean
  message(text: string, flow: Flow): void
  /** From whom is not heard otherwise: whether it was a call for help, or belongs to a call. If not, nothing came of it. */
  help(text: string, flow: Flow): boolean
  /** Whether a call goes over this connection, as far as is known. */
  carriesCall(flow: Flow): boolean
  /** Bytes that are no message; `text` is as much of the head as there is. */
  broken(text: string, status: 400 | 413, why: string, flow: Flow): void
  /** A message is about to leave over a flow that is open. */
  sent?(text: string, flow: Flow): void
}

/** Hears every message as it came, or as it leaves, inside of what encrypts it. Asked in the middle of everything, so it had better be quick. */
export type Tap = (way: 'in' | 'out', text: string, flow: Flow) => void

export function isSecure(transport: TransportName): boolean {
  return transport === 'tls' || transport === 'wss'
}

export function isWeb(transport: TransportName): boolean {
  return transport === 'ws' || transport === 'wss'
}

/** RFC 3261 §19.1.2, RFC 7118 §5.3 (the ports of HTTP). */
export function defaultPort(transport: TransportName): number {
  return { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 }[transport]
}

/** One text for one address. */
export function keyOf({ host, port }: Endpoint): string {
  return `${host}|${port}`
}

/** A dual-stack socket reports IPv4 peers as IPv6; the plain form is what Via and Contact need. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address
}
