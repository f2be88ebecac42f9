/** The connection to the engine: made, watched, made again, ended. */
import type { Socket } from 'node:net'
import type { Logger } from '../../cluster/logger.ts'
import { easeMaps, newSrf, type Srf } from './srf.ts'

/** How long the first connection may take, how often the link is checked, and how long an answer may take; ms. */
const CONNECT_WITHIN = 10_000
const CHECK_EVERY = 5_000
const RETRY_AT_MOST = 2_000

/** Frames above this wedge a drachtio-server for good (its buffer has 12,228 bytes); ours takes 64 kB. */
const FRAME_MAX = { embedded: 60_000, external: 11_000 } as const

export interface Link {
  readonly srf: Srf
  readonly up: boolean
  /** `udp/192.0.2.1:5060,tcp/192.0.2.1:5060`, as the engine told. */
  readonly hostports: string
  /** Longest message, in bytes, that may be handed to the engine. */
  readonly messageMax: number
  /** Says something whose echo nobody waits for; false: the link is gone. */
  tell(socket: Socket, text: string): boolean
  /** What is said to the engine until the end of this turn leaves in one write. */
  gather(): void
  /** Calls back once if the link is lost before the returned function takes it back. */
  whenLost(act: () => void): () => void
  /** Runs what the rest of the node gave us to call. It may fail; srf, in whose middle it runs, may not. */
  guard(what: string, act: () => void | Promise<void>): void
  /** Resolves when the engine has taken all that was said to it so far, or is gone. */
  settled(): Promise<void>
  /** Times the link was lost. */
  readonly lost: number
  close(): void
}

export interface LinkOptions {
  readonly kind: 'embedded' | 'external'
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly log: Logger
  /** Shortens the way to an engine of this process; see Engine. */
  readonly bringNear?: (socket: Socket) => boolean
}

/** Resolves when the engine took the secret. Rejects with a sentence that names the remedy. */
export function connectLink(options: LinkOptions): Promise<Link> {
  const { host, port, secret, log } = options
  const srf = newSrf()
  const waiting = new Set<() => void>()
  let up = false
  let lost = 0
  let closed = false
  let hostports = ''

  const link: Link = {
    srf,
    messageMax: FRAME_MAX[options.kind],
    get up() {
      return up
    },
    get hostports() {
      return hostports
    },
    get lost() {
      return lost
    },
    tell(socket, text) {
      if (socket.destroyed) return false
      // Ours echoes nothing for a message without an id; a drachtio-server gets one, as from srf.
      if (options.kind === 'embedded') socket.write(`${Buffer.byteLength(text) + 1}#|${text}`)
      else srf.app.client.wp.send(socket, text)
      return true
    },
    gather() {
      // What is said to the engine of this process costs no write.
      if (options.bringNear) return
      for (const socket of srf.app.client.mapServer.keys()) {
        if (socket.writableCorked > 0) continue
        socket.cork()
        // After the promises that are settled in this turn: a batch of commits answers many phones.
        process.nextTick(() => socket.uncork())
      }
    },
    whenLost(act) {
      waiting.add(act)
      return () => void waiting.delete(act)
    },
    settled() {
      return new Promise((resolve) => {
        const unlost = link.whenLost(resolve)
        const done = (): void => {
          unlost()
          resolve()
        }
        const { wp, mapServer } = srf.app.client
        // It answers in order.
        for (const [socket, { pendingRequests }] of mapServer) pendingRequests.set(wp.send(socket, 'ping'), done)
        if (!up) done()
      })
    },
    guard(what, act) {
      const failed = (error: unknown) =>
        log.error({ error: (error as Error)?.stack ?? String(error) }, `the handler of ${what} failed`)
      try {
        act()?.catch(failed)
      } catch (error) {
        failed(error)
      }
    },
    close() {
      closed = true
      up = false
      clearInterval(check)
      endConnection(srf)
      dropped()
    },
  }
  // The embedded engine shares our event loop: late is all it can be, and calls must not end for that.
  const check = options.kind === 'external' ? setInterval(() => checkLink(srf, log), CHECK_EVERY) : undefined
  check?.unref()

  function dropped(): void {
    const acts = [...waiting]
    waiting.clear()
    for (const act of acts) act()
  }

  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      link.close()
      reject(new Error(`no drachtio engine answers at ${host}:${port}: start it, or correct sip.engine`))
    }, CONNECT_WITHIN)

    srf.on('connect', (error, ports) => {
      if (closed) return
      if (error) {
        clearTimeout(late)
        log.error({ host, port }, 'the SIP engine refuses our secret: correct sip.engine.secret')
        link.close()
        return reject(new Error(`the SIP engine at ${host}:${port} refuses the secret: correct sip.engine.secret`))
      }
      // A drachtio-server takes apps before it takes SIP, and then cannot say where it listens: it is asked again.
      if (!ports) {
        for (const socket of srf.app.client.mapServer.keys()) socket.destroy()
        return
      }
      clearTimeout(late)
      up = true
      hostports = ports
      easeMaps(srf)
      for (const socket of srf.app.client.mapServer.keys()) options.bringNear?.(socket)
      resolve(link)
    })
    srf.on('close', () => {
      if (!up || closed) return
      up = false
      lost++
      log.error({ host, port }, 'the link to the SIP engine was lost; connecting again')
      dropped()
    })
    // Without a listener a refused connection would end the process.
    srf.on('error', (error) => {
      if (!closed) log.warn({ host, port, error: error.message }, 'trouble on the link to the SIP engine')
    })
    srf.connect({ host, port, secret, reconnect: { retryMaxDelay: RETRY_AT_MOST } })
  })
}

/** A ping that is still unanswered when the next is due: a daemon that stopped talking does not close by itself. */
function checkLink(srf: Srf, log: Logger): void {
  const client = srf.app.client
  for (const [socket, { pendingRequests }] of client.mapServer) {
    if (socket.destroyed) continue
    if (unanswered.has(socket)) {
      log.error({}, 'the SIP engine answers no ping; ending the link')
      socket.destroy()
      continue
    }
    unanswered.add(socket)
    pendingRequests.set(client.wp.send(socket, 'ping'), () => unanswered.delete(socket))
  }
}
const unanswered = new WeakSet<object>()

/** srf's own disconnect throws between two connections, and leaves the timer of the next attempt running. */
function endConnection(srf: Srf): void {
  const { wp, mapServer } = srf.app.client
  wp.closing = true
  if (wp.reconnectVars?.retryTimer) clearTimeout(wp.reconnectVars.retryTimer)
  wp.socket?.destroy()
  for (const socket of mapServer.keys()) socket.destroy()
}
