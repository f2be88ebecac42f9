/**
 * A rehearsal cluster of real node processes for acceptance tests, made and ended by the real command line:
 * `await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => { … })`. The lab is brought down whatever happens,
 * and when the test failed its directory with the logs stays and is named.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { credentials } from '@grpc/grpc-js'
import type { ExecutionContext } from 'ava'
import { controlProto } from '../../proto/load.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'

export const ROOT = path.join(import.meta.dirname, '..', '..')
export const RAFTEL = path.join(ROOT, 'bin', 'raftel')

export interface LabOptions {
  readonly nodes?: number
  readonly media?: 'direct' | 'rtpengine'
  /** Certificates of the lab's own authority. */
  readonly tls?: boolean
  /** What every node has in its environment besides. */
  readonly env?: Readonly<Record<string, string>>
}

export interface LabNode {
  readonly id: string
  readonly pid: number
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly sip: string
  readonly control: string
  readonly media: 'rtpengine' | 'direct'
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ClusterStatus {
  readonly leader: string | null
  readonly term: number
  readonly quorum: boolean
  readonly planVersion: number
  readonly nodes: readonly {
    readonly id: string
    readonly memberId: number
    readonly member: string | null
    readonly role: string
    readonly reachable: boolean
    readonly commit: number
    readonly applied: number
    readonly sip: string
    readonly control: string
    readonly media: string
    readonly hash: string
  }[]
}

export interface Lab {
  readonly dir: string
  /** As they were when the lab came up; pids change with `start`. */
  readonly nodes: readonly LabNode[]
  readonly leader: string
  /** Every control address, comma separated: what RAFTEL_ENDPOINTS wants. */
  readonly endpoints: string
  /** Runs `raftel …args` against this lab, at all its nodes unless the arguments say at which; never throws for an exit code. */
  raftel(args: readonly string[], input?: string): Promise<Ran>
  /** The JSON that `raftel …args -o json` prints; throws with its stderr when it fails. */
  json<T>(args: readonly string[], input?: string): Promise<T>
  status(): Promise<ClusterStatus>
  /** gRPC to one node (the first when none is named); closed with the lab. */
  client(id?: string): ControlClient
  addUser(aor: string, password: string): Promise<void>
  commitPlan(yaml: string): Promise<void>
  /** kill -9 of one node; its sidecar dies with it. */
  kill(id: string): Promise<void>
  start(id: string): Promise<void>
  /** Resolves when the members are agreed on: from then on a node is its directory. */
  founded(): Promise<void>
  /** Makes the empty directory of a node that is down a member in the place of the one it had. */
  replace(id: string): Promise<void>
  /** Asks until the answer satisfies; throws with the last answer after `boundMs`. */
  until<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean, boundMs?: number): Promise<T>
}

export async function withLab(t: ExecutionContext, options: LabOptions, body: (lab: Lab) => Promise<void>) {
  t.timeout(180_000)
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-lab-'))
  const clients = new Map<string, ControlClient>()
  let good = false
  try {
    const lab = await bringUp(dir, options, clients)
    await body(lab)
    good = t.passed
  } finally {
    for (const client of clients.values()) client.close()
    const down = await raftel(['lab', 'down', '--dir', dir])
    if (good && down.code === 0) rmSync(dir, { recursive: true, force: true })
    else t.log(`the lab's files are kept in ${dir}\n${down.stderr}${tails(dir)}`)
  }
}

/** Runs the built command line. */
export function raftel(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(RAFTEL, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdin.on('error', () => {}).end(input)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
  })
}

async function bringUp(dir: string, options: LabOptions, clients: Map<string, ControlClient>): Promise<Lab> {
  const media = options.media ?? 'direct'
  const up = ['lab', 'up', '--nodes', String(options.nodes ?? 3), '--dir', dir, '--media', media, '--detach']
  if (options.tls) up.push('--tls')
  const made = await must(up, '', options.env)
  const { nodes, leader } = JSON.parse(made) as Pick<Lab, 'nodes' | 'leader'>
  const endpoints = nodes.map((node) => node.control).join(',')
  const here = ['--endpoints', endpoints, '--dir', dir]

  const json = async <T>(args: readonly string[], input = ''): Promise<T> =>
    JSON.parse(await must([...args, ...here, '-o', 'json'], input)) as T

  return {
    dir,
    nodes,
    leader,
    endpoints,
    json,
    // Of an option that is given twice the last counts.
    raftel: (args, input) => raftel([...args, ...(args.includes('--endpoints') ? ['--dir', dir] : here)], input),
    status: () => json<ClusterStatus>(['cluster', 'status']),
    client(id = nodes[0]?.id) {
      const node = nodes.find((one) => one.id === id)
      if (node === undefined) throw new Error(`the lab has no node ${id}`)
      let client = clients.get(node.id)
      if (client === undefined) {
        const { Control } = controlProto()
        clients.set(node.id, (client = new Control(node.control, credentials.createInsecure())))
      }
      return client
    },
    async addUser(aor, password) {
      await must(['user', 'add', aor, '--password-stdin', ...here], password + '\n')
    },
    async commitPlan(yaml) {
      await must(['plan', 'commit', '-', ...here], yaml)
    },
    async kill(id) {
      await must(['lab', 'kill', id, '--dir', dir])
    },
    async start(id) {
      await must(['lab', 'start', id, '--dir', dir], '', options.env)
    },
    async founded() {
      // One that has its vote is given it again, once it can be.
      await must(['cluster', 'promote', nodes[0]?.id ?? '', '--timeout', '30', ...here])
    },
    async replace(id) {
      const config = path.join(dir, 'nodes', `${id}.yaml`)
      await must(['cluster', 'join', '--config', config, '--replace', ...here])
    },
    until,
  }
}

async function must(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<string> {
  const ran = await raftel(args, input, env)
  if (ran.code !== 0) throw new Error(`raftel ${args.join(' ')}: exit ${ran.code}: ${ran.stderr}`)
  return ran.stdout
}

/** Asks until the answer is good; throws after the bound, with what was answered last. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  boundMs = 40_000,
): Promise<T> {
  const end = Date.now() + boundMs
  for (;;) {
    const answer = await ask().catch((error: Error) => error)
    if (!(answer instanceof Error) && good(answer)) return answer
    if (Date.now() > end) {
      const last = answer instanceof Error ? answer.message : JSON.stringify(answer)
      throw new Error(`not within ${boundMs} ms: ${what}; last answer: ${last.slice(0, 2000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The last lines of every log, for a test that failed. */
function tails(dir: string): string {
  const logs = path.join(dir, 'logs')
  if (!existsSync(logs)) return ''
  return readdirSync(logs)
    .map((name) => `\n${name}:\n${readFileSync(path.join(logs, name), 'utf8').split('\n').slice(-15).join('\n')}`)
    .join('')
}
