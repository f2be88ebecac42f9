/**
 * `npm run bench:cluster`: what agreement costs and how long its loss lasts, beside the bare minimum of the same machine in
 * the same run. Three processes, one replica each, on loopback, with real directories.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { optionsFor } from '../test/options.ts'
import { freePorts } from '../test/ports.ts'
import { measureSync } from './baseline.ts'
import { progress } from './progress.ts'
import type { Loaded, ReplicaSpec } from './replica.ts'
import { ReplicaProcess } from './replica-process.ts'
import { cpuSeconds } from './sipp.ts'
import { measureStream } from './stream.ts'

const values = optionsFor(
  `usage: npm run bench:cluster -- [--proposals N] [--failovers N] [--json]

What agreement costs and how long its loss lasts: three processes on loopback, with real directories. Takes about four minutes.

  --proposals N  in a round at 128 in flight; a sixth of that one at a time (60000)
  --failovers N  how many leaders are killed with -9 (50)
  --json         a document instead of a table

  npm run bench:cluster -- --failovers 0
  npm run --silent bench:cluster -- --json > figures.json`,
  { proposals: 60_000, failovers: 50, json: false },
)
const BYTES = 200
const ROUNDS = 3
const TRANSFERS = 20
const UNDER_TRANSFER = 1000
const LOOK_EVERY_MS = 5
const LOOK_FOR_MS = 60_000

const root = mkdtempSync(path.join(tmpdir(), 'raftel-consensus-'))
const specs = await newCluster(3)
const running = new Map<string, ReplicaProcess>()

try {
  say(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}; Node ${process.versions.node}`)
  const rulers = { syncsPerSecond: measureSync(root, 2), stream: await measureStream(BYTES, 64, 2) }
  for (const spec of specs) running.set(spec.node, await ReplicaProcess.start(spec))
  const leader = running.get(await leaderName())!
  const follower = [...running.values()].find((one) => one !== leader)!

  const total = values.proposals
  const atOne = await best(leader, total / 6, 1)
  const at128 = await best(leader, total, 128)
  const forwarded = await best(follower, total, 128)
  const transfers = await planned(TRANSFERS)
  const outages = await failovers(values.failovers)
  const figures = { rulers, atOne, at128, forwarded, transfers, outages }
  if (values.json) console.log(JSON.stringify(figures))
  else report(figures)
} finally {
  for (const replica of running.values()) replica.kill()
  rmSync(root, { recursive: true, force: true })
}

interface Measured extends Loaded {
  /** CPU of all three processes for one proposal. */
  readonly cpuMicros: number
}

