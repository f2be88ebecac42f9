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

/** What a transport hands up. */
export interface Receiver {
  message(text: string, flow: Flow): void
  /** Bytes that are no message; `text` is as much of the head as there is. */
  broken(text: string, status: 400 | 413, why: string, flow: Flow): void
}
