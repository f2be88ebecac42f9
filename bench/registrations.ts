/**
 * `npm run bench:registrations`: what phones that refresh all the time cost the log, and whether any of them is forgotten early when the
 * node that holds them is killed. Three processes with the real cluster part and the real registrar; SIP and digests are left out, they
 * cost the log nothing. Time is compressed: refreshes, Expires and leases are all shorter by the same factor, so entries a binding and
 * period of refresh are what they are uncompressed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { optionsFor } from '../test/options.ts'
import { freePorts } from '../test/ports.ts'
import type { RegistrarAnswer, RegistrarOrder } from './registrar.ts'
import type { ReplicaSpec } from './replica.ts'

const values = optionsFor(
  `usage: npm run bench:registrations -- [--phones N] [--every S] [--lease S] [--compress F] [--json]

What phones that refresh cost the log, and whether any is forgotten when the node that holds it is killed: three processes. The run takes
the time of one lease and a half, compressed.

  --phones N    that register (100000)
  --every S     seconds between two refreshes of a phone (60)
  --lease S     seconds for which the cluster holds a binding (1800)
  --compress F  all times are divided by it; fewer on a slow machine (5)
  --json        a document instead of a table

  npm run bench:registrations -- --compress 3
  npm run bench:registrations -- --phones 2000 --compress 20`,
  { phones: 100_000, every: 60, lease: 1800, compress: 5, json: false },
)
const { phones, compress } = values
/** Compressed: seconds between two refreshes of a phone, what it asks for, and the lease. */
const every = values.every / compress
const expires = Math.ceil(2 * every)
const lease = values.lease / compress
const LOOK_MS = 250

class NodeProcess {
  readonly node: string
  readonly #child: ChildProcess

  constructor(node: string) {
    this.node = node
    this.#child = fork(path.join(import.meta.dirname, 'registrar.ts'))
  }

