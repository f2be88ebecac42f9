/** A transport the engine speaks. */
export type TransportName = 'udp' | 'tcp'

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
 * The way between us and one peer: over UDP a pair of addresses, over TCP one connection (RFC 5626 §1).
 * `local` is how we name ourselves to this peer in Via and Contact.
 */
export interface Flow {
  readonly transport: TransportName
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly open: boolean
  /** False if the flow is gone. True promises nothing about arrival. */
  send(text: string): boolean
  /** Calls once when the flow is lost, until `cancel`; a UDP flow is never lost. */
  onLost(tell: () => void): { cancel(): void }
}

/** Who is heard. Asked before anything is parsed, so it had better be quick. */
export interface Gate {
  /**
   * Of each datagram, each connection, and each piece that comes over one that was accepted; `point` is the listen point as it was asked for.
   * Later: a datagram is dropped, a connection is read from again after a second.
   */
  admit(host: string, point: ListenPoint): 'yes' | 'later' | 'no'
  /** What that host sent was no message, or a malformed one. */
  malformed(host: string, transport: TransportName): void
}

/** What a transport hands up. */
export interface Receiver {
  message(text: string, flow: Flow): void
  /** Bytes that are no message; `text` is as much of the head as there is. */
  broken(text: string, status: 400 | 413, why: string, flow: Flow): void
}
