/** What several nodes saw of a call, as one story. ◆ */
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { type Label, labelOf } from './label.ts'

/** A message as a node saw it. */
export interface Seen {
  readonly node: string
  /** By the clock of the node, µs. */
  readonly at: number
  readonly sent: boolean
  readonly transport: string
  /** `host:port` of the node. */
  readonly local: string
  readonly remote: string
  readonly callId: string
  readonly text: string
}

/** What a node tells of a trace: a message that it saw, or null. */
export function seenOf({ node, message }: Traced__Output): Seen | null {
  return message ? { node, ...message } : null
}

/** A message on its way. */
export interface Arrow {
  /** µs, by the clock of the first node: when it was sent, if that is known. */
  readonly at: number
  /** Places: a node by its name, anybody else by `host:port`. */
  readonly from: string
  readonly to: string
  readonly fromAddress: string
  readonly toAddress: string
  readonly transport: string
  readonly callId: string
  readonly text: string
  readonly label: Label
  /** It was sent before, word for word. */
  readonly again: boolean
  /** Nodes that saw it: whoever sent it first. */
  readonly nodes: readonly string[]
}

export interface Story {
  readonly arrows: readonly Arrow[]
  /** Who spoke, in the order of appearance. */
  readonly places: readonly Place[]
  /** By how many µs the clock of a node is ahead of the first one's, where messages passed between them. */
  readonly ahead: ReadonlyMap<string, number>
}

export interface Place {
  readonly name: string
  readonly isNode: boolean
}

/** Both sights of one message; one of them where only one node saw it. */
interface Pair {
  readonly out: Seen | null
  readonly in: Seen | null
}

export function storyOf(seen: readonly Seen[]): Story {
  const pairs = pairsOf(seen)
  const ahead = clocks(seen, pairs)
  const nodeAt = new Map(seen.map(({ local, node }) => [local, node]))
  const nodes = new Set(seen.map(({ node }) => node))
  const told = new Set<string>()
  const arrows = pairs
    .map((pair): Omit<Arrow, 'again'> => {
      const { out, in: came } = pair
      const one = (out ?? came) as Seen
      const [fromAddress, toAddress] = out ? [out.local, came?.local ?? out.remote] : [one.remote, one.local]
      const { transport, callId, text } = one
      return {
        at: one.at - (ahead.get(one.node) ?? 0),
        from: out?.node ?? nodeAt.get(fromAddress) ?? fromAddress,
        to: came?.node ?? nodeAt.get(toAddress) ?? toAddress,
        fromAddress,
        toAddress,
        transport,
        callId,
        text,
        label: labelOf(text),
        nodes: [out, came].flatMap((sight) => (sight ? [sight.node] : [])),
      }
    })
    .sort((a, b) => a.at - b.at)
    .map((arrow) => {
      const key = `${arrow.from}\n${arrow.to}\n${arrow.text}`
      const again = told.has(key)
      told.add(key)
      return { ...arrow, again }
    })
  const places = [...new Set(arrows.flatMap(({ from, to }) => [from, to]))]
  return { arrows, places: places.map((name) => ({ name, isNode: nodes.has(name) })), ahead }
}

/** The n-th sight of a text that was sent belongs to the n-th that was received, at another node. */
function pairsOf(seen: readonly Seen[]): Pair[] {
  const came = new Map<string, Seen[]>()
  const inOrder = [...seen].sort((a, b) => a.at - b.at)
  for (const one of inOrder) if (!one.sent) came.set(one.text, [...(came.get(one.text) ?? []), one])
  const taken = new Set<Seen>()
  const pairs: Pair[] = []
  for (const out of inOrder) {
    if (!out.sent) continue
    const other = came.get(out.text)?.find((one) => one.node !== out.node && !taken.has(one)) ?? null
    if (other) taken.add(other)
    pairs.push({ out, in: other })
  }
  for (const one of inOrder) if (!one.sent && !taken.has(one)) pairs.push({ out: null, in: one })
  return pairs
}

/**
 * As NTP does (RFC 5905 §8): the shortest way there and the shortest way back took the same time, or nearly. One way alone tells only that a
 * message cannot have come before it was sent.
 */
function clocks(seen: readonly Seen[], pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const shortest = new Map<string, number>()
  for (const { out, in: came } of pairs) {
    if (!out || !came) continue
    const way = `${out.node} ${came.node}`
    shortest.set(way, Math.min(shortest.get(way) ?? Number.POSITIVE_INFINITY, came.at - out.at))
  }
  const nodes = [...new Set(seen.map(({ node }) => node))]
  const ahead = new Map<string, number>()
  for (const first of nodes) {
    if (ahead.has(first)) continue
    ahead.set(first, 0)
    const near = [first]
    for (let from = near.pop(); from !== undefined; from = near.pop()) {
      for (const to of nodes) {
        if (ahead.has(to)) continue
        const there = shortest.get(`${from} ${to}`)
        const back = shortest.get(`${to} ${from}`)
        if (there === undefined && back === undefined) continue
        const by =
          there === undefined ? -Math.min(0, back!) : back === undefined ? Math.min(0, there) : (there - back) / 2
        ahead.set(to, ahead.get(from)! + Math.round(by))
        near.push(to)
      }
    }
  }
  return ahead
}
