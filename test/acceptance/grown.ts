/**
 * A cluster that is not configured but grown: `await withGrown(t, async (cluster) => { … })` has a key and nothing else. Each node is
 * configured, made a member by the real command line, and started as a process of its own. All end with the test.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { credentials } from '@grpc/grpc-js'
import type { ExecutionContext } from 'ava'
import { newClusterKey } from '../../cluster/seal.ts'
import { controlProto } from '../../proto/load.ts'
import type { ClusterNode__Output } from '../../proto/types/raftel/v1/ClusterNode.ts'
import type { ClusterStatus__Output } from '../../proto/types/raftel/v1/ClusterStatus.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'
import { freePorts } from '../ports.ts'
import { RAFTEL, type Ran, ROOT, raftel, until } from './lab.ts'

export interface GrownNode {
  readonly name: string
  readonly config: string
  readonly data: string
  readonly control: string
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly sip: string
  readonly client: ControlClient
  /** Writes its configuration again, with another port for the other nodes. */
  move(): Promise<string>
  /** Starts it; a process that ended may be started again. */
  start(): void
  readonly process: ChildProcess
  /** What it said since it was started first. */
  log(): string
  /** The file that this is in. */
  readonly output: string
  kill(): Promise<void>
  /** Resolves with the exit code when it has ended by itself. */
  ended(boundMs?: number): Promise<number | null>
}

export interface Grown {
  readonly dir: string
  node(name: string): Promise<GrownNode>
  /** `raftel cluster …`. */
  cluster(args: readonly string[]): Promise<Ran>
  /** As the node that is asked has it. */
  status(of: GrownNode): Promise<ClusterStatus__Output>
  until(of: GrownNode, what: string, good: (status: ClusterStatus__Output) => boolean): Promise<ClusterStatus__Output>
}

const BOUND_MS = 30_000

export async function withGrown(t: ExecutionContext, body: (cluster: Grown) => Promise<void>): Promise<void> {
  t.timeout(180_000)
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-grown-'))
  writeFileSync(path.join(dir, 'cluster.key'), newClusterKey(), { mode: 0o600 })
  const nodes: GrownNode[] = []
  let good = false
  try {
    await body({
      dir,
      async node(name) {
        const made = await newNode(dir, name)
        nodes.push(made)
        return made
      },
      cluster: (args) => raftel(['cluster', ...args]),
      status,
      until: untilAt,
    })
    good = t.passed
  } finally {
    for (const { client } of nodes) client.close()
    await Promise.all(nodes.map((node) => node.kill()))
    if (good) rmSync(dir, { recursive: true, force: true })
    else t.log(`the files are kept in ${dir}\n${nodes.map((node) => node.log().slice(-3000)).join('\n')}`)
  }
}

async function newNode(dir: string, name: string): Promise<GrownNode> {
  const [sip = 0, control = 0, first = 0] = await freePorts(3)
  const home = path.join(dir, name)
  mkdirSync(home)
  const config = path.join(home, 'node.yaml')
  const output = path.join(home, 'log')
  writeFileSync(output, '')
  const write = (port: number): void => {
    const text = `node: ${name}
data: data
cluster: {key_file: ../cluster.key, listen: "127.0.0.1:${port}"}
control: {listen: "127.0.0.1:${control}"}
sip: {listen: ["udp:127.0.0.1:${sip}", "tcp:127.0.0.1:${sip}"]}
media: {mode: direct}
`
    writeFileSync(config, text)
  }
  write(first)
  const { Control } = controlProto()
  const options = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 200 }
  const client = new Control(`127.0.0.1:${control}`, credentials.createInsecure(), options)
  let child: ChildProcess | null = null
  const has = (): ChildProcess => {
    if (child === null) throw new Error(`${name} was not started`)
    return child
  }
  const isOver = (): boolean => child === null || child.exitCode !== null || child.signalCode !== null
  return {
    name,
    config,
    data: path.join(home, 'data'),
    control: `127.0.0.1:${control}`,
    sip: `127.0.0.1:${sip}`,
    client,
    async move() {
      const [port = 0] = await freePorts(1)
      write(port)
      return `127.0.0.1:${port}`
    },
    start() {
      const to = openSync(output, 'a')
      child = spawn(RAFTEL, ['node', 'start', '--config', config], { cwd: ROOT, stdio: ['ignore', to, to] })
      closeSync(to)
    },
    get process() {
      return has()
    },
    log: () => readFileSync(output, 'utf8'),
    output,
    async kill() {
      if (isOver()) return
      const gone = new Promise((resolve) => has().once('exit', resolve))
      has().kill('SIGKILL')
      await gone
    },
    async ended(boundMs = BOUND_MS) {
      if (isOver()) return has().exitCode
      return await new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${name} did not end within ${boundMs} ms`)), boundMs)
        has().once('exit', (code) => {
          clearTimeout(late)
          resolve(code)
        })
      })
    },
  }
}

function status({ client }: GrownNode): Promise<ClusterStatus__Output> {
  return new Promise((resolve, reject) => {
    client.getCluster({}, { deadline: Date.now() + 5000 }, (error, reply) =>
      error || !reply ? reject(error ?? new Error('an empty answer')) : resolve(reply),
    )
  })
}

function untilAt(of: GrownNode, what: string, good: (status: ClusterStatus__Output) => boolean) {
  return until(`${what}, as ${of.name} has it`, () => status(of), good, BOUND_MS)
}

/** Names of the members that vote, by id. */
export function votersOf({ nodes }: { readonly nodes: readonly ClusterNode__Output[] }): string[] {
  return nodes.filter(({ member }) => member === 'voter').map(({ id }) => id)
}
