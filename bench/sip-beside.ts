/**
 * `npm run bench:sip -- --daemon`: the application of bench:sip on a drachtio-server and on our engine, in turn, under the same load. CPU is that of the
 * server and the application together, as an application alone answers nobody.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { drachtioServer, engineBeside } from '../test/acceptance/engines.ts'
import { listening, spawnEngine } from '../test/engine-process.ts'
import { freePorts } from '../test/ports.ts'
import { type SipServer, sipServer } from './sip-server.ts'
import { cpuSeconds, sipp } from './sipp.ts'

interface Rival {
  readonly name: string
  readonly sip: number
  /** Server and application; one where the engine is inside. */
  readonly processes: readonly number[]
}

interface Work {
  readonly name: 'registrations' | 'calls'
  readonly scenario: string
  /** Begun a second; far above what anybody does where as many as can be are wanted. */
  readonly rate: number
  /** As many at once are enough to keep a server busy. */
  readonly busy: number
  /** For how many there is time in a second, about. */
  readonly perSecond: number
}

interface Figures {
  /** Of the server and the application for one of them, at the fixed rate and as many as can be. */
  cpuMicros: number
  busyCpuMicros: number
  perSecond: number
  failed: number
}

const WORK: readonly Work[] = [
  { name: 'registrations', scenario: 'register-plain.xml', rate: 2_000, busy: 64, perSecond: 4_000 },
  { name: 'calls', scenario: 'call-plain.xml', rate: 200, busy: 32, perSecond: 400 },
]
/** Of so many rounds in turn the best counts: whatever else the machine does only takes away. */
const ROUNDS = 3
const HOST = '127.0.0.1'
const SECRET = 'of the bench'

