import type net from 'node:net'
import type { EngineLimits, Logger } from '../limits.ts'
import type { Connection } from './connection.ts'
import { type Endpoint, type Hearing, isSecure, keyOf, plainAddress, type TransportName } from './flow.ts'
import { networkOf } from './network.ts'
import { sparse } from './sparse.ts'

/** Who connected, from before anything was read until the first message. */
export interface Guest {
  readonly remote: Endpoint
  /** Closes the connection unless it has given a message by then. */
  readonly deadline: NodeJS.Timeout
  /** Whether what it says is heard now. */
  admit(): Hearing
  /** Whether what it says is looked at although it is not heard: see Gate. */
  looks(): boolean
  /** It is closed, and not counted any more. */
  release(): void
}

/** All connections of all listen points: how many there are, and which one leads to a peer. */
export class Connections {
  readonly #limits: EngineLimits
  readonly #log: Logger
  readonly #refuses: Logger['warn']
  readonly #sockets = new Set<net.Socket>()
  readonly #sources = new Map<string, number>()
  /** How many we opened, by what they lead to. */
  readonly #dialled = new Map<string, number>()
  #dialledAll = 0
  readonly #known = new Map<string, Connection>()
  /** Turned away by a limit. */
  refused = 0
  /** Not opened, because of a limit. */
  undialled = 0
  /** Closed because no message came in time. */
  silent = 0
  /** Closed because they did not read what they were sent. */
  slow = 0

  constructor(limits: EngineLimits, log: Logger) {
    this.#limits = limits
    this.#log = log
    this.#refuses = sparse((fields, message) => log.warn(fields, message))
  }

  get count(): number {
    return this.#sockets.size
  }

  /** Counts a connection that came, or refuses it. */
  admit(
    socket: net.Socket,
    transport: TransportName,
    gate: (host: string) => Hearing,
    looks: (host: string, what: string) => boolean,
  ): Guest | null {
    const remote = { host: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    // A handshake costs more than any message: who is to come later is not given one, but for a few who might call for help.
    if (remote.host !== '' && gate(remote.host) !== 'yes' && !looks(remote.host, 'connection')) {
      socket.destroy()
      return null
    }
    const source = networkOf(remote.host)
    const same = this.#sources.get(source) ?? 0
    const full =
      this.#sockets.size >= this.#limits.connections
        ? 'limits.connections'
        : same >= this.#limits.connectionsPerSource
          ? 'limits.connectionsPerSource'
          : null
    if (full !== null || remote.host === '') {
      this.refused++
      this.#refuses({ transport, remote, connections: this.#sockets.size }, `connection refused: ${full} is reached`)
      socket.destroy()
      return null
    }
    this.#sources.set(source, same + 1)
    const counted = this.watch(socket)
    let here = true
    const release = (): void => {
      if (!here) return
      here = false
      clearTimeout(deadline)
      counted()
      less(this.#sources, source)
    }
    const deadline = setTimeout(() => {
      this.silent++
      this.#log.debug({ transport, remote }, 'connection closed: no message came in time')
      socket.destroy()
      release()
    }, this.#limits.slowMs)
    socket.on('error', () => socket.destroy())
    socket.once('close', release)
    const looksAt = (): boolean => looks(remote.host, String(remote.port))
    return { remote, deadline, admit: () => gate(remote.host), looks: looksAt, release }
  }

  /** Counts a connection that we are about to open until it is let go; null: there are too many. */
  dialling(transport: TransportName, remote: Endpoint): (() => void) | null {
    const to = networkOf(remote.host)
    const same = this.#dialled.get(to) ?? 0
    const { dialled, dialledPerHost } = this.#limits
    const full =
      this.#dialledAll >= dialled ? 'limits.dialled' : same >= dialledPerHost ? 'limits.dialledPerHost' : null
    if (full !== null) {
      this.undialled++
      this.#refuses({ transport, remote, dialled: this.#dialledAll }, `connection not opened: ${full} is reached`)
      return null
    }
    this.#dialled.set(to, same + 1)
    this.#dialledAll++
    let here = true
    return () => {
      if (!here) return
      here = false
      this.#dialledAll--
      less(this.#dialled, to)
    }
  }

  /** Counts a connection, ours too, until it is closed or let go. */
  watch(socket: net.Socket): () => void {
    this.#sockets.add(socket)
    const letGo = (): void => void this.#sockets.delete(socket)
    socket.once('close', letGo)
    return letGo
  }

  /**
   * The connection to this address. Over TLS its certificate must speak for `domain`; if that is '', a connection that came
   * from there will do, or one whose certificate speaks for the address.
   */
  find(transport: TransportName, remote: Endpoint, domain: string): Connection | null {
    if (!isSecure(transport)) return this.#get(transport, remote, '')
    if (domain !== '') return this.#get(transport, remote, domain)
    return this.#get(transport, remote, '') ?? this.#get(transport, remote, remote.host)
  }

  #get(transport: TransportName, remote: Endpoint, name: string): Connection | null {
    const found = this.#known.get(keyFor(transport, remote, name))
    return found?.hears ? found : null
  }

  /** From now on this connection is the way to this address, or to this domain at it. */
  add(connection: Connection, remote: Endpoint, name: string): void {
    const key = keyFor(connection.transport, remote, name)
    connection.keys.push(key)
    this.#known.set(key, connection)
  }

  remove(connection: Connection): void {
    for (const key of connection.keys) if (this.#known.get(key) === connection) this.#known.delete(key)
  }

  close(): void {
    for (const connection of new Set(this.#known.values())) connection.drop()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function less(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}

function keyFor(transport: TransportName, remote: Endpoint, name: string): string {
  return `${transport}|${keyOf(remote)}|${name}`
}
