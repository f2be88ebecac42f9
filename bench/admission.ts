/**
 * `npm run bench:admission`: what a reservation costs beside a bare proposal, in the same run and in turns. Three replicas in one process, with real
 * directories; the bare one ends a call that nobody knows.
 */
import type { Cluster } from '../cluster/cluster.ts'
import type { Command } from '../cluster/tables/commands.ts'
import { leaderOf, newLab } from '../test/cluster/nodes.ts'
import { optionsFor } from '../test/options.ts'

const values = optionsFor(
  `usage: npm run bench:admission -- [--proposals N]

What a reservation costs beside a bare proposal: three replicas in one process, with real directories.

  --proposals N  in a round at 64 in flight; a tenth of that one at a time (5000)

  npm run bench:admission -- --proposals 20000`,
  { proposals: 5_000 },
)
const ROUNDS = 3
const KEYS = ['class:mobile', 'tenant:pbx.test', 'user:alice@pbx.test']
const ACCOUNT = 'tenant:pbx.test'
const RATE = { price: 600_000, connect: 0, first: 60, increment: 60, free: 0 }

const lab = await newLab(3)
try {
  const nodes = await Promise.all(['n1', 'n2', 'n3'].map((name) => lab.start(name)))
  const at = await leaderOf(nodes)
  await setUp(at)
  const kinds: Readonly<Record<string, (id: string) => readonly Command[]>> = {
    bare: (id) => [{ type: 'call-end', id }],
    reserve: (id) => [reserve(at, id)],
    'reserve and release': (id) => [reserve(at, id), { type: 'release', calls: [{ id, seconds: 30 }] }],
  }
  for (const inFlight of [1, 64]) {
    const count = inFlight === 1 ? values.proposals / 10 : values.proposals
    const best = new Map<string, number>()
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, commands] of Object.entries(kinds)) {
        const ms = await load(at, commands, count, inFlight, `${name}-${inFlight}-${round}`)
        // The first warms up.
        if (round > 0) best.set(name, Math.min(ms, best.get(name) ?? Number.POSITIVE_INFINITY))
        await emptied(at)
      }
    }
    const bare = best.get('bare') ?? 1
    for (const [name, ms] of best) {
      console.log(
        `${inFlight} in flight: ${name} ${(ms * 1000).toFixed(0)} µs a call, ${(ms / bare).toFixed(2)} of a bare proposal`,
      )
    }
  }
} finally {
  await lab.end()
}

async function setUp(at: Cluster): Promise<void> {
  const { node: id, incarnation } = at
  await must(at, { type: 'node-up', node: { id, incarnation, sip: '', control: '', media: 'direct', startedAt: 1 } })
  for (const key of KEYS)
    await must(at, {
      type: 'limit-set',
      limit: { key, calls: 1_000_000, ...(key.startsWith('class') && { prefixes: ['4917'] }) },
    })
  const grant = { id: 'g', amount: 90_000_000_000_000, reason: 'bench', by: 'bench', at: 1 }
  await must(at, { type: 'credit-add', account: ACCOUNT, currency: 'EUR', grant })
}

function reserve({ node, incarnation }: Cluster, id: string): Command {
  return {
    type: 'reserve',
    id,
    node,
    incarnation,
    keys: KEYS,
    pay: { account: ACCOUNT, rate: RATE },
    ahead: 60,
    lease: 30_000,
  }
}

/** Milliseconds a call. */
async function load(
  at: Cluster,
  commands: (id: string) => readonly Command[],
  count: number,
  inFlight: number,
  name: string,
): Promise<number> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) for (const command of commands(`${name}-${next++}`)) await must(at, command)
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (performance.now() - began) / count
}

async function emptied(at: Cluster): Promise<void> {
  const ids = [...at.tables.reservations.keys()]
  for (let i = 0; i < ids.length; i += 500) {
    await must(at, { type: 'release', calls: ids.slice(i, i + 500).map((id) => ({ id, seconds: null })) })
  }
}

async function must(at: Cluster, command: Command): Promise<void> {
  const said = await at.propose(command)
  if (said.kind !== 'agreed' || !['done', 'reserved', 'released'].includes(said.result.kind))
    throw new Error(JSON.stringify(said))
}