/** Of three rounds after a warm-up as long as one: a fresh process compiles as much as it serves, and what others do can only add. */
async function best(at: ReplicaProcess, count: number, inFlight: number): Promise<Measured> {
  await at.load(Math.round(count), inFlight, BYTES)
  const rounds: Measured[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${inFlight} in flight, round ${round} of ${ROUNDS}`)
    rounds.push(await measured(at, count, inFlight))
  }
  return rounds.reduce((a, b) => (rate(b) > rate(a) ? b : a))
}

async function measured(at: ReplicaProcess, count: number, inFlight: number): Promise<Measured> {
  const cpu = (): number => [...running.values()].reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  const before = cpu()
  const loaded = await at.load(Math.round(count), inFlight, BYTES)
  return { ...loaded, cpuMicros: ((cpu() - before) / loaded.agreed) * 1e6 }
}

interface Transfers {
  /** From the request until the other leads, sorted. */
  readonly ms: readonly number[]
  /** Proposals of the third node that failed meanwhile. */
  readonly failed: number
}

/** Planned changes of the leader while the third node proposes. */
async function planned(rounds: number): Promise<Transfers> {
  const ms: number[] = []
  let failed = 0
  for (let round = 1; round <= rounds; round++) {
    progress(`planned transfer ${round} of ${rounds}`)
    const leader = running.get(await leaderName())!
    const [next, third] = [...running.values()].filter((one) => one !== leader)
    const load = third!.load(UNDER_TRANSFER, 8, BYTES)
    const began = performance.now()
    await leader.transferTo(next!.spec.node)
    ms.push(performance.now() - began)
    failed += (await load).failed
  }
  return { ms: ms.sort((a, b) => a - b), failed }
}

/** kill -9 of the leader, again and again: ms from the signal until a survivor's proposal is agreed. */
async function failovers(rounds: number): Promise<number[]> {
  const outages: number[] = []
  for (let round = 0; round < rounds; round++) {
    const leader = running.get(await leaderName())!
    const survivor = [...running.values()].find((one) => one !== leader)!
    running.delete(leader.spec.node)
    const began = performance.now()
    leader.kill()
    await survivor.agree()
    outages.push(performance.now() - began)
    running.set(leader.spec.node, await ReplicaProcess.start(leader.spec))
    progress(`failover ${round + 1} of ${rounds}`)
  }
  return outages.sort((a, b) => a - b)
}

/** The leader, once all who run know it and have applied the same. */
async function leaderName(): Promise<string> {
  const end = performance.now() + LOOK_FOR_MS
  for (;;) {
    const states = await Promise.all([...running.values()].map((one) => one.status()))
    const leader = states[0]?.leader ?? null
    const head = Math.max(...states.map(({ commit }) => commit))
    if (leader !== null && states.every((one) => one.leader === leader && one.applied === head)) return leader
    if (performance.now() > end) throw new Error('the cluster found no leader')
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

async function newCluster(count: number): Promise<ReplicaSpec[]> {
  const ports = await freePorts(count)
  const nodes = ports.map((port, i) => ({ name: `n${i + 1}`, id: i + 1, address: `127.0.0.1:${port}` }))
  const key = randomBytes(32).toString('base64')
  return nodes.map(({ name, id }) => ({ node: name, id, nodes, dataDir: path.join(root, name), key }))
}

interface Figures {
  readonly rulers: { readonly syncsPerSecond: number; readonly stream: number }
  readonly atOne: Measured
  readonly at128: Measured
  readonly forwarded: Measured
  readonly transfers: Transfers
  readonly outages: readonly number[]
}

function report({ rulers, atOne, at128, forwarded, transfers, outages }: Figures): void {
  say('rulers')
  row('append 256 B + fdatasync, /s', rulers.syncsPerSecond, '')
  row('gRPC stream echo of 200 B, 64 in flight, /s', rulers.stream, '')
  say(`proposals of ${BYTES} B agreed by three processes, durable at two`)
  loadRow('1 in flight, at the leader, /s', atOne)
  loadRow('128 in flight, at the leader, /s', at128)
  loadRow('128 in flight, at a follower, /s', forwarded)
  say('ratios')
  row('agreed at 1 in flight per fdatasync', rate(atOne) / rulers.syncsPerSecond, '')
  row('agreed at 128 in flight per fdatasync', rate(at128) / rulers.syncsPerSecond, '')
  row('agreed at 128 in flight per stream echo', rate(at128) / rulers.stream, '')
  say(`a planned change of the leader, ${transfers.ms.length} times while another node proposes, ms`)
  row('median', transfers.ms[transfers.ms.length >> 1] ?? 0, '')
  row('worst', transfers.ms.at(-1) ?? 0, `${transfers.failed} proposals failed`)
  if (outages.length === 0) return
  say(`from kill -9 of the leader to the next agreement, ${outages.length} times, ms`)
  row('median', outages[outages.length >> 1] ?? 0, '')
  row('worst', outages.at(-1) ?? 0, '')
}

function rate({ agreed, seconds }: Loaded): number {
  return agreed / seconds
}

function loadRow(name: string, m: Measured): void {
  const latency = `p50 ${m.p50.toFixed(2)} ms, p99 ${m.p99.toFixed(2)} ms`
  row(name, rate(m), `${latency}, ${m.cpuMicros.toFixed(1)} µs of CPU each, ${m.failed} failed`)
}

function row(name: string, value: number, note: string): void {
  const digits = value >= 100 ? value.toFixed(0) : value.toPrecision(3)
  say(`  ${name.padEnd(46)} ${digits.padStart(10)}  ${note}`)
}

function say(line: string): void {
  if (!values.json) console.log(line)
}
