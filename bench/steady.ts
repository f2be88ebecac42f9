/**
 * `npm run bench:steady`: what the engine holds after an hour's load. The server of bench:sip, registrations and calls at fixed rates, and its
 * memory before, every few minutes, and when the load is over.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { optionsFor } from '../test/options.ts'
import { freePorts } from '../test/ports.ts'
import { sipServer } from './sip-server.ts'
import { type SippRun, sipp } from './sipp.ts'

const values = optionsFor(
  `usage: npm run bench:steady -- [--minutes M] [--registers R] [--calls C]

What the engine with drachtio-srf on top holds in memory before, during and after a long load.

  --minutes M    of load (60)
  --registers R  a second (1000)
  --calls C      a second (100)

  npm run bench:steady -- --minutes 5`,
  { minutes: 60, registers: 1_000, calls: 100 },
)
/** How often it is looked at, ms. */
const LOOK = 300_000
const folder = mkdtempSync(path.join(tmpdir(), 'raftel-steady-'))
const scenarios = path.join(import.meta.dirname, 'scenarios')
const [calleePort, calleeMedia, ...own] = (await freePorts(6)) as [number, number, ...number[]]
const app = await sipServer(calleePort, 1_000)
const runs: SippRun[] = []
try {
  runs.push(load('answer', '127.0.0.1:9', calleePort, calleeMedia, 100, 0))
  const target = `127.0.0.1:${app.sip}`
  // What is compiled and cached once belongs to no load.
  await Promise.all([
    load('register-plain', target, own[0]!, undefined, values.registers, 10).result,
    load('call-plain', target, own[1]!, own[2], values.calls, 10).result,
  ])
  await show('before')
  const began = Date.now()
  const under = [
    load('register-plain', target, own[0]!, undefined, values.registers, values.minutes * 60),
    load('call-plain', target, own[1]!, own[2], values.calls, values.minutes * 60),
  ]
  runs.push(...under)
  const results = Promise.all(under.map((run) => run.result))
  for (let over = false; !over; ) {
    over = await Promise.race([results.then(() => true), pause(LOOK, false, { ref: false })])
    await show(`${Math.round((Date.now() - began) / 60_000)} min`)
  }
  for (const [i, result] of (await results).entries()) {
    console.log(
      `${['registrations', 'calls'][i]}: ${result.done} done, ${result.failed} failed, ${result.retransmissions} retransmissions`,
    )
  }
  // What is kept of a transaction goes after 32 s (RFC 3261 §17.2.2).
  await pause(40_000)
  await show('over', true)
} finally {
  for (const run of runs) run.end()
  app.end()
  await Promise.all(runs.map((run) => run.result))
  rmSync(folder, { recursive: true, force: true })
}

/** So many a second for so many seconds; 0: until it is ended. */
function load(
  name: string,
  target: string,
  port: number,
  media: number | undefined,
  rate: number,
  seconds: number,
): SippRun {
  return sipp({
    scenario: path.join(scenarios, `${name}.xml`),
    target,
    folder,
    name: `${name}-${seconds}`,
    calls: rate * seconds,
    rate,
    atOnce: 15_000,
    port,
    ...(media !== undefined && { mediaPort: media }),
  })
}

async function show(when: string, over = false): Promise<void> {
  const held = await app.held(over)
  const cpu = (held.cpuMicros / 1e6).toFixed(0)
  console.log(`${when}: ${(held.rss / 1024 / 1024).toFixed(0)} MB, ${held.refused} refused, ${cpu} s of CPU so far`)
}
