/** The cluster under test: configuration, processes, and the questions that the nemesis has for them. */
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

export interface ClusterPlan {
  readonly dir: string
  readonly hosts: Hosts
  /** cli/main.js of a build. */
  readonly program: string
  /** The library that shifts wall clocks; null: they are left alone. */
  readonly faketime: string | null
}

export class ClusterUnderTest {
  readonly nodes: readonly NodeProcess[]
  readonly exits: Exit[] = []
  readonly #clients: readonly ControlClient[]

  constructor({ dir, hosts, program, faketime }: ClusterPlan) {
    for (const folder of ['nodes', 'logs', 'data', 'clocks']) mkdirSync(path.join(dir, folder), { recursive: true })
    writeFileSync(path.join(dir, 'cluster.key'), newClusterKey(), { mode: 0o600 })
    const peers = hosts.machines.map(
      ({ name, host, ports }, i) => `    - {name: ${name}, id: ${i + 1}, address: ${host}:${ports.cluster}}\n`,
    )
    this.nodes = hosts.machines.map((machine) => {
      const { name, host, ports } = machine
      const config = path.join(dir, 'nodes', `${name}.yaml`)
      const clock = path.join(dir, 'clocks', name)
      const data = path.join(dir, 'data', name)
      writeFileSync(clock, '+0\n')
      writeFileSync(
        config,
        `node: ${name}
data: ${data}
cluster:
  key_file: ${path.join(dir, 'cluster.key')}
  insecure: true
  nodes:
${peers.join('')}control: {listen: '${host}:${ports.control}', insecure: true}
sip: {listen: ['udp:${host}:${ports.sip}', 'tcp:${host}:${ports.sip}']}
media: {mode: direct}
`,
      )
      const log = path.join(dir, 'logs', `${name}.log`)
      return new NodeProcess(machine, { program, config, data, log, clock, faketime }, (exit) => this.exits.push(exit))
    })
    const { Control } = controlProto()
    this.#clients = this.nodes.map(
      ({ address }) =>
        new Control(address.control, credentials.createInsecure(), {
          'grpc.enable_retries': 0,
          'grpc.max_reconnect_backoff_ms': 500,
          'grpc.initial_reconnect_backoff_ms': 100,
          'grpc.max_receive_message_length': 64 * 1024 * 1024,
        }),
    )
  }

  /** Brings every node up and gives them a plan and users; resolves when all of them agree. */
  async bringUp(plan: string, users: readonly string[]): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()))
    await until('every node is up, and one leads', () => this.#isWhole(), BRING_UP_MS)
    const client = this.clientOf(0)
    await until('the first plan', () => tell((done) => client.commitPlan({ text: plan }, by(5000), done)), 30_000)
    for (const aor of users) {
      const user = { aor, password: PASSWORD, replace: true }
      await until(`the user ${aor}`, () => tell((done) => client.addUser(user, by(5000), done)), 30_000)
    }
    await this.settle(BRING_UP_MS)
  }

  clientOf(i: number): ControlClient {
    return this.#clients[i]!
  }

  /** The leader as some node that answers knows it; null: nobody does. */
  async leader(): Promise<NodeProcess | null> {
    for (const i of this.nodes.keys()) {
      const said = await ask<{ leader: string; quorum: boolean }>((done) =>
        this.clientOf(i).getNode({}, by(500), done),
      ).catch(() => null)
      const leader = said?.quorum ? this.nodes.find(({ name }) => name === said.leader) : undefined
      if (leader?.runs) return leader
    }
    return null
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
    const { nodes } = await ask<ClusterVerdict__Output>((done) => this.clientOf(0).verifyCluster({}, by(10_000), done))
    return nodes
      .filter(({ verdict }) => verdict !== 'equal')
      .map(({ id, verdict }) => `${id} ${verdict}`)
      .join(', ')
  }

  /** Ends every process, however it is. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await Promise.all(this.nodes.map((node) => node.end('asked to end')))
  }

  async #isWhole(): Promise<boolean> {
    const status = await this.#status()
    if (absent(status) !== '') throw new Error(`unreachable: ${absent(status)}`)
    return status.quorum && status.leader !== ''
  }

  #status(): Promise<ClusterStatus__Output> {
    return ask((done) => this.clientOf(0).getCluster({}, by(5000), done))
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
