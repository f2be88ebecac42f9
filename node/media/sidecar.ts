/** Keeps one relay usable: starts it, pings it, restarts it, and says when it comes and goes. */
import type { Logger } from '../../cluster/logger.ts'
import { endLeftover, type Sidecar, type SidecarPlace, startSidecar } from './process.ts'
import { connectRelay, type Relay } from './rtpengine.ts'

export type RelayState =
  | { readonly kind: 'up'; readonly relay: Relay; readonly pid: number | null }
  | { readonly kind: 'down'; readonly why: string }

export interface Supervised {
  state(): RelayState
  close(): Promise<void>
}

const pingEveryMs = 1000
const missesMax = 2
/** A process that hangs this long will not come back by itself. */
const missesUntilKill = 3
const readyWithinMs = 5000
const backoffMs = { first: 200, longest: 30_000 }
/** A sidecar that ran this long was healthy: the next restart is prompt again. */
const healthyAfterMs = 30_000
const commandTimeoutMs = 1000

/** Spawns and watches. Resolves when the relay is ready, or when the first start failed; it goes on trying then. */
export async function superviseSidecar(
  place: SidecarPlace,
  log: Logger,
  changed: (state: RelayState) => void,
): Promise<Supervised> {
  let state: RelayState = { kind: 'down', why: 'it is starting' }
  const closing = new AbortController()
  const set = (next: RelayState) => {
    state = next
    changed(next)
  }
  const leftover = await endLeftover(place.dataDir)
  if (leftover) log.warn({ pid: leftover }, 'ended the rtpengine that an earlier run of this node left behind')

  const lines = logLines(log)
  let firstTry = () => {}
  const tried = new Promise<void>((resolve) => {
    firstTry = resolve
  })
  const done = (async () => {
    let waitMs = backoffMs.first
    while (!closing.signal.aborted) {
      const startedAt = performance.now()
      const why = await oneLife(place, lines, set, closing.signal, firstTry)
      firstTry()
      if (closing.signal.aborted) return
      if (performance.now() - startedAt > healthyAfterMs) waitMs = backoffMs.first
      set({ kind: 'down', why: `${why}, restarting in ${waitMs} ms` })
      await pause(waitMs, closing.signal)
      waitMs = Math.min(waitMs * 2, backoffMs.longest)
    }
  })()
  await tried

  return {
    state: () => state,
    async close() {
      closing.abort()
      await done
    },
  }
}

/** One life of the process, from start to end; says why it ended, or why it could not begin. */
async function oneLife(
  place: SidecarPlace,
  lines: (line: string) => void,
  set: (state: RelayState) => void,
  closing: AbortSignal,
  ready: () => void,
): Promise<string> {
  let sidecar: Sidecar
  try {
    sidecar = await startSidecar(place, lines)
  } catch (error) {
    // Its directory cannot be written, or the system has no port or process left: that may pass.
    return `rtpengine cannot be started (${(error as Error).message})`
  }
  return `rtpengine (pid ${sidecar.pid}) ended (${await live(sidecar, set, closing, ready)})`
}

async function live(
  sidecar: Sidecar,
  set: (state: RelayState) => void,
  closing: AbortSignal,
  ready: () => void,
): Promise<string> {
  const relay = connectRelay('127.0.0.1', sidecar.ngPort, commandTimeoutMs)
  const startedAt = performance.now()
  const ended = new AbortController()
  const stop = AbortSignal.any([closing, ended.signal])
  const gone = sidecar.gone.then((why) => {
    ended.abort()
    return why
  })

  const answered = await answersAsOurs(relay, startedAt, stop)
  if (answered) {
    set({ kind: 'up', relay, pid: sidecar.pid })
    ready()
    await pingUntilHung(relay, sidecar.pid, set, stop)
  }
  relay.close()
  if (closing.aborted) await sidecar.end()
  else sidecar.kill()
  const why = await gone
  return answered || stop.aborted ? why : `it did not answer within ${readyWithinMs / 1000} s`
}