  /** One at a time. */
  async ask<Kind extends RegistrarAnswer['kind']>(
    order: RegistrarOrder,
  ): Promise<Extract<RegistrarAnswer, { kind: Kind }>> {
    const { promise, resolve, reject } = Promise.withResolvers<RegistrarAnswer>()
    const ended = (code: number | null): void => reject(new Error(`${this.node} ended with ${code}`))
    this.#child.once('message', resolve).once('exit', ended)
    this.#child.send(order)
    const answer = await promise.finally(() => this.#child.off('exit', ended).off('message', resolve))
    if (answer.kind === 'failed') throw new Error(`${this.node}: ${answer.why}`)
    return answer as Extract<RegistrarAnswer, { kind: Kind }>
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

const root = mkdtempSync(path.join(tmpdir(), 'raftel-registrations-'))
const running: NodeProcess[] = []
try {
  say(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}; Node ${process.versions.node}`)
  say(
    `${phones} phones, each every ${every} s, Expires ${expires} s, lease ${lease} s (all ${compress} times shorter than uncompressed)`,
  )
  await startAll()
  const naive = await measured({ do: 'register', leaseSeconds: lease })
  const forMs = Math.max(lease / 4, every * 2) * 1000
  const kept = await measured({ do: 'refresh', everyMs: every * 1000, forMs })
  const killed = await killOne()
  report(naive, kept, killed)
} finally {
  for (const one of running) one.kill()
  rmSync(root, { recursive: true, force: true })
}

async function startAll(): Promise<void> {
  const ports = await freePorts(3)
  const nodes = ports.map((port, i) => ({ name: `n${i + 1}`, id: i + 1, address: `127.0.0.1:${port}` }))
  const key = randomBytes(32).toString('base64')
  for (const { name } of nodes) running.push(new NodeProcess(name))
  await Promise.all(
    running.map((one, i) => {
      const spec: ReplicaSpec = { node: one.node, id: i + 1, nodes, dataDir: path.join(root, one.node), key }
      const own = Array.from({ length: Math.ceil((phones - i) / 3) }, (_, k) => 3 * k + i)
      return one.ask({ do: 'start', spec, phones: own, expires })
    }),
  )
  await running[0]!.ask({ do: 'users', count: phones })
}

interface Measured {
  readonly asked: number
  readonly refused: number
  readonly entries: number
  readonly seconds: number
  /** CPU of all three for one REGISTER. */
  readonly cpuMicros: number
}

async function measured(order: RegistrarOrder): Promise<Measured> {
  const before = await look(running[0]!)
  const began = performance.now()
  const done = await Promise.all(running.map((one) => one.ask<'asked'>(order)))
  const took = (performance.now() - began) / 1000
  const after = await look(running[0]!)
  const sum = (of: (one: (typeof done)[number]) => number): number => done.reduce((total, one) => total + of(one), 0)
  const asked = sum(({ answered }) => answered)
  return {
    asked,
    refused: sum(({ refused }) => refused),
    entries: after.commit - before.commit,
    seconds: took,
    cpuMicros: (sum(({ cpuSeconds }) => cpuSeconds) / asked) * 1e6,
  }
}

interface Killed {
  readonly held: number
  /** The fewest of its bindings that the others had until the last phone's time was over. */
  readonly least: number
  readonly unverified: boolean
}

/** kill -9 of a node: its phones were told `expires` at most a period ago. */
async function killOne(): Promise<Killed> {
  const lost = running.pop()!
  const held = (await look(running[0]!, lost.node)).of
  const until = performance.now() + expires * 1000
  lost.kill()
  let least = held
  let up = true
  while (performance.now() < until || up) {
    for (const one of running) {
      const seen = await look(one, lost.node)
      if (performance.now() < until) least = Math.min(least, seen.of)
      up = seen.up
    }
    if (performance.now() > until + 60_000) break
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return { held, least, unverified: !up }
}

function look(one: NodeProcess, node = ''): Promise<Extract<RegistrarAnswer, { kind: 'seen' }>> {
  return one.ask<'seen'>({ do: 'look', node })
}

function report(naive: Measured, kept: Measured, killed: Killed): void {
  if (values.json) {
    console.log(JSON.stringify({ phones, every, expires, lease, compress, naive, kept, killed }))
  } else {
    measuredRow('first registrations, each agreed on, as fast as it goes', naive)
    measuredRow('refreshes kept by their node', kept)
    const uncompressed = (m: Measured): number => ((m.entries / m.asked) * phones) / (every * compress)
    say(`uncompressed: ${phones} phones, each every ${every * compress} s, lease ${lease * compress} s`)
    row('entries a second, every refresh agreed on', uncompressed(naive), '')
    row('entries a second, refreshes kept', uncompressed(kept), '')
    row('refreshes for one entry', kept.asked / kept.entries, `lease / 2 / period: ${(lease / 2 / every).toFixed(1)}`)
    row('CPU of a kept refresh per registration agreed on', kept.cpuMicros / naive.cpuMicros, '')
    say('kill -9 of a node')
    row('bindings that it held', killed.held, '')
    row(
      'the fewest the others had in the time of its phones',
      killed.least,
      killed.unverified ? 'unverified by then' : '',
    )
  }
  if (killed.least < killed.held) throw new Error(`${killed.held - killed.least} bindings were gone early`)
}

function measuredRow(name: string, m: Measured): void {
  say(name)
  row(
    'REGISTERs a second',
    m.asked / m.seconds,
    `${m.cpuMicros.toFixed(0)} µs of CPU each over all nodes, ${m.refused} refused`,
  )
  row('entries a second', m.entries / m.seconds, `${m.entries} in ${m.seconds.toFixed(0)} s`)
}

function row(name: string, value: number, note: string): void {
  const digits = value >= 100 ? value.toFixed(0) : value.toPrecision(3)
  say(`  ${name.padEnd(54)} ${digits.padStart(10)}  ${note}`)
}

function say(line: string): void {
  if (!values.json) console.log(line)
}
