/** VerifyCluster, GetHashes: have all nodes the same tables? Only hashes at one and the same applied index can be compared. */
import type { StateHash } from '../../cluster/marks.ts'
import type { ClusterVerdict } from '../../proto/types/raftel/v1/ClusterVerdict.ts'
import type { StateHashes, StateHashes__Output } from '../../proto/types/raftel/v1/StateHashes.ts'
import type { Needs } from './needs.ts'
import type { Peers } from './peers.ts'

/** This node's part. */
export function hashesOf({ cluster }: Pick<Needs, 'cluster'>): StateHashes & { rows: StateHash[] } {
  const rows = [...cluster.hashes()]
  return { rows, applied: cluster.status().applied }
}

const AGAIN_MS = 100

/**
 * Asks all nodes until all that answer share an index that is no older than the question; `within` ms at most, then those that
 * are not that far are said to be behind.
 */
export async function verify(needs: Needs, peers: Peers, within: number): Promise<ClusterVerdict> {
  const { cluster } = needs
  const deadline = Date.now() + within
  // Without a quorum what there is can still be compared, and what is old is then all there is.
  const isCurrent = (await cluster.catchUp(within / 2)) === 'caught up'
  const from = isCurrent ? cluster.status().applied : 0
  const ids = cluster
    .members()
    .map(({ name }) => name)
    .sort()
  for (;;) {
    const answers = new Map(await Promise.all(ids.map(async (id) => [id, await ask(needs, peers, id)] as const)))
    const isLate = Date.now() + AGAIN_MS >= deadline
    const index = commonIndex(answers, from, isLate)
    if (index !== null || isLate) return verdictAt(answers, index)
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

export interface Hashes {
  readonly applied: number
  readonly at: ReadonlyMap<number, string>
}

/** Null: it cannot be asked. */
export type Answers = ReadonlyMap<string, Hashes | null>

/** The newest index from `from` on that every node has that answered; or, if `some` will do, that most have. */
export function commonIndex(answers: Answers, from: number, some: boolean): number | null {
  const said = [...answers.values()].filter((one) => one !== null)
  const counts = new Map<number, number>()
  for (const { at } of said) for (const index of at.keys()) counts.set(index, (counts.get(index) ?? 0) + 1)
  let best: { index: number; count: number } | null = null
  for (const [index, count] of counts) {
    if (index < from || (!some && count < said.length)) continue
    if (best === null || count > best.count || (count === best.count && index > best.index)) best = { index, count }
  }
  return best?.index ?? null
}

/** Who has what most have at that index. Where no hash has the most, nobody is believed: all differ. */
export function verdictAt(answers: Answers, index: number | null): ClusterVerdict {
  const hashAt = (said: Hashes | null) => (index === null ? undefined : said?.at.get(index))
  const counts = new Map<string, number>()
  for (const said of answers.values()) {
    const hash = hashAt(said)
    if (hash !== undefined) counts.set(hash, (counts.get(hash) ?? 0) + 1)
  }
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1])
  const right = first && first[1] > (second?.[1] ?? 0) ? first[0] : ''
  const nodes = [...answers].map(([id, said]) => {
    const hash = hashAt(said) ?? ''
    const verdict = said === null ? 'unreachable' : hash === '' ? 'behind' : hash === right ? 'equal' : 'differs'
    return { id, verdict, hash, applied: said?.applied ?? 0 }
  })
  return { index: index ?? 0, hash: right, nodes }
}

async function ask(needs: Needs, peers: Peers, id: string): Promise<Hashes | null> {
  if (id === needs.cluster.node) return read(hashesOf(needs))
  try {
    return read(
      await peers.ask<StateHashes__Output>(id, (client, metadata, done) =>
        client.getHashes({}, metadata, peers.deadline(), done),
      ),
    )
  } catch {
    return null
  }
}

function read({ rows, applied }: { rows: readonly StateHash[]; applied?: unknown }): Hashes {
  return { applied: Number(applied ?? 0), at: new Map(rows.map(({ index, hash }) => [index, hash])) }
}
