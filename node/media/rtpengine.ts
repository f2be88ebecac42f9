/** The one place that talks to rtpengine, through rtpengine-client's UDP client, with the type and the care it lacks. */
import type { Socket } from 'node:dgram'
import { createRequire } from 'node:module'
import type { NgReply } from './plan.ts'

export interface Relay {
  readonly host: string
  readonly port: number
  /** Sends one ng command; asks again if no reply came in time, `tries` times in all. Never rejects. */
  command(name: NgName, fields?: object, options?: { readonly tries: number }): Promise<NgReply>
  close(): void
}

export type NgName = 'ping' | 'offer' | 'answer' | 'delete' | 'query' | 'list' | 'statistics'

/** What rtpengine-client really is: it carries no types, and it shows its socket and its waiting commands. */
interface NgClient {
  readonly socket: Socket
  readonly messages: ReadonlyMap<string, unknown>
  on(event: 'error', listener: (error: unknown) => void): void
  close(): void
}
type NgVerbs = Record<NgName, (at: { host: string; port: number }, fields: object) => Promise<Record<string, unknown>>>

const { Client } = createRequire(import.meta.url)('rtpengine-client') as {
  Client: new (options: { timeout: number; localAddress?: string }) => NgClient & NgVerbs
}

const cookieLength = 36

/** Opens a socket towards the relay at `host:port`. Each try waits `timeoutMs` milliseconds. */
export function connectRelay(host: string, port: number, timeoutMs: number): Relay {
  const loopback = /^127\.|^localhost$/.test(host)
  const client = new Client({ timeout: timeoutMs, ...(loopback ? { localAddress: '127.0.0.1' } : {}) })
  // Without a listener any stray datagram would end the process; what matters comes back through the commands.
  client.on('error', () => {})
  dropLateReplies(client)
  let closed = false

  async function once(name: NgName, fields: object): Promise<NgReply> {
    if (closed) return { kind: 'silent' }
    try {
      const reply = await client[name]({ host, port }, fields)
      if (reply.result === 'error') return { kind: 'refused', reason: String(reply['error-reason']).slice(0, 200) }
      return { kind: 'ok', fields: reply }
    } catch {
      // The library rejects for a timeout and for a socket error alike: in both nobody answered.
      return { kind: 'silent' }
    }
  }

  return {
    host,
    port,
    async command(name, fields = {}, { tries } = { tries: 2 }) {
      let reply = await once(name, fields)
      for (let left = tries - 1; left > 0 && reply.kind === 'silent' && !closed; left--)
        reply = await once(name, fields)
      return reply
    },
    close() {
      if (closed) return
      closed = true
      client.close()
    },
  }
}

/** The client prints a reply that nobody waits for any more on stdout, which belongs to data: it must not see it. */
function dropLateReplies(client: NgClient): void {
  const listeners = client.socket.listeners('message')
  client.socket.removeAllListeners('message')
  client.socket.on('message', (datagram: Buffer, from) => {
    if (!client.messages.has(datagram.toString('latin1', 0, cookieLength))) return
    for (const listener of listeners) listener.call(client.socket, datagram, from)
  })
}
