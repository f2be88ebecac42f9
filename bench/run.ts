/**
 * `npm run bench`: what the whole cluster does and what it costs, beside what this machine does with the bare minimum
 * in the same run. Absolute figures belong to the machine; the ratios travel. What is measured is a node that has been
 * running: a warm-up goes before each figure, because a fresh process spends as much on compiling as on serving.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { addUsers } from '../test/acceptance/users.ts'
import { optionsFor } from '../test/options.ts'
import { freePorts } from '../test/ports.ts'
import { type Baseline, measureBaseline } from './baseline.ts'
import { controlOf, type Lab, labDown, labUp, raftel } from './cluster.ts'
import { cpuSeconds, type SippResult, sipp } from './sipp.ts'

const values = optionsFor(
  `usage: npm run bench -- [--registrations N] [--calls N] [--seconds S] [--json]

What the whole cluster does and what it costs, beside the bare minimum of the same machine. Takes about two minutes.

  --registrations N  in a round (15000)
  --calls N          in a round (2000)
  --seconds S        of each ruler (3)
  --json             a document instead of a table

  npm run bench -- --calls 500`,
  { registrations: 15_000, calls: 2000, seconds: 3, json: false },
)
const DOMAIN = 'bench.test'
const PASSWORD = 'bench-password'
const USERS = 999
const ROUNDS = 3
/** Registrations that a call of scenarios/refresh.xml makes. */
const PERIODS = 16
/** Registrations and calls before those that count. */
const WARM = { registrations: 9000, calls: 1200 }
const folder = mkdtempSync(path.join(tmpdir(), 'raftel-bench-'))
const scenarios = path.join(import.meta.dirname, 'scenarios')

interface Measured {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly failed: number
  readonly retransmissions: number
}

