/** Opens the media of a node: a sidecar of its own, a relay someone else runs, or none. */
import type { Logger } from '../../cluster/logger.ts'
import type { Media, MediaSession, MediaStatus } from './media.ts'
import { findProgram, versionOf } from './process.ts'
import { directSession, relayedSession } from './session.ts'
import { type RelayState, type Supervised, superviseSidecar, watchRelay } from './sidecar.ts'

export type MediaMode =
  | {
      readonly kind: 'spawn'
      /** Path or name of rtpengine; found on the PATH by default. */
      readonly binary?: string
      /** Address that media is received on, or `address!advertised` behind a NAT. */
      readonly interface: string
      /** First and last UDP port for media; four are used a call, ten should be planned. */
      readonly ports: readonly [number, number]
      readonly dataDir: string
    }
  | { readonly kind: 'external'; readonly host: string; readonly port: number }
  | { readonly kind: 'direct' }

export interface MediaOptions {
  readonly mode: MediaMode
  /** What a new call gets while the relay is down: its SDP passed through, or a 503. */
  readonly whenDown: 'direct' | 'reject'
  readonly log: Logger
}

/** Resolves once the relay is ready or is known not to be; never rejects for what rtpengine does. */
export async function startMedia({ mode, whenDown, log }: MediaOptions): Promise<Media> {
  if (mode.kind === 'direct') return directMedia('direct by configuration: phones send their audio to each other')

  if (mode.kind === 'external') {
    const { host, port } = mode
    const title = `rtpengine at ${host}:${port}`
    return relayedMedia(title, whenDown, log, (changed) => watchRelay(host, port, log, changed))
  }

  const name = mode.binary ?? 'rtpengine'
  const binary = await findProgram(name)
  if (!binary) {
    const detail = `${name} is not installed, so phones send their audio to each other: apt-get install rtpengine-daemon and restart this node`
    log.error({ binary: name }, detail)
    return directMedia(detail)
  }
  const title = `rtpengine ${await versionOf(binary)}`
  return relayedMedia(title, whenDown, log, (changed) => superviseSidecar({ ...mode, binary }, log, changed))
}

function directMedia(detail: string): Media {
  let sessions = 0
  return {
    open() {
      sessions++
      return directSession(() => sessions--)
    },
    status: () => ({ kind: 'direct', detail, sessions }),
    onStatus: () => () => {},
    close: async () => {},
  }
}

async function relayedMedia(
  title: string,
  whenDown: 'direct' | 'reject',
  log: Logger,
  supervise: (changed: (state: RelayState) => void) => Promise<Supervised>,
): Promise<Media> {
  const sessions = new Set<MediaSession>()
  const listeners = new Set<(status: MediaStatus) => void>()
  let state: RelayState = { kind: 'down', why: 'it is starting' }

  const status = (): MediaStatus => {
    const pid = state.kind === 'up' && state.pid !== null ? `, pid ${state.pid}` : ''
    if (state.kind === 'up') return { kind: 'rtpengine', detail: `${title}${pid}`, sessions: sessions.size }
    const detail = `${title} is down: ${state.why}; ${consequences[whenDown]}`
    return { kind: whenDown === 'direct' ? 'direct' : 'rtpengine', detail, sessions: sessions.size }
  }

  const supervised = await supervise((next) => {
    state = next
    if (next.kind === 'up') log.info({ pid: next.pid }, `${title} relays media`)
    else log.error({ why: next.why }, `${title} is down; ${consequences[whenDown]}`)
    for (const listener of listeners) listener(status())
  })

  return {
    open(id) {
      const relayed = state.kind === 'up' || whenDown === 'reject'
      const ended = () => sessions.delete(session)
      const relay = () => (state.kind === 'up' ? state.relay : null)
      const session = relayed ? relayedSession(id, relay, ended) : directSession(ended)
      sessions.add(session)
      return session
    },
    status,
    onStatus(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      listeners.clear()
      await Promise.all([...sessions].map((session) => session.end()))
      await supervised.close()
    },
  }
}

const consequences = {
  direct: 'new calls go without a relay until it is back',
  reject: 'new calls are refused with 503 until it is back',
} as const
