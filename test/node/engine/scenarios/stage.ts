/** Where scenarios are played: an engine, or a drachtio-server, with one app of drachtio-srf that has a part for each. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import DrachtioSrf from 'drachtio-srf'
import { type Engine, startEngine } from '../../../../node/engine/engine.ts'
import { drachtioServer, engineBeside } from '../../../acceptance/engines.ts'
import { FREE, listening, spawnEngine } from '../../../engine-process.ts'
import { freePorts } from '../../../ports.ts'
import {
  leave,
  type Message,
  type Peer,
  quiet,
  type Response,
  request,
  type Srf,
  type Test,
  udpPeer,
} from '../stack.ts'

export interface Stage {
  readonly srf: Srf
  readonly at: { readonly host: string; readonly port: number; readonly secret: string }
  /** The SIP port on 127.0.0.1, UDP and TCP. */
  readonly port: number
  /** What the app does with requests to this user. */
  readonly parts: Map<string, (req: Message, res: Response) => void>
  /** Records that the app was given, `stop network normal-release`, by Call-ID. */
  readonly records: Map<string, string[]>
}

const VERBS = ['register', 'options', 'invite', 'message', 'info', 'refer', 'subscribe'] as const

/** The embedded engine; with a URL a handler there decides about every request, and the app has the tag `all`. */
export async function ours(t: Test, handler?: string): Promise<Stage> {
  return (await embedded(t, handler)).stage
}

/** The same, and the app tells it that it is in the same process. */
export async function near(t: Test): Promise<Stage> {
  const { engine, stage } = await embedded(t)
  for (const socket of stage.srf.app.client.mapServer.keys())
    if (!engine.bringNear(socket)) throw new Error('the app is not brought near')
  return stage
}

async function embedded(t: Test, handler?: string): Promise<{ engine: Engine; stage: Stage }> {
  const secret = 'open sesame'
  const engine = await startEngine({
    listen: (['udp', 'tcp'] as const).map((transport) => ({ transport, host: '127.0.0.1', port: 0 })),
    drachtio: { host: '127.0.0.1', port: 0 },
    secret,
    cdrs: true,
    log: quiet,
    ...(handler && { handlers: [{ verb: '*', method: 'GET', url: handler }] }),
  })
  const stage = await stand(t, { ...engine.drachtio, secret }, engine.listening[0]!.port, handler)
  t.teardown(() => engine.close())
  return { engine, stage }
}

/** `raftel engine`. */
export async function alone(t: Test): Promise<Stage> {
  const secret = 'open sesame'
  const child = spawnEngine(t, [...FREE, '--cdrs', '-o', 'json'], { RAFTEL_ENGINE_SECRET: secret })
  const { apps, sip } = await listening(child)
  return stand(t, { host: '127.0.0.1', port: apps, secret }, sip)
}

/**
 * A drachtio-server: one that runs somewhere on this machine (`RAFTEL_DRACHTIO=host:port`, its secret in RAFTEL_DRACHTIO_SECRET), or its binary, which
 * is started. Null: there is none.
 */
export function daemon(): ((t: Test) => Promise<Stage>) | null {
  const match = /^([\w.-]+):(\d{1,5})$/.exec(process.env.RAFTEL_DRACHTIO ?? '')
  const secret = process.env.RAFTEL_DRACHTIO_SECRET ?? 'cymru'
  if (match) return (t) => stand(t, { host: match[1]!, port: Number(match[2]), secret }, null)
  return binary()
}

/** A drachtio-server that can be started as one likes. */
export function binary(): ((t: Test, handler?: string) => Promise<Stage>) | null {
  return drachtioServer() === null ? null : started
}

async function started(t: Test, handler?: string): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-scenarios-'))
  const [sip, apps] = (await freePorts(2)) as [number, number]
  const asks = handler
    ? `<request-handlers><request-handler sip-method="*" http-method="GET">${handler}</request-handler></request-handlers>`
    : ''
  const server = engineBeside('drachtio-server', folder, sip, apps, `<cdrs>true</cdrs>${asks}`)
  t.teardown(async () => {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await server.start()
  return stand(t, { host: '127.0.0.1', port: apps, secret: server.secret }, sip, handler)
}

export async function stand(
  t: Test,
  at: { host: string; port: number; secret: string },
  known: number | null,
  handler?: string,
): Promise<Stage> {
  const srf = new DrachtioSrf() as unknown as Srf
  srf.on('error', () => {})
  const parts: Stage['parts'] = new Map([['ready', (_req: Message, res: Response) => res.send(200)]])
  for (const verb of VERBS)
    srf[verb]((req, res) => {
      const part = parts.get(/^sips?:([^@;]*)@/.exec(req.uri)?.[1] ?? '')
      if (part) part(req, res)
      else res.send(404)
    })
  const records = recording(srf)
  srf.connect({ ...at, ...(handler && { tags: ['all'] }) })
  t.teardown(() => leave(srf))
  const [, hostports] = (await once(srf as unknown as NodeJS.EventEmitter, 'connect')) as [unknown, string]
  const port = known ?? Number(/udp\/127\.0\.0\.1:(\d+)/.exec(hostports)?.[1])
  await ready(await udpPeer(t, port))
  return { srf, at, port, parts, records }
}

function recording(srf: Srf): Map<string, string[]> {
  const records = new Map<string, string[]>()
  const add = (what: string, msg: Message): void => {
    const callId = msg.get('Call-ID')
    records.set(callId, [...(records.get(callId) ?? []), what])
  }
  srf.on('cdr:attempt', (source, _time, msg) => add(`attempt ${source}`, msg))
  srf.on('cdr:start', (source, _time, role, msg) => add(`start ${source} ${role}`, msg))
  srf.on('cdr:stop', (source, _time, reason, msg) => add(`stop ${source} ${reason}`, msg))
  return records
}

/** Its verbs are in effect when its answers come. A daemon takes apps before it takes SIP, so each request is repeated like any over UDP. */
async function ready(phone: Peer): Promise<void> {
  for (;;) {
    const asked = request(phone, 'OPTIONS', 'sip:ready@pbx.test')
    phone.send(asked)
    const repeating = setInterval(() => phone.send(asked), 500)
    const answer = await phone.next((text) => text.startsWith('SIP/2.0')).finally(() => clearInterval(repeating))
    if (answer.startsWith('SIP/2.0 200')) return
  }
}
