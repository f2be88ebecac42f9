/** TraceCall: what all nodes remember of a call. The one that was asked asks the others, and puts the messages in the order of time. */
import type { ClientReadableStream, ServerWritableStream } from '@grpc/grpc-js'
import { clean } from '../../proto/text.ts'
import type { TraceCallRequest__Output } from '../../proto/types/raftel/v1/TraceCallRequest.ts'
import type { Traced, Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import type { Needs, PassedView } from './needs.ts'
import { FORWARDED, type Peers } from './peers.ts'
import { notFound, refusal } from './refusal.ts'

type Stream = ServerWritableStream<TraceCallRequest__Output, Traced>
type Tracing = Pick<Needs, 'cluster' | 'trace' | 'log'>

/** So long the others have to say what they remember. */
const OTHERS_MS = 2_000
/** What is still said when a call is over: the answers to BYE. */
const LAST_MS = 1_500
/** Messages that a follower has not read yet; one that is further behind is let go rather than remembered for. */
const BEHIND_MAX = 4_096

export function traceCall(needs: Tracing, peers: Peers): (call: Stream) => void {
  return (call) => {
    if (call.metadata.get(FORWARDED).length > 0) return own(needs, call)
    gather(needs, peers, call).catch((error) => call.emit('error', refusal(error, needs.log, call.getPath())))
  }
}

/** What this node remembers, for another. */
function own({ cluster, trace }: Tracing, call: Stream): void {
  const { id, follow } = call.request
  const { node } = cluster
  let synced = false
  const stop = hear(trace, node, id, follow, (item) => write(call, item, synced))
  synced = true
  call.on('cancelled', stop).on('close', stop).on('error', stop)
  if (!follow) call.end()
}

/** Tells what is remembered, and what passes until the function that it returns is called. */
function hear(
  trace: Needs['trace'],
  node: string,
  id: string,
  follow: boolean,
  tell: (item: Traced) => void,
): () => void {
  const calls = trace.calls(id)
  const missing = trace.kept ? '' : 'it remembers no SIP: trace.bytes is 0, or the SIP engine is another process'
  tell({ kind: 'NODE', node, of: { missing, calls: [...calls] } })
  const told = new Set<string>()
  for (const one of calls) {
    for (const passed of trace.of(one)) {
      // Calls may share a leg, as when one was transferred.
      const key = `${passed.at} ${passed.way} ${passed.callId}`
      if (told.has(key)) continue
      told.add(key)
      tell(itemOf(node, passed))
    }
  }
  tell({ kind: 'SYNCED', node })
  if (!follow) return () => {}
  const ids = calls.length === 0 ? [id] : calls
  const stops = ids.map((one) => trace.follow(one, (passed) => tell(itemOf(node, passed))))
  return () => {
    for (const stop of stops) stop()
  }
}

async function gather({ cluster, trace }: Tracing, peers: Peers, call: Stream): Promise<void> {
  const { id: asked, follow } = call.request
  const others = othersOf(cluster)
  let gone = false
  const stops: (() => void)[] = []
  const leave = (): void => {
    gone = true
    for (const stop of stops.splice(0)) stop()
  }
  call.on('cancelled', leave).on('close', leave).on('error', leave)

  const id = await meant({ cluster, trace }, peers, asked)
  const items: Traced[] = []
  let synced = false
  const take = (item: Traced): void => {
    if (synced) write(call, item, true)
    else items.push(item)
  }
  stops.push(hear(trace, cluster.node, id, follow, take))
  await Promise.all(
    others.map(async (node) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const missing = (why: string): void => {
        if (!synced) take({ kind: 'NODE', node, of: { missing: clean(why), calls: [] } })
        resolve()
      }
      const stream = open(peers, node, id, follow)
      if (stream === null) return missing('no address of it is known')
      stops.push(() => stream.cancel())
      const late = setTimeout(() => missing(`it said nothing for ${OTHERS_MS / 1000} s`), OTHERS_MS)
      stream.on('data', (item: Traced__Output) => {
        take(item)
        if (item.kind === 'SYNCED') resolve()
      })
      stream.on('error', (error: Error) => missing(error.message))
      stream.on('end', resolve)
      await promise
      clearTimeout(late)
    }),
  )
  if (gone) return leave()
  const found = items.some(({ kind }) => kind === 'MESSAGE')
  if (!found && !(follow && cluster.tables.calls.has(id))) throw nothing(asked, items)
  for (const item of inOrder(items)) write(call, item)
  write(call, { kind: 'SYNCED', node: cluster.node })
  synced = true
  if (!follow || !cluster.tables.calls.has(id)) {
    call.end()
    return
  }
  stops.push(
    cluster.watch((changes) => {
      if (!changes.some(({ table, key }) => table === 'calls' && key === id) || cluster.tables.calls.has(id)) return
      stops.push(clearing(setTimeout(() => call.end(), LAST_MS)))
    }),
  )
}

