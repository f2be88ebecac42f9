/** The cluster under test: configuration, processes, and the questions that the nemesis has for them. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { credentials, type ServiceError } from '@grpc/grpc-js'
import { newClusterKey } from '../../cluster/seal.ts'
import { controlProto } from '../../proto/load.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { ClusterVerdict__Output } from '../../proto/types/raftel/v1/ClusterVerdict.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'
import type { Hosts } from './hosts.ts'
import { type Exit, NodeProcess } from './node.ts'
import { until } from './until.ts'

export const DOMAIN = 'nemesis.test'
export const PASSWORD = 'correct-horse'
const BRING_UP_MS = 90_000
/** The longest that a fault has a node: its disk is mended meanwhile. */
const HOLD_MS = 240_000

export interface ClusterPlan {
  readonly dir: string
  readonly hosts: Hosts
  /** So many of the machines have a node from the beginning; the others are for nodes that join. */
  readonly founders: number
  /** cli/main.js of the build under test. */
  readonly program: string
  /** Of the build that a founder begins with; the one under test when left out. */
  readonly begins?: (founder: number) => string
  /** The library that shifts wall clocks; null: they are left alone. */
  readonly faketime: string | null
}

export interface Ran {
  readonly code: number | null
  readonly said: string
}

/** What a node says as soon as it knows which members are agreed on, and whenever they change (cluster/members.ts). */
const FOUNDED = /the members are others now/

export class ClusterUnderTest {
  /** Those that are members, in the order in which they came. */
  readonly nodes: NodeProcess[]
  /** One for each machine. */
  readonly all: readonly NodeProcess[]
  readonly exits: Exit[] = []
  /** cli/main.js of the build under test. */
  readonly program: string
  readonly #clients: ReadonlyMap<NodeProcess, ControlClient>
  /** Those that have said that there are founders. */
  readonly #founded = new Set<NodeProcess>()

