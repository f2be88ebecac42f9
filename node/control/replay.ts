/** ReplayPlan, RecentDecisions: the last decisions of all nodes, by the plan in force and by a candidate. */
import type { ServerWritableStream } from '@grpc/grpc-js'
import { clean } from '../../proto/text.ts'
import type { Decisions, Decisions__Output } from '../../proto/types/raftel/v1/Decisions.ts'
import type { RecentDecisionsRequest__Output } from '../../proto/types/raftel/v1/RecentDecisionsRequest.ts'
import type { Replay } from '../../proto/types/raftel/v1/Replay.ts'
import type { ReplayChange } from '../../proto/types/raftel/v1/ReplayChange.ts'
import type { ReplayPlanRequest__Output } from '../../proto/types/raftel/v1/ReplayPlanRequest.ts'
import { inputIn } from '../replay/again.ts'
import { type Replayed, replay } from '../replay/replay.ts'
import { decisionView } from './decision.ts'
import type { Needs } from './needs.ts'
import type { Peers } from './peers.ts'
import { documentIn } from './plan.ts'
import { cannot, refusal } from './refusal.ts'
import { withDocument } from './validate.ts'

const LAST = 20_000
const LAST_MAX = 500_000
const LIMIT = 100
const LIMIT_MAX = 1_000
/** Inputs in one message. */
const AT_ONCE = 500
/** As long as something comes from a node it may take as long as it takes. */
const SILENCE_MS = 5_000

type Stream<Request, Reply> = ServerWritableStream<Request, Reply>

export function recentDecisions({ recent, log }: Pick<Needs, 'recent' | 'log'>) {
  return async (call: Stream<RecentDecisionsRequest__Output, Decisions>): Promise<void> => {
    try {
      const inputs = recent.last(Math.min(call.request.last || LAST, LAST_MAX))
      for (let at = 0; at < inputs.length && !call.cancelled; at += AT_ONCE) {
        if (!call.write({ inputs: inputs.slice(at, at + AT_ONCE) })) await drained(call)
      }
      call.end()
    } catch (error) {
      call.emit('error', refusal(error, log, call.getPath()))
    }
  }
}

/** One at a time: it takes all cores that there are. */
export function replayPlan(needs: Needs, peers: Peers, now: () => number) {
  const { cluster, facts, log } = needs
  let isUnderWay = false
  return async (call: Stream<ReplayPlanRequest__Output, Replay>): Promise<void> => {
    const mine = !isUnderWay
    const ended = new AbortController()
    const leave = (): void => ended.abort()
    call.on('cancelled', leave).on('close', leave).on('error', leave)
    try {
      if (!mine) throw cannot('this node replays a plan already; wait for that, or ask another node')
      isUnderWay = true
      const { text, last, limit } = call.request
      const { plans, version } = withDocument(needs, documentIn(call.request.document), text, now())
      const { tables } = cluster
      const before = { rows: [...tables.plans.values()], version: tables.planVersion }
      const { inputs, missing } = await collect(needs, peers, Math.min(last || LAST, LAST_MAX), ended.signal)
      const began = now()
      const told = await replay({ before, after: { rows: [...plans.values()], version } }, inputs, {
        facts,
        tell: Math.min(limit || LIMIT, LIMIT_MAX),
        signal: ended.signal,
        progress: (done, total) => call.write({ done, total }),
      })
      if (ended.signal.aborted) return
      for (const change of changesIn(told)) if (!call.write({ change })) await drained(call)
      const { same, changed, fails, fixed, unread } = told
      call.write({ sums: { same, changed, fails, fixed, unread, missing, ms: now() - began } })
      call.end()
    } catch (error) {
      call.emit('error', refusal(error, log, call.getPath()))
    } finally {
      if (mine) isUnderWay = false
    }
  }
}

/** The newest of all nodes, and which nodes could not be asked. */
async function collect({ cluster, recent }: Needs, peers: Peers, last: number, signal: AbortSignal) {
  const missing: string[] = []
  const others = cluster
    .members()
    .map(({ name }) => name)
    .filter((name) => name !== cluster.node)
    .sort()
  const all = await Promise.all(
    others.map(async (name) => {
      try {
        return await from(peers, name, last, signal)
      } catch {
        missing.push(name)
        return []
      }
    }),
  )
  const dated = [recent.last(last), ...all].flatMap((inputs) => inputs.map((text) => ({ text, at: timeOf(text) })))
  dated.sort((a, b) => b.at - a.at)
  return { inputs: dated.slice(0, last).map(({ text }) => text), missing: missing.sort() }
}

/** Read without reading all: it is what nodes wrote, and the threads read it as a whole. */
function timeOf(text: string): number {
  return Number(/"at":(\d{1,15})[,}]/.exec(text)?.[1] ?? 0)
}

async function from(peers: Peers, name: string, last: number, signal: AbortSignal): Promise<string[]> {
  const stream = peers.stream(name, (client, metadata) => client.recentDecisions({ last }, metadata))
  if (stream === null) throw new Error(`no address of ${name} is known`)
  const stop = (): void => stream.cancel()
  const silence = setTimeout(stop, SILENCE_MS)
  signal.addEventListener('abort', stop)
  try {
    const inputs: string[] = []
    for await (const some of stream as AsyncIterable<Decisions__Output>) {
      silence.refresh()
      for (const input of some.inputs) inputs.push(input)
    }
    return inputs
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', stop)
    stop()
  }
}

function changesIn({ differs }: Replayed): ReplayChange[] {
  return differs.map(({ input, again: { difference, before, after } }) => {
    const { caller, number, dialled, domain, trunk, at } = inputIn(input)!.request
    return {
      kind: difference,
      from: clean(caller ?? number),
      dialled: clean(dialled),
      domain: clean(domain),
      trunk: clean(trunk ?? ''),
      at,
      before: decisionView(before),
      after: decisionView(after),
    }
  })
}

/** Also when the reader went away. */
function drained(call: Stream<unknown, never>): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve).once('cancelled', resolve).once('close', resolve)
  })
}
