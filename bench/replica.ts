/**
 * One node's part in a cluster, in a process of its own and told by its parent what to do: the consensus alone, without SIP
 * and without a control service.
 */
import type { Agreed, Cluster } from '../cluster/cluster.ts'
import { startCluster } from '../cluster/replica.ts'
import type { Command } from '../cluster/tables/commands.ts'
import { type Stall, watchTurns } from './stall.ts'

export interface ReplicaSpec {
  readonly node: string
  readonly id: number
  readonly nodes: readonly { readonly name: string; readonly id: number; readonly address: string }[]
  readonly dataDir: string
  /** Base64. */
  readonly key: string
  /** Its turns are watched. */
  readonly watched?: boolean
}

export type Order =
  | { readonly do: 'start'; readonly spec: ReplicaSpec }
  | { readonly do: 'status' }
  | { readonly do: 'look' }
  /** `count` proposals of about `bytes` each, `inFlight` at a time. */
  | { readonly do: 'load'; readonly count: number; readonly inFlight: number; readonly bytes: number }
  /** One proposal, however long it takes. */
  | { readonly do: 'agree' }
  /** Another node is to lead. */
  | { readonly do: 'transfer'; readonly to: string }

export interface Loaded {
  readonly agreed: number
  readonly failed: number
  readonly seconds: number
  /** ms. */
  readonly p50: number
  readonly p99: number
}

/** What a replica has come to, and what it cost. */
export interface Seen {
  readonly kind: 'seen'
  readonly applied: number
  readonly hash: string
  /** Highest RSS, MB. */
  readonly peak: number
  /** Of the process, s. */
  readonly cpu: number
  /** The longest turn of its main thread since it started. */
  readonly stall: Stall
}

export type Answer =
  | { readonly kind: 'started' | 'agreed' }
  | { readonly kind: 'status'; readonly leader: string | null; readonly applied: number; readonly commit: number }
  | Seen
  | { readonly kind: 'loaded'; readonly loaded: Loaded }
  | { readonly kind: 'failed'; readonly why: string }

const PATIENCE_MS = 30_000
/** What a proposal has besides its text: see cluster/codec.ts. */
const ENVELOPE = 85

let cluster: Cluster | null = null
let turns: ReturnType<typeof watchTurns> | null = null

async function obey(order: Order): Promise<Answer> {
  if (order.do === 'start') {
    const { key, watched, ...spec } = order.spec
    const listen = spec.nodes.find(({ id }) => id === spec.id)!.address
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const onFatal = (error: Error) => {
      console.error(error.message)
      process.exit(1)
    }
    if (watched) turns = watchTurns((look) => void setTimeout(look, 2))
    cluster = await startCluster({ ...spec, listen, key: Buffer.from(key, 'base64'), log, onFatal })
    return { kind: 'started' }
  }
  if (cluster === null) return { kind: 'failed', why: 'not started' }
  switch (order.do) {
    case 'status': {
      const { leader, applied, commit } = cluster.status()
      return { kind: 'status', leader, applied, commit }
    }
    case 'look': {
      const { applied, hash } = cluster.status()
      const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
      const [peak, cpu] = [maxRSS / 1024, (userCPUTime + systemCPUTime) / 1e6]
      return { kind: 'seen', applied, hash, peak, cpu, stall: turns?.longest() ?? { wall: 0, cpu: 0 } }
    }
    case 'agree':
      return (await propose(cluster, command('one', 0))).kind === 'agreed'
        ? { kind: 'agreed' }
        : { kind: 'failed', why: 'no quorum' }
    case 'transfer': {
      const outcome = await cluster.transferLeader(order.to)
      return outcome.kind === 'leads' ? { kind: 'agreed' } : { kind: 'failed', why: JSON.stringify(outcome) }
    }
    case 'load':
      return { kind: 'loaded', loaded: await load(cluster, order) }
  }
}

function propose(on: Cluster, what: Command): Promise<Agreed> {
  return on.propose(what, PATIENCE_MS)
}

/** Changes nothing when it is applied: what is measured is the way there. */
function command(text: string, bytes: number): Command {
  return { type: 'call-end', id: text.padEnd(Math.max(0, bytes - ENVELOPE), '.') }
}

async function load(on: Cluster, { count, inFlight, bytes }: Order & { do: 'load' }): Promise<Loaded> {
  const took: number[] = []
  let failed = 0
  let begun = 0
  const began = performance.now()
  const one = async (): Promise<void> => {
    while (begun < count) {
      const at = performance.now()
      const { kind } = await propose(on, command(String(begun++), bytes))
      if (kind === 'agreed') took.push(performance.now() - at)
      else failed++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  const seconds = (performance.now() - began) / 1000
  took.sort((a, b) => a - b)
  const rank = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
  return { agreed: took.length, failed, seconds, p50: rank(0.5), p99: rank(0.99) }
}

if (process.send !== undefined) {
  process.on('message', (order: Order) => {
    obey(order).then(
      (answer) => process.send?.(answer),
      (error: Error) => process.send?.({ kind: 'failed', why: error.message } satisfies Answer),
    )
  })
  process.on('disconnect', () => process.exit(0))
}