function clearing(timer: NodeJS.Timeout): () => void {
  return () => clearTimeout(timer)
}

function othersOf(cluster: Needs['cluster']): string[] {
  return [...cluster.tables.nodes.keys()].filter((node) => node !== cluster.node).sort()
}

/** The call that an id means. A SIP Call-ID means something to the nodes that have that leg; what it means, all know. */
export async function meant(
  { cluster, trace }: Pick<Needs, 'cluster' | 'trace'>,
  peers: Peers,
  asked: string,
): Promise<string> {
  const [here] = trace.calls(asked)
  if (here !== undefined || cluster.tables.calls.has(asked)) return here ?? asked
  const said = await Promise.all(othersOf(cluster).map((node) => remembered(peers, node, asked)))
  return said.flatMap(({ items }) => items).find(({ of }) => (of?.calls?.length ?? 0) > 0)?.of?.calls?.[0] ?? asked
}

function open(peers: Peers, node: string, id: string, follow: boolean): ClientReadableStream<Traced__Output> | null {
  const options = follow ? {} : { deadline: Date.now() + OTHERS_MS }
  return peers.stream(node, (client, metadata) => client.traceCall({ id, follow }, metadata, options))
}

async function remembered(peers: Peers, node: string, id: string): Promise<{ items: Traced__Output[] }> {
  const items: Traced__Output[] = []
  const stream = open(peers, node, id, false)
  if (stream === null) return { items }
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.on('data', (item: Traced__Output) => items.push(item))
  stream.on('error', () => resolve())
  stream.on('end', () => resolve())
  await promise
  return { items }
}

/** What each node is, then what passed, oldest first; of one node in the order in which it passed. */
function inOrder(items: readonly Traced[]): Traced[] {
  const rank = ({ kind }: Traced): number => (kind === 'NODE' ? 0 : 1)
  const at = ({ message }: Traced): number => Number(message?.at ?? 0)
  return items.filter(({ kind }) => kind !== 'SYNCED').sort((a, b) => rank(a) - rank(b) || at(a) - at(b))
}

function itemOf(node: string, { at, way, transport, local, remote, callId, text }: PassedView): Traced {
  const message = { at, sent: way === 'out', transport, local: say(local), remote: say(remote), callId, text }
  return { kind: 'MESSAGE', node, message }
}

function say({ host, port }: PassedView['local']): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function write(call: Stream, item: Traced, isNews = false): void {
  if (isNews && call.writableLength > BEHIND_MAX) call.destroy()
  else call.write(item)
}

function nothing(id: string, items: readonly Traced[]) {
  const missing = items.flatMap(({ node, of }) => (of?.missing ? [`${node}: ${of.missing}`] : []))
  const others = missing.length === 0 ? '' : ` (not asked: ${missing.join('; ')})`
  return notFound(
    `no node remembers SIP of a call ${clean(id, 64)}${others}; raftel call ls shows live calls, and what is over is forgotten when trace.bytes is full`,
  )
}
