/**
 * `npm run bench:sip`: what the engine with drachtio-srf on top costs in one process, without a cluster: a registration, a call, too many calls, and
 * connections that say nothing. SIPp loads it from the same machine; CPU is that of the server's process alone.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { optionsFor } from '../test/options.ts'
import { freePorts } from '../test/ports.ts'
import { measureBaseline } from './baseline.ts'
import { besideDaemon } from './sip-beside.ts'
import { type Held, sipServer } from './sip-server.ts'
import { type SippResult, sipp } from './sipp.ts'

const values = optionsFor(
  `usage: npm run bench:sip -- [--seconds S] [--connections N] [--daemon] [--json]

What the engine with drachtio-srf on top costs in one process: registrations and calls at fixed rates, twice as many calls as it is meant for,
and connections that say nothing. Takes about three minutes.

  --seconds S      at each rate (10)
  --connections N  that say nothing (10000)
  --daemon         another bench: the same application on our engine and on a drachtio-server, in turn (five minutes). RAFTEL_DRACHTIO names
                   its binary, or it is on the PATH
  --json           a document instead of a table

  npm run bench:sip -- --seconds 60 --connections 50000
  RAFTEL_DRACHTIO=/usr/local/bin/drachtio npm run bench:sip -- --daemon`,
  { seconds: 10, connections: 10_000, daemon: false, json: false },
)
if (values.daemon) process.exit(await besideDaemon(values.seconds, values.json))
const REGISTERS = [2_000, 4_000, 6_000, 8_000]
const CALLS = [200, 400, 800]
/** What is offered when it is too much. */
const RUSH = 1_600
const folder = mkdtempSync(path.join(tmpdir(), 'raftel-sip-'))
const scenarios = path.join(import.meta.dirname, 'scenarios')

interface Round {
  readonly offered: number
  readonly done: number
  readonly failed: number
  readonly retransmissions: number
  readonly cpuMicros: number
  readonly refused: number
  readonly p50: number
  readonly p99: number
}

const [calleePort, ownPort, mediaPort, calleeMedia] = (await freePorts(4)) as [number, number, number, number]
const app = await sipServer(calleePort, values.connections + 1000)
const callee = sipp({
  scenario: path.join(scenarios, 'answer.xml'),
  target: '127.0.0.1:9',
  folder,
  name: 'callee',
  calls: 0,
  atOnce: 15_000,
  port: calleePort,
  mediaPort: calleeMedia,
})
try {
  const sip = app.sip!
  const ruler = await measureBaseline(folder, 2)
  await round('register-plain', sip, 1_000)
  await round('call-plain', sip, 100)
  const before = await app.held()
  const registers: Round[] = []
  for (const rate of REGISTERS) registers.push(await round('register-plain', sip, rate))
  if (!values.json) console.log('registrations are measured')
  const calls: Round[] = []
  for (const rate of CALLS) calls.push(await round('call-plain', sip, rate))
  const rush = await round('call-plain', sip, RUSH)
  const loaded = await app.held()
  // What is kept of a transaction goes after 32 s (RFC 3261 §17.2.2).
  await pause(40_000)
  const after = await app.held(true)
  const idle = await silent(sip, values.connections)
  report({ ruler, registers, calls, rush, memory: { before, loaded, after }, idle })
} finally {
  callee.end()
  app.end()
  await callee.result
  rmSync(folder, { recursive: true, force: true })
}

/** So many begun a second, for as long as the run says. */
async function round(scenario: string, sip: number, rate: number): Promise<Round> {
  const before = await app.held()
  const result: SippResult = await sipp({
    scenario: path.join(scenarios, `${scenario}.xml`),
    target: `127.0.0.1:${sip}`,
    folder,
    name: `${scenario}-${rate}`,
    calls: rate * values.seconds,
    rate,
    atOnce: 15_000,
    port: ownPort,
    mediaPort,
    times: true,
  }).result
  const after = await app.held()
  if (result.done === 0) throw new Error(`nothing succeeded: ${result.errors}`)
  const refused = after.refused - before.refused
  if (after.full > before.full) throw new Error(`${after.full - before.full} were refused by a limit of what is held`)
  const times = result.times.toSorted((a, b) => a - b)
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0
  return {
    offered: rate,
    done: result.done,
    failed: result.failed,
    retransmissions: result.retransmissions,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / result.done,
    refused,
    p50: at(0.5),
    p99: at(0.99),
  }
}

/** Connections that are open and say nothing after a first request. From several addresses, since one may have a few thousand only. */
async function silent(sip: number, count: number): Promise<{ count: number; bytesEach: number }> {
  const before = await app.held()
  const sockets: Socket[] = []
  for (let i = 0; i < count; i += 100) {
    const some = Array.from({ length: Math.min(100, count - i) }, (_, k) =>
      connect({ host: '127.0.0.1', port: sip, localAddress: `127.0.0.${2 + Math.floor((i + k) / 4_000)}` }),
    )
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    // Once it has said something it may be silent for as long as limits.idleMs.
    const answered = Promise.all(some.map((socket) => once(socket, 'data')))
    for (const [k, socket] of some.entries()) socket.write(question(i + k))
    await answered
    sockets.push(...some)
  }
  const held = await app.held()
  for (const socket of sockets) socket.destroy()
  return { count: held.connections, bytesEach: (held.rss - before.rss) / count }
}

function question(i: number): string {
  return (
    `OPTIONS sip:bench.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKs${i}\r\nFrom: <sip:s@bench.test>;tag=${i}\r\n` +
    `To: <sip:bench.test>\r\nCall-ID: silent-${i}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`
  )
}

interface Report {
  readonly ruler: { readonly echoPerSecond: number; readonly echoCpuMicros: number }
  readonly registers: readonly Round[]
  readonly calls: readonly Round[]
  readonly rush: Round
  readonly memory: Readonly<Record<'before' | 'loaded' | 'after', Held>>
  readonly idle: { readonly count: number; readonly bytesEach: number }
}

function report(all: Report): void {
  if (values.json) {
    console.log(JSON.stringify(all))
    return
  }
  const { ruler, registers, calls, rush, memory, idle } = all
  console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}; Node ${process.versions.node}`)
  console.log(
    `UDP echo in Node: ${ruler.echoPerSecond.toFixed(0)} a second, ${ruler.echoCpuMicros.toFixed(1)} µs of CPU each`,
  )
  const line = (what: string, r: Round) =>
    console.log(
      `${what} at ${r.offered}/s: ${r.cpuMicros.toFixed(0)} µs of CPU each (${(r.cpuMicros / ruler.echoCpuMicros).toFixed(1)} echoes), ` +
        `${r.done} done, ${r.failed} failed, ${r.refused} refused, ${r.retransmissions} retransmissions, p50 ${r.p50} ms, p99 ${r.p99} ms`,
    )
  for (const one of registers) line('registrations', one)
  for (const one of calls) line('calls', one)
  line('too many calls', rush)
  const mb = ({ rss }: Held) => (rss / 1024 / 1024).toFixed(0)
  console.log(
    `memory: ${mb(memory.before)} MB before, ${mb(memory.loaded)} MB after the load, ${mb(memory.after)} MB 40 s later`,
  )
  console.log(`connections that say nothing: ${idle.count}, ${(idle.bytesEach / 1024).toFixed(1)} KiB each`)
}