  constructor({ dir, hosts, founders, program, begins = () => program, faketime }: ClusterPlan) {
    for (const folder of ['nodes', 'logs', 'data', 'clocks']) mkdirSync(path.join(dir, folder), { recursive: true })
    writeFileSync(path.join(dir, 'cluster.key'), newClusterKey(), { mode: 0o600 })
    const peers = hosts.machines
      .slice(0, founders)
      .map(({ name, host, ports }, i) => `    - {name: ${name}, id: ${i + 1}, address: ${host}:${ports.cluster}}\n`)
    this.program = program
    this.all = hosts.machines.map((machine, i) => {
      const { name, host, ports } = machine
      const config = path.join(dir, 'nodes', `${name}.yaml`)
      const clock = path.join(dir, 'clocks', name)
      const data = path.join(dir, 'data', name)
      // Whoever joins is told by the cluster who the others are.
      const others = i < founders ? `  nodes:\n${peers.join('')}` : `  listen: '${host}:${ports.cluster}'\n`
      writeFileSync(clock, '+0\n')
      writeFileSync(
        config,
        `node: ${name}
data: ${data}
cluster:
  key_file: ${path.join(dir, 'cluster.key')}
  insecure: true
${others}control: {listen: '${host}:${ports.control}', insecure: true}
sip: {listen: ['udp:${host}:${ports.sip}', 'tcp:${host}:${ports.sip}']}
media: {mode: direct}
`,
      )
      const log = path.join(dir, 'logs', `${name}.log`)
      const files = { config, data, log, clock, faketime }
      return new NodeProcess(machine, i < founders ? begins(i) : program, files, (exit) => this.exits.push(exit))
    })
    this.nodes = this.all.slice(0, founders)
    const { Control } = controlProto()
    this.#clients = new Map(
      this.all.map((node) => [
        node,
        new Control(node.address.control, credentials.createInsecure(), {
          'grpc.enable_retries': 0,
          'grpc.max_reconnect_backoff_ms': 500,
          'grpc.initial_reconnect_backoff_ms': 100,
          'grpc.max_receive_message_length': 64 * 1024 * 1024,
        }),
      ]),
    )
  }

  /** Brings every node up and gives them a plan and users; resolves when all of them agree. */
  async bringUp(plan: string, users: readonly string[]): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()))
    await until('every node is up, and one leads', () => this.#isWhole(), BRING_UP_MS)
    const client = this.clientOf(this.nodes[0]!)
    await until('the first plan', () => tell((done) => client.commitPlan({ text: plan }, by(5000), done)), 30_000)
    for (const aor of users) {
      const user = { aor, password: PASSWORD, replace: true }
      await until(`the user ${aor}`, () => tell((done) => client.addUser(user, by(5000), done)), 30_000)
    }
    await this.settle(BRING_UP_MS)
  }

  clientOf(node: NodeProcess): ControlClient {
    return this.#clients.get(node)!
  }

  /** The leader as some node that answers knows it; null: nobody does. */
  async leader(): Promise<NodeProcess | null> {
    for (const node of [...this.nodes]) {
      const said = await ask<{ leader: string; quorum: boolean }>((done) =>
        this.clientOf(node).getNode({}, by(500), done),
      ).catch(() => null)
      const leader = said?.quorum ? this.nodes.find(({ name }) => name === said.leader) : undefined
      if (leader?.runs) return leader
    }
    return null
  }

  /** Whether every member knows by its log that there are founders: from then on no older program takes part. */
  isFounded(): boolean {
    for (const node of this.nodes) {
      if (!this.#founded.has(node) && FOUNDED.test(node.saidSince(0))) this.#founded.add(node)
    }
    return this.nodes.every((node) => this.#founded.has(node))
  }

  /** Resolves when no fault of its process, its clock or its disk is at work at that node, and has it for whoever asked. */
  async hold(node: NodeProcess): Promise<void> {
    await until(`nobody else has ${node.name}`, () => !node.busy, HOLD_MS)
    node.busy = true
  }

  /** `raftel cluster …` of the build under test, from outside the cluster; kill -9 of the command after so many ms. */
  raftel(args: readonly string[], killMs?: number): Promise<Ran> {
    const endpoints = this.nodes.map(({ address }) => address.control).join(',')
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('RAFTEL_') && name !== 'NODE_OPTIONS')
    const command = [this.program, 'cluster', ...args, '--endpoints', endpoints]
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'], env: Object.fromEntries(own) })
    const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text))
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(timer)
        resolve({ code, said: said.trim() })
      })
    })
  }

  /** Who is a member, as the cluster says: names with what each is, in the order of names. */
  async members(): Promise<string[]> {
    const { nodes } = await this.#status()
    return nodes
      .filter(({ member }) => member !== '')
      .map(({ id, member }) => `${id} ${member}`)
      .sort()
  }

  /** Resolves when all nodes are reachable, stand at one index and have one state hash there; says which. */
  async settle(boundMs: number): Promise<{ readonly applied: number; readonly hash: string }> {
    let seen: ClusterStatus__Output | null = null
    await until(
      'all nodes at one index',
      async () => {
        seen = await this.#status()
        const { nodes } = seen
        if (!nodes.every(({ reachable }) => reachable)) throw new Error(`unreachable: ${absent(seen)}`)
        if (new Set(nodes.map(({ applied }) => applied)).size > 1) throw new Error(nodes.map(inWords).join(', '))
        // What differs at one index differs for good: the judge says so, and nobody waits for it.
        return true
      },
      boundMs,
    )
    const nodes = seen!.nodes as ClusterStatus__Output['nodes']
    return { applied: nodes[0]!.applied, hash: [...new Set(nodes.map(({ hash }) => hash))].join(' and ') }
  }

  /** What `raftel cluster verify` says: a sentence, empty when all nodes are equal at one index. */
  async verify(): Promise<string> {
    const { nodes } = await ask<ClusterVerdict__Output>((done) =>
      this.clientOf(this.nodes[0]!).verifyCluster({}, by(10_000), done),
    )
    return nodes
      .filter(({ verdict }) => verdict !== 'equal')
      .map(({ id, verdict }) => `${id} ${verdict}`)
      .join(', ')
  }

  /** Ends every process, however it is. */
  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close()
    await Promise.all(this.all.map((node) => node.end('asked to end')))
  }

  async #isWhole(): Promise<boolean> {
    const status = await this.#status()
    if (absent(status) !== '') throw new Error(`unreachable: ${absent(status)}`)
    return status.quorum && status.leader !== ''
  }

  #status(): Promise<ClusterStatus__Output> {
    const asked = this.nodes.find(({ runs }) => runs) ?? this.nodes[0]!
    return ask((done) => this.clientOf(asked).getCluster({}, by(5000), done))
  }
}

const absent = ({ nodes }: ClusterStatus__Output): string =>
  nodes
    .filter(({ reachable }) => !reachable)
    .map(({ id }) => id)
    .join(', ')

const inWords = ({ id, applied }: ClusterStatus__Output['nodes'][number]): string => `${id} at ${applied}`

export const by = (ms: number): { readonly deadline: number } => ({ deadline: Date.now() + ms })

export function ask<Reply>(
  send: (done: (error: ServiceError | null, reply?: Reply) => void) => unknown,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    send((error, reply) =>
      error || reply === undefined ? reject(error ?? new Error('an empty answer')) : resolve(reply),
    )
  })
}

async function tell(send: (done: (error: ServiceError | null, reply?: unknown) => void) => unknown): Promise<boolean> {
  await ask(send)
  return true
}
