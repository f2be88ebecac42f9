/** When a lab is ready: a leader, every node in the nodes table of every other, and an answer to a SIP OPTIONS. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { setTimeout as pause } from 'node:timers/promises'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { controlProto } from '../../proto/load.ts'
import type { Change__Output } from '../../proto/types/raftel/v1/Change.ts'
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'
import type { NodeStatus__Output } from '../../proto/types/raftel/v1/NodeStatus.ts'
import type { LabNode } from './state.ts'

const ASK_MS = 2000
const PROBE_MS = 500

export interface Ready {
  /** Empty when too few nodes run to have one. */
  readonly leader: string
  readonly nodes: readonly NodeStatus__Output[]
}

/** What is still missing, in words, or the leader. */
export type Readiness =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'not yet'; readonly why: string }

export class Watcher {
  readonly #controls: Map<string, ControlClient>
  readonly #answering = new Set<string>()
  readonly #majority: boolean

  /** `majority`: whether these nodes can have a leader. */
  constructor(nodes: readonly LabNode[], majority: boolean, secret: ChannelCredentials) {
    this.#majority = majority
    const { Control } = controlProto()
    const options = { 'grpc.max_reconnect_backoff_ms': 200, 'grpc.initial_reconnect_backoff_ms': 100 }
    this.#controls = new Map(nodes.map((node) => [node.id, new Control(node.control, secret, options)]))
  }

  control(id: string): ControlClient {
    const control = this.#controls.get(id)
    if (control === undefined) throw new Error(`no node ${id}`)
    return control
  }

  /** Looks once at `nodes`, which are those that should be up. */
  async look(nodes: readonly LabNode[]): Promise<Readiness> {
    const states = await Promise.all(nodes.map((node) => this.#status(node.id)))
    const silent = nodes.filter((_, i) => states[i] === null)
    if (silent.length > 0) return notYet(`${names(silent)} to answer`)
    const known = states.filter((state) => state !== null)
    if (!this.#majority) return { kind: 'ready', ready: { leader: '', nodes: known } }
    // It may be one that another command started since: not all nodes are known here.
    const leader = known[0]?.leader ?? ''
    if (leader === '' || known.some((state) => state.leader !== leader)) return notYet('a leader')
    const head = Math.max(...known.map((state) => state.commit))
    if (known.some((state) => state.applied < head)) return notYet('every node to catch up')
    const rows = await Promise.all(nodes.map((node) => this.#agreed(node.id)))
    const unlisted = nodes.filter((node) => !rows.every((ids) => ids.has(`${node.id} ${node.sip}`)))
    if (unlisted.length > 0) return notYet(`${names(unlisted)} to be known to all`)
    const deaf = await Promise.all(nodes.map((node) => this.#deaf(node)))
    if (deaf.some((one) => one)) return notYet(`SIP of ${names(nodes.filter((_, i) => deaf[i]))}`)
    return { kind: 'ready', ready: { leader, nodes: known } }
  }

  close(): void {
    for (const control of this.#controls.values()) control.close()
  }

  #status(id: string): Promise<NodeStatus__Output | null> {
    return new Promise((resolve) => {
      const deadline = Date.now() + ASK_MS
      this.control(id).getNode({}, { deadline }, (error, reply) => resolve(error ? null : (reply ?? null)))
    })
  }

  /** The nodes table as this node has it: `id sip`. */
  async #agreed(id: string): Promise<ReadonlySet<string>> {
    const rows = new Set<string>()
    const stream = this.control(id).watch({ table: 'nodes' }, { deadline: Date.now() + ASK_MS })
    try {
      for await (const change of stream as AsyncIterable<Change__Output>) {
        if (change.kind === 'SYNCED') break
        if (change.node) rows.add(`${change.node.id} ${change.node.sip}`)
      }
    } catch {
      // The node went away meanwhile: nothing is agreed as far as it can tell.
    } finally {
      stream.cancel()
    }
    return rows
  }

  async #deaf(node: LabNode): Promise<boolean> {
    if (this.#answering.has(node.id)) return false
    if (!(await answersOptions(node.sip))) return true
    this.#answering.add(node.id)
    return false
  }
}

/** Looks until ready; `note` hears what is missing whenever that changes. Null: not within `ms`, or `dead` said so. */
export async function untilReady(
  watcher: Watcher,
  nodes: readonly LabNode[],
  ms: number,
  dead: () => boolean,
  note: (why: string) => void,
): Promise<Ready | string> {
  const end = performance.now() + ms
  let missing = ''
  for (;;) {
    const seen = await watcher.look(nodes)
    if (seen.kind === 'ready') return seen.ready
    if (seen.why !== missing) note((missing = seen.why))
    if (dead() || performance.now() > end) return missing
    await pause(100)
  }
}

/** One OPTIONS over UDP (RFC 3261 §11); any response will do. */
export function answersOptions(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':')
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    const done = (answered: boolean): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answered)
    }
    const timer = setTimeout(() => done(false), PROBE_MS)
    socket.once('message', (message) => done(message.subarray(0, 8).toString('latin1') === 'SIP/2.0 '))
    socket.once('error', () => done(false))
    socket.bind(0, host, () => socket.send(optionsRequest(address, socket.address().port), Number(port), host))
  })
}

function optionsRequest(address: string, port: number): string {
  const id = randomBytes(8).toString('hex')
  const host = address.split(':')[0]
  return [
    `OPTIONS sip:${address} SIP/2.0`,
    `Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: <sip:probe@${host}:${port}>;tag=${id}`,
    `To: <sip:${address}>`,
    `Call-ID: ${id}@${host}`,
    'CSeq: 1 OPTIONS',
    `Contact: <sip:probe@${host}:${port}>`,
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n')
}

function notYet(why: string): Readiness {
  return { kind: 'not yet', why }
}

function names(nodes: readonly LabNode[]): string {
  return nodes.map((node) => node.id).join(', ')
}
