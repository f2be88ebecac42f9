/**
 * `npm run bench:failover`: how long a death is felt. Three node processes, started by the command line; kill -9 of the leader, which here registers a trunk as well,
 * until a call through a survivor has gone from challenge to BYE, and until another node has registered the trunk.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import type { Trunk__Output } from '../proto/types/raftel/v1/Trunk.ts'
import { addUsers } from '../test/acceptance/users.ts'
import { ask } from '../test/nemesis/cluster.ts'
import { optionsFor } from '../test/options.ts'
import { freePorts } from '../test/ports.ts'
import { controlOf, type Lab, type LabNode, labDown, labUp, raftel } from './cluster.ts'
import { progress } from './progress.ts'
import { type SippOptions, sipp } from './sipp.ts'

const values = optionsFor(
  `usage: npm run bench:failover -- [--rounds N] [--json]

How long a death is felt: kill -9 of a leader that registers a trunk, until a survivor has carried a whole call, and until another node registers the trunk.

  --rounds N  how many leaders are killed with -9 (10)
  --json      a document instead of a table

  npm run bench:failover -- --rounds 3`,
  { rounds: 10, json: false },
)
const DOMAIN = 'bench.test'
const PASSWORD = 'bench-password'
const TRUNK = 'carrier'
const LOOK_EVERY_MS = 20
const LOOK_FOR_MS = 60_000

const folder = mkdtempSync(path.join(tmpdir(), 'raftel-failover-'))
const dir = path.join(folder, 'lab')
/** One for all rounds: a phone that came from another each time would have contacts that are dead. */
const [callee = 0, carrier = 0] = await freePorts(2)
const lab = labUp(dir, 'direct')
const registrar = run('registrar', `127.0.0.1:${carrier}`, { calls: 0, port: carrier })
try {
  await setUp(lab)
  const felt: Awaited<ReturnType<typeof death>>[] = []
  for (let round = 1; round <= values.rounds; round++) {
    felt.push(await death(lab, round))
    progress(`death ${round} of ${values.rounds}`)
  }
  report({ call: felt.map(({ call }) => call), trunk: felt.map(({ trunk }) => trunk) })
} finally {
  registrar.end()
  labDown(dir)
  rmSync(folder, { recursive: true, force: true })
}

async function setUp({ nodes }: Lab): Promise<void> {
  const plan = path.join(folder, 'plan.yaml')
  writeFileSync(plan, `domains: [${DOMAIN}]\n`)
  raftel(['plan', 'commit', plan, '--dir', dir])
  const client = controlOf(nodes[0]!)
  await addUsers(client, [`caller@${DOMAIN}`, `callee@${DOMAIN}`], PASSWORD)
  client.close()
  const target = `sip:127.0.0.1:${carrier}`
  raftel(
    ['trunk', 'add', TRUNK, '--target', target, '--user', 'acme', '--password-stdin', '--register', '--dir', dir],
    'x\n',
  )
}

/** The node that registers the trunk leads, and is killed; ms from then on. */
async function death({ nodes }: Lab, round: number): Promise<{ readonly call: number; readonly trunk: number }> {
  const first = await holder(nodes)
  raftel(['cluster', 'transfer-leader', first, '--dir', dir])
  const [second, third] = nodes.filter(({ id }) => id !== first) as [LabNode, LabNode]
  const [caller = 0, ...media] = await freePorts(3)
  const phone = { users: [line('callee', '3600')], calls: 1, port: callee }
  const registered = await run('register', third.sip, phone).result
  if (registered.done !== 1) throw new Error(`the called phone could not register: ${registered.errors}`)
  const answering = run('answer', third.sip, { calls: 1, port: callee, mediaPort: media[0]! })
  process.kill(pidOf(first), 'SIGKILL')
  try {
    const began = performance.now()
    const since = (): number => performance.now() - began
    const users = [line('caller', 'callee')]
    const calling = run('call', second.sip, { users, calls: 1, port: caller, mediaPort: media[1]!, timeoutSeconds: 60 })
    const [call, trunk] = await Promise.all([
      calling.result.then(({ done, errors }) => {
        if (done !== 1) throw new Error(`the call of round ${round} failed: ${errors}`)
        return since()
      }),
      holder([second, third]).then(since),
    ])
    return { call, trunk }
  } finally {
    answering.end()
    await answering.result
    raftel(['lab', 'start', first, '--dir', dir])
  }
}

/** The one of these nodes that registers the trunk, by what the first of them has. */
async function holder(nodes: readonly LabNode[]): Promise<string> {
  const client = controlOf(nodes[0]!)
  try {
    for (const end = performance.now() + LOOK_FOR_MS; performance.now() < end; ) {
      const { registeredBy } = await ask<Trunk__Output>((done) => client.getTrunk({ name: TRUNK }, done))
      if (nodes.some(({ id }) => id === registeredBy)) return registeredBy
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
    throw new Error(`nobody registered the trunk within ${LOOK_FOR_MS / 1000} s`)
  } finally {
    client.close()
  }
}

function pidOf(id: string): number {
  const nodes = JSON.parse(raftel(['lab', 'status', '--dir', dir, '-o', 'json'])) as LabNode[]
  return nodes.find((node) => node.id === id)!.pid
}

function run(scenario: string, target: string, options: Omit<SippOptions, 'scenario' | 'target' | 'folder' | 'name'>) {
  const file = path.join(import.meta.dirname, 'scenarios', `${scenario}.xml`)
  return sipp({ scenario: file, target, folder, name: scenario, ...options })
}

function line(name: string, extra: string): string {
  return `${name};${DOMAIN};[authentication username=${name} password=${PASSWORD}];${extra};`
}

function report(felt: Readonly<Record<'call' | 'trunk', readonly number[]>>): void {
  if (values.json) {
    console.log(JSON.stringify(felt))
    return
  }
  const of = (all: readonly number[]): string => {
    const sorted = all.map(Math.round).sort((a, b) => a - b)
    return `median ${sorted[sorted.length >> 1]} ms, worst ${sorted.at(-1)} ms`
  }
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}; Node ${process.versions.node}; ${values.rounds} deaths`,
  )
  console.log(`a call through a survivor, challenge to BYE: ${of(felt.call)}`)
  console.log(`the trunk is registered by another node: ${of(felt.trunk)}`)
}