/** Exit code: 1 without a drachtio-server. */
export async function besideDaemon(seconds: number, json: boolean): Promise<number> {
  if (drachtioServer() === null) {
    console.error('no drachtio-server: name its binary in RAFTEL_DRACHTIO, or put it on the PATH')
    return 1
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-sip-'))
  const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const t = { teardown: (run: () => unknown) => void endings.unshift(run) }
  try {
    const [calleePort, ownPort, mediaPort, calleeMedia, daemonSip, daemonApps] = (await freePorts(6)) as number[]
    const load = { folder, port: ownPort!, mediaPort: mediaPort! }
    // A call that is refused is no call here.
    const strict = readFileSync(scenarioFile('call-plain.xml'), 'utf8').replace(/.*response="503".*/, '')
    writeFileSync(path.join(folder, 'call-plain.xml'), strict)
    const callee = sipp({
      ...load,
      scenario: scenarioFile('answer.xml'),
      target: `${HOST}:9`,
      name: 'callee',
      calls: 0,
      atOnce: 15_000,
      port: calleePort!,
      mediaPort: calleeMedia!,
    })
    t.teardown(() => {
      callee.end()
      return callee.result
    })
    const rivals = [
      await inside(t, calleePort!),
      await alone(t, calleePort!),
      await daemon(t, calleePort!, folder, daemonSip!, daemonApps!),
    ]
    const best = await play(rivals, seconds, load)
    if (json) console.log(JSON.stringify(best))
    else report(best)
    return 0
  } finally {
    for (const end of endings) await end()
  }
}

interface Teardown {
  teardown(run: () => unknown): void
}

async function inside(t: Teardown, callee: number): Promise<Rival> {
  const app = await application(t, callee)
  return { name: 'our engine inside the application', sip: app.sip!, processes: [app.pid] }
}

async function alone(t: Teardown, callee: number): Promise<Rival> {
  const args = ['--listen', `udp:${HOST}:0`, '--drachtio', `${HOST}:0`, '--log-level', 'error', '-o', 'json']
  const engine = spawnEngine(t, args, { RAFTEL_ENGINE_SECRET: SECRET, NODE_ENV: 'production' })
  const { sip, apps } = await listening(engine)
  const app = await application(t, callee, apps, SECRET)
  return { name: 'raftel engine', sip, processes: [engine.pid!, app.pid] }
}

async function daemon(t: Teardown, callee: number, folder: string, sip: number, port: number): Promise<Rival> {
  const server = engineBeside('drachtio-server', folder, sip, port)
  t.teardown(() => server.kill())
  await server.start()
  const app = await application(t, callee, port, server.secret)
  return { name: 'drachtio-server', sip, processes: [server.pid, app.pid] }
}

async function application(t: Teardown, callee: number, ...at: readonly (number | string)[]): Promise<SipServer> {
  const app = await sipServer(callee, 1_000, ...at)
  t.teardown(() => app.end())
  return app
}

type Best = Record<Work['name'], Record<string, Figures>>

async function play(
  rivals: readonly Rival[],
  seconds: number,
  load: { folder: string; port: number; mediaPort: number },
): Promise<Best> {
  const best: Best = { registrations: {}, calls: {} }
  let runs = 0

  async function run(rival: Rival, work: Work, calls: number, how: { rate: number; atOnce: number }) {
    const cpu = () => rival.processes.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
    const [scenario, target] = [
      work.name === 'calls' ? path.join(load.folder, work.scenario) : scenarioFile(work.scenario),
      `${HOST}:${rival.sip}`,
    ]
    const before = cpu()
    const result = await sipp({ ...load, ...how, scenario, target, name: `run${++runs}`, calls }).result
    if (result.done === 0) throw new Error(`${rival.name}: nothing succeeded: ${result.errors}`)
    if (result.failed > 0) console.error(`${rival.name}: ${result.failed} failed: ${result.errors.slice(-600)}`)
    return { ...result, cpuMicros: ((cpu() - before) / result.done) * 1e6 }
  }

  for (const work of WORK) {
    const steady = { rate: work.rate, atOnce: 15_000 }
    // What V8 has not compiled yet costs several times as much.
    for (const rival of rivals) await run(rival, work, work.perSecond * 5, { rate: 50_000, atOnce: work.busy })
    for (let i = 0; i < ROUNDS; i++)
      for (const rival of rivals) {
        const paced = await run(rival, work, work.rate * seconds, steady)
        const flat = await run(rival, work, work.perSecond * seconds, { rate: 50_000, atOnce: work.busy })
        const had = best[work.name][rival.name]
        best[work.name][rival.name] = {
          cpuMicros: Math.min(paced.cpuMicros, had?.cpuMicros ?? Number.POSITIVE_INFINITY),
          busyCpuMicros: Math.min(flat.cpuMicros, had?.busyCpuMicros ?? Number.POSITIVE_INFINITY),
          perSecond: Math.max(flat.done / flat.seconds, had?.perSecond ?? 0),
          failed: paced.failed + flat.failed + (had?.failed ?? 0),
        }
      }
  }
  return best
}

function report(best: Best): void {
  console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}; Node ${process.versions.node}`)
  for (const { name: what, rate, busy } of WORK) {
    console.log(`${what}: at ${rate}/s, and when busy, with ${busy} at once; the best of ${ROUNDS} rounds`)
    const theirs = best[what]['drachtio-server']!
    const times = (ours: number, daemon: number): string => `${(daemon / ours).toFixed(2)} × the daemon's`
    for (const [name, { cpuMicros, busyCpuMicros, perSecond, failed }] of Object.entries(best[what]))
      console.log(
        `  ${name}: ${(1e6 / cpuMicros).toFixed(0)} a CPU second (${cpuMicros.toFixed(0)} µs each; ${times(cpuMicros, theirs.cpuMicros)}); ` +
          `when busy ${(1e6 / busyCpuMicros).toFixed(0)} (${busyCpuMicros.toFixed(0)} µs; ${times(busyCpuMicros, theirs.busyCpuMicros)}), ` +
          `${perSecond.toFixed(0)}/s (${times(theirs.perSecond, perSecond)}); ${failed} failed`,
      )
  }
}

function scenarioFile(name: string): string {
  return path.join(import.meta.dirname, 'scenarios', name)
}