say(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}; Node ${process.versions.node}`)
const before = await measureBaseline(folder, values.seconds / 2)
const direct = await withLab('direct', async (lab) => {
  const registrations = await measureRegistrations(lab, values.registrations)
  const refreshed = await measureRefreshes(lab, values.registrations)
  const calls = await measureCalls(lab, values.calls)
  return { registrations, refreshed, calls }
})
const relayed = await withLab('rtpengine', (lab) => measureCalls(lab, values.calls))
// At both ends of the run, and the better one counts, as with the rounds.
const baseline = better(before, await measureBaseline(folder, values.seconds / 2))
report(baseline, direct, relayed)
rmSync(folder, { recursive: true, force: true })

async function withLab<T>(media: 'direct' | 'rtpengine', use: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = labUp(path.join(folder, `lab-${media}`), media)
  try {
    const first = lab.nodes[0]
    if (first === undefined) throw new Error('a lab without nodes')
    const plan = path.join(folder, 'plan.yaml')
    writeFileSync(plan, `domains: [${DOMAIN}]\n`)
    raftel(['plan', 'commit', plan, '--dir', lab.dir])
    const client = controlOf(first)
    const aors = Array.from({ length: USERS }, (_, i) => `u${i}@${DOMAIN}`)
    await addUsers(client, aors, PASSWORD)
    client.close()
    return await use(lab)
  } finally {
    labDown(lab.dir)
  }
}

/**
 * Authenticated registrations (challenge, digest, commit by a majority, 200), closed loop. Each phone is at one node, a
 * third of them at each, and registers again and again with one contact, as phones do.
 */
async function measureRegistrations(lab: Lab, total: number): Promise<Measured> {
  return await measureRegisters(lab, total, 'register')
}

/** The same phones over PERIODS periods: one registration that a majority agrees on, then refreshes that their node keeps under its lease (docs/decisions/time-and-expiry.md). */
async function measureRefreshes(lab: Lab, total: number): Promise<Measured> {
  const phones = await measureRegisters(lab, total / PERIODS, 'refresh')
  return { ...phones, perSecond: phones.perSecond * PERIODS, cpuMicros: phones.cpuMicros / PERIODS }
}

async function measureRegisters(lab: Lab, total: number, scenario: 'register' | 'refresh'): Promise<Measured> {
  const users = Array.from({ length: USERS }, (_, i) => userLine(i, '3600'))
  return await measure(lab, WARM.registrations, total, async (share, ports) => {
    const runs = lab.nodes.map(
      (node, i) =>
        sipp({
          scenario: path.join(scenarios, `${scenario}.xml`),
          target: node.sip,
          folder,
          name: `${scenario}-${node.id}`,
          users: users.slice((i * USERS) / lab.nodes.length, ((i + 1) * USERS) / lab.nodes.length),
          calls: share,
          rate: 20_000,
          atOnce: 60,
          port: ports[i] ?? 0,
        }).result,
    )
    return await Promise.all(runs)
  })
}

/** Calls (challenge, digest, routing, both legs, ACK, BYE) from phones at each node to a phone at the next one. */
async function measureCalls(lab: Lab, total: number): Promise<Measured> {
  const ports = await freePorts(3 * lab.nodes.length)
  const answering = await Promise.all(
    lab.nodes.map(async (node, i) => {
      const registered = await sipp({
        scenario: path.join(scenarios, 'register.xml'),
        target: node.sip,
        folder,
        name: `callee-${node.id}`,
        users: [userLine(900 + i, '3600')],
        calls: 1,
        port: ports[i] ?? 0,
      }).result
      if (registered.done !== 1)
        throw new Error(`the called phone could not register at ${node.id}: ${registered.errors}`)
      const scenario = path.join(scenarios, 'answer.xml')
      return sipp({
        scenario,
        target: node.sip,
        folder,
        name: `answer-${node.id}`,
        calls: 0,
        atOnce: 5000,
        port: ports[i] ?? 0,
        mediaPort: ports[3 + i] ?? 0,
      })
    }),
  )
  try {
    return await measure(lab, WARM.calls, total, async (share, own) => {
      const runs = lab.nodes.map((node, i) => {
        const called = `u${900 + ((i + 1) % lab.nodes.length)}`
        return sipp({
          scenario: path.join(scenarios, 'call.xml'),
          target: node.sip,
          folder,
          name: `call-${node.id}`,
          users: Array.from({ length: 100 }, (_, k) => userLine(i * 100 + k, called)),
          calls: share,
          rate: 5000,
          atOnce: 20,
          port: own[i] ?? 0,
          mediaPort: ports[6 + i] ?? 0,
        }).result
      })
      return await Promise.all(runs)
    })
  } finally {
    for (const run of answering) run.end()
    await Promise.all(answering.map((run) => run.result))
  }
}

/**
 * Rounds of the load after a warm-up, of which the cheapest is told: what others do on the machine at the same time can
 * only add to a round. What failed is counted over all of them.
 */
async function measure(
  lab: Lab,
  warm: number,
  total: number,
  load: (share: number, ports: readonly number[]) => Promise<readonly SippResult[]>,
): Promise<Measured> {
  const ports = await freePorts(lab.nodes.length)
  const cpu = (): number => lab.nodes.reduce((sum, node) => sum + cpuSeconds(node.pid), 0)
  const sum = (results: readonly SippResult[], field: 'done' | 'failed' | 'retransmissions'): number =>
    results.reduce((so, result) => so + result[field], 0)
  await load(Math.ceil(warm / lab.nodes.length), ports)
  const rounds: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpu()
    const results = await load(Math.ceil(total / ROUNDS / lab.nodes.length), ports)
    const used = cpu() - before
    const done = sum(results, 'done')
    if (done === 0) throw new Error(`nothing succeeded: ${results[0]?.errors}`)
    rounds.push({
      perSecond: done / Math.max(...results.map((result) => result.seconds)),
      cpuMicros: (used / done) * 1e6,
      failed: sum(results, 'failed'),
      retransmissions: sum(results, 'retransmissions'),
    })
  }
  const best = rounds.reduce((a, b) => (b.cpuMicros < a.cpuMicros ? b : a))
  return {
    ...best,
    failed: rounds.reduce((so, round) => so + round.failed, 0),
    retransmissions: rounds.reduce((so, round) => so + round.retransmissions, 0),
  }
}

function userLine(i: number, extra: string): string {
  return `u${i};${DOMAIN};[authentication username=u${i} password=${PASSWORD}];${extra};`
}

function better(a: Baseline, b: Baseline): Baseline {
  return {
    echoPerSecond: Math.max(a.echoPerSecond, b.echoPerSecond),
    echoCpuMicros: Math.min(a.echoCpuMicros, b.echoCpuMicros),
    syncsPerSecond: Math.max(a.syncsPerSecond, b.syncsPerSecond),
  }
}

interface Direct {
  readonly registrations: Measured
  readonly refreshed: Measured
  readonly calls: Measured
}

function report(base: Baseline, { registrations, refreshed, calls }: Direct, relayedCalls: Measured): void {
  const ratios = {
    registrationsPerEcho: registrations.perSecond / base.echoPerSecond,
    registrationsPerSync: registrations.perSecond / base.syncsPerSecond,
    registrationCpuPerEchoCpu: registrations.cpuMicros / base.echoCpuMicros,
    refreshedCpuPerEchoCpu: refreshed.cpuMicros / base.echoCpuMicros,
    callsPerEcho: calls.perSecond / base.echoPerSecond,
    callCpuPerEchoCpu: calls.cpuMicros / base.echoCpuMicros,
    relayedCallCpuPerEchoCpu: relayedCalls.cpuMicros / base.echoCpuMicros,
  }
  if (values.json) {
    console.log(JSON.stringify({ baseline: base, registrations, refreshed, calls, relayedCalls, ratios }))
    return
  }
  say('')
  say('rulers')
  row('UDP echo in Node, pairs/s', base.echoPerSecond, `${base.echoCpuMicros.toFixed(1)} µs of CPU each`)
  row('append 256 B + fdatasync, /s', base.syncsPerSecond, '')
  say('the cluster of three, load from the same machine')
  measuredRow('registrations/s (digest, majority, durable)', registrations)
  measuredRow(`registrations/s (the same, ${PERIODS - 1} refreshes with each)`, refreshed)
  measuredRow('calls/s, direct media', calls)
  measuredRow('calls/s, rtpengine', relayedCalls)
  say('ratios')
  for (const [name, value] of Object.entries(ratios)) row(name, value, '')
}

function measuredRow(name: string, m: Measured): void {
  row(
    name,
    m.perSecond,
    `${m.cpuMicros.toFixed(0)} µs of CPU each over all nodes, ${m.failed} failed, ${m.retransmissions} retransmissions`,
  )
}

function row(name: string, value: number, note: string): void {
  const digits = value >= 100 ? value.toFixed(0) : value.toPrecision(3)
  say(`  ${name.padEnd(46)} ${digits.padStart(10)}  ${note}`)
}

function say(line: string): void {
  if (!values.json) console.log(line)
}