/** Ready is: a ping came back, and from an instance no older than the process we started. */
async function answersAsOurs(relay: Relay, startedAt: number, stop: AbortSignal): Promise<boolean> {
  while (!stop.aborted && performance.now() - startedAt < readyWithinMs) {
    const reply = await relay.command('statistics', {}, { tries: 1 })
    if (reply.kind === 'ok' && uptimeS(reply.fields) <= (performance.now() - startedAt) / 1000 + 1) return !stop.aborted
    await pause(50, stop)
  }
  return false
}

function uptimeS(fields: Readonly<Record<string, unknown>>): number {
  const statistics = fields.statistics as { totalstatistics?: { uptime?: unknown } } | undefined
  const uptime = Number(statistics?.totalstatistics?.uptime)
  return Number.isFinite(uptime) ? uptime : Number.POSITIVE_INFINITY
}

/** Returns when the process is to be replaced: it left `missesUntilKill` pings unanswered, or `stop` was called. */
async function pingUntilHung(
  relay: Relay,
  pid: number,
  set: (state: RelayState) => void,
  stop: AbortSignal,
): Promise<void> {
  let misses = 0
  while (misses < missesUntilKill) {
    await pause(pingEveryMs, stop)
    if (stop.aborted) return
    const reply = await relay.command('ping', {}, { tries: 1 })
    if (stop.aborted) return
    if (reply.kind === 'ok' && misses >= missesMax) set({ kind: 'up', relay, pid })
    misses = reply.kind === 'ok' ? 0 : misses + 1
    if (misses === missesMax) set({ kind: 'down', why: `rtpengine (pid ${pid}) left ${misses} pings unanswered` })
  }
}

/** A relay that someone else runs: pinged each second, never started or ended. */
export async function watchRelay(
  host: string,
  port: number,
  log: Logger,
  changed: (state: RelayState) => void,
): Promise<Supervised> {
  const relay = connectRelay(host, port, commandTimeoutMs)
  const closing = new AbortController()
  const down: RelayState = { kind: 'down', why: `no rtpengine answers at ${host}:${port}` }
  const first = await relay.command('ping')
  let state: RelayState = first.kind === 'ok' ? { kind: 'up', relay, pid: null } : down
  changed(state)

  const done = (async () => {
    let misses = 0
    while (true) {
      await pause(pingEveryMs, closing.signal)
      if (closing.signal.aborted) return
      const reply = await relay.command('ping', {}, { tries: 1 })
      misses = reply.kind === 'ok' ? 0 : misses + 1
      const next: RelayState = misses === 0 ? { kind: 'up', relay, pid: null } : misses >= missesMax ? down : state
      if (next.kind === state.kind || closing.signal.aborted) continue
      state = next
      log.warn({ host, port }, next.kind === 'up' ? 'the media relay answers again' : 'the media relay is gone')
      changed(state)
    }
  })()

  return {
    state: () => state,
    async close() {
      closing.abort()
      relay.close()
      await done
    },
  }
}

/** rtpengine's lines on their way into our log: cleaned, shortened, and at most 20 a second. */
export function logLines(log: Logger, now: () => number = () => performance.now()): (line: string) => void {
  let windowEnds = 0
  let left = 0
  let dropped = 0
  return (line) => {
    if (now() >= windowEnds) {
      if (dropped > 0) log.warn({ dropped }, 'rtpengine logs too fast; lines were dropped')
      windowEnds = now() + 1000
      left = 20
      dropped = 0
    }
    if (left === 0) {
      dropped++
      return
    }
    left--
    const text = line.replace(/[^\x20-\x7e]/g, '?').slice(0, 300)
    if (/ (ERR|CRIT|ALERT|EMERG): /.test(text)) log.warn({ rtpengine: text }, 'rtpengine complains')
    else log.debug({ rtpengine: text }, 'rtpengine says')
  }
}

/** Waits, or less when `stop` comes first. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    stop.addEventListener('abort', end, { once: true })
  })
}
