/** The control services of the other nodes: who is asked what only they know. */
import {
  type ChannelCredentials,
  type ClientReadableStream,
  InterceptingCall,
  type Interceptor,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import type { Cluster } from '../../cluster/cluster.ts'
import { controlProto } from '../../proto/load.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'

/** Set on what one node asks of another, which is then never passed on again. */
export const FORWARDED = 'raftel-forwarded'

const DEADLINE_MS = 1000

export interface Peers {
  /** Last known control address of a node; null when it never said one. */
  addressOf(node: string): string | null
  /** Asks another node, with a deadline of a second; rejects with gRPC's error. */
  ask<Reply>(node: string, send: (client: ControlClient, metadata: Metadata, done: Done<Reply>) => void): Promise<Reply>
  /** Opens a stream of another node; null: no address of it is known. */
  stream<Item>(
    node: string,
    open: (client: ControlClient, metadata: Metadata) => ClientReadableStream<Item>,
  ): ClientReadableStream<Item> | null
  deadline(): { deadline: number }
  close(): void
}

export type Done<Reply> = (error: ServiceError | null, reply?: Reply) => void

/** `introduce` shows to the other node that this one asks it for a method. */
export function openPeers(
  cluster: Cluster,
  credentials: ChannelCredentials,
  introduce: (metadata: Metadata, node: string, method: string) => void = () => {},
): Peers {
  const { Control } = controlProto()
  const clients = new Map<string, { address: string; client: ControlClient }>()
  // A node that is down has no row, but will very likely come back where it was.
  const known = new Map<string, string>()

  const addressOf = (node: string): string | null => {
    const row = cluster.tables.nodes.get(node)
    if (row !== undefined) known.set(node, row.control)
    return known.get(node) ?? null
  }

  /** Only here it is known which method is asked. */
  const introducing =
    (node: string): Interceptor =>
    (options, next) =>
      new InterceptingCall(next(options), {
        start(metadata, listener, go) {
          introduce(metadata, node, options.method_definition.path)
          go(metadata, listener)
        },
      })

  const clientOf = (node: string): ControlClient | null => {
    const address = addressOf(node)
    if (address === null) return null
    const open = clients.get(node)
    if (open?.address === address) return open.client
    open?.client.close()
    const interceptors = [introducing(node)]
    const client = new Control(address, credentials, { 'grpc.max_reconnect_backoff_ms': 1000, interceptors })
    clients.set(node, { address, client })
    return client
  }

  return {
    addressOf,
    deadline: () => ({ deadline: Date.now() + DEADLINE_MS }),
    stream(node, open) {
      const client = clientOf(node)
      if (client === null) return null
      return open(client, asForwarded())
    },
    ask(node, send) {
      const client = clientOf(node)
      if (client === null) return Promise.reject(new Error(`no address of ${node} is known`))
      const metadata = asForwarded()
      return new Promise((resolve, reject) => {
        send(client, metadata, (error, reply) =>
          error === null && reply !== undefined ? resolve(reply) : reject(error ?? new Error('an empty answer')),
        )
      })
    },
    close() {
      for (const { client } of clients.values()) client.close()
      clients.clear()
    },
  }
}

function asForwarded(): Metadata {
  const metadata = new Metadata()
  metadata.set(FORWARDED, '1')
  return metadata
}
